// The limits of time of a body that arrives (SEMANTICS 3.3), on a clock that stands still while the reader holds the
// body up. Points in time are arguments; nothing here waits.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.hpp"

namespace ppn {

// Milliseconds; 0 = no limit.
struct StreamLimits {
  std::int64_t idle_ms = 0;         // between two bytes
  std::int64_t first_event_ms = 0;  // from the head to the first event
  std::int64_t event_idle_ms = 0;   // between two events
  std::int64_t ceiling_ms = 0;      // from the first head to the end of the last connection
  std::int64_t rate_bytes = 0;      // for each second of a window
  std::int64_t rate_window_ms = 0;
};

enum class StreamTimer : std::uint8_t { none, idle, first_event, event_idle, ceiling, rate };

class StreamTimers {
 public:
  // The head has arrived; that of the first connection of the stream did at `first_head`.
  StreamTimers(const StreamLimits& limits, Nanos now, Nanos first_head) noexcept
      : limits_(limits),
        first_head_(first_head),
        began_(now),
        last_byte_(now),
        last_event_(now),
        window_began_(now),
        only_idle_((limits.first_event_ms | limits.event_idle_ms | limits.ceiling_ms | limits.rate_bytes) == 0) {}

  // Bytes of any kind.
  void bytes(Nanos now, std::uint64_t count) noexcept {
    last_byte_ = now;
    if (limits_.rate_bytes > 0) begin_window(now);
    window_bytes_ += count;
  }
  // An event, line or chunk was handed out.
  void event(Nanos now) noexcept {
    last_event_ = now;
    any_event_ = true;
  }
  // The reader held the body up for so long: no timer ran meanwhile.
  void skip(Nanos paused) noexcept {
    first_head_ += paused;
    began_ += paused;
    last_byte_ += paused;
    last_event_ += paused;
    window_began_ += paused;
  }

  // When the first of them fires, unless something arrives; kNever when none can. Not later than `now` when one has
  // fired already.
  Nanos deadline(Nanos now) noexcept {
    if (!only_idle_) return earliest(now).at;
    return limits_.idle_ms > 0 ? last_byte_ + limits_.idle_ms * kMillisecond : kNever;
  }
  // The one that fires then.
  StreamTimer next(Nanos now) noexcept { return earliest(now).timer; }

  std::int64_t limit_ms(StreamTimer timer) const noexcept;
  // For how long it has been running.
  Nanos elapsed(StreamTimer timer, Nanos now) const noexcept;
  std::uint64_t window_bytes() const noexcept { return window_bytes_; }

 private:
  struct Due {
    Nanos at = kNever;
    StreamTimer timer = StreamTimer::none;
  };

  Due earliest(Nanos now) noexcept;
  Nanos rate_due(Nanos now) noexcept;
  Nanos window() const noexcept { return limits_.rate_window_ms * kMillisecond; }
  bool window_is_full() const noexcept;
  void begin_window(Nanos now) noexcept;

  StreamLimits limits_;
  Nanos first_head_;
  Nanos began_;
  Nanos last_byte_;
  Nanos last_event_;
  Nanos window_began_;
  std::uint64_t window_bytes_ = 0;
  bool any_event_ = false;
  const bool only_idle_;
};

// The option that sets it.
std::string_view option_of(StreamTimer timer) noexcept;

}  // namespace ppn
