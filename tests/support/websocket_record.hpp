// What a WebSocketServer and the functions that play its connections have in common. Not for tests.
#pragma once

#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "support/channel.hpp"
#include "support/deadline.hpp"
#include "support/watched.hpp"
#include "support/websocket_peer.hpp"

namespace ppn::test {

class WebSocketRecord final : public Watched<WebSocketRecord> {
 public:
  std::vector<std::string> requests;
  std::vector<std::string> messages;
  std::vector<std::string> closes;
  std::vector<std::string> problems;
  std::set<std::string, std::less<>> signals;
  std::set<std::string, std::less<>> marks;
  bool all_masked = true;
  bool stopping = false;
  int connections = 0;
  int finished = 0;
};

class WebSocketPeer::Impl {
 public:
  // Leaves a function that plays a connection.
  struct Left {
    Io outcome;
    std::string step;
    std::string why;
  };

  Deadline deadline() const { return after(patience); }
  void require(Io outcome, const char* step);
  // The first `count` bytes that have come.
  std::string take(std::size_t count, const char* step);

  WebSocketRecord& record;
  Channel& channel;
  const int number;
  const std::chrono::milliseconds patience;
  std::string request = {};
  std::string inbox = {};
  std::string message = {};  // as far as its frames have come
};

}  // namespace ppn::test
