// ppn_event: a view of one piece of a stream. Never a handle; it lives where the piece is handed out.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "client/pull_stream.hpp"
#include "codec/sse_decoder.hpp"
#include "pepperpy/network/stream.h"

struct ppn_event {
  std::string_view data;
  std::string_view type;
  std::string_view id;
  std::int64_t retry_ms = -1;
  std::uint64_t index = 0;
};

namespace ppn::capi {

inline std::int64_t retry_for_c(std::optional<std::uint64_t> retry_ms) noexcept {
  constexpr auto largest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return retry_ms ? static_cast<std::int64_t>(std::min(*retry_ms, largest)) : -1;
}

inline ppn_event view_of(const SseEvent& event) noexcept {
  return {event.data, event.type, event.id, retry_for_c(event.retry_ms), event.index};
}

inline ppn_event view_of(const StreamPiece& piece) noexcept {
  return {piece.data, piece.type, piece.id, retry_for_c(piece.retry_ms), piece.index};
}

}  // namespace ppn::capi
