#include "policy/retry_budget.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <deque>
#include <random>
#include <string>

namespace ppn {
namespace {

constexpr Nanos kStart = 1'000 * kSecond;

int withdraw_all(RetryBudget& budget, Nanos now, int most = 100'000) {
  int count = 0;
  while (count < most && budget.withdraw(now)) ++count;
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(retry_budget)

BOOST_AUTO_TEST_CASE(reserve_alone_is_ten_a_second_for_ten_seconds) {
  RetryBudget budget{RetryBudgetOptions{}};
  BOOST_TEST(budget.level(kStart) == 100);
  BOOST_TEST(withdraw_all(budget, kStart) == 100);
  BOOST_TEST(budget.level(kStart) == 0);
  BOOST_TEST(!budget.withdraw(kStart + 9 * kSecond));
  BOOST_TEST(withdraw_all(budget, kStart + 10 * kSecond) == 100);
}

BOOST_AUTO_TEST_CASE(five_first_attempts_are_one_retry) {
  RetryBudget budget({.min_retries_per_second = 0});
  for (int calls = 1; calls <= 1'000; ++calls) {
    budget.deposit(kStart);
    BOOST_REQUIRE_EQUAL(budget.withdraw(kStart), calls % 5 == 0);
  }
}

BOOST_AUTO_TEST_CASE(deposits_are_forgotten_after_ten_seconds_one_slot_after_the_other) {
  RetryBudget budget({.ratio = 1, .min_retries_per_second = 0});
  for (int second = 0; second < 10; ++second) budget.deposit(kStart + second * kSecond);
  BOOST_TEST(budget.level(kStart + 9 * kSecond) == 10);
  for (int second = 10; second < 20; ++second) {
    BOOST_TEST(budget.level(kStart + second * kSecond) == 19 - second);
  }
  BOOST_TEST(budget.is_idle(kStart + 19 * kSecond));
  BOOST_TEST(budget.level(kStart + 1'000'000 * kSecond) == 0);
}

BOOST_AUTO_TEST_CASE(time_that_stands_still_or_goes_back_gives_nothing) {
  RetryBudget budget{RetryBudgetOptions{}};
  BOOST_TEST(withdraw_all(budget, kStart) == 100);
  BOOST_TEST(!budget.withdraw(kStart - 60 * kSecond));
  BOOST_TEST(!budget.withdraw(0));
  BOOST_TEST(!budget.withdraw(kStart));
}

BOOST_AUTO_TEST_CASE(storm_is_bounded_by_ratio_and_reserve) {
  // Everything fails, and everyone wants to retry: within any ten seconds no more than a fifth of the calls and 100.
  std::mt19937_64 generator(20'260'104);
  std::uniform_int_distribution<int> calls_of(0, 2'000);
  RetryBudget budget{RetryBudgetOptions{}};
  struct Second {
    int calls = 0;
    int retries = 0;
  };
  std::deque<Second> window;
  int all_calls = 0, all_retries = 0;
  for (int second = 0; second < 300; ++second) {
    Second& now = window.emplace_back();
    const int calls = second % 50 < 10 ? 0 : calls_of(generator);
    for (int i = 0; i < calls; ++i) {
      budget.deposit(kStart + second * kSecond);
      ++now.calls;
      for (int attempt = 0; attempt < 3; ++attempt) {
        now.retries += budget.withdraw(kStart + second * kSecond + i) ? 1 : 0;
      }
    }
    if (window.size() > 10) window.pop_front();
    int calls_within = 0, retries_within = 0;
    for (const Second& each : window) {
      calls_within += each.calls;
      retries_within += each.retries;
    }
    BOOST_REQUIRE_LE(retries_within, calls_within / 5 + 100);
    all_calls += now.calls;
    all_retries += now.retries;
  }
  BOOST_TEST(all_calls > 200'000);
  BOOST_TEST(all_retries > all_calls / 5);
  BOOST_TEST(all_retries < all_calls / 5 + 30 * 100);
}

BOOST_AUTO_TEST_CASE(ratio_of_zero_leaves_the_reserve) {
  RetryBudget budget({.ratio = 0, .min_retries_per_second = 1});
  for (int i = 0; i < 1'000; ++i) budget.deposit(kStart);
  BOOST_TEST(withdraw_all(budget, kStart) == 10);
}

BOOST_AUTO_TEST_CASE(tokens_allow_retries_above_half) {
  RetryBudget budget({.mode = BudgetMode::tokens});
  for (int i = 0; i < 49; ++i) budget.on_retryable_failure(kStart);
  BOOST_TEST(budget.level(kStart) == 51);
  BOOST_TEST(budget.withdraw(kStart));
  budget.on_retryable_failure(kStart);
  BOOST_TEST(budget.level(kStart) == 50);
  BOOST_TEST(!budget.withdraw(kStart));
  budget.on_success(kStart);
  BOOST_TEST(budget.level(kStart) == 50.1);
  BOOST_TEST(budget.withdraw(kStart));
  BOOST_TEST(budget.level(kStart) == 50.1);  // a retry costs nothing, its failure does
}

BOOST_AUTO_TEST_CASE(tokens_stay_between_none_and_a_hundred) {
  RetryBudget budget({.mode = BudgetMode::tokens});
  for (int i = 0; i < 500; ++i) budget.on_success(kStart);
  BOOST_TEST(budget.level(kStart) == 100);
  BOOST_TEST(budget.is_idle(kStart));
  for (int i = 0; i < 500; ++i) budget.on_retryable_failure(kStart);
  BOOST_TEST(budget.level(kStart) == 0);
  BOOST_TEST(!budget.is_idle(kStart));
  for (int i = 0; i < 500; ++i) budget.on_success(kStart);
  BOOST_TEST(budget.level(kStart) == 50);
  BOOST_TEST(!budget.withdraw(kStart + 3'600 * kSecond));  // time alone gives nothing back
}

BOOST_AUTO_TEST_CASE(storm_in_tokens_stops_after_fifty_failures) {
  RetryBudget budget({.mode = BudgetMode::tokens});
  int retries = 0;
  for (int call = 0; call < 10'000; ++call) {
    budget.on_retryable_failure(kStart);
    while (budget.withdraw(kStart)) {
      ++retries;
      budget.on_retryable_failure(kStart);
    }
  }
  BOOST_TEST(retries == 49);
}

BOOST_AUTO_TEST_CASE(budget_that_is_off_allows_everything) {
  RetryBudget budget({.mode = BudgetMode::off});
  BOOST_TEST(withdraw_all(budget, kStart) == 100'000);
  BOOST_TEST(std::isinf(budget.level(kStart)));
}

BOOST_AUTO_TEST_CASE(each_origin_has_its_own) {
  RetryBudgets budgets{RetryBudgetOptions{}};
  BOOST_TEST(withdraw_all(budgets.of("https://a", kStart), kStart) == 100);
  BOOST_TEST(!budgets.of("https://a", kStart).withdraw(kStart));
  BOOST_TEST(budgets.of("https://b", kStart).withdraw(kStart));
  BOOST_TEST(budgets.size() == 2U);
}

BOOST_AUTO_TEST_CASE(number_of_origins_is_bounded_and_idle_ones_go_first) {
  RetryBudgets budgets(RetryBudgetOptions{}, 100);
  withdraw_all(budgets.of("busy", kStart), kStart);
  for (int i = 0; i < 1'000; ++i) {
    budgets.of("origin " + std::to_string(i), kStart);  // never used for anything
    BOOST_REQUIRE_LE(budgets.size(), 100U);
  }
  BOOST_TEST(!budgets.of("busy", kStart).withdraw(kStart));
  // All of them are busy: the one that was not asked for longest goes.
  for (int i = 0; i < 200; ++i) budgets.of("call " + std::to_string(i), kStart).deposit(kStart);
  BOOST_TEST(budgets.size() == 100U);
  BOOST_TEST(budgets.of("busy", kStart).withdraw(kStart));
  BOOST_TEST(!budgets.of("call 199", kStart).is_idle(kStart));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn
