#include "client/rate_permit.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace ppn {
namespace {

struct Outcome {
  std::shared_ptr<RatePermit> permit;
  std::unique_ptr<Error> error;
};

// One that waits, and what it was told.
class Announcement {
 public:
  Announcement(RateAnnouncer& announcer, std::string scope, std::int64_t timeout_ms = -1) {
    auto told = std::make_shared<std::promise<Outcome>>();
    outcome_ = told->get_future();
    auto started = announcer.start(std::move(scope), 1, 0, timeout_ms,
                                   [told](const std::shared_ptr<RatePermit>& given, std::unique_ptr<Error> error) {
                                     told->set_value({given, std::move(error)});
                                   });
    BOOST_REQUIRE(started.ok());
    permit = std::move(*started);
  }
  Outcome wait() {
    BOOST_REQUIRE(outcome_.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
    return outcome_.get();
  }

  std::shared_ptr<RatePermit> permit;

 private:
  std::future<Outcome> outcome_;
};

struct OneSlot {
  OneSlot() {
    RateLimitOptions options;
    options.max_in_flight = 1;
    limiter = RateLimiter::create(options);
    announcer = std::make_unique<RateAnnouncer>(limiter);
  }
  ~OneSlot() { BOOST_CHECK(Runtime::shutdown().ok()); }

  std::shared_ptr<RatePermit> take() {
    auto taken = wait_for_permit(limiter, {}, 0);
    BOOST_REQUIRE(taken.ok());
    return std::move(*taken);
  }

  std::shared_ptr<RateLimiter> limiter;
  std::unique_ptr<RateAnnouncer> announcer;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(rate_permit, OneSlot)

BOOST_AUTO_TEST_CASE(slot_that_is_left_goes_to_the_one_that_waits_on_the_loop) {
  auto first = take();
  Announcement second(*announcer, "");
  BOOST_TEST((wait_for_permit(limiter, {}, 0).error().code == ErrorCode::rate_limited));
  first.reset();
  const Outcome outcome = second.wait();
  BOOST_REQUIRE(outcome.permit != nullptr);
  BOOST_TEST(outcome.permit == second.permit);
  BOOST_TEST((outcome.error == nullptr));
}

BOOST_AUTO_TEST_CASE(permits_are_announced_in_the_order_of_their_start) {
  auto first = take();
  std::vector<std::unique_ptr<Announcement>> queue;
  for (int i = 0; i < 20; ++i) queue.push_back(std::make_unique<Announcement>(*announcer, ""));
  first.reset();
  for (const auto& waiting : queue) {
    Outcome outcome = waiting->wait();
    BOOST_REQUIRE(outcome.permit != nullptr);
    BOOST_TEST(limiter->counts(0).in_flight == 1);
    waiting->permit.reset();
    outcome.permit->leave();
  }
}

BOOST_AUTO_TEST_CASE(thread_that_waits_is_woken_when_the_slot_is_left) {
  auto first = take();
  std::future<bool> second = std::async(std::launch::async, [this] {
    auto permit = wait_for_permit(limiter, {}, -1);
    return permit.ok();
  });
  // Until it waits the slot is kept, so that it is woken and does not find it free.
  while (limiter->counts(0).waiting == 0) std::this_thread::yield();
  first->leave();
  BOOST_TEST(second.get());
}

BOOST_AUTO_TEST_CASE(cancelled_one_is_told_so_and_the_next_gets_the_slot) {
  auto first = take();
  Announcement second(*announcer, "");
  Announcement third(*announcer, "");
  second.permit->cancel();
  second.permit.reset();
  BOOST_TEST((second.wait().error->code == ErrorCode::cancelled));
  first.reset();
  BOOST_TEST((third.wait().permit != nullptr));
}

BOOST_AUTO_TEST_CASE(shutdown_of_the_runtime_tells_all_who_wait) {
  auto first = take();
  std::vector<std::unique_ptr<Announcement>> queue;
  for (int i = 0; i < 5; ++i) queue.push_back(std::make_unique<Announcement>(*announcer, ""));
  BOOST_REQUIRE(Runtime::shutdown().ok());
  for (const auto& waiting : queue) BOOST_TEST((waiting->wait().error->code == ErrorCode::cancelled));
  // A later one runs on a runtime of its own.
  first.reset();
  Announcement later(*announcer, "");
  BOOST_TEST((later.wait().permit != nullptr));
}

BOOST_AUTO_TEST_CASE(announcer_that_ends_leaves_those_who_wait_alone) {
  auto first = take();
  Announcement second(*announcer, "");
  announcer.reset();
  first.reset();
  BOOST_TEST((second.wait().permit != nullptr));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn
