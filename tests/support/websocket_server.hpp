// A loopback WebSocket server whose connections are played by functions, frame by frame: its framing is its own, so that
// it can say what no right server would (RFC 6455).
//
//   WebSocketServer server({[](WebSocketPeer& peer) {
//     peer.accept();
//     peer.send_text("hello");
//     peer.echo();
//   }});
//   ... client connects to server.url() ...
//
// The n-th connection is played by the n-th function, on a thread of its own; it makes no assertions, but leaves what it
// saw in requests(), messages(), closes() and marks. A step that can not be done ends its function and is a line of
// problems(). A function that returns closes its connection in order.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/deadline.hpp"
#include "support/scripted_server.hpp"
#include "support/websocket_peer.hpp"

namespace ppn::test {

struct WebSocketServerOptions {
  ServerIdentity tls = {};   // empty = plain TCP
  bool repeat_last = false;  // more connections than functions: the last one plays them
  std::chrono::milliseconds step_patience = default_patience;  // the longest one step may wait for the client
};

class WebSocketServer {
 public:
  using Play = std::function<void(WebSocketPeer& peer)>;

  explicit WebSocketServer(std::vector<Play> plays, WebSocketServerOptions options = {});
  // One function for every connection.
  explicit WebSocketServer(Play play);
  // Ends every connection at once and joins every thread.
  ~WebSocketServer();
  WebSocketServer(const WebSocketServer&) = delete;
  WebSocketServer& operator=(const WebSocketServer&) = delete;

  std::uint16_t port() const noexcept;
  // ws or wss, the numeric loopback address and the port, then `path`, which begins with '/'.
  std::string url(std::string_view path = "/") const;

  // In order of their arrival, of all connections.
  std::vector<std::string> requests() const;
  // The messages that read_frame(), read_message() and echo() have read, whole.
  std::vector<std::string> messages() const;
  // The payloads of Close frames.
  std::vector<std::string> closes() const;
  // Whether every frame that was read was masked (RFC 6455 5.1).
  bool all_masked() const;
  int connections() const;
  int finished_connections() const;
  std::vector<std::string> problems() const;

  // Each returns false when the deadline passed first.
  bool wait_for_connections(int count, Deadline deadline = default_deadline()) const;
  bool wait_for_messages(std::size_t count, Deadline deadline = default_deadline()) const;
  bool wait_for_finished(int count, Deadline deadline = default_deadline()) const;
  bool wait_for_mark(std::string_view name, Deadline deadline = default_deadline()) const;

  // Lets every function that waits for it, now or later, go on.
  void signal(std::string_view name);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ppn::test
