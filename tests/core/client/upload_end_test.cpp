// How a call ends whose body comes piece by piece, when something goes wrong on the way.
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <filesystem>
#include <string>

#include "core/client/chunked.hpp"
#include "core/client/engine.hpp"
#include "core/client/test_reader.hpp"
#include "core/client/until.hpp"
#include "support/certificates.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_dir.hpp"

namespace ppn::test {
namespace {

const std::string refusal = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(upload_ends, EngineFixture)

BOOST_AUTO_TEST_CASE(file_that_shrinks_on_the_way_ends_the_call_and_its_connection) {
  const TempDir dir;
  const std::string path = dir.write("body", std::string(64 << 20, 'x'));
  ScriptedServer server({Script{}.expect_head().mark("begun").wait_for_signal("shrunk").wait_for_peer_close()});
  TestCall call(make_client(), {.url = server.url(), .method = "PUT", .set_body = [&](Call& described) {
                                  return described.set_body_file(path);
                                }});
  call.start();
  BOOST_TEST(server.wait_for_mark("begun"));
  std::filesystem::resize_file(path, 1'000);
  server.signal("shrunk");
  const Outcome outcome = call.finish();
  BOOST_TEST(outcome.code() == "WRITE_FAILED");
  BOOST_TEST(outcome.phase() == "send");
  BOOST_TEST(!outcome.error->retryable);
  BOOST_TEST((outcome.error->sent == Sent::partial));
  BOOST_TEST(server.wait_for_finished(1));
}

BOOST_AUTO_TEST_CASE(callback_that_breaks_its_word_ends_the_call_and_its_connection) {
  struct Row {
    const char* what;
    Length length;
    TestReader::Read second;  // after a first read of five bytes
    const char* code;
  };
  const auto gives = [](std::size_t size) {
    return [size](std::span<char>, std::size_t& length) {
      length = size;
      return Flow::proceed;
    };
  };
  const std::vector<Row> rows{
      {"aborts", {}, [](std::span<char>, std::size_t&) { return Flow::abort; }, "CANCELLED"},
      {"ends early", 8, gives(0), "INVALID_ARGUMENT"},
      {"goes on too long", 8, gives(4), "INVALID_ARGUMENT"},
      {"claims too much", {}, gives(65'537), "INVALID_ARGUMENT"},
      {"claims far too much", 1 << 20, gives(static_cast<std::size_t>(-1)), "INVALID_ARGUMENT"},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.what) {
      // Chunked or not, the five bytes arrive and no more.
      const std::string sent = row.length ? "hello" : chunk("hello");
      const ScriptedServer server(
          {Script{}.expect_head().expect_bytes(sent.size()).mark("hello").expect_bytes(1), Script{}});
      int reads = 0;
      const auto client = make_client();
      const Outcome outcome = fetch(client, {.url = server.url(),
                                             .method = "PUT",
                                             .set_body = reading(
                                                 [&](std::span<char> out, std::size_t& length) {
                                                   if (++reads > 1) return row.second(out, length);
                                                   length = 5;
                                                   std::memcpy(out.data(), "hello", 5);
                                                   return Flow::proceed;
                                                 },
                                                 row.length, [] { return true; })});
      BOOST_TEST(outcome.code() == row.code);
      BOOST_TEST(outcome.phase() == "send");
      BOOST_TEST(!outcome.error->retryable);
      BOOST_TEST((outcome.error->sent == Sent::partial));
      BOOST_TEST(reads == 2);
      BOOST_TEST(server.wait_for_finished(1));
      BOOST_TEST(server.wait_for_mark("hello"));
      BOOST_TEST(server.problems().size() == 1U);  // the one byte more never came
      BOOST_TEST(server.connections() == 1);
    }
  }
}

BOOST_AUTO_TEST_CASE(callback_that_aborts_at_once_sends_nothing) {
  const ScriptedServer server({Script{}.expect_bytes(1)});
  const Outcome outcome =
      fetch(make_client(),
            {.url = server.url(), .method = "POST", .set_body = reading([](auto&&...) { return Flow::abort; })});
  BOOST_TEST(outcome.code() == "CANCELLED");
  BOOST_TEST((outcome.error->sent == Sent::none));
  BOOST_TEST(server.wait_for_finished(1));
  BOOST_TEST(server.problems().size() == 1U);
}

BOOST_AUTO_TEST_CASE(answer_before_the_body_is_read_ends_the_upload) {
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca();
  const ServerIdentity identity = factory.make_leaf(ca, loopback_names()).identity();
  const std::vector<std::pair<const char*, TestReader::Read>> rows{{"pausing", pausing}, {"endless", endless}};
  for (const auto& [what, read] : rows) {
    for (const bool secure : {false, true}) {
      for (const char* answer : {"HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno",
                                 "HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno",
                                 "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: "
                                 "chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n"}) {
        BOOST_TEST_CONTEXT(what << (secure ? " TLS " : " ") << answer) {
          ScriptedServer server(
              {Script{}.expect_head().send(answer).hold(), Script{}.expect_request().send(ok_response("b"))},
              {.tls = secure ? identity : ServerIdentity{}});
          const auto client = make_client([&](Options& options) { options.tls.ca_file = ca.certificate_file; });
          std::atomic<bool> over{false};
          std::atomic<bool> late{false};
          const auto watching = [&, inner = read](std::span<char> out, std::size_t& length) {
            if (over) late = true;
            return inner(out, length);
          };
          const Outcome outcome = fetch(
              client, {.url = server.url(), .method = "POST", .set_body = reading(watching), .hooks = {.head = [&] {
                                                                                               over = true;
                                                                                               return Flow::proceed;
                                                                                             }}});
          BOOST_TEST(outcome.code() == "OK");
          BOOST_TEST(outcome.body() == "no");
          BOOST_TEST(!late.load());
          // The connection is closed, not used again.
          BOOST_TEST(fetch(client, server.url()).body() == "b");
          BOOST_TEST(server.connections() == 2);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(answer_wins_over_the_reset_that_follows_it) {
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca();
  const ServerIdentity identity = factory.make_leaf(ca, loopback_names()).identity();
  for (const bool secure : {false, true}) {
    const ScriptedServer server({Script{}.expect_head().send(refusal).reset()},
                                {.tls = secure ? identity : ServerIdentity{}, .repeat_last = true});
    const auto client = make_client([&](Options& options) { options.tls.ca_file = ca.certificate_file; });
    // When the reset is noticed is a matter of luck.
    for (int i = 0; i < 60; ++i) {
      const bool pauses = i % 3 == 0;
      const Outcome outcome =
          fetch(client, {.url = server.url(), .method = "POST", .set_body = reading(pauses ? pausing : endless)});
      BOOST_TEST(outcome.code() == "OK");
      BOOST_TEST(outcome.status() == 413);
      BOOST_TEST(outcome.body() == "no");
    }
  }
}

BOOST_AUTO_TEST_CASE(reset_in_the_middle_of_a_body_is_an_error_of_the_connection) {
  const ScriptedServer server({Script{}.expect_head().expect_bytes(100'000).reset()}, {.repeat_last = true});
  const auto client = make_client();
  for (const auto& [read, first] : std::vector<std::pair<TestReader::Read, bool>>{{endless, false}, {pausing, true}}) {
    std::atomic<int> reads{0};
    const auto body = [&, inner = read, gives_first = first](std::span<char> out, std::size_t& length) {
      // One that pauses gives enough for the script before.
      return gives_first && ++reads <= 2 ? endless(out, length) : inner(out, length);
    };
    const Outcome outcome = fetch(client, {.url = server.url(), .method = "PUT", .set_body = reading(body)});
    BOOST_TEST(outcome.code() == "CONNECTION_RESET");
    BOOST_TEST((outcome.error->sent == Sent::partial));
  }
  BOOST_TEST(server.connections() == 2);  // no fresh one: neither had carried a request before
}

BOOST_AUTO_TEST_CASE(server_that_does_not_read_stops_the_callback_and_is_a_write_timeout) {
  const ScriptedServer server({Script{}.hold()});
  std::atomic<int> reads{0};
  TestCall call(make_client(), {.url = server.url(),
                                .method = "POST",
                                .set_body = reading([&](std::span<char> out, std::size_t& length) {
                                  ++reads;
                                  return endless(out, length);
                                }),
                                .options = {{"write_timeout_ms", "300"}}});
  call.start();
  // The buffers of the kernel fill, then nothing is asked for any more.
  int before = -1;
  BOOST_TEST(until([&] {
    const int now = reads;
    const bool stands = now > 0 && now == before;
    before = now;
    ::poll(nullptr, 0, 20);
    return stands;
  }));
  const Outcome outcome = call.finish();
  BOOST_TEST(outcome.code() == "WRITE_TIMEOUT");
  BOOST_TEST(outcome.phase() == "send");
  BOOST_TEST((outcome.error->sent == Sent::partial));
  BOOST_TEST(reads < 1'000);  // 64 MiB; a socket takes some
}

BOOST_AUTO_TEST_CASE(write_timeout_runs_again_after_a_pause) {
  const ScriptedServer server({Script{}.hold()});
  std::atomic<int> reads{0};
  TestCall call(make_client(), {.url = server.url(),
                                .method = "POST",
                                .set_body = reading([&](std::span<char> out, std::size_t& length) {
                                  return ++reads == 1 ? Flow::pause : endless(out, length);
                                }),
                                .options = {{"write_timeout_ms", "150"}}});
  call.start();
  BOOST_TEST(!call.wait_for_end(after(std::chrono::milliseconds(300))));
  call.resume();
  BOOST_TEST(call.finish().code() == "WRITE_TIMEOUT");
}

BOOST_AUTO_TEST_CASE(cancel_and_deadline_end_an_upload_that_moves_and_one_that_pauses) {
  const ScriptedServer server({Script{}.hold()}, {.repeat_last = true});
  const auto client = make_client();
  for (const TestReader::Read& read : {TestReader::Read(endless), TestReader::Read(pausing)}) {
    TestCall call(client, {.url = server.url(), .method = "POST", .set_body = reading(read)});
    call.start();
    BOOST_TEST(!call.wait_for_end(after(std::chrono::milliseconds(30))));
    const auto begin = std::chrono::steady_clock::now();
    call.cancel();
    const Outcome outcome = call.finish();
    BOOST_TEST(outcome.code() == "CANCELLED");
    BOOST_TEST((outcome.error->sent == Sent::partial));
    BOOST_TEST((outcome.completed_at - begin < std::chrono::milliseconds(50)));
    const Outcome late = fetch(
        client, {.url = server.url(), .method = "POST", .set_body = reading(read), .options = {{"timeout_ms", "100"}}});
    BOOST_TEST(late.code() == "TIMEOUT");
    BOOST_TEST(late.phase() == "send");
  }
}

BOOST_AUTO_TEST_CASE(reader_is_destroyed_before_the_completion_and_when_the_start_fails) {
  struct Watched final : BodyReader {
    std::atomic<int>* ended;
    explicit Watched(std::atomic<int>* count) : ended(count) {}
    ~Watched() override { ++*ended; }
    Flow read(std::span<char>, std::size_t&) override { return Flow::proceed; }
    bool rewindable() const noexcept override { return false; }
    bool rewind() override { return false; }
  };
  std::atomic<int> ended{0};
  std::atomic<int> at_completion{0};
  const auto watched = [&](Call& call) { return call.set_body_reader({}, std::make_unique<Watched>(&ended)); };
  const ScriptedServer server({Script{}.expect_request().send(ok_response("ok"))});
  fetch(make_client(), {.url = server.url(), .method = "POST", .set_body = watched, .hooks = {.complete = [&] {
                                                                                      at_completion = ended.load();
                                                                                    }}});
  BOOST_TEST(at_completion == 1);

  TestCall refused(make_client(), {.url = server.url(), .method = "POST", .set_body = watched});
  refused.cancel();
  BOOST_TEST(!refused.try_start().ok());
  BOOST_TEST(ended == 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
