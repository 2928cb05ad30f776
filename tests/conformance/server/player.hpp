// What the connections of the server play: requests choose a behaviour by their path, /NAME/RUN/..., and get its answers
// in turn.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "behaviours.hpp"
#include "support/channel.hpp"
#include "support/websocket_record.hpp"

namespace ppn::conformance {

// What connections share. Bases are set before the first connection and not changed later.
class Stage {
 public:
  explicit Stage(Behaviours behaviours) : behaviours_(std::move(behaviours)) {}

  // Where the server is reached, such as https://127.0.0.1:8443; a text of a script names them ${https} and ${http}.
  std::string https_base;
  std::string http_base;

  const std::vector<Answer>* answers_of(std::string_view name) const;

  struct Turn {
    std::size_t number;         // from 0, among the requests of this run
    std::string_view relation;  // of the idempotency key: "absent", "first", "same" or "other"
  };
  Turn next_turn(const std::string& name_and_run, const std::string& idempotency_key);

  test::WebSocketRecord record;

 private:
  struct Run {
    std::size_t requests = 0;
    std::string idempotency_key;
  };

  const Behaviours behaviours_;
  std::mutex mutex_;
  std::map<std::string, Run> runs_;
};

// Plays requests of the connection until it ends.
void play(Stage& stage, test::Channel& channel);

}  // namespace ppn::conformance
