#include "policy/stream_timers.hpp"

namespace ppn {

StreamTimers::Due StreamTimers::earliest(Nanos now) noexcept {
  Due due;
  const auto consider = [&due](Nanos at, StreamTimer timer) {
    if (at < due.at) due = {at, timer};
  };
  if (limits_.idle_ms > 0) consider(last_byte_ + limits_.idle_ms * kMillisecond, StreamTimer::idle);
  if (limits_.first_event_ms > 0 && !any_event_) {
    consider(began_ + limits_.first_event_ms * kMillisecond, StreamTimer::first_event);
  }
  if (limits_.event_idle_ms > 0 && any_event_) {
    consider(last_event_ + limits_.event_idle_ms * kMillisecond, StreamTimer::event_idle);
  }
  if (limits_.ceiling_ms > 0) consider(first_head_ + limits_.ceiling_ms * kMillisecond, StreamTimer::ceiling);
  if (limits_.rate_bytes > 0) consider(rate_due(now), StreamTimer::rate);
  return due;
}

// A window that has its bytes already can not fail, so nothing wakes for its end: the next one to fail is the one behind
// it.
Nanos StreamTimers::rate_due(Nanos now) noexcept {
  begin_window(now);
  return window_began_ + (window_is_full() ? 2 : 1) * window();
}

bool StreamTimers::window_is_full() const noexcept {
  const double wanted = static_cast<double>(limits_.rate_bytes) * static_cast<double>(limits_.rate_window_ms) / 1e3;
  return static_cast<double>(window_bytes_) >= wanted;
}

// One window after the other. The one behind a full one may be over as well by then: it has stayed empty.
void StreamTimers::begin_window(Nanos now) noexcept {
  if (now < window_began_ + window() || !window_is_full()) return;
  window_began_ += window();
  window_bytes_ = 0;
}

std::int64_t StreamTimers::limit_ms(StreamTimer timer) const noexcept {
  switch (timer) {
    case StreamTimer::none: return 0;
    case StreamTimer::idle: return limits_.idle_ms;
    case StreamTimer::first_event: return limits_.first_event_ms;
    case StreamTimer::event_idle: return limits_.event_idle_ms;
    case StreamTimer::ceiling: return limits_.ceiling_ms;
    case StreamTimer::rate: return limits_.rate_window_ms;
  }
  return 0;
}

Nanos StreamTimers::elapsed(StreamTimer timer, Nanos now) const noexcept {
  switch (timer) {
    case StreamTimer::idle: return now - last_byte_;
    case StreamTimer::event_idle: return now - last_event_;
    case StreamTimer::rate: return now - window_began_;
    case StreamTimer::ceiling: return now - first_head_;
    default: return now - began_;
  }
}

std::string_view option_of(StreamTimer timer) noexcept {
  switch (timer) {
    case StreamTimer::none: break;
    case StreamTimer::idle: return "stream_idle_timeout_ms";
    case StreamTimer::first_event: return "stream_first_event_timeout_ms";
    case StreamTimer::event_idle: return "stream_event_idle_timeout_ms";
    case StreamTimer::ceiling: return "stream_ceiling_ms";
    case StreamTimer::rate: return "min_rate_bytes";
  }
  return "";
}

}  // namespace ppn
