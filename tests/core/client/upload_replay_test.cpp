// Bodies and the race of a request with the close of the connection it reuses (SEMANTICS 3.1.4), and how long a peer may
// leave a body unread.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "core/client/engine.hpp"
#include "core/client/test_reader.hpp"
#include "io/transport.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_dir.hpp"

namespace ppn::test {
namespace {

constexpr std::size_t body_size = 100'000;

Script first_then_close() {
  return Script{}.expect_request().send(ok_response("first")).expect_request().close();
}

// TCP_USER_TIMEOUT of our socket to that port; -1 when there is none.
int stall_limit_of(std::uint16_t server_port) {
  for (int descriptor = 3; descriptor < 256; ++descriptor) {
    sockaddr_in peer{};
    socklen_t length = sizeof peer;
    if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &length) != 0) continue;
    if (ntohs(peer.sin_port) != server_port) continue;
    int limit_ms = -1;
    length = sizeof limit_ms;
    if (::getsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit_ms, &length) == 0) return limit_ms;
  }
  return -1;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(upload_replay, EngineFixture)

BOOST_AUTO_TEST_CASE(file_is_sent_again_from_its_beginning) {
  const TempDir dir;
  const std::string path = dir.write("body", std::string(body_size, 'f'));
  const ScriptedServer server({first_then_close(), Script{}.expect_request().send(ok_response("again"))});
  const auto client = make_client();
  BOOST_TEST(fetch(client, server.url()).body() == "first");
  BOOST_TEST(
      fetch(client,
            {.url = server.url(), .method = "PUT", .set_body = [&](Call& call) { return call.set_body_file(path); }})
          .body() == "again");
  BOOST_TEST((server.requests().at(1) == server.requests().at(2)));
}

BOOST_AUTO_TEST_CASE(callback_is_rewound_and_sent_again) {
  for (const bool known : {true, false}) {
    TextSource source(std::string(body_size, 'c'), 5'000);
    const ScriptedServer server({first_then_close(), Script{}.expect_request().send(ok_response("again"))});
    const auto client = make_client();
    BOOST_TEST(fetch(client, server.url()).body() == "first");
    const auto length = known ? std::optional<std::uint64_t>(body_size) : std::nullopt;
    BOOST_TEST(fetch(client, {.url = server.url(),
                              .method = "PUT",
                              .set_body = [&](Call& call) { return call.set_body_reader(length, source.reader()); }})
                   .body() == "again");
    BOOST_TEST(source.rewinds == 1);
    BOOST_TEST((server.requests().at(1) == server.requests().at(2)));
  }
}

BOOST_AUTO_TEST_CASE(callback_that_can_not_be_rewound_leaves_the_error_of_the_connection) {
  TextSource source(std::string(body_size, 'c'), 5'000);
  const ScriptedServer server({first_then_close(), Script{}});
  const auto client = make_client();
  BOOST_TEST(fetch(client, server.url()).body() == "first");
  const Outcome outcome = fetch(client, {.url = server.url(), .method = "PUT", .set_body = [&](Call& call) {
                                           return call.set_body_reader(body_size, source.reader(false));
                                         }});
  BOOST_TEST(outcome.code() == "CONNECTION_CLOSED");
  BOOST_TEST(outcome.error->retryable);
  BOOST_TEST((outcome.error->sent == Sent::full));
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(callback_of_which_nothing_was_read_needs_no_rewind) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("first")).expect_head().close(),
                               Script{}.expect_request().send(ok_response("again"))});
  const auto client = make_client();
  BOOST_TEST(fetch(client, server.url()).body() == "first");
  std::atomic<int> reads{0};
  const auto read = [&](std::span<char> out, std::size_t& length) {
    switch (++reads) {
      case 1: return Flow::pause;
      case 2:
        out[0] = 'x';
        length = 1;
        return Flow::proceed;
      default: return Flow::proceed;
    }
  };
  const Outcome outcome = fetch(client, {.url = server.url(), .method = "PUT", .set_body = [&](Call& call) {
                                           return call.set_body_reader({}, std::make_unique<TestReader>(read));
                                         }});
  BOOST_TEST(outcome.body() == "again");
  BOOST_TEST(server.requests().back().ends_with("\r\n\r\n1\r\nx\r\n0\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(rewind_that_fails_is_an_error_of_its_own) {
  const ScriptedServer server({first_then_close(), Script{}});
  const auto client = make_client();
  BOOST_TEST(fetch(client, server.url()).body() == "first");
  const auto read = [](std::span<char> out, std::size_t& length) {
    length = out.size() > 10 ? 10 : 0;
    return Flow::proceed;
  };
  const Outcome outcome =
      fetch(client, {.url = server.url(), .method = "PUT", .set_body = [&](Call& call) {
                       return call.set_body_reader(10, std::make_unique<TestReader>(read, [] { return false; }));
                     }});
  BOOST_TEST(outcome.code() == "BODY_NOT_REPLAYABLE");
  BOOST_TEST(outcome.phase() == "send");
  BOOST_TEST((outcome.error->sent == Sent::full));
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(method_that_may_not_be_sent_again_is_not_with_any_body) {
  TextSource source("text", 4);
  const ScriptedServer server({first_then_close(), Script{}});
  const auto client = make_client();
  BOOST_TEST(fetch(client, server.url()).body() == "first");
  BOOST_TEST(fetch(client, {.url = server.url(),
                            .method = "POST",
                            .set_body = [&](Call& call) { return call.set_body_reader({}, source.reader()); }})
                 .code() == "CONNECTION_CLOSED");
  BOOST_TEST(source.rewinds == 0);
}

BOOST_AUTO_TEST_CASE(file_that_fails_on_a_reused_connection_is_not_sent_again) {
  const TempDir dir;
  const std::string path = dir.write("body", std::string(body_size, 'f'));
  const ScriptedServer server(
      {Script{}.expect_request().send(ok_response("first")).expect_head().wait_for_peer_close(), Script{}});
  const auto client = make_client();
  BOOST_TEST(fetch(client, server.url()).body() == "first");
  const Outcome outcome = fetch(client, {.url = server.url(), .method = "PUT", .set_body = [&](Call& call) {
                                           Status set = call.set_body_file(path);
                                           std::filesystem::resize_file(path, 70'000);
                                           return set;
                                         }});
  BOOST_TEST(outcome.code() == "WRITE_FAILED");
  BOOST_TEST(server.wait_for_finished(1));
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(kernel_leaves_the_end_of_a_stalled_upload_to_write_timeout) {
  for (const auto& [option, during] : {std::pair{"0", 0}, {"45000", 75'000}, {"1000", 31'000}}) {
    ScriptedServer server({Script{}
                               .expect_request()
                               .mark("whole")
                               .wait_for_signal("go")
                               .send(ok_response("ok"))
                               .expect_request()
                               .send(ok_response("next"))});
    const auto client = make_client();
    TestCall call(client, {.url = server.url(),
                           .method = "POST",
                           .body = std::string(body_size, 'm'),
                           .options = {{"write_timeout_ms", option}}});
    call.start();
    BOOST_TEST(server.wait_for_mark("whole"));
    BOOST_TEST(stall_limit_of(server.port()) == during);
    server.signal("go");
    BOOST_TEST(call.finish().code() == "OK");
    BOOST_TEST(stall_limit_of(server.port()) == kStallMs);
    BOOST_TEST(fetch(client, server.url()).reused());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
