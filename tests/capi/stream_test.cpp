// The pull stream: chunks, lines and events taken by the caller's own thread.
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "capi/no_retries.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

Stream open_stream(const Client& client, const std::string& url, int32_t kind) {
  const Request request = make_request(client, "GET", url);
  Stream stream;
  ErrorHandle error;
  BOOST_REQUIRE_MESSAGE(ppn_stream_open(request.get(), kind, stream.out(), error.out()) == PPN_OK,
                        ppn_error_message(error.get()));
  return stream;
}

// Takes pieces until something else comes; returns what that was.
int32_t drain(const Stream& stream, std::vector<std::string>& pieces, int64_t timeout_ms = -1) {
  const ppn_event* piece = nullptr;
  for (;;) {
    const int32_t code = ppn_stream_next(stream.get(), timeout_ms, &piece, nullptr);
    if (code != PPN_OK) {
      BOOST_TEST((piece == nullptr));
      return code;
    }
    BOOST_TEST(ppn_event_index(piece) == pieces.size());
    pieces.push_back(data_of(piece));
  }
}

std::string joined(const std::vector<std::string>& pieces) {
  std::string all;
  for (const std::string& piece : pieces) all += piece;
  return all;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(streams, NoLeak)

BOOST_AUTO_TEST_CASE(chunks_arrive_in_order_and_end) {
  const ScriptedServer server(
      {Script{}.expect_request().send(open_head("text/plain")).send_byte_by_byte("hello world").close()});
  const Client client = make_client();
  const Stream stream = open_stream(client, server.url(), PPN_STREAM_CHUNKS);
  std::vector<std::string> pieces;
  BOOST_TEST(drain(stream, pieces) == PPN_END);
  BOOST_TEST(joined(pieces) == "hello world");
  // The end stays the end.
  BOOST_TEST(drain(stream, pieces) == PPN_END);
  BOOST_TEST(ppn_stream_cancel(stream.get()) == PPN_OK);
  BOOST_TEST(drain(stream, pieces, 0) == PPN_END);
}

BOOST_AUTO_TEST_CASE(chunk_is_no_larger_than_its_option) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok(std::string(1'000, 'x')))});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  BOOST_TEST(ppn_request_set_option(request.get(), "chunk_bytes", PPN_AUTO_LENGTH, "300", 3, nullptr) == PPN_OK);
  Stream stream;
  BOOST_REQUIRE_EQUAL(ppn_stream_open(request.get(), PPN_STREAM_CHUNKS, stream.out(), nullptr), PPN_OK);
  std::vector<std::string> pieces;
  BOOST_TEST(drain(stream, pieces) == PPN_END);
  BOOST_TEST(joined(pieces).size() == 1'000U);
  for (const std::string& piece : pieces) BOOST_TEST(piece.size() <= 300U);
}

BOOST_AUTO_TEST_CASE(lines_come_without_their_ends_and_blank_ones_not_at_all) {
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send(open_head("application/x-ndjson"))
                                   .send_byte_by_byte("{\"a\":1}\n\r\n{\"b\":2}\r\n{\"c\":3}")
                                   .close()});
  const Client client = make_client();
  const Stream stream = open_stream(client, server.url(), PPN_STREAM_LINES);
  const ppn_event* piece = nullptr;
  BOOST_REQUIRE_EQUAL(ppn_stream_next(stream.get(), -1, &piece, nullptr), PPN_OK);
  BOOST_TEST(data_of(piece) == "{\"a\":1}");
  BOOST_TEST(type_of(piece) == "line");
  BOOST_TEST(ppn_event_retry_ms(piece) == -1);
  BOOST_REQUIRE_EQUAL(ppn_stream_next(stream.get(), -1, &piece, nullptr), PPN_OK);
  BOOST_TEST(data_of(piece) == "{\"b\":2}");
  BOOST_REQUIRE_EQUAL(ppn_stream_next(stream.get(), -1, &piece, nullptr), PPN_OK);
  BOOST_TEST(data_of(piece) == "{\"c\":3}");
  BOOST_TEST(ppn_stream_next(stream.get(), -1, &piece, nullptr) == PPN_END);
}

BOOST_AUTO_TEST_CASE(events_carry_type_id_and_retry_time) {
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send(open_head("text/event-stream"))
                                   .send("data: one\n\nevent: done\nid: 7\nretry: 1500\ndata: two\ndata: lines\n\n")
                                   .close()});
  const Client client = make_client();
  const Stream stream = open_stream(client, server.url(), PPN_STREAM_EVENTS);
  size_t length = 7;
  BOOST_TEST(std::string(ppn_stream_last_event_id(stream.get(), &length)).empty());
  BOOST_TEST(length == 0U);
  const ppn_event* piece = nullptr;
  BOOST_REQUIRE_EQUAL(ppn_stream_next(stream.get(), -1, &piece, nullptr), PPN_OK);
  BOOST_TEST(data_of(piece) == "one");
  BOOST_TEST(type_of(piece) == "message");
  ppn_event_id(piece, &length);
  BOOST_TEST(length == 0U);
  BOOST_TEST(ppn_stream_retry_ms(stream.get()) == -1);
  BOOST_REQUIRE_EQUAL(ppn_stream_next(stream.get(), -1, &piece, nullptr), PPN_OK);
  BOOST_TEST(data_of(piece) == "two\nlines");
  BOOST_TEST(type_of(piece) == "done");
  const char* const id = ppn_event_id(piece, &length);
  BOOST_TEST(std::string(id, length) == "7");
  BOOST_TEST(ppn_event_retry_ms(piece) == 1'500);
  BOOST_TEST(ppn_event_index(piece) == 1U);
  BOOST_TEST(std::string(ppn_stream_last_event_id(stream.get(), nullptr)) == "7");
  BOOST_TEST(ppn_stream_retry_ms(stream.get()) == 1'500);
  BOOST_TEST(ppn_stream_next(stream.get(), -1, &piece, nullptr) == PPN_END);
}

BOOST_AUTO_TEST_CASE(look_without_waiting_finds_nothing_until_something_arrives) {
  ScriptedServer server(
      {Script{}.expect_request().wait_for_signal("go").send(open_head("text/plain") + "x").mark("sent").hold()});
  const Client client = make_client();
  const Stream stream = open_stream(client, server.url(), PPN_STREAM_CHUNKS);
  const ppn_event* piece = nullptr;
  ErrorHandle error;
  BOOST_TEST(ppn_stream_next(stream.get(), 0, &piece, error.out()) == PPN_PENDING);
  BOOST_TEST((piece == nullptr && error.get() == nullptr));
  Response head;
  BOOST_TEST(ppn_stream_response(stream.get(), 0, head.out(), nullptr) == PPN_PENDING);
  BOOST_TEST((head.get() == nullptr));
  server.signal("go");
  BOOST_TEST(ppn_stream_response(stream.get(), -1, head.out(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_response_status(head.get()) == 200);
  BOOST_TEST(ppn_stream_next(stream.get(), -1, &piece, nullptr) == PPN_OK);
  BOOST_TEST(ppn_stream_next(stream.get(), 0, &piece, nullptr) == PPN_PENDING);
}

BOOST_AUTO_TEST_CASE(wait_with_a_limit_ends_at_its_limit) {
  const ScriptedServer server({Script{}.expect_request().hold()});
  const Client client = make_client();
  const Stream stream = open_stream(client, server.url(), PPN_STREAM_CHUNKS);
  const ppn_event* piece = nullptr;
  const auto begin = std::chrono::steady_clock::now();
  BOOST_TEST(ppn_stream_next(stream.get(), 30, &piece, nullptr) == PPN_PENDING);
  BOOST_TEST((std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(30)));
  BOOST_TEST(ppn_stream_next(stream.get(), -2, &piece, nullptr) == PPN_E_INVALID_ARGUMENT);
  Response head;
  BOOST_TEST(ppn_stream_response(stream.get(), INT64_MIN, head.out(), nullptr) == PPN_E_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(longest_wait_is_a_wait) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))});
  const Client client = make_client();
  const Stream stream = open_stream(client, server.url(), PPN_STREAM_CHUNKS);
  const ppn_event* piece = nullptr;
  BOOST_TEST(ppn_stream_next(stream.get(), INT64_MAX, &piece, nullptr) == PPN_OK);
  BOOST_TEST(data_of(piece) == "x");
}

BOOST_AUTO_TEST_CASE(error_comes_after_the_pieces_before_it_and_again_each_time) {
  const ScriptedServer server(
      {Script{}.expect_request().send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").close()});
  const Client client = make_client();
  const Stream stream = open_stream(client, server.url(), PPN_STREAM_CHUNKS);
  std::vector<std::string> pieces;
  BOOST_TEST(drain(stream, pieces) == PPN_E_BODY_TRUNCATED);
  BOOST_TEST(joined(pieces) == "half");
  const ppn_event* piece = nullptr;
  for (int i = 0; i < 2; ++i) {
    ErrorHandle error;
    BOOST_TEST(ppn_stream_next(stream.get(), -1, &piece, error.out()) == PPN_E_BODY_TRUNCATED);
    BOOST_TEST(ppn_error_received_bytes(error.get()) == 4U);
    BOOST_TEST(!std::string(ppn_error_message(error.get())).empty());
  }
  Response head;
  BOOST_TEST(ppn_stream_response(stream.get(), 0, head.out(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_response_status(head.get()) == 200);
}

BOOST_AUTO_TEST_CASE(failure_without_a_head_is_told_by_both_functions_in_any_order) {
  std::string url;
  { url = ScriptedServer({}).url(); }
  const Client client = make_client_without_retries();
  const Stream stream = open_stream(client, url, PPN_STREAM_EVENTS);
  const ppn_event* piece = nullptr;
  Response head;
  for (int i = 0; i < 2; ++i) {
    ErrorHandle error;
    BOOST_TEST(ppn_stream_next(stream.get(), -1, &piece, error.out()) == PPN_E_CONNECT_FAILED);
    BOOST_TEST(!std::string(ppn_error_message(error.get())).empty());
    BOOST_TEST(ppn_stream_response(stream.get(), -1, head.out(), error.out()) == PPN_E_CONNECT_FAILED);
    BOOST_TEST((head.get() == nullptr));
    BOOST_TEST(!std::string(ppn_error_message(error.get())).empty());
  }
}

BOOST_AUTO_TEST_CASE(stream_of_events_needs_status_200_and_its_media_type) {
  const ScriptedServer server({Script{}.expect_request().send("HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\nwhy?"),
                               Script{}.expect_request().send(http_ok("why?", "Content-Type: text/html\r\n")),
                               Script{}.expect_request().send("HTTP/1.1 204 No Content\r\n\r\n")});
  for (const int32_t code : {PPN_E_HTTP_UNAVAILABLE + 0, PPN_E_CONTENT_TYPE + 0, PPN_END + 0}) {
    const Client client = make_client_without_retries();
    const Stream stream = open_stream(client, server.url(), PPN_STREAM_EVENTS);
    const ppn_event* piece = nullptr;
    BOOST_TEST(ppn_stream_next(stream.get(), -1, &piece, nullptr) == code);
    Response response;
    BOOST_TEST(ppn_stream_response(stream.get(), -1, response.out(), nullptr) == PPN_OK);
    BOOST_TEST(body_of(response.get()) == (code == PPN_END ? "" : "why?"));
  }
}

BOOST_AUTO_TEST_CASE(slow_reader_stops_the_server_and_loses_nothing) {
  constexpr std::size_t size = std::size_t{64} << 20;
  ScriptedServer server({Script{}
                             .expect_request()
                             .send(open_head("text/plain"))
                             .send_repeated(std::string(1 << 16, 'x'), size >> 16)
                             .mark("sent")
                             .close()});
  const Client client = make_client();
  const Stream stream = open_stream(client, server.url(), PPN_STREAM_CHUNKS);
  const ppn_event* piece = nullptr;
  BOOST_REQUIRE_EQUAL(ppn_stream_next(stream.get(), -1, &piece, nullptr), PPN_OK);
  std::size_t received = data_of(piece).size();
  BOOST_TEST(!server.wait_for_mark("sent", after(std::chrono::milliseconds(300))));
  while (ppn_stream_next(stream.get(), -1, &piece, nullptr) == PPN_OK) received += data_of(piece).size();
  BOOST_TEST(received == size);
}

BOOST_AUTO_TEST_CASE(releasing_a_stream_that_has_not_ended_closes_its_connection) {
  const ScriptedServer server({Script{}.expect_request().send(open_head("text/plain") + "x").wait_for_peer_close()});
  const Client client = make_client();
  Stream stream = open_stream(client, server.url(), PPN_STREAM_CHUNKS);
  const ppn_event* piece = nullptr;
  BOOST_REQUIRE_EQUAL(ppn_stream_next(stream.get(), -1, &piece, nullptr), PPN_OK);
  Stream second(ppn_stream_acquire(stream.get()));
  stream.reset();
  BOOST_TEST(ppn_stream_next(second.get(), 0, &piece, nullptr) == PPN_PENDING);
  ppn_stream* const gone = second.get();
  second.reset();
  BOOST_TEST(server.wait_for_finished(1));
  BOOST_TEST(ppn_stream_next(gone, 0, &piece, nullptr) == PPN_E_INVALID_STATE);
}

BOOST_AUTO_TEST_CASE(cancelled_stream_drops_its_queue_and_stays_cancelled) {
  ScriptedServer server({Script{}.expect_request().send(open_head("text/plain") + "x").wait_for_peer_close()});
  const Client client = make_client();
  const Stream stream = open_stream(client, server.url(), PPN_STREAM_CHUNKS);
  Response head;
  BOOST_REQUIRE_EQUAL(ppn_stream_response(stream.get(), -1, head.out(), nullptr), PPN_OK);
  BOOST_TEST(ppn_stream_cancel(stream.get()) == PPN_OK);
  std::vector<std::string> pieces;
  BOOST_TEST(drain(stream, pieces) == PPN_E_CANCELLED);
  BOOST_TEST(drain(stream, pieces) == PPN_E_CANCELLED);
  BOOST_TEST(ppn_stream_cancel(stream.get()) == PPN_OK);
  BOOST_TEST(pieces.empty());
  BOOST_TEST(server.wait_for_finished(1));
}

BOOST_AUTO_TEST_CASE(cancel_wakes_a_reader_that_waits) {
  const ScriptedServer server({Script{}.expect_request().hold()});
  const Client client = make_client();
  const Stream stream = open_stream(client, server.url(), PPN_STREAM_CHUNKS);
  BOOST_REQUIRE(server.wait_for_requests(1));
  std::thread canceller([handle = ppn_stream_acquire(stream.get())] {
    ppn_stream_cancel(handle);
    ppn_stream_release(handle);
  });
  const ppn_event* piece = nullptr;
  BOOST_TEST(ppn_stream_next(stream.get(), -1, &piece, nullptr) == PPN_E_CANCELLED);
  canceller.join();
}

BOOST_AUTO_TEST_CASE(silent_stream_ends_with_its_idle_timeout) {
  const ScriptedServer server({Script{}.expect_request().send(open_head("text/plain") + "x").hold()});
  const Client client = make_client(R"({"stream_idle_timeout_ms": 50})");
  const Stream stream = open_stream(client, server.url(), PPN_STREAM_CHUNKS);
  std::vector<std::string> pieces;
  BOOST_TEST(drain(stream, pieces) == PPN_E_STREAM_IDLE_TIMEOUT);
  BOOST_TEST(joined(pieces) == "x");
}

BOOST_AUTO_TEST_CASE(request_of_a_stream_is_started_and_may_be_cancelled_by_it) {
  const ScriptedServer server({Script{}.expect_request().hold()});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  Stream stream;
  BOOST_REQUIRE_EQUAL(ppn_stream_open(request.get(), PPN_STREAM_CHUNKS, stream.out(), nullptr), PPN_OK);
  BOOST_TEST(ppn_request_start(request.get(), nullptr) == PPN_E_INVALID_STATE);
  Stream second;
  BOOST_TEST(ppn_stream_open(request.get(), PPN_STREAM_CHUNKS, second.out(), nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_request_cancel(request.get()) == PPN_OK);
  const ppn_event* piece = nullptr;
  BOOST_TEST(ppn_stream_next(stream.get(), -1, &piece, nullptr) == PPN_E_CANCELLED);
}

BOOST_AUTO_TEST_SUITE_END()
