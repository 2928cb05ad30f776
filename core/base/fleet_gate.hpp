// The rate limit that a fleet shares, as policy asks for it and io answers it (SEMANTICS 3.2.6).
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.hpp"

namespace ppn {

class FleetGate {
 public:
  virtual ~FleetGate() = default;

  struct Answer {
    enum class Kind : std::uint8_t {
      granted,
      wait,         // nothing was charged; ask again after `wait`
      never,        // the cost is larger than the burst
      unavailable,  // nobody could be asked
    };
    Kind kind = Kind::unavailable;
    Nanos wait = 0;
    Nanos reset = 0;  // until the limit is as if nobody had asked
    std::int64_t remaining = 0;
    int replicas = 1;  // that ask for this scope; of an unavailable answer, as last known
  };

  // `done` runs exactly once, on any thread, and never inside ask. Thread: any.
  virtual void ask(std::string scope, std::int64_t cost, Nanos emission_interval, std::int64_t burst,
                   std::function<void(Answer)> done) = 0;
};

}  // namespace ppn
