// What is asked of a stream beyond its pieces: how it ends, how long it may be silent, whether it goes on after a cut
// (SEMANTICS 3.3, 3.4). The defaults are those of the option table.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ppn {

// How a provider ends its streams and what errors look like inside them; see termination_profile.hpp.
enum class StreamProfile : std::uint8_t { none, openai, openai_responses, anthropic, custom };

std::string_view name_of(StreamProfile profile) noexcept;  // "openai"
std::optional<StreamProfile> parse_stream_profile(std::string_view text) noexcept;

struct StreamOptions {
  StreamProfile profile = StreamProfile::none;
  std::string sentinel;         // these three: empty = as the profile says
  std::string terminal_events;  // types, separated by commas
  std::string error_events;     // alike
  bool require_terminal = true;
  bool lenient_content_type = false;
  bool validate_json = false;  // of lines

  bool auto_reconnect = false;
  bool resume_allowed = false;
  std::int64_t reconnect_ms = 3'000;  // until the server names another time
  std::int64_t max_reconnects = 10;   // in a row without an event; 0 = no limit

  std::int64_t first_event_timeout_ms = 0;
  std::int64_t event_idle_timeout_ms = 0;
  std::int64_t ceiling_ms = 0;
};

// Of any body that is read.
struct MinRateOptions {
  std::int64_t bytes_per_second = 0;  // 0 = none
  std::int64_t window_ms = 30'000;
};

}  // namespace ppn
