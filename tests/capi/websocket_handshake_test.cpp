// The opening of a WebSocket: what is asked, what is accepted, how a refusal is told, and where the key of a client goes.
#include "capi/websocket.hpp"

#include <string>
#include <vector>

#include "support/ai_server.hpp"
#include "support/certificates.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

std::string header_of(const Response& response, std::string_view name) {
  size_t length = 0;
  const char* const value = ppn_response_header(response.get(), name.data(), name.size(), &length);
  return std::string(value != nullptr ? value : "none", value != nullptr ? length : 4);
}

std::string refusal(const std::string& status, const std::string& lines, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\n" + lines + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// Connects to a server that answers with these bytes. The error of the end.
ErrorHandle refused_by(const Client& client, const std::string& bytes, WebSocketHandle& socket) {
  const WebSocketServer server([&](WebSocketPeer& peer) { peer.refuse(bytes); });
  socket = make_single_websocket(client, server.url());
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  ErrorHandle error;
  const int32_t code = ppn_websocket_wait_open(socket.get(), -1, error.out());
  BOOST_TEST(code == ppn_error_code(error.get()));
  return error;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(websocket_handshake, NoLeak)

BOOST_AUTO_TEST_CASE(request_is_the_one_of_rfc_6455_with_the_headers_of_its_user) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept("Sec-WebSocket-Protocol: superchat\r\nX-Answer: 42\r\n");
    peer.echo();
  });
  const Client client = make_client();
  const WebSocketHandle socket = make_single_websocket(client, server.url("/chat?room=1"));
  BOOST_TEST(ppn_websocket_set_header(socket.get(), "X-One", 5, "first", 5, nullptr) == PPN_OK);
  BOOST_TEST(ppn_websocket_set_header(socket.get(), "x-one", 5, "second", 6, nullptr) == PPN_OK);
  BOOST_TEST(ppn_websocket_add_subprotocol(socket.get(), "chat", 4, nullptr) == PPN_OK);
  BOOST_TEST(ppn_websocket_add_subprotocol(socket.get(), "superchat", 9, nullptr) == PPN_OK);
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_websocket_wait_open(socket.get(), -1, nullptr), PPN_OK);
  const std::string request = server.requests().at(0);
  BOOST_TEST(request.find("GET /chat?room=1 HTTP/1.1\r\n") == 0U);
  BOOST_TEST(contains(request, "\r\nHost: 127.0.0.1:" + std::to_string(server.port()) + "\r\n"));
  BOOST_TEST(contains(request, "\r\nSec-WebSocket-Version: 13\r\n"));
  BOOST_TEST(contains(request, "\r\nSec-WebSocket-Protocol: chat, superchat\r\n"));
  BOOST_TEST(contains(request, "second"));
  BOOST_TEST(!contains(request, "first"));
  BOOST_TEST(!contains(request, "Sec-WebSocket-Extensions"));
  size_t length = 0;
  BOOST_TEST(ppn_websocket_subprotocol(socket.get(), &length) == std::string("superchat"));
  BOOST_TEST(length == 9U);
  Response response;
  BOOST_REQUIRE_EQUAL(ppn_websocket_response(socket.get(), response.out(), nullptr), PPN_OK);
  BOOST_TEST(ppn_response_status(response.get()) == 101);
  BOOST_TEST(header_of(response, "X-Answer") == "42");
  BOOST_TEST(body_of(response.get()).empty());
}

BOOST_AUTO_TEST_CASE(refusal_tells_status_headers_body_and_what_to_do) {
  struct Case {
    std::string status;
    std::string lines;
    int number;
    bool retryable;
    int64_t retry_after_ms;
  };
  const Client client = make_client();
  for (const auto& [status, lines, number, retryable, retry_after_ms] :
       {Case{"400 Bad", "", 400, false, -1}, Case{"401 No", "", 401, false, -1}, Case{"403 No", "", 403, false, -1},
        Case{"404 No", "", 404, false, -1}, Case{"408 Late", "", 408, true, -1}, Case{"425 Early", "", 425, true, -1},
        Case{"426 Old", "Sec-WebSocket-Version: 99\r\n", 426, false, -1},
        Case{"429 Much", "Retry-After: 7\r\n", 429, true, 7'000},
        Case{"503 Busy", "Retry-After: 2\r\n", 503, true, 2'000}, Case{"500 Oh", "", 500, true, -1},
        Case{"200 OK", "", 200, false, -1}, Case{"302 Go", "Location: ws://127.0.0.1:9/\r\n", 302, false, -1}}) {
    const std::string body = R"({"error": {"code": "why", "message": "because"}})";
    WebSocketHandle socket;
    const ErrorHandle error =
        refused_by(client, refusal(status, "Content-Type: application/json\r\nX-Id: 5\r\n" + lines, body), socket);
    BOOST_TEST_CONTEXT(status) {
      BOOST_TEST(ppn_error_code(error.get()) == PPN_E_WS_HANDSHAKE);
      BOOST_TEST(ppn_error_http_status(error.get()) == number);
      BOOST_TEST((ppn_error_is_retryable(error.get()) != 0) == retryable);
      BOOST_TEST(ppn_error_retry_after_ms(error.get()) == retry_after_ms);
      if (number >= 400) BOOST_TEST(ppn_error_provider_code(error.get()) == std::string("why"));
      Response response;
      BOOST_REQUIRE_EQUAL(ppn_websocket_response(socket.get(), response.out(), nullptr), PPN_OK);
      BOOST_TEST(ppn_response_status(response.get()) == number);
      BOOST_TEST(header_of(response, "x-id") == "5");
      BOOST_TEST(body_of(response.get()) == body);
      BOOST_TEST(wait_closed(socket) == PPN_E_WS_HANDSHAKE);
      BOOST_TEST(next(socket) == "WS_HANDSHAKE");
      BOOST_TEST(ppn_websocket_close_code(socket.get()) == 0);
      BOOST_TEST(ppn_websocket_state(socket.get()) == PPN_WEBSOCKET_CLOSED);
    }
  }
}

BOOST_AUTO_TEST_CASE(body_of_a_refusal_is_kept_up_to_64_kib) {
  const Client client = make_client();
  WebSocketHandle socket;
  const ErrorHandle error = refused_by(client, refusal("403 No", "", std::string(100'000, 'x')), socket);
  BOOST_TEST(ppn_error_code(error.get()) == PPN_E_WS_HANDSHAKE);
  Response response;
  BOOST_REQUIRE_EQUAL(ppn_websocket_response(socket.get(), response.out(), nullptr), PPN_OK);
  BOOST_TEST(body_of(response.get()).size() == 65'536U);
}

BOOST_AUTO_TEST_CASE(refusal_calls_no_on_open_and_no_on_close) {
  const WebSocketServer server([](WebSocketPeer& peer) { peer.refuse(refusal("403 No", "", "x")); });
  const Client client = make_client();
  SocketRecorder recorder;
  const WebSocketHandle socket = make_websocket(client, server.url());
  BOOST_REQUIRE_EQUAL(recorder.install(socket), PPN_OK);
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  const SocketSeen seen = recorder.wait_for_end();
  BOOST_TEST(seen.order == "td");
  BOOST_TEST(seen.code == PPN_E_WS_HANDSHAKE);
}

BOOST_AUTO_TEST_CASE(answer_that_does_not_fit_the_request_is_refused) {
  const std::string upgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  const Client client = make_client();
  for (const auto& answer : std::vector<std::function<std::string(WebSocketPeer&)>>{
           [&](WebSocketPeer&) { return upgrade + "\r\n"; },
           [&](WebSocketPeer&) { return upgrade + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"; },
           [](WebSocketPeer& peer) { return peer.acceptance("Sec-WebSocket-Protocol: chat\r\n"); },
           [](WebSocketPeer& peer) { return peer.acceptance("Sec-WebSocket-Extensions: permessage-deflate\r\n"); },
           [](WebSocketPeer&) { return std::string("HTTP/1.1 1\r\n\r\n"); },
           [](WebSocketPeer&) { return std::string("HTTP/1.1 101"); }}) {
    const WebSocketServer server([&](WebSocketPeer& peer) {
      peer.read_request();
      peer.send(answer(peer));
    });
    const WebSocketHandle socket = make_single_websocket(client, server.url());
    BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
    BOOST_TEST(next(socket) == "WS_HANDSHAKE");
  }
}

BOOST_AUTO_TEST_CASE(server_that_does_not_answer_in_time_is_given_up) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.read_request();
    peer.wait_for_end();
  });
  const Client client = make_client();
  const WebSocketHandle socket = make_single_websocket(client, server.url());
  set_option(socket, "websocket_open_timeout_ms", "20");
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  ErrorHandle error;
  BOOST_TEST(ppn_websocket_wait_open(socket.get(), -1, error.out()) == PPN_E_WS_HANDSHAKE);
  BOOST_TEST(ppn_error_is_retryable(error.get()) == 1);
  Response response;
  BOOST_TEST(ppn_websocket_response(socket.get(), response.out(), nullptr) == PPN_E_INVALID_STATE);
}

BOOST_AUTO_TEST_CASE(connection_that_can_not_be_made_has_its_own_code) {
  std::string url;
  {
    const WebSocketServer gone([](WebSocketPeer&) {});
    url = gone.url();
  }
  const Client client = make_client();
  const WebSocketHandle socket = make_single_websocket(client, url);
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  BOOST_TEST(next(socket) == "CONNECT_FAILED");
  BOOST_TEST(ppn_websocket_wait_open(socket.get(), -1, nullptr) == PPN_E_CONNECT_FAILED);
  BOOST_TEST(wait_closed(socket) == PPN_E_CONNECT_FAILED);
}

BOOST_AUTO_TEST_CASE(key_of_the_client_goes_to_its_own_origin_only) {
  const WebSocketServer own(accept_and_echo);
  const WebSocketServer foreign(accept_and_echo);
  const std::string base = "http://127.0.0.1:" + std::to_string(own.port()) + "/v1";
  Config config;
  BOOST_REQUIRE_EQUAL(ppn_config_new_api_client(base.data(), base.size(), "k-e-y", 5, config.out(), nullptr), PPN_OK);
  Client client;
  BOOST_REQUIRE_EQUAL(ppn_client_new(config.get(), client.out(), nullptr), PPN_OK);
  const std::string key = "\r\nAuthorization: Bearer k-e-y\r\n";
  open_websocket(client, "/realtime");
  BOOST_TEST(contains(own.requests().at(0), key));
  BOOST_TEST(own.requests().at(0).find("GET /v1/realtime ") == 0U);
  open_websocket(client, own.url("/v1/realtime"));
  BOOST_TEST(contains(own.requests().at(1), key));
  open_websocket(client, foreign.url("/v1/realtime"));
  BOOST_TEST(!contains(foreign.requests().at(0), "k-e-y"));
  // One given by hand stands for itself.
  const WebSocketHandle socket = make_single_websocket(client, "realtime");
  BOOST_TEST(ppn_websocket_set_header(socket.get(), "Authorization", 13, "Mine", 4, nullptr) == PPN_OK);
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_websocket_wait_open(socket.get(), -1, nullptr), PPN_OK);
  BOOST_TEST(contains(own.requests().at(2), "Authorization: Mine\r\n"));
  BOOST_TEST(!contains(own.requests().at(2), "k-e-y"));
}

BOOST_AUTO_TEST_CASE(wss_is_verified_like_https) {
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca();
  const WebSocketServer server({accept_and_echo},
                               {.tls = factory.make_leaf(ca, loopback_names()).identity(), .repeat_last = true});
  {
    const Client client = make_client("{\"ca_file\": \"" + ca.certificate_file + "\"}");
    const WebSocketHandle socket = open_websocket(client, server.url());
    BOOST_TEST(send_text(socket, std::string(100'000, 'x')) == PPN_OK);
    BOOST_TEST(next(socket) == "text:" + std::string(100'000, 'x'));
    Response response;
    BOOST_REQUIRE_EQUAL(ppn_websocket_response(socket.get(), response.out(), nullptr), PPN_OK);
    BOOST_TEST(ppn_response_tls_verified(response.get()) == 1);
    BOOST_TEST(close(socket) == PPN_OK);
    BOOST_TEST(wait_closed(socket) == PPN_OK);
  }
  const Client client = make_client();
  const WebSocketHandle socket = make_single_websocket(client, server.url());
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  BOOST_TEST(wait_closed(socket) == PPN_E_CERT_UNTRUSTED);
  BOOST_TEST(server.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(local_ai_server_converses) {
  const AiServer server;
  const Client client = make_client("{\"ca_file\": \"" + server.ca_file() + "\"}");
  const std::string url = "wss" + server.https_url("/v1/realtime?ms=0").substr(5);
  const WebSocketHandle socket = make_single_websocket(client, url);
  const std::string bearer = "Bearer " + server.api_key();
  BOOST_TEST(ppn_websocket_set_header(socket.get(), "Authorization", PPN_AUTO_LENGTH, bearer.data(), bearer.size(),
                                      nullptr) == PPN_OK);
  BOOST_TEST(ppn_websocket_add_subprotocol(socket.get(), "realtime", 8, nullptr) == PPN_OK);
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  BOOST_TEST(contains(next(socket), "session.created"));
  BOOST_TEST(ppn_websocket_subprotocol(socket.get(), nullptr) == std::string("realtime"));
  BOOST_TEST(send(socket, PPN_WEBSOCKET_JSON, R"({"type":"response.create","input":"hello there"})") == PPN_OK);
  int deltas = 0;
  std::string message = next(socket);
  while (contains(message, "response.created") || contains(message, "response.output_text.delta")) {
    ++deltas;
    message = next(socket);
  }
  BOOST_TEST(deltas > 1);
  BOOST_TEST(contains(message, "response.completed"), message);
  BOOST_TEST(close(socket) == PPN_OK);
  BOOST_TEST(next(socket) == "END");
}

BOOST_AUTO_TEST_SUITE_END()
