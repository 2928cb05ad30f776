// The order in which middleware is entered and left, and what its verdicts do.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "core/client/engine.hpp"
#include "core/client/middleware_fixture.hpp"

namespace ppn::test {
namespace {

using Log = std::vector<std::string>;

MiddlewareChain::Outcome failed_with(ErrorCode code) {
  return {nullptr, std::make_unique<Error>(code, Phase::connect, "inner text")};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(middleware_chain, MiddlewareFixture)

BOOST_AUTO_TEST_CASE(before_runs_in_order_and_after_in_reverse) {
  add("a");
  add("b");
  add("c");
  BOOST_TEST(code_of(call()) == "OK");
  const Log expected{"before a", "before b", "before c", "inner", "after c", "after b", "after a"};
  BOOST_TEST(log == expected, boost::test_tools::per_element());
  BOOST_TEST(!retry);
}

BOOST_AUTO_TEST_CASE(kinds_do_not_see_each_other) {
  add("call");
  add("try", Kind::attempt);
  BOOST_TEST(!chain(Kind::attempt, 1).empty());
  call(chain(Kind::attempt, 1));
  call(chain());
  const Log expected{"before try", "inner", "after try", "before call", "inner", "after call"};
  BOOST_TEST(log == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(chain_without_middleware_of_its_kind_is_empty) {
  add("call");
  BOOST_TEST(chain(Kind::attempt, 1).empty());
  BOOST_TEST(!chain().empty());
  list.reset();
  BOOST_TEST(chain().empty());
  BOOST_TEST(code_of(call()) == "OK");  // and harmless
}

BOOST_AUTO_TEST_CASE(short_circuit_leaves_through_those_that_were_entered) {
  add("a");
  add("b")->on_before = [](MiddlewareContext& context) {
    BOOST_TEST(code_of(context.respond(make_response(203, "mine"))) == "OK");
    return Step::done;
  };
  add("c");
  const auto outcome = call();
  BOOST_TEST(code_of(outcome) == "OK");
  BOOST_TEST(outcome.response->status == 203);
  BOOST_TEST(outcome.response->body == "mine");
  const Log expected{"before a", "before b", "after b", "after a"};
  BOOST_TEST(log == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(failure_in_before_leaves_through_on_error) {
  add("a");
  add("b")->on_before = [](MiddlewareContext& context) {
    BOOST_TEST(code_of(context.fail(ErrorCode::http_forbidden, "not\r\nallowed")) == "OK");
    return Step::done;
  };
  add("c");
  const auto outcome = call();
  BOOST_TEST(code_of(outcome) == "HTTP_FORBIDDEN");
  BOOST_TEST((outcome.error->phase == Phase::middleware));
  BOOST_TEST(outcome.error->message == "middleware 'b': not  allowed");
  const Log expected{"before a", "before b", "error b", "error a"};
  BOOST_TEST(log == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(on_error_runs_instead_of_after_and_sees_the_error) {
  inner = [] { return failed_with(ErrorCode::connect_failed); };
  add("a")->on_failure = [](MiddlewareContext& context) {
    const auto error = context.error();
    BOOST_TEST(((*error)->code == ErrorCode::connect_failed));
    BOOST_TEST((*error)->message == "inner text");
    BOOST_TEST((*context.response() == nullptr));
    return Step::done;
  };
  const auto outcome = call();
  BOOST_TEST(code_of(outcome) == "CONNECT_FAILED");
  const Log expected{"before a", "inner", "error a"};
  BOOST_TEST(log == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(recovery_in_on_error_is_a_success_for_those_outside) {
  inner = [] { return failed_with(ErrorCode::connect_failed); };
  add("a");
  add("b")->on_failure = [](MiddlewareContext& context) {
    BOOST_TEST(code_of(context.respond(make_response(200, "cached"))) == "OK");
    return Step::done;
  };
  add("c");
  const auto outcome = call();
  BOOST_TEST(code_of(outcome) == "OK");
  BOOST_TEST(outcome.response->body == "cached");
  const Log expected{"before a", "before b", "before c", "inner", "error c", "error b", "after a"};
  BOOST_TEST(log == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(error_that_is_replaced_keeps_what_is_known_of_the_call) {
  inner = [] {
    auto outcome = failed_with(ErrorCode::http_unavailable);
    outcome.error->http_status = 503;
    outcome.error->request_id = "r-1";
    return outcome;
  };
  add("a")->on_failure = [](MiddlewareContext& context) {
    BOOST_TEST(code_of(context.fail(ErrorCode::http_overloaded, "busy")) == "OK");
    return Step::done;
  };
  const auto outcome = call();
  BOOST_TEST(code_of(outcome) == "HTTP_OVERLOADED");
  BOOST_TEST(outcome.error->http_status == 503);
  BOOST_TEST(outcome.error->request_id == "r-1");
  BOOST_TEST(outcome.error->message == "middleware 'a': busy");
}

BOOST_AUTO_TEST_CASE(after_replaces_the_response_for_those_outside) {
  int seen = 0;
  add("a")->on_after = [&](MiddlewareContext& context) {
    seen = (*context.response())->status;
    return Step::done;
  };
  add("b")->on_after = [](MiddlewareContext& context) {
    BOOST_TEST((*context.response())->status == 200);
    BOOST_TEST(code_of(context.respond(make_response(418))) == "OK");
    return Step::done;
  };
  BOOST_TEST(call().response->status == 418);
  BOOST_TEST(seen == 418);
}

BOOST_AUTO_TEST_CASE(after_can_turn_a_response_into_an_error) {
  add("a");
  add("b")->on_after = [](MiddlewareContext& context) {
    BOOST_TEST(code_of(context.fail(ErrorCode::http_not_found, "no")) == "OK");
    return Step::done;
  };
  const auto outcome = call();
  BOOST_TEST(code_of(outcome) == "HTTP_NOT_FOUND");
  BOOST_TEST(outcome.response->status == 200);  // what the error is about
  BOOST_TEST(log.back() == "error a");
}

BOOST_AUTO_TEST_CASE(last_verdict_counts) {
  add("a")->on_after = [](MiddlewareContext& context) {
    BOOST_TEST(code_of(context.fail(ErrorCode::internal, "first")) == "OK");
    BOOST_TEST(code_of(context.respond(make_response(201))) == "OK");
    return Step::done;
  };
  const auto outcome = call();
  BOOST_TEST(code_of(outcome) == "OK");
  BOOST_TEST(outcome.response->status == 201);
}

BOOST_AUTO_TEST_CASE(retry_is_asked_for_once_and_after_runs_again) {
  std::vector<std::string> answers;
  add("a");
  add("b")->on_after = [&](MiddlewareContext& context) {
    answers.push_back(code_of(context.retry_once(25)));
    return Step::done;
  };
  MiddlewareChain& around = chain();
  auto outcome = call(around);
  BOOST_TEST(retry.value_or(0) == 25 * kMillisecond);
  const Log first{"before a", "before b", "inner", "after b"};
  BOOST_TEST(log == first, boost::test_tools::per_element());

  log.clear();
  run([&](MiddlewareFixture& self) -> Task<> { self.retry = co_await around.after(self.token, outcome); });
  BOOST_TEST(!retry);
  const Log second{"after b", "after a"};
  BOOST_TEST(log == second, boost::test_tools::per_element());
  const std::vector<std::string> expected{"OK", "INVALID_STATE"};
  BOOST_TEST(answers == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(retry_that_the_call_can_not_make_is_refused_at_once) {
  editor.retries = false;
  std::string answer;
  add("a")->on_after = [&](MiddlewareContext& context) {
    answer = code_of(context.retry_once(0));
    return Step::done;
  };
  BOOST_TEST(call().response->status == 200);
  BOOST_TEST(answer == "BODY_NOT_REPLAYABLE");
  BOOST_TEST(!retry);
}

BOOST_AUTO_TEST_CASE(cancelled_call_stays_cancelled) {
  inner = [] { return failed_with(ErrorCode::cancelled); };
  std::vector<std::string> answers;
  add("a")->on_failure = [&](MiddlewareContext& context) {
    answers = {code_of(context.respond(make_response(200))), code_of(context.retry_once(0)),
               code_of(context.fail(ErrorCode::internal, "other"))};
    return Step::done;
  };
  BOOST_TEST(code_of(call()) == "CANCELLED");
  const std::vector<std::string> expected(3, "INVALID_STATE");
  BOOST_TEST(answers == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(end_of_a_stream_is_told_to_those_that_were_entered) {
  add("a");
  add("b")->on_before = [](MiddlewareContext& context) {
    BOOST_TEST(code_of(context.respond(make_response(200))) == "OK");
    return Step::done;
  };
  add("c");
  MiddlewareChain& around = chain();
  call(around);
  log.clear();
  around.end(nullptr);
  const Error truncated(ErrorCode::stream_truncated, Phase::body, "cut");
  around.end(&truncated);
  const Log expected{"end b", "end a", "end b STREAM_TRUNCATED", "end a STREAM_TRUNCATED"};
  BOOST_TEST(log == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(steps_that_are_done_leave_nothing_behind) {
  add("a");
  add("b");
  chain();
  const auto before = live_object_count().load();
  for (int i = 0; i < 3; ++i) call(chain());
  BOOST_TEST(live_object_count().load() == before + 1);  // the context that all steps of the last chain shared
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(middleware_of_a_client, EngineFixture)

BOOST_AUTO_TEST_CASE(list_that_was_taken_does_not_change) {
  std::vector<std::string> log;
  const auto named = [&](const char* name) {
    return std::make_shared<FunctionMiddleware>(name, log, Middleware::Kind::application);
  };
  const std::shared_ptr<Client> client = make_client();
  BOOST_TEST((client->middleware() == nullptr));
  client->add_middleware(named("a"));
  const auto taken = client->middleware();
  client->add_middleware(named("b"));
  BOOST_REQUIRE_EQUAL(taken->size(), 1U);
  BOOST_TEST((*taken)[0]->name() == "a");
  BOOST_REQUIRE_EQUAL(client->middleware()->size(), 2U);
  BOOST_TEST((*client->middleware())[1]->name() == "b");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
