#include "io/wait.hpp"

#include <boost/test/unit_test.hpp>
#include <functional>
#include <vector>

#include "base/task.hpp"
#include "io/event_loop.hpp"

namespace ppn::test {
namespace {

// A loop on this thread, with a call's token and one wait.
struct WaitFixture {
  EventLoop loop;
  Token token{loop};
  Wait wait;
  std::vector<Wake> wakes;

  // Waits once and stops the loop.
  Task<> wait_once(Nanos deadline) {
    wakes.push_back(co_await wait.until(token, deadline));
    loop.stop();
  }

  void run(const std::function<void()>& body) {
    BOOST_TEST(loop.submit([&] { body(); }));
    loop.run();
  }
  Nanos in_ms(int milliseconds) const { return loop.now() + milliseconds * kMillisecond; }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(wait_and_token, WaitFixture)

BOOST_AUTO_TEST_CASE(notification_wakes_the_waiting_coroutine) {
  run([&] {
    spawn(wait_once(kNever));
    BOOST_TEST(wakes.empty());
    wait.notify();
    BOOST_TEST(wakes.size() == 1U);  // inside notify()
  });
  BOOST_TEST((wakes.at(0) == Wake::ready));
}

BOOST_AUTO_TEST_CASE(notification_without_a_waiter_is_kept_for_the_next_one) {
  run([&] {
    wait.notify();
    wait.notify();
    spawn(wait_once(kNever));
  });
  BOOST_TEST((wakes.at(0) == Wake::ready));
}

BOOST_AUTO_TEST_CASE(kept_notification_counts_once) {
  run([&] {
    wait.notify();
    wait.notify();
    spawn([](WaitFixture& self) -> Task<> {
      self.wakes.push_back(co_await self.wait.until(self.token, kNever));
      self.wakes.push_back(co_await self.wait.until(self.token, self.in_ms(2)));
      self.loop.stop();
    }(*this));
  });
  BOOST_REQUIRE_EQUAL(wakes.size(), 2U);
  BOOST_TEST((wakes[0] == Wake::ready));
  BOOST_TEST((wakes[1] == Wake::timeout));
}

BOOST_AUTO_TEST_CASE(forgotten_notification_wakes_nobody) {
  run([&] {
    wait.notify();
    wait.reset();
    spawn(wait_once(in_ms(2)));
  });
  BOOST_TEST((wakes.at(0) == Wake::timeout));
}

BOOST_AUTO_TEST_CASE(deadline_of_a_wait_wakes_it) {
  Nanos deadline = 0;
  run([&] {
    deadline = in_ms(3);
    spawn(wait_once(deadline));
  });
  BOOST_TEST((wakes.at(0) == Wake::timeout));
  BOOST_TEST(loop.now() >= deadline);
  BOOST_TEST((token.interruption() == ErrorCode::ok));  // the call may go on
}

BOOST_AUTO_TEST_CASE(deadline_that_has_passed_wakes_at_once) {
  run([&] { spawn(wait_once(loop.now() - 1)); });
  BOOST_TEST((wakes.at(0) == Wake::timeout));
}

BOOST_AUTO_TEST_CASE(total_deadline_interrupts_this_wait_and_all_later_ones) {
  run([&] {
    token.set_deadline(in_ms(3));
    spawn([](WaitFixture& self) -> Task<> {
      self.wakes.push_back(co_await self.wait.until(self.token, kNever));
      self.wait.notify();
      self.wakes.push_back(co_await self.wait.until(self.token, kNever));
      self.loop.stop();
    }(*this));
  });
  BOOST_REQUIRE_EQUAL(wakes.size(), 2U);
  BOOST_TEST((wakes[0] == Wake::interrupted));
  BOOST_TEST((wakes[1] == Wake::interrupted));
  BOOST_TEST((token.interruption() == ErrorCode::timeout));
}

BOOST_AUTO_TEST_CASE(cancel_interrupts_this_wait_and_all_later_ones) {
  run([&] {
    spawn([](WaitFixture& self) -> Task<> {
      self.wakes.push_back(co_await self.wait.until(self.token, kNever));
      self.wakes.push_back(co_await self.wait.until(self.token, kNever));
      self.loop.stop();
    }(*this));
    token.cancel();
  });
  BOOST_REQUIRE_EQUAL(wakes.size(), 2U);
  BOOST_TEST((wakes[0] == Wake::interrupted));
  BOOST_TEST((token.interruption() == ErrorCode::cancelled));
}

BOOST_AUTO_TEST_CASE(first_interruption_stays) {
  run([&] {
    token.cancel();
    token.set_deadline(loop.now() - 1);
    loop.stop();
  });
  BOOST_TEST((token.interruption() == ErrorCode::cancelled));
}

BOOST_AUTO_TEST_CASE(passed_total_deadline_is_seen_without_its_timer) {
  run([&] {
    token.set_deadline(loop.now());
    BOOST_TEST((token.interruption() == ErrorCode::timeout));
    loop.stop();
  });
}

// The timer of a token is not moved when a later wait has a later deadline; it must neither wake that wait early nor
// forget it.
BOOST_AUTO_TEST_CASE(early_timer_of_an_earlier_wait_does_not_end_a_later_one) {
  Nanos late = 0;
  run([&] {
    wait.notify();
    spawn([](WaitFixture& self, Nanos& deadline) -> Task<> {
      Wait never;
      // The first wait arms the timer early and is over before it fires.
      self.loop.submit([&self] { self.wait.notify(); });
      self.wait.reset();
      self.wakes.push_back(co_await self.wait.until(self.token, self.in_ms(2)));
      deadline = self.in_ms(8);
      self.wakes.push_back(co_await never.until(self.token, deadline));
      self.loop.stop();
    }(*this, late));
  });
  BOOST_REQUIRE_EQUAL(wakes.size(), 2U);
  BOOST_TEST((wakes[0] == Wake::ready));
  BOOST_TEST((wakes[1] == Wake::timeout));
  BOOST_TEST(loop.now() >= late);
}

BOOST_AUTO_TEST_CASE(earlier_deadline_of_a_later_wait_is_kept) {
  run([&] {
    token.set_deadline(loop.now() + 3'600 * kSecond);
    spawn([](WaitFixture& self) -> Task<> {
      self.loop.submit([&self] { self.wait.notify(); });
      self.wakes.push_back(co_await self.wait.until(self.token, kNever));
      self.wakes.push_back(co_await self.wait.until(self.token, self.in_ms(2)));
      self.loop.stop();
    }(*this));
  });
  BOOST_REQUIRE_EQUAL(wakes.size(), 2U);
  BOOST_TEST((wakes[1] == Wake::timeout));
}

BOOST_AUTO_TEST_CASE(wait_after_a_timer_fired_in_vain_still_has_its_deadline) {
  run([&] {
    spawn([](WaitFixture& self) -> Task<> {
      self.loop.submit([&self] { self.wait.notify(); });
      self.wakes.push_back(co_await self.wait.until(self.token, self.in_ms(1)));
      Token other(self.loop);  // while nobody waits with the first token, its timer fires
      Wait never;
      self.wakes.push_back(co_await never.until(other, self.in_ms(4)));
      self.wakes.push_back(co_await never.until(self.token, self.in_ms(2)));
      self.loop.stop();
    }(*this));
  });
  BOOST_REQUIRE_EQUAL(wakes.size(), 3U);
  BOOST_TEST((wakes[0] == Wake::ready));
  BOOST_TEST((wakes[1] == Wake::timeout));
  BOOST_TEST((wakes[2] == Wake::timeout));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
