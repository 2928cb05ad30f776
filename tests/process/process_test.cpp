// What a process can do around the library: load it late, take its descriptors away, fork, run other programs, end.
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <sstream>
#include <string>

#include "support/certificates.hpp"
#include "support/process.hpp"
#include "support/sanitized.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const std::string chunked_head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

ProcessResult run_host(std::vector<std::string> arguments, std::vector<std::string> environment = {}) {
  return run_process(
      {.program = PPN_TEST_HOST, .arguments = std::move(arguments), .environment = std::move(environment)},
      after(std::chrono::seconds(40)));
}

ProcessResult run_cpp_host(std::vector<std::string> arguments) {
  return run_process({.program = PPN_TEST_CPP_HOST, .arguments = std::move(arguments)},
                     after(std::chrono::seconds(40)));
}

void check_end(const ProcessResult& result, int code) {
  BOOST_REQUIRE(result.status);
  BOOST_TEST(result.status->signal == 0);
  BOOST_TEST(result.status->code == code, result.output << result.errors);
}

struct TlsServerFiles {
  CertificateFactory factory;
  CertFiles ca = factory.make_ca();
  ServerIdentity identity = factory.make_leaf(ca, loopback_names()).identity();
};

// UndefinedBehaviorSanitizer looks at memory through a pipe.
bool descriptors_may_run_out(boost::unit_test::test_unit_id) {
  return !sanitized;
}

// A server of TLS streams that never end. Its chunks are of a size that a sanitized reader keeps up with.
Script endless_stream() {
  return Script{}
      .expect_request()
      .send(chunked_head)
      .send_repeated("3e8\r\n" + std::string(1'000, 'x') + "\r\n", 1'000'000'000);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(processes)

BOOST_AUTO_TEST_CASE(thread_that_was_there_before_the_library_uses_it_even_after_dlclose) {
  const ScriptedServer server({Script{}.expect_request().send(ok).expect_request().send(ok)});
  const ProcessResult result = run_host({"call", server.url()});
  check_end(result, 0);
  BOOST_TEST(result.output == "loaded after dlclose\nbody hello\nbody hello\n");
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(peer_that_resets_during_a_write_raises_no_signal) {
  TlsServerFiles tls;
  const ScriptedServer server({Script{}.expect_head().reset()}, {.repeat_last = true});
  const ProcessResult result = run_host({"post", server.url(), "20"});
  check_end(result, 0);
  std::istringstream lines(result.output);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) BOOST_TEST(line == "CONNECTION_RESET");
  BOOST_TEST(count == 20);
}

BOOST_AUTO_TEST_CASE(exit_with_live_tls_streams_is_clean_each_time) {
  TlsServerFiles tls;
  constexpr int times = sanitized ? 5 : 40;
  for (int i = 0; i < times; ++i) {
    const ScriptedServer server({endless_stream()}, {.tls = tls.identity, .repeat_last = true});
    const ProcessResult result = run_host({"exit", server.url(), tls.ca.certificate_file});
    check_end(result, 33);
    BOOST_TEST(server.connections() == 4);
  }
}

BOOST_AUTO_TEST_CASE(child_that_exits_does_not_disturb_the_streams_of_its_parent) {
  TlsServerFiles tls;
  const ScriptedServer plain({endless_stream()}, {.repeat_last = true});
  const ScriptedServer secure({endless_stream()}, {.tls = tls.identity, .repeat_last = true});
  for (const ScriptedServer* const server : {&plain, &secure}) {
    // The threads of the parent are not in its children, and so their memory looks lost there.
    const ProcessResult result =
        run_host({"fork", server->url(), tls.ca.certificate_file}, {"ASAN_OPTIONS=detect_leaks=0"});
    check_end(result, 0);
    BOOST_TEST(result.output == "child exit 7\nchild exit 7\nchild exit 7\n4000 pieces\n");
    BOOST_TEST(server->connections() == 4);
  }
}

BOOST_AUTO_TEST_CASE(program_that_is_executed_inherits_no_descriptor) {
  TlsServerFiles tls;
  const ScriptedServer server({endless_stream()}, {.tls = tls.identity, .repeat_last = true});
  const ProcessResult nothing = run_host({"list"});
  check_end(nothing, 0);
  const ProcessResult result = run_host({"inherit", server.url(), tls.ca.certificate_file});
  check_end(result, 0);
  BOOST_TEST(result.output == nothing.output);
  BOOST_TEST(!nothing.output.empty());
}

BOOST_AUTO_TEST_CASE(call_without_a_descriptor_left_is_named_and_the_next_one_works,
                     *boost::unit_test::precondition(descriptors_may_run_out)) {
  // Each response ends its connection, so that every call needs a new one.
  const std::string last = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
  const ScriptedServer server({Script{}.expect_request().send(last).close()}, {.repeat_last = true});
  const ProcessResult warm = run_host({"limited", server.url()});
  check_end(warm, 0);
  BOOST_TEST(warm.output == "body hello\nerror CONNECT_FAILED\nerror CONNECT_FAILED\nbody hello\n");
  // Not even the loop can be made.
  const ProcessResult cold = run_host({"unable", server.url()});
  check_end(cold, 0);
  BOOST_TEST(cold.output == "error INTERNAL\nerror INTERNAL\nbody hello\n");
}

BOOST_AUTO_TEST_CASE(callback_that_throws_ends_the_process_at_once) {
  const std::string events =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: x\n\n";
  const ScriptedServer server({Script{}.expect_request().send(events).close()}, {.repeat_last = true});
  for (const char* const where : {"headers", "data", "event", "complete", "destroy", "log"}) {
    BOOST_TEST_CONTEXT(where) {
      const ProcessResult result = run_cpp_host({"throw", where, server.url()});
      BOOST_REQUIRE(result.status);
      BOOST_TEST(result.status->signal == SIGABRT, result.output << result.errors);
      BOOST_TEST(result.output.empty());
      BOOST_TEST(result.errors.find("thrown by a callback") != std::string::npos, result.errors);
    }
  }
  // It is the throw that does it.
  check_end(run_cpp_host({"throw", "nowhere", server.url()}), 0);
}

BOOST_AUTO_TEST_CASE(program_whose_own_tls_accepts_everything_does_not_weaken_the_library) {
  TlsServerFiles tls;
  const ScriptedServer server({Script{}.expect_request().send(ok).close(), Script{}.expect_request().send(ok)},
                              {.tls = tls.identity});
  const ProcessResult result = run_cpp_host({"accept_all", server.url()});
  check_end(result, 0);
  BOOST_TEST(result.output == "Poco hello\nlibrary CERT_UNTRUSTED\n");
  BOOST_TEST(server.requests().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
