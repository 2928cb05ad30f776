#include "policy/websocket_reconnect.hpp"

#include <algorithm>
#include <charconv>

#include "policy/retry_policy.hpp"

namespace ppn {
namespace {

// Who was dropped together must not come back together.
constexpr Nanos kFirstSpread = 1'000 * kMillisecond;
// A server that restarts (1012) asks for a wait of 5 to 30 s (IANA registry of close codes).
constexpr Nanos kRestartFrom = 5'000 * kMillisecond;
constexpr Nanos kRestartTo = 30'000 * kMillisecond;
// A connection that lasted so long counts as a success; a shorter one may be a server that drops whoever comes.
constexpr Nanos kStable = 10'000 * kMillisecond;
constexpr std::int64_t kMaxDoublings = 30;

Nanos share_of(Nanos span, double share) noexcept {
  return static_cast<Nanos>(static_cast<double>(span) * share);
}

std::optional<int> parse_code(std::string_view text) {
  int code = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), code);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  if (code < CloseCodeSet::kFirst || code > CloseCodeSet::kLast) return std::nullopt;
  return code;
}

}  // namespace

std::optional<CloseCodeSet> parse_close_codes(std::string_view text) {
  CloseCodeSet codes;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view item = text.substr(0, comma);
    const std::size_t dash = std::min(item.find('-'), item.size());
    const std::optional<int> first = parse_code(item.substr(0, dash));
    const std::optional<int> last = dash == item.size() ? first : parse_code(item.substr(dash + 1));
    if (!first || !last || *last < *first) return std::nullopt;
    codes.add(*first, *last);
    if (comma + 1 == text.size()) return std::nullopt;  // nothing follows the comma
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return codes;
}

bool is_passing_refusal(int status) noexcept {
  return status == 408 || status == 425 || status == 429 || (status >= 500 && status != 501 && status != 505);
}

bool WebSocketReconnect::recoverable(int code) const noexcept {
  switch (code) {
    case 1001:
    case 1005:
    case 1006:
    case 1011:
    case 1012:
    case 1013:
    case 1014: return options_.enabled;
    default: return options_.enabled && options_.further_codes.contains(code);
  }
}

WebSocketReconnect::Decision WebSocketReconnect::ended(const WebSocketEnding& ending, Nanos now,
                                                       double random) noexcept {
  if (opened_at_ && now - *opened_at_ >= std::max(kStable, 2 * last_delay_)) attempts_ = 0;
  opened_at_.reset();
  const bool worth_it = ending.close_code != 0 ? recoverable(ending.close_code) : options_.enabled && ending.retryable;
  if (!worth_it || ending.server_delay_ms > options_.max_retry_after_ms) return {};
  if (options_.max_attempts > 0 && attempts_ >= options_.max_attempts) return {Verdict::exhausted, attempts_, 0};
  last_delay_ = delay_for(ending, random);
  return {Verdict::again, ++attempts_, last_delay_};
}

Nanos WebSocketReconnect::delay_for(const WebSocketEnding& ending, double random) const noexcept {
  Nanos delay = 0;
  if (ending.close_code == 1012) {
    delay = kRestartFrom + share_of(kRestartTo - kRestartFrom, random);
  } else if (attempts_ == 0) {
    delay = share_of(std::min(kFirstSpread, options_.max_delay_ms * kMillisecond), random);
  } else {
    const std::int64_t factor = std::int64_t{1} << std::min(attempts_, kMaxDoublings);
    const std::int64_t limit = options_.max_delay_ms;
    const std::int64_t whole = options_.delay_ms > limit / factor ? limit : options_.delay_ms * factor;
    delay = share_of(whole * kMillisecond, 0.5 + random / 2);
  }
  if (ending.server_delay_ms <= 0) return delay;
  return std::max(delay, spread_delay(ending.server_delay_ms * kMillisecond, kNever, random));
}

}  // namespace ppn
