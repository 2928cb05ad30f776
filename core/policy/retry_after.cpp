#include "policy/retry_after.hpp"

#include "base/ascii.hpp"

namespace ppn {

std::optional<std::int64_t> parse_retry_after_seconds(std::string_view text) noexcept {
  text = trim_ows(text);
  constexpr std::int64_t kMaxSeconds = 1'000'000'000;  // more is no delay but a mistake
  std::int64_t milliseconds = 0;
  std::size_t i = 0;
  for (; i < text.size() && is_digit(text[i]); ++i) {
    milliseconds = milliseconds * 10 + (text[i] - '0') * 1'000;
    if (milliseconds > kMaxSeconds * 1'000) return std::nullopt;
  }
  if (i == 0) return std::nullopt;
  if (i < text.size()) {
    if (text[i] != '.' || i + 1 == text.size()) return std::nullopt;
    std::int64_t unit = 100;
    for (++i; i < text.size(); ++i, unit /= 10) {
      if (!is_digit(text[i])) return std::nullopt;
      milliseconds += (text[i] - '0') * unit;
    }
  }
  return milliseconds;
}

}  // namespace ppn
