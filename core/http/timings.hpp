// How long each part of a call took.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"

namespace ppn {

enum class Span : std::uint8_t { pool, dns, connect, tls, send, first_byte, body, total };

class Timings {
 public:
  void set(Span span, Nanos duration) noexcept { spans_[static_cast<std::size_t>(span)] = duration; }
  // -1 when the part did not happen.
  Nanos get(Span span) const noexcept { return spans_[static_cast<std::size_t>(span)]; }

 private:
  std::array<Nanos, 8> spans_{-1, -1, -1, -1, -1, -1, -1, -1};
};

}  // namespace ppn
