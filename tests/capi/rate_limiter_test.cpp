// The rate limiter: permits that are waited for, tried and announced, and what the functions refuse. That the limit is
// exact is shown in tests/core/policy on a manual clock.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <future>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "capi/capi.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

RateLimiterHandle make_limiter(double per_minute, int64_t burst) {
  RateLimiterHandle limiter;
  BOOST_REQUIRE_EQUAL(ppn_rate_limiter_new(per_minute, burst, limiter.out(), nullptr), PPN_OK);
  return limiter;
}

int32_t try_permit(const RateLimiterHandle& limiter, RateTicket& ticket, std::string_view scope = "", int64_t cost = 1,
                   int64_t tokens = 0, ppn_error** error = nullptr) {
  return ppn_rate_limiter_try(limiter.get(), scope.data(), scope.size(), cost, tokens, ticket.out(), error);
}

int32_t wait_permit(const RateLimiterHandle& limiter, RateTicket& ticket, int64_t timeout_ms, int64_t cost = 1,
                    ppn_error** error = nullptr) {
  return ppn_rate_limiter_wait(limiter.get(), "", 0, cost, 0, timeout_ms, ticket.out(), error);
}

// What one on_granted was told.
struct Told {
  int32_t code = PPN_OK;
  std::string phase;
  int64_t retry_after_ms = -1;
  std::thread::id thread;
  int32_t nested_wait = PPN_OK;
};

class Announced {
 public:
  explicit Announced(ppn_rate_limiter* wait_inside = nullptr) : wait_inside_(wait_inside) {}

  static void PPN_CALL on_granted(void* user_data, ppn_rate_ticket* ticket, const ppn_error* error) {
    auto& self = *static_cast<Announced*>(user_data);
    ++self.calls_;
    Told told{ppn_error_code(error), ppn_error_phase(error), ppn_error_retry_after_ms(error),
              std::this_thread::get_id()};
    if (ticket != nullptr) self.kept_.reset(ppn_rate_ticket_acquire(ticket));
    if (self.wait_inside_ != nullptr) {
      ppn_rate_ticket* inner = nullptr;
      told.nested_wait = ppn_rate_limiter_wait(self.wait_inside_, "", 0, 1, 0, -1, &inner, nullptr);
      ppn_rate_ticket_release(inner);
    }
    self.told_ = told;
  }
  static void PPN_CALL destroy(void* user_data) { static_cast<Announced*>(user_data)->destroyed_.set_value(); }

  int32_t start(const RateLimiterHandle& limiter, ppn_rate_ticket** out = nullptr, int64_t timeout_ms = -1) {
    return ppn_rate_limiter_start(limiter.get(), "", 0, 1, 0, timeout_ms, on_granted, this, destroy, out, nullptr);
  }
  // After the end of the user data, so nothing of it is touched any more.
  const Told& wait() {
    BOOST_REQUIRE(destroyed_.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
    BOOST_TEST(calls_ == 1);
    return told_;
  }
  ppn_rate_ticket* kept() const { return kept_.get(); }
  void drop() { kept_.reset(); }

 private:
  ppn_rate_limiter* const wait_inside_;
  std::promise<void> destroyed_;
  Told told_;
  int calls_ = 0;
  RateTicket kept_;
};

int64_t count(const RateLimiterHandle& limiter, int32_t which) {
  return ppn_rate_limiter_count(limiter.get(), which);
}

constexpr double kHardlyEver = 0.001;    // one in 1000 minutes
constexpr double kInFortySeconds = 1.5;  // a wait that the default of rate_limit_max_wait_ms allows

}  // namespace

BOOST_FIXTURE_TEST_SUITE(rate_limiter, NoLeak)

BOOST_AUTO_TEST_CASE(burst_passes_and_the_next_is_told_when_to_come_again) {
  const RateLimiterHandle limiter = make_limiter(kHardlyEver, 2);
  RateTicket first;
  RateTicket second;
  RateTicket third;
  ErrorHandle error;
  BOOST_TEST(try_permit(limiter, first) == PPN_OK);
  BOOST_TEST(try_permit(limiter, second) == PPN_OK);
  BOOST_TEST(try_permit(limiter, third, "", 1, 0, error.out()) == PPN_E_RATE_LIMITED);
  BOOST_TEST(third.get() == nullptr);
  BOOST_TEST(std::string(ppn_error_phase(error.get())) == "rate_limit");
  BOOST_TEST(ppn_error_is_retryable(error.get()) == 1);
  BOOST_TEST(ppn_error_retry_after_ms(error.get()) > 59'000'000);
  BOOST_TEST(ppn_error_retry_after_ms(error.get()) <= 60'000'000);
  BOOST_TEST(try_permit(limiter, third, "another scope") == PPN_OK);
  BOOST_TEST(count(limiter, PPN_RATE_GRANTED) == 3);
  BOOST_TEST(count(limiter, PPN_RATE_REFUSED) == 1);
  BOOST_TEST(count(limiter, PPN_RATE_IN_FLIGHT) == 3);
  BOOST_TEST(count(limiter, PPN_RATE_SCOPES) == 2);
  BOOST_TEST(count(limiter, 99) == 0);
  first.reset();
  BOOST_TEST(count(limiter, PPN_RATE_IN_FLIGHT) == 2);
}

BOOST_AUTO_TEST_CASE(burst_that_is_not_given_is_a_tenth_of_a_minute) {
  const RateLimiterHandle limiter = make_limiter(30, 0);
  RateTicket ticket;
  BOOST_TEST(try_permit(limiter, ticket, "", 3) == PPN_OK);
  BOOST_TEST(try_permit(limiter, ticket, "", 4) == PPN_E_RATE_LIMIT_COST);
}

BOOST_AUTO_TEST_CASE(limiter_without_a_limit_lets_everything_pass) {
  for (const double rate : {0.0, -5.0}) {
    const RateLimiterHandle limiter = make_limiter(rate, 0);
    RateTicket ticket;
    for (int i = 0; i < 100; ++i) BOOST_TEST(try_permit(limiter, ticket, "", 1'000'000'000, 1'000) == PPN_OK);
  }
}

BOOST_AUTO_TEST_CASE(whoever_waits_passes_when_its_time_has_come) {
  const RateLimiterHandle limiter = make_limiter(60'000, 1);
  RateTicket ticket;
  for (int i = 0; i < 5; ++i) BOOST_TEST(wait_permit(limiter, ticket, -1) == PPN_OK);
  BOOST_TEST(count(limiter, PPN_RATE_GRANTED) == 5);
}

BOOST_AUTO_TEST_CASE(wait_that_would_take_too_long_is_refused_at_once) {
  const RateLimiterHandle limiter = make_limiter(kInFortySeconds, 1);
  RateTicket first;
  RateTicket ticket;
  ErrorHandle error;
  BOOST_TEST(wait_permit(limiter, first, 0) == PPN_OK);
  for (const int64_t timeout_ms : {int64_t{0}, int64_t{1'000}}) {
    BOOST_TEST(wait_permit(limiter, ticket, timeout_ms, 1, error.out()) == PPN_E_RATE_LIMITED);
    BOOST_TEST(ppn_error_retry_after_ms(error.get()) > 30'000);
  }
  const RateLimiterHandle slower = make_limiter(kHardlyEver, 1);
  BOOST_TEST(wait_permit(slower, first, -1) == PPN_OK);
  BOOST_TEST(wait_permit(slower, ticket, -1) == PPN_E_RATE_LIMITED);
}

BOOST_AUTO_TEST_CASE(threads_share_one_limiter) {
  const RateLimiterHandle limiter = make_limiter(600'000, 1);
  std::vector<std::thread> threads;
  std::atomic<int> granted{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 10; ++round) {
        RateTicket ticket;
        if (wait_permit(limiter, ticket, -1) == PPN_OK) ++granted;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(granted == 40);
  BOOST_TEST(count(limiter, PPN_RATE_GRANTED) == 40);
  BOOST_TEST(count(limiter, PPN_RATE_WAITING) == 0);
}

BOOST_AUTO_TEST_CASE(permit_is_announced_on_another_thread_and_ends_with_its_last_handle) {
  const RateLimiterHandle limiter = make_limiter(60'000, 1);
  Announced announced;
  RateTicket ticket;
  BOOST_TEST(announced.start(limiter, ticket.out()) == PPN_OK);
  const Told& told = announced.wait();
  BOOST_TEST(told.code == PPN_OK);
  BOOST_TEST((told.thread != std::this_thread::get_id()));
  BOOST_REQUIRE(announced.kept() != nullptr);
  BOOST_TEST(count(limiter, PPN_RATE_IN_FLIGHT) == 1);
  BOOST_TEST(ppn_rate_ticket_settle(announced.kept(), 10) == PPN_OK);
  BOOST_TEST(ppn_rate_ticket_cancel(announced.kept()) == PPN_OK);  // too late, and without effect
  announced.drop();
  BOOST_TEST(count(limiter, PPN_RATE_IN_FLIGHT) == 1);
  ticket.reset();
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  BOOST_TEST(count(limiter, PPN_RATE_IN_FLIGHT) == 0);
}

BOOST_AUTO_TEST_CASE(announcement_of_a_refusal_says_why) {
  const RateLimiterHandle limiter = make_limiter(kHardlyEver, 1);
  RateTicket first;
  BOOST_TEST(try_permit(limiter, first) == PPN_OK);
  Announced announced;
  BOOST_TEST(announced.start(limiter) == PPN_OK);
  const Told& told = announced.wait();
  BOOST_TEST(told.code == PPN_E_RATE_LIMITED);
  BOOST_TEST(told.phase == "rate_limit");
  BOOST_TEST(told.retry_after_ms > 0);
  BOOST_TEST(announced.kept() == nullptr);
}

BOOST_AUTO_TEST_CASE(permit_that_waits_can_be_cancelled_and_gives_its_place_back) {
  const RateLimiterHandle limiter = make_limiter(kInFortySeconds, 1);
  RateTicket first;
  BOOST_TEST(try_permit(limiter, first) == PPN_OK);
  Announced announced;
  RateTicket ticket;
  BOOST_TEST(announced.start(limiter, ticket.out()) == PPN_OK);
  BOOST_TEST(ppn_rate_ticket_settle(ticket.get(), 5) == PPN_OK);  // without effect
  BOOST_TEST(ppn_rate_ticket_cancel(ticket.get()) == PPN_OK);
  BOOST_TEST(announced.wait().code == PPN_E_CANCELLED);
  BOOST_TEST(ppn_rate_ticket_cancel(ticket.get()) == PPN_OK);
  ticket.reset();
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  BOOST_TEST(count(limiter, PPN_RATE_WAITING) == 0);
}

BOOST_AUTO_TEST_CASE(permit_that_waits_outlives_all_handles_and_ends_with_the_runtime) {
  Announced announced;
  {
    const RateLimiterHandle limiter = make_limiter(kInFortySeconds, 1);
    RateTicket first;
    RateTicket ticket;
    BOOST_TEST(try_permit(limiter, first) == PPN_OK);
    BOOST_TEST(announced.start(limiter, ticket.out()) == PPN_OK);
  }
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  BOOST_TEST(announced.wait().code == PPN_E_CANCELLED);
}

BOOST_AUTO_TEST_CASE(waiting_inside_a_callback_is_refused) {
  const RateLimiterHandle limiter = make_limiter(60'000, 10);
  Announced announced(limiter.get());
  BOOST_TEST(announced.start(limiter) == PPN_OK);
  BOOST_TEST(announced.wait().nested_wait == PPN_E_WOULD_DEADLOCK);
}

BOOST_AUTO_TEST_CASE(response_with_retry_after_stops_its_scope) {
  const ScriptedServer server({Script{}.expect_request().send(
      "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n")});
  const Client client = make_client(R"({"timeout_ms": 20000})");
  const Request request = make_request(client, "GET", server.url());
  Response response;
  ppn_request_send(request.get(), response.out(), nullptr);
  BOOST_REQUIRE(response.get() != nullptr);
  const RateLimiterHandle limiter = make_limiter(6'000, 10);
  BOOST_TEST(ppn_rate_limiter_observe(limiter.get(), "a", 1, response.get(), nullptr) == PPN_OK);
  RateTicket ticket;
  ErrorHandle error;
  BOOST_TEST(try_permit(limiter, ticket, "a", 1, 0, error.out()) == PPN_E_RATE_LIMITED);
  BOOST_TEST(ppn_error_retry_after_ms(error.get()) > 0);
  BOOST_TEST(ppn_error_retry_after_ms(error.get()) <= 30'000);
  BOOST_TEST(try_permit(limiter, ticket, "b") == PPN_OK);
  BOOST_TEST(count(limiter, PPN_RATE_FROZEN) == 1);
  BOOST_TEST(ppn_rate_limiter_observe(limiter.get(), "a", 1, nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_rate_limiter_observe(nullptr, "a", 1, response.get(), nullptr) == PPN_E_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(limiter_of_a_config_takes_its_options) {
  const Config config = make_config();
  RateLimiterHandle limiter;
  RateTicket ticket;
  BOOST_TEST(ppn_rate_limiter_new_with_config(config.get(), limiter.out(), nullptr) == PPN_OK);
  BOOST_TEST(try_permit(limiter, ticket) == PPN_OK);
  BOOST_TEST(ppn_rate_limiter_new_with_config(nullptr, limiter.out(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_rate_limiter_new_with_config(nullptr, nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(clients_share_a_limiter_until_their_first_request) {
  const RateLimiterHandle limiter = make_limiter(60, 1);
  const Client client = make_client();
  BOOST_TEST(ppn_client_set_rate_limiter(client.get(), limiter.get(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_client_set_rate_limiter(client.get(), nullptr, nullptr) == PPN_OK);
  BOOST_TEST(ppn_client_set_rate_limiter(nullptr, limiter.get(), nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_client_preconnect(client.get(), "http://127.0.0.1:9/", PPN_AUTO_LENGTH, 1, nullptr) == PPN_OK);
  BOOST_TEST(ppn_client_set_rate_limiter(client.get(), limiter.get(), nullptr) == PPN_E_INVALID_STATE);
}

BOOST_AUTO_TEST_CASE(arguments_out_of_range_are_named) {
  ppn_rate_limiter* none = nullptr;
  for (const double rate : {0.0001, 2e9, std::numeric_limits<double>::infinity(), std::nan("")}) {
    BOOST_TEST(ppn_rate_limiter_new(rate, 1, &none, nullptr) == PPN_E_INVALID_ARGUMENT);
    BOOST_TEST(none == nullptr);
  }
  for (const int64_t burst : {int64_t{-1}, int64_t{1'000'000'001}}) {
    BOOST_TEST(ppn_rate_limiter_new(60, burst, &none, nullptr) == PPN_E_INVALID_ARGUMENT);
  }
  BOOST_TEST(ppn_rate_limiter_new(60, 1, nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);

  const RateLimiterHandle limiter = make_limiter(60, 1);
  RateTicket ticket;
  BOOST_TEST(try_permit(limiter, ticket, "", -1) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(try_permit(limiter, ticket, "", 1'000'000'001) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(try_permit(limiter, ticket, "", 1, -1) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(try_permit(limiter, ticket, "", 1, 1'000'000'000'000'001) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(wait_permit(limiter, ticket, -2) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_rate_limiter_try(limiter.get(), nullptr, 3, 1, 0, ticket.out(), nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_rate_limiter_try(limiter.get(), nullptr, 0, 1, 0, nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_rate_limiter_wait(limiter.get(), nullptr, 0, 1, 0, 0, nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_rate_limiter_start(limiter.get(), nullptr, 0, 1, 0, 0, nullptr, nullptr, nullptr, nullptr, nullptr) ==
             PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_rate_limiter_try(limiter.get(), nullptr, 0, 1, 0, ticket.out(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_rate_ticket_settle(ticket.get(), -1) == PPN_E_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(user_data_stays_the_callers_when_nothing_was_started) {
  const auto on_granted = [](void*, ppn_rate_ticket*, const ppn_error*) { BOOST_ERROR("nobody may be told"); };
  const auto destroy = [](void*) { BOOST_ERROR("the data is the caller's"); };
  const RateLimiterHandle limiter = make_limiter(60, 1);
  int data = 0;
  BOOST_TEST(ppn_rate_limiter_start(limiter.get(), nullptr, 0, -1, 0, 0, on_granted, &data, destroy, nullptr,
                                    nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_rate_limiter_start(nullptr, nullptr, 0, 1, 0, 0, on_granted, &data, destroy, nullptr, nullptr) ==
             PPN_E_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(null_and_released_handles_are_recognised) {
  RateLimiterHandle limiter = make_limiter(60, 10);
  RateTicket ticket;
  RateTicket out;
  BOOST_TEST(try_permit(limiter, ticket) == PPN_OK);
  ppn_rate_limiter* const dead_limiter = limiter.get();
  ppn_rate_ticket* const dead_ticket = ticket.get();
  BOOST_TEST(ppn_rate_limiter_acquire(dead_limiter) == dead_limiter);
  ppn_rate_limiter_release(dead_limiter);
  BOOST_TEST(ppn_rate_ticket_acquire(dead_ticket) == dead_ticket);
  ppn_rate_ticket_release(dead_ticket);
  // A handle of one type is no handle of another.
  BOOST_TEST(ppn_rate_ticket_settle(reinterpret_cast<ppn_rate_ticket*>(dead_limiter), 1) == PPN_E_INVALID_STATE);
  limiter.reset();
  ticket.reset();

  const auto on_granted = [](void*, ppn_rate_ticket*, const ppn_error*) {};
  const auto code = [&](ppn_rate_limiter* handle) {
    const std::vector<int32_t> codes{
        ppn_rate_limiter_try(handle, "", 0, 1, 0, out.out(), nullptr),
        ppn_rate_limiter_wait(handle, "", 0, 1, 0, 0, out.out(), nullptr),
        ppn_rate_limiter_start(handle, "", 0, 1, 0, 0, on_granted, nullptr, nullptr, nullptr, nullptr)};
    for (const int32_t other : codes) BOOST_TEST(other == codes.front());
    return codes.front();
  };
  BOOST_TEST(code(dead_limiter) == PPN_E_INVALID_STATE);
  BOOST_TEST(code(nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_rate_limiter_acquire(dead_limiter) == nullptr);
  BOOST_TEST(ppn_rate_limiter_acquire(nullptr) == nullptr);
  BOOST_TEST(ppn_rate_limiter_count(dead_limiter, PPN_RATE_GRANTED) == 0);
  BOOST_TEST(ppn_rate_limiter_count(nullptr, PPN_RATE_GRANTED) == 0);
  BOOST_TEST(ppn_rate_ticket_acquire(dead_ticket) == nullptr);
  BOOST_TEST(ppn_rate_ticket_acquire(nullptr) == nullptr);
  BOOST_TEST(ppn_rate_ticket_settle(dead_ticket, 1) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_rate_ticket_settle(nullptr, 1) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_rate_ticket_cancel(dead_ticket) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_rate_ticket_cancel(nullptr) == PPN_E_INVALID_ARGUMENT);
  const Client client = make_client();
  BOOST_TEST(ppn_client_set_rate_limiter(client.get(), dead_limiter, nullptr) == PPN_E_INVALID_STATE);
  ppn_rate_limiter_release(dead_limiter);
  ppn_rate_limiter_release(nullptr);
  ppn_rate_ticket_release(dead_ticket);
  ppn_rate_ticket_release(nullptr);
}

BOOST_AUTO_TEST_SUITE_END()
