// How many retries an origin gets (SEMANTICS 3.1.6). When everything fails at once, retries are what keeps a server
// down; a budget lets a few of the calls retry, and the others fail with their own error. It never makes anyone wait.
// One thread at a time.
#pragma once

#include <array>
#include <cstdint>

#include "base/clock.hpp"
#include "policy/retry_options.hpp"
#include "policy/scope_map.hpp"

namespace ppn {

class RetryBudget {
 public:
  explicit RetryBudget(const RetryBudgetOptions& options) noexcept : options_(options) {}

  // For each first attempt.
  void deposit(Nanos now) noexcept;
  // Before each retry and each hedge; not before a transparent replay. false: not allowed.
  bool withdraw(Nanos now) noexcept;

  // For each attempt; they count in BudgetMode::tokens.
  void on_success(Nanos now) noexcept;
  void on_retryable_failure(Nanos now) noexcept;

  // Ratio: the retries that are left; tokens: the tokens; off: infinite.
  double level(Nanos now) noexcept;

  // Forgetting this budget changes nothing.
  bool is_idle(Nanos now) noexcept;

 private:
  static constexpr std::size_t kSlots = 10;  // of a second each: what happened is forgotten after ten
  struct Slot {
    std::int64_t deposits = 0;
    std::int64_t withdrawals = 0;
  };

  void advance(Nanos now) noexcept;

  RetryBudgetOptions options_;
  std::array<Slot, kSlots> slots_{};
  std::int64_t second_ = 0;            // of the newest slot
  std::int64_t tenth_tokens_ = 1'000;  // 0.1 has no exact double
};

// The budget of each origin.
class RetryBudgets {
 public:
  explicit RetryBudgets(const RetryBudgetOptions& options, std::size_t max_entries = 10'000)
      : options_(options), map_(max_entries) {}

  // Lives until the next call of this function.
  RetryBudget& of(std::string_view origin, Nanos now) {
    return map_.find_or_add(origin, now, [&] { return RetryBudget(options_); });
  }
  std::size_t size() const noexcept { return map_.size(); }

 private:
  RetryBudgetOptions options_;
  ScopeMap<RetryBudget> map_;
};

}  // namespace ppn
