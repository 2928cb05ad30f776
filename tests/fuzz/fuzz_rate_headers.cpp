// Rate limit headers: every line is a field, "name: value". What is read makes sense, whatever was sent, and reading it
// again gives the same.
#include <cstdint>
#include <string_view>

#include "fuzz/check.hpp"
#include "policy/rate_headers.hpp"
#include "policy/rate_reset.hpp"
#include "policy/structured_items.hpp"

using namespace ppn;
using namespace ppn::fuzz;

namespace {

constexpr Nanos kLongest = 1'000'000'000 * kSecond;
constexpr std::int64_t kWallNow = 1'764'000'000'000;

void check_time(Nanos time, const char* rule) {
  check(time >= -1 && time <= kLongest, rule);
}

void check_dimension(const RateObservation::Dimension& seen) {
  check(seen.limit == -1 || seen.limit > 0, "a limit is positive");
  check(seen.remaining >= -1, "what is left is not negative");
  check_time(seen.reset, "a reset is a time from now");
  check_time(seen.window, "a window is a time");
}

RateHeaders read_lines(std::string_view text) {
  RateHeaders headers;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) headers.field(line.substr(0, colon), line.substr(colon + 1));
  }
  return headers;
}

void check_items(std::string_view text) {
  StructuredItems items(text);
  std::size_t parts = 0;
  while (items.next_item()) {
    ++parts;
    while (items.next_parameter()) ++parts;
  }
  check(parts <= text.size(), "an item takes bytes");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const int status : {200, 429, 503}) {
    for (const std::optional<Nanos> retry_after : {std::optional<Nanos>(), std::optional<Nanos>(5 * kSecond)}) {
      const RateHeaders headers = read_lines(text);
      const RateObservation seen = headers.finish(status, retry_after, kWallNow);
      check_dimension(seen.requests);
      check_dimension(seen.tokens);
      check_time(seen.freeze, "a freeze is a time");
      check(status != 200 || seen.freeze == -1, "a success freezes nothing");
      check(status == 200 || !retry_after || seen.freeze == *retry_after, "Retry-After counts before all others");
      check(headers.any() || seen == read_lines("").finish(status, retry_after, kWallNow), "no field says nothing");
      check(read_lines(text).finish(status, retry_after, kWallNow) == seen, "the same text reads the same");
    }
  }
  check_items(text);
  if (const auto duration = parse_go_duration(text)) check(*duration >= 0 && *duration <= kLongest, "a duration");
  if (const auto reset = parse_rate_reset(text, kWallNow)) check(*reset >= 0 && *reset <= kLongest, "a reset");
  static_cast<void>(parse_rfc3339_ms(text));
  return 0;
}
