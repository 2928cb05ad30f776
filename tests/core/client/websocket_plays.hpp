// Servers and options that tests of reconnecting share.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/client/websocket_fixture.hpp"

namespace ppn::test {

using SocketOptions = std::vector<std::pair<std::string, std::string>>;
using Plays = std::vector<WebSocketServer::Play>;

// Those of quick_reconnect() and more.
inline SocketOptions quick_with(SocketOptions more) {
  SocketOptions all = quick_reconnect();
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

// A response in place of 101.
inline std::string refusal(int status, std::string_view lines = "") {
  return "HTTP/1.1 " + std::to_string(status) + " No\r\nContent-Length: 4\r\n" + std::string(lines) + "\r\nbusy";
}

inline void accept_and_close(WebSocketPeer& peer) {
  peer.accept();
  peer.close_with(1000);
}

inline void accept_and_drop(WebSocketPeer& peer) {
  peer.accept();
  peer.close();
}

// Takes them all.
inline std::vector<std::string> unsent_of(WebSocket& socket) {
  std::vector<std::string> all;
  while (auto message = socket.take_unsent()) all.push_back(std::move(message->data));
  return all;
}

}  // namespace ppn::test
