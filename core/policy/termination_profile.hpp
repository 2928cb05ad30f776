// Which events end a stream, in order or with an error, and which HTTP status such an error stands for
// (SEMANTICS 3.4.5). What lies inside JSON is looked up by the caller: client/stream_termination.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "policy/stream_options.hpp"

namespace ppn {

enum class EventRole : std::uint8_t {
  ordinary,
  sentinel,  // the end, and nothing else: data such as [DONE]
  terminal,  // an event like any other, and the last one
  error,     // in place of an event
};

struct TerminationProfile {
  std::string sentinel;         // empty = none
  std::string terminal_events;  // types, separated by commas
  std::string error_events;     // alike
  bool error_member = false;    // data that is a JSON object with a member "error" is an error, too
  bool require_terminal = false;

  // Of the profile that the options name, with what they replace of it.
  static TerminationProfile of(const StreamOptions& options);

  // Whether any event has another role than `ordinary`.
  bool active() const noexcept {
    return !sentinel.empty() || !terminal_events.empty() || !error_events.empty() || error_member;
  }
  // Whether a stream without a marker was cut.
  bool wants_marker() const noexcept { return require_terminal && (!sentinel.empty() || !terminal_events.empty()); }

  EventRole role_of(std::string_view type, std::string_view data) const noexcept;
};

// 400 to 599; 0 when neither the type nor the code is known. A code that is itself such a number is taken at its word.
int status_of_stream_error(std::string_view type, std::string_view code) noexcept;

}  // namespace ppn
