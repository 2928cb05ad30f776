// A rate limit that several processes share: whoever keeps the count is asked through this.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.hpp"

namespace ppn {

class FleetGate {
 public:
  struct Answer {
    enum class Kind : std::uint8_t {
      granted,
      wait,         // ask again after `wait`
      never,        // the cost exceeds the whole limit
      unavailable,  // the count can not be reached
    };
    Kind kind = Kind::unavailable;
    Nanos wait = 0;
    Nanos reset = 0;
    std::int64_t remaining = 0;
    int replicas = 1;  // last known number of processes that share the limit; at least 1
  };

  virtual ~FleetGate() = default;
  // Calls `done` exactly once, on any thread, also inside this call.
  virtual void ask(std::string scope, std::int64_t cost, Nanos emission_interval, std::int64_t burst,
                   std::function<void(Answer)> done) = 0;
};

}  // namespace ppn
