// Bad input to WebSockets has a named error, nothing of it is sent, and the WebSocket is as before. Their handles.
#include "capi/websocket.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "support/scripted_server.hpp"

using namespace ppn::test;
using namespace std::string_literals;

namespace {

// A server that never sees a connection.
struct Unheard : NoLeak {
  ScriptedServer server{{}};
  Client client = make_client();
  const std::string place = "127.0.0.1:" + std::to_string(server.port()) + "/";

  ~Unheard() {
    client.reset();
    BOOST_CHECK_EQUAL(ppn_runtime_shutdown(nullptr), PPN_OK);
    BOOST_CHECK_EQUAL(server.connections(), 0);
  }

  int32_t describe(std::string_view url) const {
    WebSocketHandle socket;
    ErrorHandle error;
    const int32_t code = ppn_websocket_new(client.get(), url.data(), url.size(), socket.out(), error.out());
    if (code != PPN_OK) {
      BOOST_TEST((socket.get() == nullptr));
      BOOST_TEST(ppn_error_code(error.get()) == code);
      BOOST_TEST(!std::string(ppn_error_message(error.get())).empty());
    }
    return code;
  }
  WebSocketHandle socket() const { return make_websocket(client, "ws://" + place); }
};

int32_t add_subprotocol(const WebSocketHandle& socket, std::string_view name) {
  return ppn_websocket_add_subprotocol(socket.get(), name.data(), name.size(), nullptr);
}

using Calls = std::vector<std::pair<const char*, int32_t>>;

// Every function that takes a handle and reports a status.
Calls calls_with(ppn_websocket* socket) {
  const auto on_sent = [](void*, int32_t) {};
  const ppn_event* message = nullptr;
  ppn_response* response = nullptr;
  ppn_buffer* buffer = nullptr;
  const auto text = [&](auto function, auto... rest) { return function(socket, "a", size_t{1}, rest..., nullptr); };
  return {{"set_header", text(ppn_websocket_set_header, "b", size_t{1})},
          {"set_url", ppn_websocket_set_url(socket, "ws://127.0.0.1/", PPN_AUTO_LENGTH, nullptr)},
          {"add_subprotocol", text(ppn_websocket_add_subprotocol)},
          {"set_option", ppn_websocket_set_option(socket, "websocket_reconnect", PPN_AUTO_LENGTH, "off", 3, nullptr)},
          {"set_callbacks",
           ppn_websocket_set_callbacks(socket, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr)},
          {"connect", ppn_websocket_connect(socket, nullptr)},
          {"wait_open", ppn_websocket_wait_open(socket, 0, nullptr)},
          {"send", ppn_websocket_send(socket, PPN_WEBSOCKET_TEXT, "a", 1, nullptr)},
          {"send_with_completion",
           ppn_websocket_send_with_completion(socket, PPN_WEBSOCKET_TEXT, "a", 1, on_sent, nullptr, nullptr)},
          {"send_wait", ppn_websocket_send_wait(socket, PPN_WEBSOCKET_TEXT, "a", 1, 0, nullptr)},
          {"next", ppn_websocket_next(socket, 0, &message, nullptr)},
          {"close", ppn_websocket_close(socket, 0, nullptr, 0, nullptr)},
          {"cancel", ppn_websocket_cancel(socket)},
          {"resume", ppn_websocket_resume(socket)},
          {"wait_closed", ppn_websocket_wait_closed(socket, 0, nullptr)},
          {"response", ppn_websocket_response(socket, &response, nullptr)},
          {"take_unsent", ppn_websocket_take_unsent(socket, nullptr, &buffer, nullptr)}};
}

void check_all(ppn_websocket* socket, int32_t expected) {
  for (const auto& [name, code] : calls_with(socket)) BOOST_TEST(code == expected, name << " returned " << code);
}

void check_getters(ppn_websocket* socket, int32_t state) {
  size_t length = 7;
  BOOST_TEST(ppn_websocket_state(socket) == state);
  BOOST_TEST(std::string(ppn_websocket_subprotocol(socket, &length)).empty());
  BOOST_TEST(length == 0U);
  length = 7;
  BOOST_TEST(std::string(ppn_websocket_close_reason(socket, &length)).empty());
  BOOST_TEST(length == 0U);
  BOOST_TEST(ppn_websocket_close_code(socket) == 0);
  BOOST_TEST(ppn_websocket_ping_us(socket) == -1);
  BOOST_TEST(ppn_websocket_queued_bytes(socket) == 0);
  BOOST_TEST(ppn_websocket_unsent_count(socket) == 0U);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(websocket_bad_input, Unheard)

BOOST_AUTO_TEST_CASE(url_of_another_scheme_is_refused) {
  for (const char* scheme : {"http://", "https://", "ftp://", "file://"}) {
    BOOST_TEST(describe(scheme + place) == PPN_E_UNSUPPORTED_SCHEME, scheme);
  }
  BOOST_TEST(describe("ws://" + place) == PPN_OK);
  BOOST_TEST(describe("WSS://" + place + "?a=b") == PPN_OK);
}

BOOST_AUTO_TEST_CASE(url_that_is_none_or_has_a_fragment_is_refused) {
  for (const std::string& url :
       {""s, "/path"s, "ws:"s, "ws://"s, "ws://" + place + "#"s, "ws://" + place + "#part"s, "ws://127.0.0.1:0/"s,
        "ws://127.0.0.1:65536/"s, "ws://user:pass@" + place, "ws://" + place + "a b"s, "ws://" + place + "\r\nX: y"s,
        "ws://" + place + "\0"s, "ws://[::1"s, "ws://127.1/"s}) {
    BOOST_TEST(describe(url) == PPN_E_INVALID_URL, url);
  }
  const WebSocketHandle described = socket();
  const std::string other = "ws://" + place + "#x";
  BOOST_TEST(ppn_websocket_set_url(described.get(), other.data(), other.size(), nullptr) == PPN_E_INVALID_URL);
  BOOST_TEST(ppn_websocket_set_url(described.get(), "http://a.test/", PPN_AUTO_LENGTH, nullptr) ==
             PPN_E_UNSUPPORTED_SCHEME);
}

BOOST_AUTO_TEST_CASE(header_that_could_end_its_line_or_is_the_librarys_is_refused) {
  const WebSocketHandle described = socket();
  const auto set = [&](std::string_view name, std::string_view value, ppn_error** error = nullptr) {
    return ppn_websocket_set_header(described.get(), name.data(), name.size(), value.data(), value.size(), error);
  };
  for (const std::string& bad :
       {"t0ken\r\nX: y"s, "t0ken\n"s, "t0ken\r"s, "t0ken\0b"s, "t0ken\x01"s, " t0ken"s, "t0ken "s, "t0ken\x7f"s}) {
    ErrorHandle error;
    BOOST_TEST(set("X-Key", bad, error.out()) == PPN_E_INVALID_HEADER);
    BOOST_TEST(std::string(ppn_error_message(error.get())).find("t0ken") == std::string::npos);
  }
  for (const std::string& bad : {""s, "a b"s, "a:"s, "a\r\n"s, "a\0"s, "\xc3\xa4"s}) {
    BOOST_TEST(set(bad, "v") == PPN_E_INVALID_HEADER, bad);
  }
  for (const char* name :
       {"Host", "connection", "UPGRADE", "Sec-WebSocket-Key", "sec-websocket-version", "Sec-WebSocket-Protocol",
        "Sec-WebSocket-Extensions", "Sec-WebSocket-Accept", "Content-Length", "Transfer-Encoding"}) {
    BOOST_TEST(set(name, "x") == PPN_E_INVALID_HEADER, name);
  }
  BOOST_TEST(set("X-Key", "") == PPN_OK);
  BOOST_TEST(set("Origin", "https://a.test") == PPN_OK);
}

BOOST_AUTO_TEST_CASE(subprotocol_that_is_no_token_or_was_offered_is_refused) {
  const WebSocketHandle described = socket();
  for (const std::string& bad : {""s, "a b"s, "a,b"s, "a\r\n"s, "\0"s, "\xc3\xa4"s, "a/b"s}) {
    BOOST_TEST(add_subprotocol(described, bad) == PPN_E_INVALID_ARGUMENT, bad);
  }
  BOOST_TEST(add_subprotocol(described, "chat") == PPN_OK);
  BOOST_TEST(add_subprotocol(described, "chat") == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(add_subprotocol(described, "superchat") == PPN_OK);
}

BOOST_AUTO_TEST_CASE(options_are_those_of_websockets_in_their_range) {
  const WebSocketHandle described = socket();
  const auto set = [&](const char* name, const char* value) {
    return ppn_websocket_set_option(described.get(), name, PPN_AUTO_LENGTH, value, PPN_AUTO_LENGTH, nullptr);
  };
  BOOST_TEST(set("websocket_ping_interval_ms", "5") == PPN_OK);
  BOOST_TEST(set("websocket_ping_interval_ms", "-1") == PPN_E_CONFIG_ERROR);
  BOOST_TEST(set("websocket_reconnect", "sometimes") == PPN_E_CONFIG_ERROR);
  BOOST_TEST(set("websocket_reconnect_codes", "99") == PPN_E_CONFIG_ERROR);
  BOOST_TEST(set("websocket_no_such_option", "1") == PPN_E_CONFIG_ERROR);
  BOOST_TEST(set("timeout_ms", "100") == PPN_E_CONFIG_ERROR);
  BOOST_TEST(set("max_retries", "1") == PPN_E_CONFIG_ERROR);
}

BOOST_AUTO_TEST_CASE(socket_that_is_not_started_neither_sends_nor_waits) {
  const WebSocketHandle described = socket();
  Receipts receipts;
  const ppn_event* message = nullptr;
  Response response;
  Buffer unsent;
  BOOST_TEST(send_text(described, "x") == PPN_E_INVALID_STATE);
  BOOST_TEST(receipts.send(described, "x") == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_websocket_send_wait(described.get(), PPN_WEBSOCKET_TEXT, "x", 1, -1, nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_websocket_next(described.get(), -1, &message, nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_websocket_wait_open(described.get(), -1, nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_websocket_wait_closed(described.get(), -1, nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(close(described) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_websocket_response(described.get(), response.out(), nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_websocket_take_unsent(described.get(), nullptr, unsent.out(), nullptr) == PPN_END);
  BOOST_TEST(receipts.codes().empty());
  check_getters(described.get(), PPN_WEBSOCKET_NEW);
}

BOOST_AUTO_TEST_CASE(missing_and_impossible_arguments_are_refused) {
  const WebSocketHandle described = socket();
  const std::string url = "ws://" + place;
  ppn_websocket* out = reinterpret_cast<ppn_websocket*>(1);
  const ppn_event* message = nullptr;
  BOOST_TEST(ppn_websocket_new(nullptr, url.data(), url.size(), &out, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST((out == nullptr));
  BOOST_TEST(ppn_websocket_new(client.get(), nullptr, 0, &out, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_websocket_new(client.get(), url.data(), url.size(), nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_websocket_set_header(described.get(), nullptr, 0, "v", 1, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_websocket_set_header(described.get(), "a", 1, nullptr, 1, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_websocket_set_header(described.get(), "a", PPN_AUTO_LENGTH - 1, "v", 1, nullptr) ==
             PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_websocket_add_subprotocol(described.get(), nullptr, 0, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_websocket_set_option(described.get(), nullptr, 0, "1", 1, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_websocket_set_url(described.get(), nullptr, 0, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_websocket_next(described.get(), 0, nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  for (const int64_t timeout_ms : {int64_t{-2}, INT64_MIN}) {
    BOOST_TEST(ppn_websocket_next(described.get(), timeout_ms, &message, nullptr) == PPN_E_INVALID_ARGUMENT);
    BOOST_TEST(ppn_websocket_wait_open(described.get(), timeout_ms, nullptr) == PPN_E_INVALID_ARGUMENT);
    BOOST_TEST(ppn_websocket_wait_closed(described.get(), timeout_ms, nullptr) == PPN_E_INVALID_ARGUMENT);
    BOOST_TEST(ppn_websocket_send_wait(described.get(), PPN_WEBSOCKET_TEXT, "x", 1, timeout_ms, nullptr) ==
               PPN_E_INVALID_ARGUMENT);
  }
  BOOST_TEST(ppn_websocket_response(described.get(), nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_websocket_take_unsent(described.get(), nullptr, nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_websocket_send_with_completion(described.get(), PPN_WEBSOCKET_TEXT, "x", 1, nullptr, nullptr,
                                                nullptr) == PPN_E_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(callbacks_are_set_once_and_those_refused_keep_their_user_data) {
  SocketRecorder first;
  SocketRecorder second;
  const WebSocketHandle described = socket();
  BOOST_TEST(first.install(described) == PPN_OK);
  BOOST_TEST(second.install(described) == PPN_E_INVALID_STATE);
  BOOST_TEST(second.seen().destroyed == 0);
}

BOOST_AUTO_TEST_CASE(closed_client_makes_and_connects_none) {
  SocketRecorder recorder;
  const WebSocketHandle before = socket();
  BOOST_TEST(recorder.install(before) == PPN_OK);
  BOOST_TEST(ppn_client_close(client.get(), nullptr) == PPN_OK);
  BOOST_TEST(describe("ws://" + place) == PPN_E_CLIENT_CLOSED);
  BOOST_TEST(connect(before) == PPN_E_CLIENT_CLOSED);
  BOOST_TEST(connect(before) == PPN_E_INVALID_STATE);
  BOOST_TEST(send_text(before, "x") == PPN_E_INVALID_STATE);
  BOOST_TEST(recorder.seen().order.find_first_not_of('d') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(null_is_an_invalid_argument_everywhere) {
  check_all(nullptr, PPN_E_INVALID_ARGUMENT);
  check_getters(nullptr, PPN_WEBSOCKET_CLOSED);
  BOOST_TEST((ppn_websocket_acquire(nullptr) == nullptr));
  ppn_websocket_release(nullptr);
}

BOOST_AUTO_TEST_CASE(released_invented_and_mistaken_handles_are_an_invalid_state_everywhere) {
  WebSocketHandle described = socket();
  ppn_websocket* const gone = described.get();
  BOOST_TEST((ppn_websocket_acquire(gone) == gone));
  described.reset();
  check_getters(gone, PPN_WEBSOCKET_NEW);
  ppn_websocket_release(gone);
  check_all(gone, PPN_E_INVALID_STATE);
  check_getters(gone, PPN_WEBSOCKET_CLOSED);
  BOOST_TEST((ppn_websocket_acquire(gone) == nullptr));
  ppn_websocket_release(gone);
  check_all(reinterpret_cast<ppn_websocket*>(client.get()), PPN_E_INVALID_STATE);
  for (const std::uintptr_t bits : {std::uintptr_t{1}, std::uintptr_t{0xdeadbeef}, ~std::uintptr_t{0},
                                    std::uintptr_t{0x5100'0000'0000'0001}, std::uintptr_t{0x5200'ffff'ff00'0001}}) {
    check_all(reinterpret_cast<ppn_websocket*>(bits), PPN_E_INVALID_STATE);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(websocket_bad_messages, NoLeak)

BOOST_AUTO_TEST_CASE(message_that_is_refused_leaves_the_connection_as_it_was) {
  const WebSocketServer server(accept_and_echo);
  const Client client = make_client(R"({"websocket_max_message_bytes": 1000})");
  const WebSocketHandle socket = open_websocket(client, server.url());
  BOOST_TEST(connect(socket) == PPN_E_INVALID_STATE);
  for (const std::string& bad : {"\xff"s, "a\xc3"s, "\xed\xa0\x80"s, "\xf4\x90\x80\x80"s, "\xc0\x80"s}) {
    BOOST_TEST(send_text(socket, bad) == PPN_E_INVALID_ARGUMENT);
  }
  for (const std::string& bad : {""s, "{"s, "[1,]"s, "nul"s, "{} {}"s, "\"\xff\""s, "NaN"s}) {
    BOOST_TEST(send(socket, PPN_WEBSOCKET_JSON, bad) == PPN_E_JSON_PARSE, bad);
  }
  for (const int32_t kind : {0, 4, -1, 1'000}) BOOST_TEST(send(socket, kind, "x") == PPN_E_INVALID_ARGUMENT, kind);
  BOOST_TEST(send(socket, PPN_WEBSOCKET_BINARY, std::string(1'001, 'x')) == PPN_E_WS_MESSAGE_TOO_BIG);
  BOOST_TEST(ppn_websocket_send(socket.get(), PPN_WEBSOCKET_TEXT, nullptr, 1, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_websocket_send(socket.get(), PPN_WEBSOCKET_TEXT, "x", PPN_AUTO_LENGTH - 1, nullptr) ==
             PPN_E_INVALID_ARGUMENT);
  Receipts receipts;
  BOOST_TEST(receipts.send(socket, std::string(1'001, 'x')) == PPN_E_WS_MESSAGE_TOO_BIG);
  BOOST_TEST(ppn_websocket_set_header(socket.get(), "a", 1, "b", 1, nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(add_subprotocol(socket, "a") == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_websocket_set_url(socket.get(), "ws://a.test/", PPN_AUTO_LENGTH, nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_websocket_set_option(socket.get(), "websocket_deflate", PPN_AUTO_LENGTH, "on", 2, nullptr) ==
             PPN_E_INVALID_STATE);
  BOOST_TEST(SocketRecorder().install(socket) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_websocket_queued_bytes(socket.get()) == 0);
  BOOST_TEST(send(socket, PPN_WEBSOCKET_BINARY, std::string(1'000, 'x')) == PPN_OK);
  BOOST_TEST(next(socket) == "binary:" + std::string(1'000, 'x'));
  BOOST_TEST(server.messages().size() == 1U);
  BOOST_TEST(receipts.codes().empty());
}

BOOST_AUTO_TEST_CASE(close_that_is_refused_leaves_the_connection_open) {
  const WebSocketServer server(accept_and_echo);
  const Client client = make_client();
  const WebSocketHandle socket = open_websocket(client, server.url());
  for (const int32_t code : {1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, -1, INT32_MAX, INT32_MIN}) {
    BOOST_TEST(close(socket, code) == PPN_E_INVALID_ARGUMENT, code);
  }
  BOOST_TEST(close(socket, 1000, std::string(124, 'x')) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(close(socket, 1000, "\xff") == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(close(socket, 1000, "a\xc3") == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_websocket_state(socket.get()) == PPN_WEBSOCKET_OPEN);
  BOOST_TEST(send_text(socket, "still here") == PPN_OK);
  BOOST_TEST(next(socket) == "text:still here");
  const std::string reason = std::string(121, 'x') + "\xc3\xa4";
  BOOST_TEST(close(socket, 3000, reason) == PPN_OK);
  BOOST_TEST(wait_closed(socket) == PPN_OK);
  BOOST_TEST((server.closes() == std::vector{ws_close_payload(3000, reason)}));
  BOOST_TEST(close(socket, 1005) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(close(socket) == PPN_OK);
  BOOST_TEST(send_text(socket, "x") == PPN_E_WS_CLOSED);
}

BOOST_AUTO_TEST_SUITE_END()
