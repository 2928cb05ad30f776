// The traceparent header of W3C Trace Context: which trace a request belongs to, and which span of it sent it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ppn {

struct TraceParent {
  std::array<std::uint8_t, 16> trace_id{};
  std::array<std::uint8_t, 8> parent_id{};
  std::uint8_t flags = 0;
};

// Nothing for what a receiver has to ignore: other characters than lower case hex, ids of zeros, version ff, and version
// 00 of another length. Of a later version the first four fields count (W3C Trace Context 3.2.2, 4.3).
std::optional<TraceParent> parse_traceparent(std::string_view text) noexcept;

// Version 00, with the flags that version 00 knows.
std::string format_traceparent(const TraceParent& parent);

// Whether a tracestate may be passed on: at most 32 members (W3C Trace Context 3.3.1.1).
bool is_forwardable_tracestate(std::string_view text) noexcept;

}  // namespace ppn
