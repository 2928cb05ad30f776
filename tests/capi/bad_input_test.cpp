// Bad input has a named error before a byte is sent: the server of these tests never sees a connection.
#include <cerrno>
#include <cstdint>
#include <string>
#include <vector>

#include "capi/capi.hpp"
#include "capi/recorder.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;
using namespace std::string_literals;

namespace {

struct QuietServer : NoLeak {
  ScriptedServer server{{}};
  Client client = make_client();

  ~QuietServer() {
    client.reset();
    BOOST_CHECK_EQUAL(ppn_runtime_shutdown(nullptr), PPN_OK);
    BOOST_CHECK_EQUAL(server.connections(), 0);
  }

  int32_t describe(std::string_view method, std::string_view url) {
    Request request;
    ErrorHandle error;
    const int32_t code =
        ppn_request_new(client.get(), method.data(), method.size(), url.data(), url.size(), request.out(), error.out());
    if (code != PPN_OK) {
      BOOST_TEST((request.get() == nullptr));
      BOOST_TEST(ppn_error_code(error.get()) == code);
      BOOST_TEST(!std::string(ppn_error_message(error.get())).empty());
    }
    return code;
  }
  Request request() { return make_request(client, "POST", server.url()); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(bad_input, QuietServer)

BOOST_AUTO_TEST_CASE(control_bytes_in_a_url_are_refused) {
  for (const std::string& bad : {"\r"s, "\n"s, "\0"s, "\r\nX: y"s, " "s, "\t"s, "\x7f"s, "\\"s}) {
    BOOST_TEST(describe("GET", server.url("/a") + bad + "b") == PPN_E_INVALID_URL);
    BOOST_TEST(describe("GET", "http://127.0.0.1" + bad + ":80/") == PPN_E_INVALID_URL);
  }
}

BOOST_AUTO_TEST_CASE(url_that_is_none_is_refused) {
  for (const char* url :
       {"", "/path", "http:", "http://", "http:///x", "//127.0.0.1/", "http://127.0.0.1:0/", "http://127.0.0.1:65536/",
        "http://127.0.0.1:080/", "http://user:pass@127.0.0.1/", "http://[::1", "http://127.1/", "http://0x7f000001/"}) {
    BOOST_TEST(describe("GET", url) == PPN_E_INVALID_URL, url);
  }
}

BOOST_AUTO_TEST_CASE(url_of_another_scheme_is_refused) {
  for (const char* url : {"ftp://127.0.0.1/", "file:///etc/passwd", "ws://127.0.0.1/", "wss://127.0.0.1/",
                          "gopher://127.0.0.1/", "javascript:alert(1)"}) {
    BOOST_TEST(describe("GET", url) == PPN_E_UNSUPPORTED_SCHEME, url);
  }
}

BOOST_AUTO_TEST_CASE(method_that_is_no_token_is_refused) {
  for (const std::string& method : {""s, "GE T"s, "GET\r\n"s, "GET\0"s, "G\tT"s, "CONNECT"s, "G(T"s}) {
    BOOST_TEST(describe(method, server.url()) == PPN_E_INVALID_ARGUMENT, method);
  }
  BOOST_TEST(describe("PURGE", server.url()) == PPN_OK);
}

BOOST_AUTO_TEST_CASE(header_that_could_end_its_line_is_refused) {
  const Request described = request();
  for (const std::string& bad :
       {"t0ken\r\nX: y"s, "t0ken\n"s, "t0ken\r"s, "t0ken\0b"s, "t0ken\x01"s, " t0ken"s, "t0ken "s, "t0ken\x7f"s}) {
    ErrorHandle error;
    BOOST_TEST(ppn_request_set_header(described.get(), "X-Key", 5, bad.data(), bad.size(), error.out()) ==
               PPN_E_INVALID_HEADER);
    BOOST_TEST(std::string(ppn_error_message(error.get())).find("t0ken") == std::string::npos);
    BOOST_TEST(ppn_request_add_header(described.get(), "X-Key", 5, bad.data(), bad.size(), nullptr) ==
               PPN_E_INVALID_HEADER);
  }
  for (const std::string& bad : {""s, "a b"s, "a:"s, "a\r\n"s, "a\0"s, "\xc3\xa4"s}) {
    BOOST_TEST(ppn_request_set_header(described.get(), bad.data(), bad.size(), "v", 1, nullptr) ==
               PPN_E_INVALID_HEADER);
  }
}

BOOST_AUTO_TEST_CASE(headers_of_the_framing_are_refused) {
  const Request described = request();
  for (const char* name : {"Host", "content-length", "Transfer-Encoding", "CONNECTION", "Keep-Alive", "upgrade", "TE",
                           "Trailer", "Proxy-Connection", "Expect"}) {
    BOOST_TEST(ppn_request_set_header(described.get(), name, PPN_AUTO_LENGTH, "x", 1, nullptr) == PPN_E_INVALID_HEADER,
               name);
  }
}

BOOST_AUTO_TEST_CASE(json_that_is_none_is_refused) {
  const Request described = request();
  for (const std::string& bad : {""s, "{"s, "{'a': 1}"s, "[1,]"s, "nul"s, "{} {}"s, "\"\xff\""s, "1\0"s, "NaN"s}) {
    BOOST_TEST(ppn_request_set_json(described.get(), bad.data(), bad.size(), nullptr) == PPN_E_JSON_PARSE, bad);
  }
  BOOST_TEST(ppn_request_set_json(described.get(), "5", 1, nullptr) == PPN_OK);
}

BOOST_AUTO_TEST_CASE(body_file_that_can_not_be_sent_is_refused) {
  const Request described = request();
  const auto refused = [&](std::string_view path) {
    ErrorHandle error;
    const int32_t code = ppn_request_set_body_file(described.get(), path.data(), path.size(), error.out());
    BOOST_TEST(code == PPN_E_INVALID_ARGUMENT, path);
    return ppn_error_os_errno(error.get());
  };
  BOOST_TEST(refused("/nowhere") == ENOENT);
  BOOST_TEST(refused("") == ENOENT);
  BOOST_TEST(refused("/") == 0);
  BOOST_TEST(refused("/dev/zero") == 0);
  BOOST_TEST(refused("/etc/passwd\0x"s) == 0);
  BOOST_TEST(ppn_request_set_body_file(described.get(), nullptr, PPN_AUTO_LENGTH, nullptr) == PPN_E_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(body_callback_that_is_none_is_refused_and_its_user_data_stays_with_the_caller) {
  const Request described = request();
  const auto read = [](void*, ppn_request*, uint8_t*, size_t, size_t*) -> int32_t { return PPN_CB_ABORT; };
  const auto destroy = [](void* user) { ++*static_cast<int*>(user); };
  int destroyed = 0;
  BOOST_TEST(ppn_request_set_body_callback(described.get(), -2, read, nullptr, &destroyed, destroy, nullptr) ==
             PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_request_set_body_callback(described.get(), INT64_MIN, read, nullptr, &destroyed, destroy, nullptr) ==
             PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_request_set_body_callback(described.get(), 5, nullptr, nullptr, &destroyed, destroy, nullptr) ==
             PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(destroyed == 0);
}

BOOST_AUTO_TEST_CASE(missing_texts_and_outs_are_invalid_arguments) {
  const Request described = request();
  const std::string url = server.url();
  ppn_request* out = reinterpret_cast<ppn_request*>(1);
  BOOST_TEST(ppn_request_new(client.get(), nullptr, 3, url.c_str(), url.size(), &out, nullptr) ==
             PPN_E_INVALID_ARGUMENT);
  BOOST_TEST((out == nullptr));
  BOOST_TEST(ppn_request_new(client.get(), "GET", 3, nullptr, PPN_AUTO_LENGTH, &out, nullptr) ==
             PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_request_new(client.get(), "GET", 3, url.c_str(), url.size(), nullptr, nullptr) ==
             PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_request_set_header(described.get(), nullptr, 0, "v", 1, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_request_set_header(described.get(), "a", 1, nullptr, 1, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_request_set_header(described.get(), "a", 1, nullptr, 0, nullptr) == PPN_OK);
  BOOST_TEST(ppn_request_set_body(described.get(), nullptr, 1, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_request_set_body(described.get(), nullptr, 0, nullptr) == PPN_OK);
  BOOST_TEST(ppn_request_set_json(described.get(), nullptr, 0, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_request_set_option(described.get(), "timeout_ms", PPN_AUTO_LENGTH, nullptr, 0, nullptr) ==
             PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_request_set_event_callback(described.get(), nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_request_send(described.get(), nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_stream_open(described.get(), PPN_STREAM_CHUNKS, nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_config_new(nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_client_new(nullptr, nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(impossible_lengths_are_invalid_arguments) {
  const Request described = request();
  const uint8_t byte = 0;
  BOOST_TEST(ppn_request_set_body(described.get(), &byte, PPN_AUTO_LENGTH, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_request_set_body(described.get(), &byte, PPN_AUTO_LENGTH - 1, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_request_set_header(described.get(), "a", PPN_AUTO_LENGTH / 2 + 1, "v", 1, nullptr) ==
             PPN_E_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(options_of_a_request_are_checked) {
  const Request described = request();
  const auto set = [&](const char* name, const char* value) {
    return ppn_request_set_option(described.get(), name, PPN_AUTO_LENGTH, value, PPN_AUTO_LENGTH, nullptr);
  };
  BOOST_TEST(set("timeout_ms", "100") == PPN_OK);
  BOOST_TEST(set("timeout_ms", "-1") == PPN_E_CONFIG_ERROR);
  BOOST_TEST(set("no_such_option", "1") == PPN_E_CONFIG_ERROR);
  BOOST_TEST(set("verify_ssl", "0") == PPN_E_CONFIG_ERROR);
  BOOST_TEST(set("connect_timeout_ms", "5") == PPN_E_CONFIG_ERROR);
}

BOOST_AUTO_TEST_CASE(kind_of_a_stream_is_checked) {
  const Request described = request();
  Stream stream;
  for (const int32_t kind : {-1, 3, 1'000}) {
    BOOST_TEST(ppn_stream_open(described.get(), kind, stream.out(), nullptr) == PPN_E_INVALID_ARGUMENT);
    BOOST_TEST((stream.get() == nullptr));
  }
}

BOOST_AUTO_TEST_CASE(closed_client_refuses_requests) {
  const Request before = request();
  BOOST_TEST(ppn_client_close(client.get(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_client_close(client.get(), nullptr) == PPN_OK);
  BOOST_TEST(describe("GET", server.url()) == PPN_E_CLIENT_CLOSED);
  Response response;
  BOOST_TEST(ppn_request_send(before.get(), response.out(), nullptr) == PPN_E_CLIENT_CLOSED);
  BOOST_TEST((response.get() == nullptr));
}

BOOST_AUTO_TEST_CASE(request_that_was_cancelled_before_its_start_can_not_be_started) {
  const Request described = request();
  BOOST_TEST(ppn_request_cancel(described.get()) == PPN_OK);
  BOOST_TEST(ppn_request_start(described.get(), nullptr) == PPN_E_INVALID_STATE);
}

BOOST_AUTO_TEST_CASE(callbacks_are_set_once_and_before_the_event_callback) {
  const auto on_event = [](void*, ppn_request*, const ppn_event*) -> int32_t { return PPN_CB_CONTINUE; };
  Recorder recorder;
  Recorder refused;
  const Request described = request();
  BOOST_TEST(ppn_request_set_event_callback(described.get(), on_event, nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(recorder.install_for_data(described.get()) == PPN_OK);
  BOOST_TEST(refused.install(described.get()) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_request_set_event_callback(described.get(), on_event, nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(refused.seen().destroyed == 0);
}

BOOST_AUTO_TEST_CASE(resume_needs_a_started_request_and_streams_one_without_callbacks) {
  Recorder recorder;
  const Request described = request();
  BOOST_TEST(ppn_request_resume(described.get()) == PPN_E_INVALID_STATE);
  BOOST_TEST(recorder.install(described.get()) == PPN_OK);
  Stream stream;
  BOOST_TEST(ppn_stream_open(described.get(), PPN_STREAM_CHUNKS, stream.out(), nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST((stream.get() == nullptr));
}

BOOST_AUTO_TEST_SUITE_END()
