// Trace context, credentials, and tokens that are renewed.
#include <boost/test/unit_test.hpp>
#include <deque>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "client/auth_middleware.hpp"
#include "client/trace_middleware.hpp"
#include "codec/trace_context.hpp"
#include "core/client/middleware_fixture.hpp"

namespace ppn::test {
namespace {

constexpr const char* kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

CredentialSlot slot(std::string_view url = "http://host.test/", std::string_view scheme = "Bearer") {
  return *CredentialSlot::create(url, "Authorization", scheme);
}

std::string header_of(const RequestMessage& request, std::string_view name) {
  return std::string(request.headers.find(name).value_or("none"));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(trace_middleware, MiddlewareFixture)

BOOST_AUTO_TEST_CASE(attempts_share_a_trace_and_differ_in_their_parent) {
  list->push_back(make_trace_middleware());
  std::set<std::string> traces;
  std::set<std::string> parents;
  for (int attempt = 1; attempt <= 3; ++attempt) {
    request.headers.clear();
    call(chain(Kind::attempt, attempt));
    const std::string text = header_of(request, "traceparent");
    BOOST_REQUIRE(parse_traceparent(text));
    BOOST_TEST(text.substr(53) == "01");
    traces.insert(text.substr(3, 32));
    parents.insert(text.substr(36, 16));
  }
  BOOST_TEST(traces.size() == 1U);
  BOOST_TEST(parents.size() == 3U);

  attributes = std::make_shared<Attributes>();
  request.headers.clear();
  call(chain(Kind::attempt, 1));
  BOOST_TEST(traces.count(header_of(request, "traceparent").substr(3, 32)) == 0U);
}

BOOST_AUTO_TEST_CASE(trace_of_the_caller_goes_on) {
  list->push_back(make_trace_middleware());
  request.headers.add("traceparent", kParent);
  request.headers.add("tracestate", "vendor=1");
  call(chain(Kind::attempt, 1));
  const std::string text = header_of(request, "traceparent");
  BOOST_TEST(text.substr(0, 36) == std::string(kParent).substr(0, 36));
  BOOST_TEST(text.substr(36, 16) != std::string(kParent).substr(36, 16));
  BOOST_TEST(text.substr(53) == "00");
  BOOST_TEST(header_of(request, "tracestate") == "vendor=1");
}

BOOST_AUTO_TEST_CASE(invalid_trace_of_the_caller_is_replaced_with_its_state) {
  list->push_back(make_trace_middleware());
  request.headers.add("traceparent", "00-00000000000000000000000000000000-00f067aa0ba902b7-01");
  request.headers.add("tracestate", "vendor=1");
  call(chain(Kind::attempt, 1));
  BOOST_TEST(parse_traceparent(header_of(request, "traceparent")).has_value());
  BOOST_TEST(header_of(request, "tracestate") == "none");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(auth_middleware, MiddlewareFixture)

BOOST_AUTO_TEST_CASE(credential_goes_to_its_origin_alone) {
  list->push_back(*make_auth_middleware(slot(), "s3cret"));
  const std::vector<std::pair<std::string, std::string>> cases{{"http://host.test/a?b", "Bearer s3cret"},
                                                               {"http://HOST.test:80/", "Bearer s3cret"},
                                                               {"https://host.test/", "none"},
                                                               {"http://host.test:81/", "none"},
                                                               {"http://host.test.evil/", "none"},
                                                               {"http://other.test/", "none"}};
  for (const auto& [url, expected] : cases) {
    request = {"GET", *parse_url(url), {}};
    call(chain(Kind::attempt, 1));
    BOOST_TEST(header_of(request, "authorization") == expected, url);
  }
}

BOOST_AUTO_TEST_CASE(header_of_the_request_stays) {
  list->push_back(*make_auth_middleware(slot(), "s3cret"));
  request.headers.add("authorization", "mine");
  call(chain(Kind::attempt, 1));
  BOOST_TEST(header_of(request, "authorization") == "mine");
}

BOOST_AUTO_TEST_CASE(credential_without_a_scheme_is_sent_alone) {
  list->push_back(*make_auth_middleware(slot("http://host.test", ""), "s3cret"));
  call(chain(Kind::attempt, 1));
  BOOST_TEST(header_of(request, "authorization") == "s3cret");
}

BOOST_AUTO_TEST_CASE(what_can_not_be_sent_is_refused_when_it_is_given) {
  BOOST_TEST(code_of(make_auth_middleware(slot(), "a\r\nb")) == "INVALID_HEADER");
  BOOST_TEST(code_of(make_auth_middleware(slot(), "")) == "INVALID_ARGUMENT");
  BOOST_TEST(code_of(CredentialSlot::create("nothing", "Authorization", "")) == "INVALID_URL");
  BOOST_TEST(code_of(CredentialSlot::create("ws://host.test/", "Authorization", "")) == "UNSUPPORTED_SCHEME");
  BOOST_TEST(code_of(CredentialSlot::create("http://host.test/", "Host", "")) == "INVALID_HEADER");
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

// Calls that run beside each other on one loop, with one token.
struct RefreshFixture : MiddlewareFixture {
  struct Parallel {
    RequestMessage request{"GET", *parse_url("http://host.test/"), {}};
    std::shared_ptr<Attributes> attributes = std::make_shared<Attributes>();
    std::unique_ptr<MiddlewareChain> chain;
    std::unique_ptr<Token> token;
    MiddlewareChain::Outcome outcome;
    std::vector<std::string> sent;  // the header of each time it was sent
    bool over = false;
  };

  void use(std::string_view first_token) {
    refresh = *TokenRefresh::create(slot(), first_token);
    refresh->set_refresh([this](TokenRefresh&) {
      ++refreshes;
      return on_refresh ? on_refresh() : true;
    });
    list->push_back(refresh);
  }

  // A server that knows one token.
  MiddlewareChain::Outcome answer(Parallel& one) {
    one.sent.push_back(header_of(one.request, "authorization"));
    return {make_response(one.sent.back() == "Bearer " + good ? 200 : 401), nullptr};
  }

  Task<> drive(Parallel& one) {
    Status admitted = co_await one.chain->before(*one.token);
    if (admitted) one.outcome = answer(one);
    if (!admitted) one.outcome.error = std::move(admitted).failure().take();
    while (co_await one.chain->after(*one.token, one.outcome)) one.outcome = answer(one);
    one.over = true;
  }

  Parallel& start() {
    Parallel& one = calls.emplace_back();
    one.token = std::make_unique<Token>(loop);
    one.chain = std::make_unique<MiddlewareChain>(list, Kind::application, loop, one.request, &editor, one.attributes,
                                                  0, timeout_ms);
    loop.attach();
    spawn(drive(one));
    loop.detach();
    return one;
  }

  void finish_all() {
    loop.attach();
    for (Parallel& one : calls) {
      while (!one.over) loop.turn();
    }
    loop.detach();
  }

  std::shared_ptr<TokenRefresh> refresh;
  std::function<bool()> on_refresh;
  int refreshes = 0;
  std::string good = "new";
  std::deque<Parallel> calls;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(token_refresh, RefreshFixture)

BOOST_AUTO_TEST_CASE(good_token_is_sent_and_never_renewed) {
  use("new");
  const auto& one = start();
  BOOST_TEST(one.over);
  BOOST_TEST(one.outcome.response->status == 200);
  BOOST_TEST(refreshes == 0);
}

BOOST_AUTO_TEST_CASE(calls_that_are_refused_together_are_renewed_by_one_refresh) {
  use("old");
  for (int i = 0; i < 20; ++i) start();
  BOOST_TEST(refreshes == 1);
  std::thread([this] { static_cast<void>(refresh->set_token("new")); }).join();
  finish_all();
  for (const auto& one : calls) {
    BOOST_TEST(one.outcome.response->status == 200);
    const std::vector<std::string> expected{"Bearer old", "Bearer new"};
    BOOST_TEST(one.sent == expected, boost::test_tools::per_element());
  }
  BOOST_TEST(refreshes == 1);
}

BOOST_AUTO_TEST_CASE(call_that_was_sent_with_the_old_token_takes_the_new_one_without_a_refresh) {
  use("old");
  good = "newer";
  on_refresh = [this] { return refresh->set_token("newer").ok(); };
  auto& one = start();
  BOOST_TEST(one.outcome.response->status == 200);
  BOOST_TEST(refreshes == 1);
  auto& two = start();
  BOOST_TEST(two.sent.size() == 1U);
  BOOST_TEST(two.sent.at(0) == "Bearer newer");
  BOOST_TEST(refreshes == 1);
}

BOOST_AUTO_TEST_CASE(second_refusal_is_handed_to_the_caller) {
  use("old");
  good = "none of these";
  on_refresh = [this] { return refresh->set_token("new").ok(); };
  const auto& one = start();
  BOOST_TEST(one.over);
  BOOST_TEST(one.outcome.response->status == 401);
  BOOST_TEST(one.sent.size() == 2U);
  BOOST_TEST(refreshes == 1);
}

BOOST_AUTO_TEST_CASE(first_call_without_a_token_waits_for_one) {
  use("");
  auto& one = start();
  BOOST_TEST(!one.over);
  BOOST_TEST(one.sent.empty());
  BOOST_TEST(code_of(refresh->set_token("new")) == "OK");
  finish_all();
  BOOST_TEST(one.outcome.response->status == 200);
  BOOST_TEST(one.sent.size() == 1U);
}

BOOST_AUTO_TEST_CASE(refusal_stays_when_there_is_no_new_token) {
  use("old");
  on_refresh = [] { return false; };
  const auto& one = start();
  BOOST_TEST(one.over);
  BOOST_TEST(one.outcome.response->status == 401);
  BOOST_TEST(one.sent.size() == 1U);
}

BOOST_AUTO_TEST_CASE(call_that_never_had_a_token_fails_without_one) {
  use("");
  on_refresh = [] { return false; };
  const auto& one = start();
  BOOST_TEST(code_of(one.outcome) == "MIDDLEWARE_FAILED");
  BOOST_TEST(one.sent.empty());
}

BOOST_AUTO_TEST_CASE(refresh_that_is_forgotten_is_asked_for_again) {
  use("old");
  timeout_ms = 2;
  start();
  start();
  finish_all();
  BOOST_TEST(code_of(calls[0].outcome) == "MIDDLEWARE_FAILED");
  BOOST_TEST(code_of(calls[1].outcome) == "MIDDLEWARE_FAILED");
  BOOST_TEST(refreshes == 1);
  timeout_ms = 60'000;
  auto& later = start();
  BOOST_TEST(refreshes == 2);
  BOOST_TEST(code_of(refresh->set_token("new")) == "OK");
  finish_all();
  BOOST_TEST(later.outcome.response->status == 200);
}

BOOST_AUTO_TEST_CASE(call_that_can_not_be_sent_again_asks_for_nothing) {
  use("old");
  editor.retries = false;
  const auto& one = start();
  BOOST_TEST(one.outcome.response->status == 401);
  BOOST_TEST(refreshes == 0);
}

BOOST_AUTO_TEST_CASE(call_with_a_header_of_its_own_is_left_alone) {
  use("old");
  RequestMessage& mine = calls.emplace_back().request;
  mine.headers.add("Authorization", "mine");
  Parallel& one = calls.back();
  one.token = std::make_unique<Token>(loop);
  one.chain = std::make_unique<MiddlewareChain>(list, Kind::application, loop, one.request, &editor, one.attributes, 0,
                                                timeout_ms);
  loop.attach();
  spawn(drive(one));
  loop.detach();
  BOOST_TEST(one.over);
  BOOST_TEST(one.sent.at(0) == "mine");
  BOOST_TEST(refreshes == 0);
}

BOOST_AUTO_TEST_CASE(token_that_can_not_be_sent_is_refused_and_nobody_goes_on) {
  use("old");
  auto& one = start();
  BOOST_TEST(code_of(refresh->set_token("a\r\nb")) == "INVALID_HEADER");
  BOOST_TEST(!one.over);
  refresh->refresh_failed();
  finish_all();
  BOOST_TEST(one.outcome.response->status == 401);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
