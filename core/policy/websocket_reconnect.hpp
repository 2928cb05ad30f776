// Whether and when a WebSocket that has ended is opened again (SEMANTICS 3.5.8).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace ppn {

// Close codes 4000 to 4999, which only an application can judge.
class CloseCodeSet {
 public:
  bool contains(int code) const noexcept {
    return std::ranges::any_of(ranges_,
                               [code](const Range& range) { return code >= range.first && code <= range.last; });
  }
  // Both within kFirst to kLast.
  void add(int first, int last) { ranges_.push_back({first, last}); }

  static constexpr int kFirst = 4000;
  static constexpr int kLast = 4999;

 private:
  struct Range {
    int first;
    int last;
  };
  std::vector<Range> ranges_;  // every WebSocket has such a set, and nearly every one is empty
};

// "4000,4100-4199"; nothing when it can not be read.
std::optional<CloseCodeSet> parse_close_codes(std::string_view text);

// Whether a handshake that was answered with `status` may be answered otherwise later (SEMANTICS 3.5.2).
bool is_passing_refusal(int status) noexcept;

struct WebSocketReconnectOptions {
  bool enabled = false;
  std::int64_t max_attempts = 5;  // one after the other; 0 = no limit
  std::int64_t delay_ms = 500;    // doubled for each further attempt
  std::int64_t max_delay_ms = 30'000;
  std::int64_t max_retry_after_ms = 60'000;
  CloseCodeSet further_codes;
};

// How a connection, or the attempt to make one, has ended.
struct WebSocketEnding {
  int close_code = 0;                 // as reported to the user; 0 = no connection had opened
  bool retryable = false;             // of an attempt that made no connection
  std::int64_t server_delay_ms = -1;  // Retry-After of a refused handshake; -1 = none
};

class WebSocketReconnect {
 public:
  explicit WebSocketReconnect(const WebSocketReconnectOptions& options) : options_(options) {}

  enum class Verdict : std::uint8_t { again, final, exhausted };
  struct Decision {
    Verdict verdict = Verdict::final;
    std::int64_t attempt = 0;  // from 1
    Nanos delay = 0;
  };

  void opened(Nanos now) noexcept { opened_at_ = now; }
  // `random` is at least 0 and less than 1.
  Decision ended(const WebSocketEnding& ending, Nanos now, double random) noexcept;

  // Whether a connection that ends with `code` may be followed by another.
  bool recoverable(int code) const noexcept;

 private:
  Nanos delay_for(const WebSocketEnding& ending, double random) const noexcept;

  const WebSocketReconnectOptions options_;
  std::int64_t attempts_ = 0;  // since a connection was stable
  Nanos last_delay_ = 0;
  std::optional<Nanos> opened_at_;
};

}  // namespace ppn
