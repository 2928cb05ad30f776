#include "policy/gcra.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>
#include <random>
#include <vector>

namespace ppn {
namespace {

using Kind = Gcra::Outcome::Kind;

constexpr Nanos kStart = 1'000 * kSecond;

Gcra per_minute(std::int64_t count, std::int64_t burst) {
  return Gcra({.count = count}, burst);
}

bool granted(Gcra& limit, std::int64_t cost, Nanos now) {
  return limit.acquire(cost, now).kind == Kind::granted;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(gcra)

BOOST_AUTO_TEST_CASE(burst_passes_at_once_and_then_one_per_interval) {
  Gcra limit = per_minute(60, 3);
  for (int i = 0; i < 3; ++i) BOOST_TEST(granted(limit, 1, kStart));
  const Gcra::Outcome refused = limit.acquire(1, kStart);
  BOOST_TEST((refused.kind == Kind::wait));
  BOOST_TEST(refused.wait == kSecond);
  BOOST_TEST(!granted(limit, 1, kStart + kSecond - 1));
  BOOST_TEST(granted(limit, 1, kStart + kSecond));
  BOOST_TEST(!granted(limit, 1, kStart + kSecond));
}

BOOST_AUTO_TEST_CASE(refusal_changes_nothing) {
  Gcra limit = per_minute(60, 1);
  BOOST_TEST(granted(limit, 1, kStart));
  for (int i = 0; i < 100; ++i) BOOST_TEST(!granted(limit, 1, kStart + i));
  BOOST_TEST(granted(limit, 1, kStart + kSecond));
}

BOOST_AUTO_TEST_CASE(grant_tells_what_is_left_and_when_all_is_paid_off) {
  Gcra limit = per_minute(60, 5);
  const Gcra::Outcome first = limit.acquire(2, kStart);
  BOOST_TEST(first.remaining == 3);
  BOOST_TEST(first.reset == 2 * kSecond);
  const Gcra::Outcome later = limit.acquire(1, kStart + kSecond + kSecond / 2);
  BOOST_TEST(later.remaining == 3);
  BOOST_TEST(later.reset == kSecond + kSecond / 2);
}

BOOST_AUTO_TEST_CASE(cost_above_the_burst_is_never_granted_and_the_burst_itself_is) {
  Gcra limit = per_minute(60, 5);
  BOOST_TEST((limit.acquire(6, kStart).kind == Kind::never));
  BOOST_TEST(!limit.fits(6));
  BOOST_TEST(granted(limit, 5, kStart));
  BOOST_TEST(limit.acquire(5, kStart).wait == 5 * kSecond);
}

BOOST_AUTO_TEST_CASE(rate_of_zero_is_no_limit) {
  Gcra limit;
  BOOST_TEST(!limit.limited());
  for (int i = 0; i < 1'000; ++i) BOOST_TEST(granted(limit, std::numeric_limits<std::int64_t>::max(), kStart));
  BOOST_TEST(!per_minute(0, 1).limited());
  BOOST_TEST(!per_minute(-5, 1).limited());
}

BOOST_AUTO_TEST_CASE(burst_that_is_not_named_follows_the_rate) {
  BOOST_TEST(burst_of_requests({.count = 600}) == 60);
  BOOST_TEST(burst_of_requests({.count = 5}) == 1);
  BOOST_TEST(burst_of_requests({.count = 10, .period_ms = 1'000}) == 60);
  BOOST_TEST(burst_of_requests({.count = 3'600, .period_ms = 3'600'000}) == 6);
  BOOST_TEST(burst_of_requests({.count = 600, .burst = 7}) == 7);
  BOOST_TEST(burst_of_tokens({.count = 90'000}) == 90'000);
  BOOST_TEST(burst_of_tokens({.count = 90'000, .burst = 20}) == 20);
  BOOST_TEST(burst_of_tokens({.count = 1, .period_ms = 3'600'000}) == 1);
}

BOOST_AUTO_TEST_CASE(rate_per_minute_need_not_be_whole) {
  BOOST_TEST((rate_per_minute(60) == Rate{.count = 60}));
  BOOST_TEST((rate_per_minute(1e9) == Rate{.count = 1'000'000'000}));
  BOOST_TEST((rate_per_minute(0) == Rate{}));
  BOOST_TEST((rate_per_minute(-1) == Rate{}));
  for (const double count : {0.5, 1.5, 0.001, 59.999}) {
    const Gcra limit(*rate_per_minute(count), 1);
    BOOST_TEST(static_cast<double>(limit.interval()) == 60e9 / count, boost::test_tools::tolerance(1e-9));
  }
  for (const double count :
       {1e9 + 1, 1e300, 0.0009, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
    BOOST_TEST(!rate_per_minute(count).has_value());
  }
}

// The times of grants are exact multiples of the interval however odd it is: 60 s / 7 has no end in nanoseconds.
BOOST_AUTO_TEST_CASE(a_million_grants_drift_by_nothing) {
  for (const std::int64_t rate : {7, 999, 60'001}) {
    Gcra limit = per_minute(rate, 1);
    Nanos now = kStart;
    constexpr std::int64_t grants = 1'000'000;
    for (std::int64_t i = 0; i < grants; ++i) {
      now = limit.allowed_at(1, now);
      limit.charge(1, now);
    }
    // Asking at the rounded time may lose up to a nanosecond per grant with a burst of one, never win any.
    const Wide exact = static_cast<Wide>(grants - 1) * 60 * kSecond / rate;
    BOOST_TEST(now - kStart >= static_cast<Nanos>(exact));
    BOOST_TEST(now - kStart <= static_cast<Nanos>(exact) + grants);

    Gcra with_burst = per_minute(rate, 2);
    now = kStart;
    for (std::int64_t i = 0; i < grants; ++i) {
      now = with_burst.allowed_at(1, now);
      with_burst.charge(1, now);
    }
    const Wide ideal = (static_cast<Wide>(grants - 2) * 60 * kSecond + rate - 1) / rate;
    BOOST_TEST(now - kStart == static_cast<Nanos>(ideal));
  }
}

BOOST_AUTO_TEST_CASE(no_window_of_time_sees_more_than_burst_and_rate) {
  std::mt19937_64 random(20261125);
  for (int round = 0; round < 60; ++round) {
    const auto rate = static_cast<std::int64_t>(random() % 5'000 + 1);
    const auto burst = static_cast<std::int64_t>(random() % 20 + 1);
    Gcra limit = per_minute(rate, burst);
    struct Grant {
      Nanos at;
      std::int64_t cost;
    };
    std::vector<Grant> grants;
    Nanos now = kStart;
    const Nanos step = 60 * kSecond / rate;
    for (int i = 0; i < 600; ++i) {
      if (random() % 3 != 0) now += static_cast<Nanos>(random() % static_cast<std::uint64_t>(2 * step));
      if (random() % 50 == 0) now += 40 * step;
      const auto cost = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(burst) + 1);
      if (granted(limit, cost, now)) grants.push_back({now, cost});
    }
    BOOST_TEST_REQUIRE(grants.size() > 50u);
    for (std::size_t first = 0; first < grants.size(); ++first) {
      std::int64_t sum = 0;
      for (std::size_t last = first; last < grants.size(); ++last) {
        sum += grants[last].cost;
        // sum <= burst + window / interval, without rounding
        const Wide window = static_cast<Wide>(grants[last].at - grants[first].at) * rate;
        if (static_cast<Wide>(sum - burst) * 60 * kSecond > window) BOOST_FAIL("too many in one window");
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(unused_grant_goes_back_unless_time_has_paid_it_off) {
  Gcra limit = per_minute(60, 2);
  limit.charge(2, kStart);
  BOOST_TEST(!limit.allows(1, kStart));
  limit.give_back(1, kStart, kStart);
  BOOST_TEST(limit.remaining(kStart) == 1);
  // A second later half of it is paid off, and then all of it.
  Gcra late = per_minute(60, 2);
  late.charge(2, kStart);
  late.charge(1, kStart + kSecond);
  late.give_back(2, kStart, kStart + kSecond);
  BOOST_TEST(late.remaining(kStart + kSecond) == 1);
  Gcra too_late = per_minute(60, 2);
  too_late.charge(2, kStart);
  too_late.charge(2, kStart + 10 * kSecond);
  too_late.give_back(2, kStart, kStart + 10 * kSecond);
  BOOST_TEST(too_late.remaining(kStart + 10 * kSecond) == 0);
}

BOOST_AUTO_TEST_CASE(refund_gives_all_back_while_the_bucket_was_never_full) {
  Gcra limit = per_minute(60, 10);
  limit.charge(10, kStart);
  for (int i = 1; i <= 5; ++i) limit.charge(1, kStart + i * kSecond);
  BOOST_TEST(limit.remaining(kStart + 5 * kSecond) == 0);
  limit.refund(10, kStart, kStart + 5 * kSecond);
  BOOST_TEST(limit.remaining(kStart + 5 * kSecond) == 10);

  Gcra idle = per_minute(60, 10);
  idle.charge(10, kStart);
  idle.charge(10, kStart + 10 * kSecond);
  idle.refund(10, kStart, kStart + 10 * kSecond);
  BOOST_TEST(idle.remaining(kStart + 10 * kSecond) == 0);
}

BOOST_AUTO_TEST_CASE(debt_of_a_settlement_without_sense_ends_within_the_hour) {
  Gcra limit = per_minute(60, 1);
  limit.charge(std::numeric_limits<std::int64_t>::max(), kStart);
  BOOST_TEST(limit.allowed_at(1, kStart) == kStart + 3'601 * kSecond);
  limit.charge(1, kStart);
  BOOST_TEST(limit.allowed_at(1, kStart) == kStart + 3'601 * kSecond);
}

BOOST_AUTO_TEST_CASE(largest_values_do_not_overflow) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  Gcra limit({.count = most, .period_ms = most}, most);
  for (const Nanos now : {Nanos{0}, kStart, kNever - 1}) {
    limit.charge(most, now);
    BOOST_TEST(limit.allowed_at(most, now) >= now);
    limit.give_back(most, now, now);
    limit.refund(most, 0, now);
    limit.change_rate({.count = 1, .period_ms = most}, 1, now);
    limit.change_rate({.count = most, .period_ms = 1}, most, now);
    BOOST_TEST(limit.remaining(now) >= 0);
  }
}

BOOST_AUTO_TEST_CASE(another_rate_keeps_what_is_owed_as_units) {
  Gcra limit = per_minute(600, 10);
  limit.charge(10, kStart);
  limit.change_rate({.count = 60}, 10, kStart);
  BOOST_TEST(limit.remaining(kStart) == 0);
  BOOST_TEST(limit.allowed_at(1, kStart) == kStart + kSecond);
  limit.change_rate({.count = 600}, 10, kStart);
  BOOST_TEST(limit.allowed_at(1, kStart) == kStart + kSecond / 10);
  limit.change_rate({.count = 0}, 10, kStart);
  BOOST_TEST(limit.allows(1'000, kStart));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn
