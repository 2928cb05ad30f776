// What a retry policy is made of. The defaults are those of the option table.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ppn {

// A set of HTTP statuses from 400 to 599.
class StatusSet {
 public:
  constexpr StatusSet() noexcept = default;
  constexpr StatusSet(std::initializer_list<int> statuses) noexcept {
    for (const int status : statuses) insert(status);
  }

  // "408, 429,500"; "" is the empty set. Error: config_error, Phase::config; its text goes on after the value.
  static Result<StatusSet> parse(std::string_view text);
  std::string to_text() const;  // ascending, "408,429,500"

  // Others than 400 to 599 are not taken.
  constexpr void insert(int status) noexcept {
    if (status >= kFirst && status <= kLast) words_[index(status) / 64] |= bit(status);
  }
  constexpr bool contains(int status) const noexcept {
    return status >= kFirst && status <= kLast && (words_[index(status) / 64] & bit(status)) != 0;
  }
  bool operator==(const StatusSet&) const = default;

 private:
  static constexpr int kFirst = 400;
  static constexpr int kLast = 599;
  static constexpr std::size_t index(int status) noexcept { return static_cast<std::size_t>(status - kFirst); }
  static constexpr std::uint64_t bit(int status) noexcept { return std::uint64_t{1} << (index(status) % 64); }

  std::array<std::uint64_t, 4> words_{};
};

// SEMANTICS 3.1.5.
enum class Jitter : std::uint8_t { equal_down, full, decorrelated, none };

// The word of the option, "equal_down".
std::string_view name_of(Jitter jitter) noexcept;
std::optional<Jitter> parse_jitter(std::string_view text) noexcept;

// No option and no hook leads to more retries than this.
inline constexpr std::int64_t kMaxRetries = 10;

struct RetryOptions {
  std::int64_t max_retries = 3;
  double backoff_factor = 0.5;  // seconds before the first retry; doubled for each further one
  std::int64_t max_backoff_ms = 8'000;
  Jitter jitter = Jitter::equal_down;
  std::int64_t max_retry_after_ms = 120'000;
  StatusSet retry_codes{408, 429, 500, 502, 503, 504, 522, 524, 529};
  bool retry_unsafe = false;  // POST and others also when the server may have done the work
  // Codes in a JSON error body that are final, separated by commas.
  std::string final_error_codes =
      "insufficient_quota,billing_hard_limit_reached,billing_not_active,invalid_api_key,extra_usage_required";

  bool operator==(const RetryOptions&) const = default;
};

// Sets one option by the name that it has in the option table, for a policy that is used without a client. Changes
// nothing unless it succeeds. Error: config_error, Phase::config; the text names the option, the value and the range.
Status set_retry_option(RetryOptions& options, std::string_view name, std::string_view value);

enum class BudgetMode : std::uint8_t { ratio, tokens, off };

std::string_view name_of(BudgetMode mode) noexcept;  // "ratio"
std::optional<BudgetMode> parse_budget_mode(std::string_view text) noexcept;

// Of a client, for each origin (SEMANTICS 3.1.6).
struct RetryBudgetOptions {
  BudgetMode mode = BudgetMode::ratio;
  double ratio = 0.2;
  std::int64_t min_retries_per_second = 10;
};

}  // namespace ppn
