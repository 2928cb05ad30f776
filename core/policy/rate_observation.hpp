// What one response says about the rate limit of its server.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"

namespace ppn {

struct RateObservation {
  // Of requests or of tokens. What the server did not say, or said without sense, is -1.
  struct Dimension {
    std::int64_t limit = -1;      // at least 1
    std::int64_t remaining = -1;  // at least 0
    Nanos reset = -1;             // from now, at least 0
    Nanos window = -1;            // in which `limit` counts; not every family says it

    bool exhausted() const noexcept { return remaining == 0 && reset >= 0; }
    bool operator==(const Dimension&) const = default;
  };

  Dimension requests;
  Dimension tokens;
  Nanos freeze = -1;  // nothing may be sent for so long, because a 429 or 503 said so

  // How long until all dimensions have something left; nothing when none is exhausted.
  std::optional<Nanos> exhausted_reset() const noexcept {
    if (!requests.exhausted() && !tokens.exhausted()) return std::nullopt;
    return std::max(requests.exhausted() ? requests.reset : 0, tokens.exhausted() ? tokens.reset : 0);
  }
  bool operator==(const RateObservation&) const = default;
};

}  // namespace ppn
