// fork and exit while the library is in use.
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <string>
#include <vector>

#include "client/pull_stream.hpp"
#include "client/runtime.hpp"
#include "core/client/chunked.hpp"
#include "core/client/engine.hpp"
#include "core/client/until.hpp"
#include "support/certificates.hpp"
#include "support/process.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

constexpr const char* url_variable = "PPN_TEST_STREAM_URL";
constexpr const char* ca_variable = "PPN_TEST_STREAM_CA";

// How the forked child saw a call of the parent's client: its error number, as the exit status of the child.
int exit_status_of(pid_t child) {
  int status = 0;
  if (!until([&] { return ::waitpid(child, &status, WNOHANG) != 0; })) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

[[noreturn]] void exit_with_live_streams(const std::string& url) {
  const char* const ca = std::getenv(ca_variable);
  BOOST_REQUIRE(ca != nullptr);
  const auto client = make_client([&](Options& options) { options.tls.ca_file = ca; });
  std::vector<std::unique_ptr<TestCall>> calls;
  for (int i = 0; i < 4; ++i) {
    calls.push_back(std::make_unique<TestCall>(client, Request{.url = url, .delivery = Delivery::chunks}));
    calls.back()->start();
  }
  for (const auto& call : calls) BOOST_REQUIRE(call->wait_for_pieces(3));
  std::exit(33);  // streams, client and threads are alive
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(process_end, EngineFixture)

BOOST_AUTO_TEST_CASE(child_of_fork_is_told_so_and_the_parent_goes_on) {
  ScriptedServer server({Script{}
                             .expect_request()
                             .send(ok_response("before"))
                             .expect_request()
                             .send(chunked_head + chunk("begin"))
                             .wait_for_signal("forked")
                             .send(chunk("end") + last_chunk)});
  const auto client = make_client();
  BOOST_TEST(fetch(client, server.url()).body() == "before");
  TestCall call(client, {.url = server.url(), .delivery = Delivery::chunks});
  call.start();
  BOOST_TEST(call.wait_for_pieces(1));
  const pid_t child = ::fork();
  if (child == 0) {
    call.cancel();  // the parent's: without effect
    TestCall refused(client, {.url = server.url()});
    const Status started = refused.try_start();
    ::_exit(started ? 2 : static_cast<int>(started.error().code));
  }
  BOOST_TEST(exit_status_of(child) == static_cast<int>(ErrorCode::forked));
  server.signal("forked");
  BOOST_TEST(call.finish().joined() == "beginend");
}

BOOST_AUTO_TEST_CASE(child_of_fork_may_use_the_library_anew) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("answer"))}, {.repeat_last = true});
  const auto used = make_client();
  const auto unused = make_client();
  BOOST_TEST(fetch(used, server.url()).body() == "answer");
  const pid_t child = ::fork();
  if (child == 0) {
    if (fetch(unused, server.url()).body() != "answer") ::_exit(1);
    if (fetch(make_client(), server.url()).body() != "answer") ::_exit(2);
    ::_exit(Runtime::shutdown() ? 0 : 3);
  }
  BOOST_TEST(exit_status_of(child) == 0);
  BOOST_TEST(fetch(used, server.url()).body() == "answer");
}

// A child that kept its copies would keep the server's side open for as long as it lives.
BOOST_AUTO_TEST_CASE(child_of_fork_holds_no_connection_of_its_parent) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("answer")).wait_for_peer_close()});
  auto client = make_client();
  BOOST_TEST(fetch(client, server.url()).body() == "answer");
  int go_on[2];
  BOOST_REQUIRE_EQUAL(::pipe(go_on), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(go_on[1]);
    char byte = 0;
    ::_exit(::read(go_on[0], &byte, 1) == 0 ? 0 : 1);
  }
  client.reset();
  BOOST_TEST(server.wait_for_finished(1));  // it has seen the close while the child lives
  ::close(go_on[0]);
  ::close(go_on[1]);
  BOOST_TEST(exit_status_of(child) == 0);
}

BOOST_AUTO_TEST_CASE(child_of_fork_does_not_wait_for_a_stream_of_its_parent) {
  const ScriptedServer server({Script{}.expect_request().send(chunked_head + chunk("x")).wait_for_peer_close()});
  const auto client = make_client();
  auto call = Call::create(client, "GET", server.url());
  BOOST_REQUIRE(call.ok());
  auto stream = PullStream::open(*call, Delivery::chunks);
  BOOST_REQUIRE(stream.ok());
  BOOST_TEST(((*stream)->next(-1) == PullStream::Outcome::piece));
  const pid_t child = ::fork();
  if (child == 0) {
    if ((*stream)->next(-1) != PullStream::Outcome::failed) ::_exit(1);
    const auto code = static_cast<int>((*stream)->error().code);
    (*stream)->cancel();
    stream->reset();
    ::_exit(code);
  }
  BOOST_TEST(exit_status_of(child) == static_cast<int>(ErrorCode::forked));
  BOOST_TEST(((*stream)->next(0) == PullStream::Outcome::pending));
  (*stream)->cancel();
}

// The case starts this program again for itself alone; there it plays the program that exits.
BOOST_AUTO_TEST_CASE(exit_with_live_tls_streams_is_clean) {
  if (const char* const url = std::getenv(url_variable)) exit_with_live_streams(url);
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca();
  for (int i = 0; i < 5; ++i) {
    const ScriptedServer server(
        {Script{}.expect_request().send(chunked_head).send_repeated(chunk(std::string(100, 'x')), 1'000'000'000)},
        {.tls = factory.make_leaf(ca, loopback_names()).identity(), .repeat_last = true});
    const ProcessResult result =
        run_process({.program = "/proc/self/exe",
                     .arguments = {"--run_test=process_end/exit_with_live_tls_streams_is_clean"},
                     .environment = {std::string(url_variable) + "=" + server.url(),
                                     std::string(ca_variable) + "=" + ca.certificate_file}});
    BOOST_REQUIRE(result.status);
    BOOST_TEST(result.status->signal == 0);
    BOOST_TEST(result.status->code == 33, result.output << result.errors);
    BOOST_TEST(server.connections() == 4);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
