// Pieces in batches, bodies that are written while they are sent, log lines and events.
#include <memory>
#include <string>
#include <vector>

#include "bindings/shim/notes.hpp"
#include "capi/no_retries.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

using Reader = Owned<ppnb_reader, ppnb_reader_release>;
using Upload = Owned<ppnb_upload, ppnb_upload_release>;
using Events = Owned<ppnb_events, ppnb_events_release>;

Reader open_reader(const Client& client, const std::string& url, std::int64_t token) {
  Reader reader;
  ErrorHandle error;
  BOOST_REQUIRE_MESSAGE(ppnb_reader_open(make_request(client, "GET", url).get(), PPN_STREAM_EVENTS, token, reader.out(),
                                         error.out()) == PPN_OK,
                        ppn_error_message(error.get()));
  return reader;
}

// What one take gives: the data of its pieces, or the code of what else it returned.
struct Taken {
  std::vector<std::string> data;
  std::int64_t code = 0;
};

Taken take(const Reader& reader, std::size_t capacity = 4'096, ErrorHandle* error = nullptr) {
  std::vector<std::uint8_t> buffer(capacity);
  Taken taken;
  taken.code = ppnb_reader_take(reader.get(), buffer.data(), capacity, error != nullptr ? error->out() : nullptr);
  if (taken.code <= 0) return taken;
  for (Fields& piece : records_of(std::string(buffer.begin(), buffer.begin() + taken.code))) {
    piece.int64();
    piece.int64();
    const std::string type = piece.text();
    const std::string id = piece.text();
    taken.data.push_back(type + "|" + id + "|" + piece.text());
    BOOST_TEST(piece.at_end());
  }
  return taken;
}

// Takes to the end, which is returned; `ready` counts the takes that were answered with nothing.
Taken take_all(Notes& notes, const Reader& reader, std::int64_t token, std::size_t capacity = 4'096) {
  Taken all;
  std::size_t rings = 0;
  while (true) {
    const Taken taken = take(reader, capacity);
    all.data.insert(all.data.end(), taken.data.begin(), taken.data.end());
    if (taken.code > 0) continue;
    all.code = taken.code;
    if (taken.code != PPNB_NOTHING) return all;
    notes.wait_for("ready " + std::to_string(token), ++rings);
  }
}

Script events(const std::string& text) {
  return Script{}.expect_request().send(http_ok(text, "Content-Type: text/event-stream\r\n"));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(shim_streams, NoLeak)

BOOST_AUTO_TEST_CASE(pieces_come_in_batches_and_then_the_end) {
  Notes notes;
  const std::string text = "id: 7\ndata: a\n\nevent: x\ndata: b\n\ndata: " + std::string(100, 'c') + "\n\n";
  // All in one take, and the largest alone in its own.
  for (const std::size_t capacity : {4'096U, 160U}) {
    const auto token = static_cast<std::int64_t>(capacity);
    const ScriptedServer server({events(text)});
    const Client client = make_client_without_retries();
    const Reader reader = open_reader(client, server.url(), token);
    const Taken taken = take_all(notes, reader, token, capacity);
    BOOST_TEST(taken.code == PPNB_END);
    const std::vector<std::string> expected = {"message|7|a", "x|7|b", "message|7|" + std::string(100, 'c')};
    BOOST_TEST(taken.data == expected, boost::test_tools::per_element());
    BOOST_TEST(take(reader).code == PPNB_END);
    BOOST_TEST(text_of(ppnb_reader_last_event_id(reader.get())) == "7");
    BOOST_TEST(ppnb_reader_retry_ms(reader.get()) == -1);
  }
}

BOOST_AUTO_TEST_CASE(piece_that_does_not_fit_waits_for_a_larger_buffer) {
  Notes notes;
  const ScriptedServer server({events("data: " + std::string(500, 'x') + "\n\ndata: y\n\n")});
  const Client client = make_client_without_retries();
  const Reader reader = open_reader(client, server.url(), 1);
  std::size_t rings = 0;
  Taken taken;
  while ((taken = take(reader, 100)).code == PPNB_NOTHING) notes.wait_for("ready 1", ++rings);
  BOOST_TEST(taken.code == PPNB_TOO_SMALL);
  const auto needed = static_cast<std::size_t>(ppnb_reader_needed(reader.get()));
  BOOST_TEST(needed == 4 + 16 + 12 + 7 + 500U);
  BOOST_TEST(take(reader, needed - 1).code == PPNB_TOO_SMALL);
  taken = take(reader, needed);
  BOOST_REQUIRE(taken.data.size() == 1U);
  BOOST_TEST(taken.data[0] == "message||" + std::string(500, 'x'));
  while ((taken = take(reader)).code == PPNB_NOTHING) notes.wait_for("ready 1", ++rings);
  BOOST_TEST(taken.data == std::vector<std::string>{"message||y"}, boost::test_tools::per_element());
  BOOST_TEST(ppnb_reader_needed(reader.get()) == 0);
}

BOOST_AUTO_TEST_CASE(error_comes_after_the_pieces_before_it) {
  Notes notes;
  ScriptedServer server({Script{}
                             .expect_request()
                             .send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 99\r\n\r\n")
                             .send("data: a\n\n")
                             .close()});
  const Client client = make_client_without_retries();
  const Reader reader = open_reader(client, server.url(), 1);
  const Taken taken = take_all(notes, reader, 1);
  BOOST_TEST(taken.data == std::vector<std::string>{"message||a"}, boost::test_tools::per_element());
  BOOST_TEST(taken.code == -PPN_E_STREAM_TRUNCATED);
  ErrorHandle error;
  BOOST_TEST(take(reader, 4'096, &error).code == -PPN_E_STREAM_TRUNCATED);
  BOOST_TEST(ppn_error_code(error.get()) == PPN_E_STREAM_TRUNCATED);
  Response head;
  BOOST_TEST(ppnb_reader_response(reader.get(), head.out(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_response_status(head.get()) == 200);
}

BOOST_AUTO_TEST_CASE(cancelled_reader_is_ready_and_says_so) {
  Notes notes;
  const ScriptedServer server({Script{}.expect_request().hold()});
  const Client client = make_client_without_retries();
  const Reader reader = open_reader(client, server.url(), 1);
  BOOST_TEST(take(reader).code == PPNB_NOTHING);
  ppnb_reader_cancel(reader.get());
  notes.wait_for("ready 1");
  BOOST_TEST(take(reader).code == -PPN_E_CANCELLED);
}

BOOST_AUTO_TEST_CASE(body_is_written_while_it_is_sent) {
  for (const bool announced : {true, false}) {
    Notes notes;
    const std::string body(200'000, 'b');
    const ScriptedServer server({Script{}.expect_request().send(http_ok("ok"))});
    const Client client = make_client_without_retries();
    const Request request = make_request(client, "POST", server.url());
    Upload upload;
    BOOST_REQUIRE_EQUAL(
        ppnb_upload_open(request.get(), announced ? std::int64_t(body.size()) : -1, 0, 2, upload.out(), nullptr),
        PPN_OK);
    BOOST_REQUIRE_EQUAL(ppnb_request_start(request.get(), 1, nullptr), PPN_OK);
    std::size_t rings = 0;
    for (std::size_t at = 0; at < body.size();) {
      const std::int64_t taken =
          ppnb_upload_write(upload.get(), 0, reinterpret_cast<const std::uint8_t*>(body.data()) + at, body.size() - at);
      BOOST_REQUIRE(taken >= 0);
      at += static_cast<std::size_t>(taken);
      if (taken == 0) notes.wait_for("writable 2 0", ++rings);
    }
    ppnb_upload_finish(upload.get(), 0);
    notes.wait_for("complete 1 0 OK 200 OK");
    BOOST_TEST(ppnb_upload_write(upload.get(), 0, nullptr, 0) == -1);
    const std::string seen = server.requests().at(0);
    BOOST_TEST(std::count(seen.begin(), seen.end(), 'b') >= 200'000);
    BOOST_TEST((seen.find("Content-Length: 200000\r\n") != std::string::npos) == announced);
  }
}

BOOST_AUTO_TEST_CASE(body_that_fails_ends_the_request) {
  Notes notes;
  const ScriptedServer server({Script{}.expect_bytes(10).wait_for_peer_close()});
  const Client client = make_client_without_retries();
  const Request request = make_request(client, "POST", server.url());
  Upload upload;
  BOOST_REQUIRE_EQUAL(ppnb_upload_open(request.get(), -1, 0, 2, upload.out(), nullptr), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppnb_request_start(request.get(), 1, nullptr), PPN_OK);
  notes.wait_for("writable 2 0");
  ppnb_upload_fail(upload.get());
  notes.wait_for("complete 1 0 CANCELLED 0 CANCELLED");
}

BOOST_AUTO_TEST_CASE(body_begins_anew_in_a_new_generation) {
  Notes notes;
  const ScriptedServer server({Script{}.expect_request().send("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"),
                               Script{}.expect_request().send(http_ok("ok"))},
                              {});
  const Client client = make_client(R"({"max_retries": 1, "backoff_factor": 0, "max_idle_connections": 0})");
  const Request request = make_request(client, "PUT", server.url());
  Upload upload;
  BOOST_REQUIRE_EQUAL(ppnb_upload_open(request.get(), -1, 1, 2, upload.out(), nullptr), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppnb_request_start(request.get(), 1, nullptr), PPN_OK);
  const auto write = [&](std::int64_t generation) {
    return ppnb_upload_write(upload.get(), generation, reinterpret_cast<const std::uint8_t*>("hello"), 5);
  };
  notes.wait_for("writable 2 0");
  BOOST_TEST(write(0) == 5);
  ppnb_upload_finish(upload.get(), 0);
  notes.wait_for("writable 2 1");
  BOOST_TEST(write(0) == -1);
  BOOST_TEST(write(1) == 5);
  ppnb_upload_finish(upload.get(), 0);  // of the body before: without effect
  BOOST_TEST(write(1) == 5);
  ppnb_upload_finish(upload.get(), 1);
  notes.wait_for("complete 1 0 OK 200 OK");
  BOOST_TEST(server.requests().at(1).find("hello") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(events_of_calls_are_queued_and_the_listener_is_released) {
  Notes notes;
  Events events;
  {
    const ScriptedServer server({Script{}.expect_request().send(http_ok("ok"))});
    const Client client = make_client_without_retries();
    BOOST_REQUIRE_EQUAL(ppnb_events_open(client.get(), 8, events.out(), nullptr), PPN_OK);
    BOOST_REQUIRE_EQUAL(ppnb_request_start(make_request(client, "GET", server.url("/?key=hidden")).get(), 1, nullptr),
                        PPN_OK);
    notes.wait_for("complete 1 0 OK 200 OK");
    notes.wait_for("event 8");
  }
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  notes.wait_for("events released 8");
  std::vector<std::uint8_t> buffer(65'536);
  BOOST_TEST(ppnb_events_take(events.get(), buffer.data(), 10) == PPNB_TOO_SMALL);
  BOOST_TEST(ppnb_events_needed(events.get()) > 10);
  const std::int64_t taken = ppnb_events_take(events.get(), buffer.data(), buffer.size());
  BOOST_REQUIRE(taken > 0);
  std::vector<std::string> names;
  for (Fields& event : records_of(std::string(buffer.begin(), buffer.begin() + taken))) {
    for (int i = 0; i < 5; ++i) event.int32();
    for (int i = 0; i < 3; ++i) event.int64();
    BOOST_TEST(event.float64() >= 0);
    names.push_back(event.text());
    BOOST_TEST(event.text() == "GET");
    BOOST_TEST(event.text().find("hidden") == std::string::npos);
    for (int i = 0; i < 3; ++i) event.text();
    BOOST_TEST(event.at_end());
  }
  BOOST_TEST(names.front() == "begin");
  BOOST_TEST(names.back() == "end");
  BOOST_TEST(ppnb_events_take(events.get(), buffer.data(), buffer.size()) == PPNB_NOTHING);
  BOOST_TEST(ppnb_events_dropped(events.get()) == 0);
}

BOOST_AUTO_TEST_CASE(log_lines_are_queued_up_to_a_limit) {
  Notes notes;
  std::vector<std::uint8_t> buffer(65'536);
  while (ppnb_log_take(buffer.data(), buffer.size()) > 0) continue;
  const std::int64_t dropped = ppnb_log_dropped();
  BOOST_REQUIRE_EQUAL(ppnb_log_open(PPN_LOG_WARNING, nullptr), PPN_OK);
  for (int i = 0; i < 5'000; ++i) make_client(R"({"verify_ssl": false})");
  notes.wait_for("log");
  BOOST_TEST(notes.all().size() == 1U);
  BOOST_TEST(ppnb_log_dropped() - dropped > 0);
  std::size_t lines = 0;
  std::int64_t taken = 0;
  while ((taken = ppnb_log_take(buffer.data(), buffer.size())) > 0) {
    for (Fields& line : records_of(std::string(buffer.begin(), buffer.begin() + taken))) {
      BOOST_TEST(line.int32() == PPN_LOG_WARNING);
      BOOST_TEST(!line.text().empty());
      BOOST_TEST(line.at_end());
      ++lines;
    }
  }
  BOOST_TEST(static_cast<std::int64_t>(lines) + ppnb_log_dropped() - dropped == 5'000);
  BOOST_TEST(ppnb_log_open(0, nullptr) == PPN_OK);
  BOOST_TEST(ppnb_log_open(17, nullptr) == PPN_E_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_SUITE_END()
