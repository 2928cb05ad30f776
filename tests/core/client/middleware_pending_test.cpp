// Steps that take their time: finished by other threads, twice, late, or never.
#include <boost/test/unit_test.hpp>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/client/middleware_fixture.hpp"

namespace ppn::test {
namespace {

// The context of a step that is pending, for whoever is to finish it.
struct Pending {
  StepFunction step() {
    return [this](MiddlewareContext& context) {
      kept = context.shared_from_this();
      return Step::pending;
    };
  }
  std::shared_ptr<MiddlewareContext> kept;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(pending_middleware, MiddlewareFixture)

BOOST_AUTO_TEST_CASE(another_thread_changes_the_request_and_finishes) {
  std::thread other;
  std::vector<std::string> answers;
  add("a")->on_before = [&](MiddlewareContext& context) {
    other = std::thread([&answers, kept = context.shared_from_this()] {
      answers.push_back(code_of(kept->set_header("X-Late", "1")));
      answers.push_back(code_of(kept->finish()));
      answers.push_back(code_of(kept->set_header("X-Later", "2")));
      answers.push_back(code_of(kept->finish()));
    });
    return Step::pending;
  };
  add("b");
  BOOST_TEST(code_of(call()) == "OK");
  other.join();
  BOOST_TEST(request.headers.find("x-late").value_or("") == "1");
  BOOST_TEST(!request.headers.contains("x-later"));
  const std::vector<std::string> expected{"OK", "OK", "INVALID_STATE", "INVALID_STATE"};
  BOOST_TEST(answers == expected, boost::test_tools::per_element());
  const std::vector<std::string> order{"before a", "before b", "inner", "after b", "after a"};
  BOOST_TEST(log == order, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_step_may_be_pending) {
  std::vector<std::thread> others;
  const auto finish_elsewhere = [&](MiddlewareContext& context) {
    others.emplace_back([kept = context.shared_from_this()] { static_cast<void>(kept->finish()); });
    return Step::pending;
  };
  for (const char* name : {"a", "b"}) {
    const auto middleware = add(name);
    middleware->on_before = middleware->on_after = middleware->on_failure = finish_elsewhere;
  }
  BOOST_TEST(code_of(call()) == "OK");
  inner = [] {
    return MiddlewareChain::Outcome{nullptr, std::make_unique<Error>(ErrorCode::dns_failed, Phase::dns, "")};
  };
  BOOST_TEST(code_of(call()) == "DNS_FAILED");
  for (std::thread& other : others) other.join();
  BOOST_TEST(others.size() == 8U);
}

BOOST_AUTO_TEST_CASE(step_may_be_finished_before_it_has_returned) {
  add("a")->on_before = [](MiddlewareContext& context) {
    BOOST_TEST(code_of(context.finish()) == "OK");
    return Step::pending;
  };
  BOOST_TEST(code_of(call()) == "OK");
}

BOOST_AUTO_TEST_CASE(verdict_of_another_thread_counts) {
  std::thread other;
  add("a")->on_before = [&](MiddlewareContext& context) {
    other = std::thread([kept = context.shared_from_this()] {
      static_cast<void>(kept->respond(make_response(204)));
      static_cast<void>(kept->finish());
    });
    return Step::pending;
  };
  const auto outcome = call();
  other.join();
  BOOST_TEST(outcome.response->status == 204);
}

BOOST_AUTO_TEST_CASE(completion_that_never_comes_fails_by_the_name_of_the_middleware) {
  timeout_ms = 2;
  Pending never;
  add("a");
  add("sleepy")->on_before = never.step();
  const auto outcome = call();
  BOOST_TEST(code_of(outcome) == "MIDDLEWARE_FAILED");
  BOOST_TEST(outcome.error->message == "middleware 'sleepy': did not finish within 2 ms");
  BOOST_TEST((outcome.error->phase == Phase::middleware));
  const std::vector<std::string> order{"before a", "before sleepy", "error sleepy", "error a"};
  BOOST_TEST(log == order, boost::test_tools::per_element());
  BOOST_TEST(code_of(never.kept->finish()) == "INVALID_STATE");
  BOOST_TEST(code_of(never.kept->method()) == "INVALID_STATE");
}

BOOST_AUTO_TEST_CASE(total_deadline_names_the_middleware_it_waited_for) {
  timeout_ms = 0;
  token.set_deadline(monotonic_now() + 2 * kMillisecond);
  Pending never;
  add("sleepy")->on_before = never.step();
  const auto outcome = call();
  BOOST_TEST(code_of(outcome) == "MIDDLEWARE_FAILED");
  BOOST_TEST(outcome.error->message == "middleware 'sleepy': did not finish before the deadline of the call");
}

BOOST_AUTO_TEST_CASE(error_of_the_call_is_named_when_on_error_never_finishes) {
  timeout_ms = 2;
  Pending never;
  add("sleepy")->on_failure = never.step();
  inner = [] {
    return MiddlewareChain::Outcome{nullptr, std::make_unique<Error>(ErrorCode::dns_failed, Phase::dns, "")};
  };
  const auto outcome = call();
  BOOST_TEST(code_of(outcome) == "MIDDLEWARE_FAILED");
  BOOST_TEST(outcome.error->message == "middleware 'sleepy': did not finish within 2 ms, after DNS_FAILED");
}

BOOST_AUTO_TEST_CASE(call_that_ran_into_its_deadline_says_so_though_on_error_has_no_time_left) {
  token.set_deadline(monotonic_now());
  Pending never;
  add("a")->on_failure = never.step();
  inner = [] {
    return MiddlewareChain::Outcome{nullptr, std::make_unique<Error>(ErrorCode::timeout, Phase::body, "late")};
  };
  const auto outcome = call();
  BOOST_TEST(code_of(outcome) == "TIMEOUT");
  BOOST_TEST(outcome.error->message == "late");
}

BOOST_AUTO_TEST_CASE(cancel_ends_the_wait_at_once) {
  Pending never;
  add("a");
  add("b")->on_before = [&](MiddlewareContext& context) {
    never.kept = context.shared_from_this();
    loop.submit([this] { token.cancel(); });
    return Step::pending;
  };
  const auto outcome = call();
  BOOST_TEST(code_of(outcome) == "CANCELLED");
  const std::vector<std::string> order{"before a", "before b", "error b", "error a"};
  BOOST_TEST(log == order, boost::test_tools::per_element());
  BOOST_TEST(code_of(never.kept->finish()) == "INVALID_STATE");
}

BOOST_AUTO_TEST_CASE(cancel_while_after_is_pending_takes_the_response_away) {
  Pending never;
  add("a");
  add("b")->on_after = [&](MiddlewareContext& context) {
    never.kept = context.shared_from_this();
    loop.submit([this] { token.cancel(); });
    return Step::pending;
  };
  BOOST_TEST(code_of(call()) == "CANCELLED");
  BOOST_TEST(log.back() == "error a");
}

BOOST_AUTO_TEST_CASE(step_that_is_done_can_not_be_finished_or_used) {
  std::shared_ptr<MiddlewareContext> kept;
  add("a")->on_before = [&](MiddlewareContext& context) {
    kept = context.shared_from_this();
    return Step::done;
  };
  BOOST_TEST(code_of(call()) == "OK");
  BOOST_TEST(code_of(kept->finish()) == "INVALID_STATE");
  BOOST_TEST(code_of(kept->url()) == "INVALID_STATE");
  BOOST_TEST(code_of(kept->header("a")) == "INVALID_STATE");
  BOOST_TEST(code_of(kept->set_header("a", "b")) == "INVALID_STATE");
  BOOST_TEST(code_of(kept->set_url("http://other.test/")) == "INVALID_STATE");
  BOOST_TEST(code_of(kept->set_body("x")) == "INVALID_STATE");
  BOOST_TEST(code_of(kept->set_option("timeout_ms", "1")) == "INVALID_STATE");
  BOOST_TEST(code_of(kept->attribute("a")) == "INVALID_STATE");
  BOOST_TEST(code_of(kept->set_attribute("a", "b")) == "INVALID_STATE");
  BOOST_TEST(code_of(kept->response()) == "INVALID_STATE");
  BOOST_TEST(code_of(kept->error()) == "INVALID_STATE");
  BOOST_TEST(code_of(kept->respond(make_response(200))) == "INVALID_STATE");
  BOOST_TEST(code_of(kept->fail(ErrorCode::internal, "")) == "INVALID_STATE");
  BOOST_TEST(code_of(kept->retry_once(0)) == "INVALID_STATE");
  BOOST_TEST(code_of(kept->emit(std::string_view("x"))) == "INVALID_STATE");
  BOOST_TEST(kept->over());
}

// A context that was kept must not be the one of a later step.
BOOST_AUTO_TEST_CASE(kept_context_is_not_used_again) {
  std::vector<std::shared_ptr<MiddlewareContext>> kept;
  for (const char* name : {"a", "b"}) {
    add(name)->on_before = [&](MiddlewareContext& context) {
      kept.push_back(context.shared_from_this());
      return Step::done;
    };
  }
  call();
  BOOST_REQUIRE_EQUAL(kept.size(), 2U);
  BOOST_TEST((kept[0] != kept[1]));
}

BOOST_AUTO_TEST_CASE(storm_of_finishing_threads_and_deadlines_ends_every_step_once) {
  timeout_ms = 1;
  std::vector<std::thread> others;
  add("a")->on_before = [&](MiddlewareContext& context) {
    for (int i = 0; i < 2; ++i) {
      others.emplace_back([kept = context.shared_from_this()] { static_cast<void>(kept->finish()); });
    }
    return Step::pending;
  };
  for (int i = 0; i < 100; ++i) {
    log.clear();
    const std::string code = code_of(call());
    BOOST_TEST((code == "OK" || code == "MIDDLEWARE_FAILED"));
    BOOST_TEST(log.size() == (code == "OK" ? 3U : 2U));
  }
  for (std::thread& other : others) other.join();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
