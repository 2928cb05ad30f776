#include "support/process.hpp"

#include <boost/test/unit_test.hpp>

#include <csignal>
#include <system_error>

#include "support/nginx_server.hpp"
#include "support/socket.hpp"
#include "support/temp_dir.hpp"

namespace ppn::test {

BOOST_AUTO_TEST_SUITE(process)

BOOST_AUTO_TEST_CASE(output_errors_and_code_are_kept) {
  const auto result = run_process({.program = "sh",
                                   .arguments = {"-c", "cat; echo $NAME >&2; exit 7"},
                                   .environment = {"NAME=value"},
                                   .input = "in\n"});
  BOOST_REQUIRE(result.status.has_value());
  BOOST_TEST(result.status->code == 7);
  BOOST_TEST(result.status->signal == 0);
  BOOST_TEST(result.output == "in\n");
  BOOST_TEST(result.errors == "value\n");
}

BOOST_AUTO_TEST_CASE(program_that_does_not_exist_is_an_error) {
  BOOST_CHECK_THROW(Process({.program = "/nonexistent/program"}), std::system_error);
}

BOOST_AUTO_TEST_CASE(child_that_outlives_its_deadline_is_killed) {
  const auto result = run_process({.program = "cat", .arguments = {"/dev/zero"}}, after(std::chrono::milliseconds(20)));
  BOOST_TEST(!result.status.has_value());
}

BOOST_AUTO_TEST_CASE(output_can_be_awaited_while_the_child_runs) {
  Process child({.program = "sh", .arguments = {"-c", "echo begun; kill -STOP $$"}});
  BOOST_TEST(child.wait_for_output("begun"));
  BOOST_TEST(!child.wait_for_output("never", after(std::chrono::milliseconds(10))));
  child.signal(SIGKILL);
  BOOST_TEST(!child.wait_for_output("never"));
  const auto status = child.wait();
  BOOST_REQUIRE(status.has_value());
  BOOST_TEST(status->signal == SIGKILL);
}

BOOST_AUTO_TEST_CASE(termination_kills_a_child_that_ignores_it) {
  Process child({.program = "sh", .arguments = {"-c", "trap '' TERM; echo deaf; while :; do read x </dev/zero; done"}});
  BOOST_TEST(child.wait_for_output("deaf"));
  BOOST_TEST(child.terminate(after(std::chrono::milliseconds(20))).signal == SIGKILL);
}

BOOST_AUTO_TEST_CASE(descriptors_are_passed_on_in_order) {
  const TempDir dir;
  const UniqueFd first = listen_on_loopback();
  const UniqueFd second = listen_on_loopback();
  const auto result = run_process({.program = "sh",
                                   .arguments = {"-c", "readlink /proc/$$/fd/3 /proc/$$/fd/4"},
                                   .inherited_fds = {first.get(), second.get()}});
  BOOST_TEST(result.output.starts_with("socket:"));
  BOOST_TEST(result.output.find("socket:", 1) != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(nginx, *boost::unit_test::precondition([](boost::unit_test::test_unit_id) {
                        return boost::test_tools::assertion_result(nginx_available());
                      }))

namespace {

std::string fetch(const NginxServer& server, const std::string& path, const std::string& header = "") {
  const UniqueFd client = connect_to_loopback(server.http_port(), default_deadline());
  send_all(client.get(), "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + header + "Connection: close\r\n\r\n",
           default_deadline());
  return receive_until_end(client.get(), default_deadline()).bytes;
}

}  // namespace

BOOST_AUTO_TEST_CASE(nginx_serves_what_its_header_says) {
  NginxServer server;
  server.add_file("large.txt", std::string(100'000, 'n'));
  BOOST_TEST(fetch(server, "/json").ends_with("\r\n\r\n" + std::string(NginxServer::json_body())));
  BOOST_TEST(fetch(server, "/files/large.txt").ends_with(std::string(100'000, 'n')));
  BOOST_TEST(fetch(server, "/gzip/large.txt", "Accept-Encoding: gzip\r\n").find("Content-Encoding: gzip") !=
             std::string::npos);
  BOOST_TEST(fetch(server, "/status/503").starts_with("HTTP/1.1 503 "));
  BOOST_TEST(fetch(server, "/status/204").starts_with("HTTP/1.1 204 "));
  BOOST_TEST(fetch(server, "/redirect/307").find("Location: /json\r\n") != std::string::npos);
  BOOST_TEST(fetch(server, "/nothing").starts_with("HTTP/1.1 404 "));
}

BOOST_AUTO_TEST_CASE(nginx_speaks_tls_with_its_ca) {
  NginxServer server;
  const auto result =
      run_process({.program = "openssl",
                   .arguments = {"s_client", "-connect", "127.0.0.1:" + std::to_string(server.https_port()), "-CAfile",
                                 server.ca_file(), "-verify_return_error", "-verify_hostname", "localhost", "-quiet",
                                 "-no_ign_eof"},
                   .input = "GET /json HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"});
  BOOST_TEST(result.errors.find("verify error") == std::string::npos);
  BOOST_TEST(result.errors.find("verify return:1") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(nginx_that_cannot_start_is_an_error_with_its_log) {
  CertFiles broken;
  broken.certificate_file = "/nonexistent.crt";
  broken.private_key_file = "/nonexistent.key";
  BOOST_CHECK_EXCEPTION(NginxServer({.certificate = broken}), std::runtime_error, [](const std::runtime_error& error) {
    return std::string_view(error.what()).find("nonexistent") != std::string_view::npos;
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
