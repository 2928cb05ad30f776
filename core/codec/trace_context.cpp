#include "codec/trace_context.hpp"

#include <algorithm>
#include <span>

namespace ppn {
namespace {

constexpr std::size_t kLength = 55;  // of version 00
constexpr std::uint8_t kKnownFlags = 0x01;
constexpr int kMaxMembers = 32;

int digit_of(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool read_hex(std::string_view text, std::span<std::uint8_t> out) noexcept {
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = digit_of(text[2 * i]);
    const int low = digit_of(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

void append_hex(std::string& out, std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const std::uint8_t byte : bytes) {
    out += digits[byte >> 4];
    out += digits[byte & 0xf];
  }
}

bool is_zero(std::span<const std::uint8_t> bytes) noexcept {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

std::optional<TraceParent> parse_traceparent(std::string_view text) noexcept {
  if (text.size() < kLength) return std::nullopt;
  if (text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  TraceParent parent;
  std::array<std::uint8_t, 1> version{};
  std::array<std::uint8_t, 1> flags{};
  if (!read_hex(text, version) || !read_hex(text.substr(3), parent.trace_id) ||
      !read_hex(text.substr(36), parent.parent_id) || !read_hex(text.substr(53), flags)) {
    return std::nullopt;
  }
  if (version[0] == 0xff || is_zero(parent.trace_id) || is_zero(parent.parent_id)) return std::nullopt;
  if (text.size() > kLength && (version[0] == 0 || text[kLength] != '-')) return std::nullopt;
  parent.flags = flags[0];
  return parent;
}

std::string format_traceparent(const TraceParent& parent) {
  std::string text;
  text.reserve(kLength);
  text += "00-";
  append_hex(text, parent.trace_id);
  text += '-';
  append_hex(text, parent.parent_id);
  text += '-';
  const std::array<std::uint8_t, 1> flags{static_cast<std::uint8_t>(parent.flags & kKnownFlags)};
  append_hex(text, flags);
  return text;
}

bool is_forwardable_tracestate(std::string_view text) noexcept {
  return std::ranges::count(text, ',') < kMaxMembers;
}

}  // namespace ppn
