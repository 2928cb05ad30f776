// WebSockets whose whole story is recorded, for tests against a server on the loopback interface.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/websocket.hpp"
#include "core/client/engine.hpp"
#include "support/deadline.hpp"
#include "support/websocket_server.hpp"

namespace ppn::test {

// What a handler was told, in order: "open", "message one", "close 1000 reason OK", "reconnecting 1 1006",
// "terminated OK". An error stands there with the name of its code.
using Story = std::vector<std::string>;

// Hooks run on the I/O thread, inside the callback, after it was recorded.
struct SocketHooks {
  std::function<void(WebSocket&)> open = {};
  std::function<Flow(WebSocket&, std::size_t count)> message = {};  // messages so far, this one included
  std::function<void(WebSocket&)> close = {};
  std::function<bool(WebSocket&, std::int64_t attempt)> reconnecting = {};
  std::function<void(WebSocket&)> terminated = {};
};

struct SocketPlan {
  std::string url;
  std::vector<std::pair<std::string, std::string>> options = {};  // without "websocket_"
  SocketHooks hooks = {};
  bool takes_messages = true;  // by on_message; otherwise by next()
};

// Short waits before another connection, and as many as it takes.
std::vector<std::pair<std::string, std::string>> quick_reconnect();

class TestSocket {
 public:
  TestSocket(const std::shared_ptr<Client>& client, SocketPlan plan);

  TestSocket& start();
  // A text that must be accepted.
  void send(std::string_view text);
  void close(std::int64_t code = 1000, std::string_view reason = {});
  WebSocket& operator*() const { return *socket_; }
  WebSocket* operator->() const { return socket_.get(); }
  const std::shared_ptr<WebSocket>& socket() const { return socket_; }
  // Drops this side's reference, as a program that forgets its WebSocket.
  std::weak_ptr<WebSocket> forget();

  // Each returns false when the deadline passed first.
  bool wait_for(std::string_view entry, int times = 1, Deadline deadline = default_deadline()) const;
  bool wait_for_messages(std::size_t count, Deadline deadline = default_deadline()) const;
  // Waits for "terminated", which must come once and last. The story.
  Story finish() const;
  Story story() const;
  std::vector<std::string> messages() const;
  // The text of the error of the end.
  std::string error_text() const;

 private:
  struct Record;
  class Recorder;

  std::shared_ptr<Record> record_;
  std::shared_ptr<WebSocket> socket_;
};

// For hooks, which can not tell Boost.Test: ends the process when something did not succeed.
void must(const Status& status) noexcept;

// What the loop of this client holds now, and how often it has turned; asking makes it turn once more.
struct LoopState {
  std::size_t watched = 0;
  std::size_t timers = 0;
  std::uint64_t turns = 0;
};
LoopState loop_of(const std::shared_ptr<Client>& client);
// No descriptor and no timer is left on the loop.
void check_loop_is_empty(const std::shared_ptr<Client>& client);

}  // namespace ppn::test
