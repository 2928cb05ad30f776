#include "policy/retry_budget.hpp"

#include <algorithm>
#include <limits>

namespace ppn {
namespace {

constexpr std::int64_t kFullTokens = 1'000;  // in tenths, as all of these
constexpr std::int64_t kTokensOfSuccess = 1;
constexpr std::int64_t kTokensOfFailure = 10;
constexpr double kRounding = 1e-9;  // five deposits of 0.2 are one retry

}  // namespace

void RetryBudget::deposit(Nanos now) noexcept {
  if (options_.mode != BudgetMode::ratio) return;
  advance(now);
  ++slots_[static_cast<std::size_t>(second_) % kSlots].deposits;
}

bool RetryBudget::withdraw(Nanos now) noexcept {
  switch (options_.mode) {
    case BudgetMode::off: return true;
    case BudgetMode::tokens: return tenth_tokens_ > kFullTokens / 2;
    case BudgetMode::ratio: break;
  }
  if (level(now) + kRounding < 1) return false;
  ++slots_[static_cast<std::size_t>(second_) % kSlots].withdrawals;
  return true;
}

void RetryBudget::on_success(Nanos) noexcept {
  tenth_tokens_ = std::min(tenth_tokens_ + kTokensOfSuccess, kFullTokens);
}

void RetryBudget::on_retryable_failure(Nanos) noexcept {
  tenth_tokens_ = std::max<std::int64_t>(tenth_tokens_ - kTokensOfFailure, 0);
}

double RetryBudget::level(Nanos now) noexcept {
  switch (options_.mode) {
    case BudgetMode::off: return std::numeric_limits<double>::infinity();
    case BudgetMode::tokens: return static_cast<double>(tenth_tokens_) / 10;
    case BudgetMode::ratio: break;
  }
  advance(now);
  std::int64_t deposits = 0;
  std::int64_t withdrawals = 0;
  for (const Slot& slot : slots_) {
    deposits += slot.deposits;
    withdrawals += slot.withdrawals;
  }
  const auto reserve = static_cast<double>(options_.min_retries_per_second) * kSlots;
  return options_.ratio * static_cast<double>(deposits) - static_cast<double>(withdrawals) + reserve;
}

bool RetryBudget::is_idle(Nanos now) noexcept {
  if (options_.mode == BudgetMode::tokens) return tenth_tokens_ == kFullTokens;
  advance(now);
  return std::ranges::all_of(slots_, [](const Slot& slot) { return slot.deposits == 0 && slot.withdrawals == 0; });
}

// Drops the slots that are older than ten seconds. An older `now` counts as the newest one.
void RetryBudget::advance(Nanos now) noexcept {
  const std::int64_t second = now / kSecond;
  const std::int64_t passed = std::min<std::int64_t>(second - second_, kSlots);
  if (passed <= 0) return;
  for (std::int64_t i = 1; i <= passed; ++i) slots_[static_cast<std::size_t>(second_ + i) % kSlots] = {};
  second_ = second;
}

}  // namespace ppn
