#include "codec/ip_literal.hpp"

#include <algorithm>
#include <cstddef>

#include "base/ascii.hpp"

namespace ppn {
namespace {

constexpr std::size_t kGroups = 8;

int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// 0 to 255 without leading zeros, else -1.
int parse_octet(std::string_view text) noexcept {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text[0] == '0')) return -1;
  int value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return -1;
    value = value * 10 + (c - '0');
  }
  return value <= 255 ? value : -1;
}

struct Groups {
  std::array<std::uint16_t, kGroups> value{};
  std::size_t count = 0;
};

// Groups joined by ':', the last of which may be an IPv4 address that counts as two. Empty text is no groups.
bool parse_groups(std::string_view text, bool may_end_in_ipv4, Groups& out) noexcept {
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    const bool last = colon == std::string_view::npos;
    if (last && may_end_in_ipv4 && part.find('.') != std::string_view::npos) {
      const auto octets = parse_ipv4(part);
      if (!octets || out.count + 2 > kGroups) return false;
      out.value[out.count++] = static_cast<std::uint16_t>((*octets)[0] << 8 | (*octets)[1]);
      out.value[out.count++] = static_cast<std::uint16_t>((*octets)[2] << 8 | (*octets)[3]);
      return true;
    }
    if (part.empty() || part.size() > 4 || out.count == kGroups) return false;
    unsigned group = 0;
    for (const char c : part) {
      const int digit = hex_value(c);
      if (digit < 0) return false;
      group = group * 16 + static_cast<unsigned>(digit);
    }
    out.value[out.count++] = static_cast<std::uint16_t>(group);
    if (last) return true;
    text.remove_prefix(colon + 1);
    if (text.empty()) return false;  // a colon at the end
  }
  return true;
}

}  // namespace

std::optional<std::array<std::uint8_t, 4>> parse_ipv4(std::string_view text) noexcept {
  std::array<std::uint8_t, 4> octets{};
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const std::size_t dot = text.find('.');
    if ((dot == std::string_view::npos) != (i == 3)) return std::nullopt;
    const int octet = parse_octet(text.substr(0, dot));
    if (octet < 0) return std::nullopt;
    octets[i] = static_cast<std::uint8_t>(octet);
    if (i != 3) text.remove_prefix(dot + 1);
  }
  return octets;
}

bool is_canonical_ipv4(std::string_view text) noexcept {
  return parse_ipv4(text).has_value();
}

bool looks_like_ipv4(std::string_view host) noexcept {
  const std::size_t dot = host.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? host : host.substr(dot + 1);
  if (last.empty()) return false;
  if (std::all_of(last.begin(), last.end(), is_digit)) return true;
  if (last.size() < 2 || last[0] != '0' || ascii_lower(last[1]) != 'x') return false;
  return std::all_of(last.begin() + 2, last.end(), [](char c) { return hex_value(c) >= 0; });
}

std::optional<std::array<std::uint16_t, 8>> parse_ipv6(std::string_view text) noexcept {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) {
    Groups all;
    if (!parse_groups(text, true, all) || all.count != kGroups) return std::nullopt;
    return all.value;
  }
  Groups before;
  Groups after;
  if (!parse_groups(text.substr(0, gap), false, before)) return std::nullopt;
  if (!parse_groups(text.substr(gap + 2), true, after)) return std::nullopt;
  if (before.count + after.count >= kGroups) return std::nullopt;
  std::copy_n(after.value.begin(), after.count, before.value.end() - static_cast<std::ptrdiff_t>(after.count));
  return before.value;
}

std::string format_ipv6(const std::array<std::uint16_t, 8>& groups) {
  // RFC 5952 4.2: the longest run of zero groups, the first of equal ones, and only if it is longer than one.
  std::size_t gap = kGroups;
  std::size_t gap_size = 1;
  for (std::size_t i = 0; i < kGroups; ++i) {
    std::size_t run = 0;
    while (i + run < kGroups && groups[i + run] == 0) ++run;
    if (run > gap_size) {
      gap = i;
      gap_size = run;
    }
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < kGroups;) {
    if (i == gap) {
      text += "::";
      i += gap_size;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    bool leading = true;
    for (int shift = 12; shift >= 0; shift -= 4) {
      const unsigned digit = (groups[i] >> shift) & 0xFU;
      leading = leading && digit == 0 && shift != 0;
      if (!leading) text += kDigits[digit];
    }
    ++i;
  }
  return text;
}

}  // namespace ppn
