// Middleware and redirects: that of the attempt kind sees each hop, that of the application kind the call (SEMANTICS 3.6).
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "client/auth_middleware.hpp"
#include "core/client/middleware_calls.hpp"
#include "core/client/redirects.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {

BOOST_FIXTURE_TEST_SUITE(redirect_and_middleware, MiddlewareCalls)

BOOST_AUTO_TEST_CASE(attempt_middleware_surrounds_each_hop_and_application_the_call) {
  const ScriptedServer server(
      {Script{}.expect_request().send(moved(302, "/next")).expect_request().send(ok_response("ok"))});
  add("a");
  auto hop = add("t", Middleware::Kind::attempt);
  std::vector<int> statuses;
  hop->on_before = [](MiddlewareContext& context) {
    static_cast<void>(context.add_header("x-hop", *context.origin()));
    return Middleware::Step::done;
  };
  hop->on_after = [&](MiddlewareContext& context) {
    statuses.push_back((*context.response())->status);
    return Middleware::Step::done;
  };
  BOOST_TEST(fetch(client, server.url()).body() == "ok");
  check_log(log, {"before a", "before t", "after t", "before t", "after t", "after a"});
  BOOST_TEST(statuses == (std::vector<int>{302, 200}), boost::test_tools::per_element());
  const std::string second = server.requests().at(1);
  BOOST_TEST(second.find("x-hop") != std::string::npos);
  BOOST_TEST(second.find("x-hop", second.find("x-hop") + 1) == std::string::npos);  // its own message
}

BOOST_AUTO_TEST_CASE(middleware_that_answers_or_fails_at_a_redirect_ends_the_way) {
  for (const bool fails : {true, false}) {
    log.clear();
    client = make_client();
    const ScriptedServer server({Script{}.expect_request().send(moved(302, "/next")).wait_for_peer_close()});
    auto outer = add("o", Middleware::Kind::attempt);
    auto hop = add("t", Middleware::Kind::attempt);
    hop->on_after = fails ? failing(ErrorCode::middleware_failed) : responding(200, "instead");
    const Outcome outcome = fetch(client, server.url());
    BOOST_TEST(outcome.code() == (fails ? "MIDDLEWARE_FAILED" : "OK"));
    BOOST_TEST(outcome.body() == (fails ? "" : "instead"));
    check_log(log, fails ? MiddlewareLog{"before o", "before t", "after t", "error o"}
                         : MiddlewareLog{"before o", "before t", "after t", "after o"});
    BOOST_TEST(server.requests().size() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(middleware_answers_for_a_hop) {
  const ScriptedServer server({Script{}.expect_request().send(moved(302, "/next"))});
  int befores = 0;
  add("t", Middleware::Kind::attempt)->on_before = [&](MiddlewareContext& context) {
    if (++befores == 2) return responding(200, "made up")(context);
    return Middleware::Step::done;
  };
  const Outcome outcome = fetch(client, server.url());
  BOOST_TEST(outcome.body() == "made up");
  check_log(log, {"before t", "after t", "before t", "after t"});
}

BOOST_AUTO_TEST_CASE(refused_redirect_is_an_error_for_the_middleware_that_was_entered) {
  const ScriptedServer server({answering_with(302, "Location: ftp://b/\r\n")});
  add("t", Middleware::Kind::attempt);
  BOOST_TEST(fetch(client, server.url()).code() == "REDIRECT_BLOCKED");
  check_log(log, {"before t", "error t"});
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
