// The secrets of secrets_test.cpp in the headers, the query, the key and the closing words of WebSockets: none is shown,
// however they end.
#include "capi/secrets.hpp"

#include <string>
#include <vector>

#include "capi/websocket.hpp"

using namespace ppn::test;

namespace {

WebSocketHandle secret_websocket(const Client& client, const std::string& url) {
  WebSocketHandle socket = make_single_websocket(client, url);
  const std::string basic = "Basic " + base64(std::string("user:") + kBasic, Alphabet::standard);
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"Authorization", std::string("Bearer ") + kBearer},
                                                        {"Proxy-Authorization", basic},
                                                        {"Cookie", std::string("session=") + kCookie},
                                                        {"X-Vendor-Api-Key", kKey}}) {
    ppn_websocket_set_header(socket.get(), name.data(), name.size(), value.data(), value.size(), nullptr);
  }
  return socket;
}

// What a WebSocket that is read to its end shows: to those who wait and to its callbacks.
void play_socket(Shown& shown, const Client& client, const std::string& url) {
  const WebSocketHandle socket = secret_websocket(client, url);
  const auto on_close = [](void* user, ppn_websocket*, int32_t, const char*, size_t, const ppn_error* error) {
    if (error != nullptr) static_cast<Shown*>(user)->add(error);
  };
  const auto on_terminated = [](void* user, ppn_websocket*, const ppn_error* error) {
    if (error != nullptr) static_cast<Shown*>(user)->add(error);
  };
  BOOST_REQUIRE_EQUAL(ppn_websocket_set_callbacks(socket.get(), nullptr, nullptr, on_close, nullptr, on_terminated,
                                                  &shown, nullptr, nullptr),
                      PPN_OK);
  BOOST_REQUIRE_EQUAL(connect(socket), PPN_OK);
  const ppn_event* message = nullptr;
  ErrorHandle error;
  int32_t code = PPN_OK;
  while (code == PPN_OK) code = ppn_websocket_next(socket.get(), -1, &message, error.out());
  shown.add(error.get());
  ppn_websocket_wait_open(socket.get(), -1, error.out());
  shown.add(error.get());
  ppn_websocket_wait_closed(socket.get(), -1, error.out());
  shown.add(error.get());
}

std::string secret_url(const std::string& base) {
  return base + url_encoded(kOwn) + "?api_key=" + kQuery + "&a=b";
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(websocket_secrets, Planted)

BOOST_AUTO_TEST_CASE(nothing_shown_of_a_websocket_holds_a_secret_however_it_ends) {
  Shown shown;
  {
    // The server says what it was given wherever it can.
    const std::string words = std::string("bad key ") + kBearer + " " + kKey;
    const WebSocketServer server(
        {[&](WebSocketPeer& peer) { peer.refuse(echo("401 Unauthorized")); },
         [&](WebSocketPeer& peer) { peer.refuse(echo("503 Busy", kKey)); },
         [&](WebSocketPeer& peer) { peer.refuse(std::string("HTTP/1.1 2x0 ") + kBearer + "\r\n" + kKey + "\r\n\r\n"); },
         [&](WebSocketPeer& peer) { peer.accept(std::string("Sec-WebSocket-Protocol: ") + kKey + "\r\n"); },
         [&](WebSocketPeer& peer) {
           peer.accept();
           peer.close_with(1008, words);
         },
         [&](WebSocketPeer& peer) {
           peer.accept();
           peer.send(ws_frame(ws_text, words, true, 4));
           peer.read_close();
         },
         [&](WebSocketPeer& peer) {
           peer.accept();
           peer.send(ws_frame(ws_text, words + "\xff"));
           peer.read_close();
         },
         [](WebSocketPeer& peer) { peer.accept(); }, [](WebSocketPeer& peer) { peer.read_request(); }});
    const Config config = secret_config();
    const Client client = client_of(config);
    shown.watch(client);
    for (int i = 0; i < 9; ++i) play_socket(shown, client, secret_url(server.url("/v1/")));
    BOOST_TEST(server.connections() == 9);
    // It was told all of them.
    const std::string request = server.requests().at(0);
    for (const char* secret : {kBearer, kCookie, kKey, kQuery}) BOOST_TEST(request.find(secret) != std::string::npos);
    shown.add_metrics(client);
    shown.add_dump(config);
  }
  BOOST_TEST(shown.has("WebSocket open"));
  BOOST_TEST(shown.has("1008"));
  BOOST_TEST(shown.has("no WebSocket"));
  shown.check();
}

BOOST_AUTO_TEST_CASE(nothing_shown_of_bad_input_or_a_dead_address_holds_a_secret) {
  Shown shown;
  {
    const Client client = make_client();
    std::string gone;
    {
      const WebSocketServer server([](WebSocketPeer&) {});
      gone = server.url("/v1/");
    }
    play_socket(shown, client, secret_url(gone));
    ErrorHandle error;
    WebSocketHandle none;
    for (const std::string& url :
         {std::string("ws://user:") + kQuery + "@127.0.0.1/", std::string("http://127.0.0.1/?api_key=") + kQuery,
          std::string("ws://127.0.0.1/?api_key=") + kQuery + "#x",
          std::string("ws://127.0.0.1:0/?api_key=") + kQuery}) {
      BOOST_TEST(ppn_websocket_new(client.get(), url.data(), url.size(), none.out(), error.out()) != PPN_OK);
      shown.add(error.get());
    }
    const WebSocketHandle socket = make_single_websocket(client, gone);
    const std::string value = std::string(kBearer) + "\r\n";
    BOOST_TEST(ppn_websocket_set_header(socket.get(), "X-A", 3, value.data(), value.size(), error.out()) ==
               PPN_E_INVALID_HEADER);
    shown.add(error.get());
    BOOST_TEST(ppn_websocket_add_subprotocol(socket.get(), kPassword, PPN_AUTO_LENGTH, error.out()) ==
               PPN_E_INVALID_ARGUMENT);
    shown.add(error.get());
    BOOST_TEST(ppn_websocket_set_option(socket.get(), "websocket_reconnect", PPN_AUTO_LENGTH, kPassword,
                                        PPN_AUTO_LENGTH, error.out()) == PPN_E_CONFIG_ERROR);
  }
  BOOST_TEST(shown.has("RFC 6455"));
  shown.check();
}

BOOST_AUTO_TEST_SUITE_END()
