#include "policy/rate_headers.hpp"

#include <boost/test/unit_test.hpp>
#include <initializer_list>
#include <string>
#include <utility>

namespace ppn {
namespace {

constexpr std::int64_t kWallNow = 1'764'000'000'000;  // 2025-11-24T16:00:00Z
constexpr Nanos kMinute = 60 * kSecond;

using Fields = std::initializer_list<std::pair<std::string_view, std::string_view>>;
using Dimension = RateObservation::Dimension;

RateObservation read(Fields fields, int status = 200, std::optional<Nanos> retry_after = std::nullopt) {
  RateHeaders headers;
  for (const auto& [name, value] : fields) headers.field(name, value);
  BOOST_TEST(headers.any() == (fields.size() > 0));
  return headers.finish(status, retry_after, kWallNow);
}

void check(const Dimension& seen, const Dimension& wanted) {
  BOOST_TEST(seen.limit == wanted.limit);
  BOOST_TEST(seen.remaining == wanted.remaining);
  BOOST_TEST(seen.reset == wanted.reset);
  BOOST_TEST(seen.window == wanted.window);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rate_headers)

BOOST_AUTO_TEST_CASE(other_fields_are_none_of_ours) {
  RateHeaders headers;
  for (const char* name : {"", "x", "Retry-After", "X-Request-Id", "RateLimitX", "ratelimit-other", "x-ratelimit-",
                           "accept-ranges", "anthropic-ratelimit-requests", "anthropic-ratelimit-requests-total",
                           "x-ratelimit-over-limit", "x-ratelimit-limit-project-tokens"}) {
    headers.field(name, "1");
  }
  BOOST_TEST(!headers.any());
  BOOST_TEST((headers.finish(200, std::nullopt, kWallNow) == RateObservation{}));
}

BOOST_AUTO_TEST_CASE(openai_and_its_like) {
  const auto seen = read({{"x-ratelimit-limit-requests", "60"},
                          {"X-RateLimit-Remaining-Requests", "59"},
                          {"x-ratelimit-reset-requests", "1s"},
                          {"x-ratelimit-limit-tokens", "150000"},
                          {"x-ratelimit-remaining-tokens", "0"},
                          {"x-ratelimit-reset-tokens", "6m0s"}});
  check(seen.requests, {.limit = 60, .remaining = 59, .reset = kSecond, .window = kMinute});
  check(seen.tokens, {.limit = 150'000, .remaining = 0, .reset = 360 * kSecond, .window = kMinute});
  BOOST_TEST(seen.freeze == -1);
  BOOST_TEST(seen.exhausted_reset().value() == 360 * kSecond);
}

BOOST_AUTO_TEST_CASE(usage_based_limits_stand_beside_the_plain_ones_and_the_tighter_one_counts) {
  const auto seen = read({{"x-ratelimit-limit-tokens", "150000"},
                          {"x-ratelimit-remaining-tokens", "100000"},
                          {"x-ratelimit-reset-tokens", "12ms"},
                          {"x-ratelimit-limit-tokens_usage_based", "90000"},
                          {"x-ratelimit-remaining-tokens_usage_based", "0"},
                          {"x-ratelimit-reset-tokens_usage_based", "1h2m3.5s"}});
  check(seen.tokens, {.limit = 90'000, .remaining = 0, .reset = 3'723'500 * kMillisecond, .window = kMinute});
}

BOOST_AUTO_TEST_CASE(azure_says_minus_one_or_zero_for_nothing) {
  for (const char* limit : {"-1", "0"}) {
    const auto seen = read({{"x-ratelimit-limit-requests", limit},
                            {"x-ratelimit-remaining-requests", "0"},
                            {"x-ratelimit-reset-requests", "60"},
                            {"x-ratelimit-limit-tokens", "1000"},
                            {"x-ratelimit-remaining-tokens", "-1"},
                            {"x-ratelimit-reset-tokens", "60"}},
                           429);
    BOOST_TEST((seen == RateObservation{}));
  }
}

BOOST_AUTO_TEST_CASE(anthropic) {
  const auto seen = read({{"anthropic-ratelimit-requests-limit", "50"},
                          {"anthropic-ratelimit-requests-remaining", "49"},
                          {"anthropic-ratelimit-requests-reset", "2025-11-24T16:00:02Z"},
                          {"Anthropic-Ratelimit-Tokens-Limit", "40000"},
                          {"anthropic-ratelimit-tokens-remaining", "39000"},
                          {"anthropic-ratelimit-tokens-reset", "2025-11-24T16:00:01Z"},
                          {"anthropic-ratelimit-input-tokens-limit", "30000"},
                          {"anthropic-ratelimit-input-tokens-remaining", "0"},
                          {"anthropic-ratelimit-input-tokens-reset", "2025-11-24T16:00:20Z"},
                          {"anthropic-ratelimit-output-tokens-limit", "10000"},
                          {"anthropic-ratelimit-output-tokens-remaining", "0"},
                          {"anthropic-ratelimit-output-tokens-reset", "2025-11-24T16:00:30Z"}});
  check(seen.requests, {.limit = 50, .remaining = 49, .reset = 2 * kSecond, .window = kMinute});
  check(seen.tokens, {.limit = 40'000, .remaining = 0, .reset = 30 * kSecond, .window = kMinute});
}

BOOST_AUTO_TEST_CASE(generic_names_stand_for_requests_when_nobody_else_spoke_of_them) {
  check(read({{"X-RateLimit-Limit", "5000"}, {"X-RateLimit-Remaining", "7"}, {"X-RateLimit-Reset", "1764000060"}})
            .requests,
        {.limit = 5'000, .remaining = 7, .reset = kMinute});
  check(read({{"RateLimit-Limit", "10"}, {"RateLimit-Remaining", "0"}, {"RateLimit-Reset", "5"}}).requests,
        {.limit = 10, .remaining = 0, .reset = 5 * kSecond});
  check(read({{"x-ratelimit-reset", "1764000060500"}}).requests, {.reset = 60'500 * kMillisecond});
  const auto both = read({{"x-ratelimit-remaining", "0"},
                          {"x-ratelimit-reset", "50"},
                          {"x-ratelimit-remaining-requests", "3"},
                          {"x-ratelimit-reset-requests", "4"}});
  check(both.requests, {.remaining = 3, .reset = 4 * kSecond});
}

BOOST_AUTO_TEST_CASE(draft_of_the_ietf) {
  const auto seen = read({{"RateLimit-Policy", R"("default";q=100;w=60)"}, {"RateLimit", R"("default";r=50;t=30)"}});
  check(seen.requests, {.limit = 100, .remaining = 50, .reset = 30 * kSecond, .window = kMinute});
  BOOST_TEST((seen.tokens == Dimension{}));
}

BOOST_AUTO_TEST_CASE(several_policies_give_the_slowest_limit_and_the_tightest_state) {
  const auto seen = read({{"RateLimit-Policy", R"("burst";q=100;w=1, "daily";q=1000;w=86400;pk=:dXNlcg==:)"},
                          {"RateLimit", R"("burst";r=0;t=1,	"daily";r=0;t=4000)"}});
  check(seen.requests, {.limit = 1'000, .remaining = 0, .reset = 4'000 * kSecond, .window = 86'400 * kSecond});
  const auto lines = read({{"ratelimit", R"("burst";r=90;t=1)"}, {"ratelimit", R"("daily";r=2;t=4000)"}});
  check(lines.requests, {.remaining = 2, .reset = 4'000 * kSecond});
}

BOOST_AUTO_TEST_CASE(policies_that_count_other_things_do_not_count_requests) {
  const auto seen =
      read({{"RateLimit-Policy", R"("size";q=1000;w=60;qu="content-bytes", "many";q=5;w=60;qu="concurrent-requests")"},
            {"RateLimit", R"("size";r=0;t=30, "many";r=0;t=9)"}});
  BOOST_TEST((seen == RateObservation{}));
}

BOOST_AUTO_TEST_CASE(policy_of_zero_is_ignored_with_its_state) {
  const auto seen = read({{"RateLimit-Policy", R"("off";q=0;w=60)"}, {"RateLimit", R"("off";r=0;t=30)"}});
  BOOST_TEST((seen == RateObservation{}));
}

BOOST_AUTO_TEST_CASE(one_malformed_item_spoils_its_whole_field) {
  for (const char* field : {R"("a";r=1;t=1, "b")",
                            R"("a";r=1;t=1, b;r=1)",
                            R"("a";r=1;t=1,)",
                            R"("a";r=1;t=1 "b";r=1)",
                            R"(,"a";r=1;t=1)",
                            R"("a;r=1)",
                            R"("a";r=-1)",
                            R"("a";r=1.5)",
                            R"("a";r="1")",
                            R"("a";r)",
                            R"("a";r=)",
                            R"("a";R=1)",
                            R"("a"; ;r=1)",
                            R"("a";r=1;t=-5)",
                            R"("a";r=1;t=1.0)",
                            R"("a";r=1;t=5000000000)",
                            R"("a";r=1234567890123456)",
                            R"(("a");r=1)",
                            R"(1;r=1)",
                            R"("a" ;r=1)",
                            R"("a";r =1)",
                            R"("a";r=1;x=?2)",
                            R"("a";r=1;x=:a)",
                            R"("a";r=1;x=%"%G0")",
                            R"("a";r=1;x=@1.5)",
                            R"("a";r=1;x=1.2345)",
                            R"("a";r=1;x=1234567890123.1)",
                            R"("a\b";r=1)",
                            "\"a\xff\";r=1",
                            "\"a\x01\";r=1",
                            "limit=100",
                            R"("a";r=1;t=1;qu=1)",
                            R"("a";r=1;x=')"}) {
    BOOST_TEST_CONTEXT(field) BOOST_TEST((read({{"RateLimit", field}}) == RateObservation{}));
  }
  // The other field is not concerned.
  const auto seen = read({{"RateLimit-Policy", R"("a";q=10;w=60, b)"}, {"RateLimit", R"("a";r=1;t=1)"}});
  check(seen.requests, {.remaining = 1, .reset = kSecond});
  const auto lines = read({{"RateLimit", R"("a";r=1;t=1)"}, {"RateLimit", "b"}});
  BOOST_TEST((lines == RateObservation{}));
}

BOOST_AUTO_TEST_CASE(whatever_structured_fields_allow_is_read_and_what_is_not_known_passed_over) {
  for (const char* field :
       {R"("a";r=1;t=1;x)", R"("a";x=?0;r=1;t=1)", R"("a";x=:aGk=:;r=1;t=1)", R"("a";x=%"f%c3%bc";r=1;t=1)",
        R"("a";x=@-5;r=1;t=1)", R"("a";x=-1.25;r=1;t=1)", R"("a";x=*t/k:~;r=1;t=1)", R"("a\"\\";r=1;t=1)",
        R"(  "a"; r=1;  t=1  )", R"("a";r=9;r=1;t=1)", R"("";r=1;t=1)", R"("a";*x-_.9=1;r=1;t=1)"}) {
    BOOST_TEST_CONTEXT(field) check(read({{"RateLimit", field}}).requests, {.remaining = 1, .reset = kSecond});
  }
  check(read({{"RateLimit", R"("a";r=4)"}}).requests, {.remaining = 4});
  BOOST_TEST((read({{"RateLimit", ""}}) == RateObservation{}));
}

BOOST_AUTO_TEST_CASE(more_items_or_lines_than_anybody_sends_are_not_read) {
  std::string field = R"("a";r=0;t=1)";
  for (int i = 0; i < 15; ++i) field += R"(, "a";r=0;t=1)";
  check(read({{"RateLimit", field}}).requests, {.remaining = 0, .reset = kSecond});
  field += R"(, "a";r=0;t=1)";
  BOOST_TEST((read({{"RateLimit", field}}) == RateObservation{}));
  const std::pair<std::string_view, std::string_view> line{"RateLimit", R"("a";r=0;t=1)"};
  check(read({line, line, line, line}).requests, {.remaining = 0, .reset = kSecond});
  BOOST_TEST((read({line, line, line, line, line}) == RateObservation{}));
}

BOOST_AUTO_TEST_CASE(retry_after_comes_before_what_the_fields_say) {
  const auto seen = read({{"RateLimit", R"("a";r=0;t=100)"}}, 429, 7 * kSecond);
  BOOST_TEST(seen.freeze == 7 * kSecond);
  check(seen.requests, {.remaining = 0, .reset = 7 * kSecond});
  const auto later = read({{"RateLimit", R"("a";r=5;t=100)"}}, 503, 7 * kSecond);
  BOOST_TEST(later.freeze == 7 * kSecond);
  check(later.requests, {.remaining = 5, .reset = 100 * kSecond});
}

BOOST_AUTO_TEST_CASE(only_429_and_503_freeze) {
  for (const int status : {200, 400, 500, 502, 529}) {
    BOOST_TEST(read({{"RateLimit", R"("a";r=0;t=100)"}}, status, kSecond).freeze == -1);
  }
  for (const int status : {429, 503}) {
    BOOST_TEST(read({{"RateLimit", R"("a";r=0;t=100)"}}, status).freeze == 100 * kSecond);
    BOOST_TEST(read({{"RateLimit", R"("a";r=3;t=100)"}}, status).freeze == -1);
    BOOST_TEST(read({}, status, 2 * kSecond).freeze == 2 * kSecond);
    BOOST_TEST(read({}, status).freeze == -1);
  }
}

BOOST_AUTO_TEST_CASE(freeze_lasts_until_the_last_exhausted_dimension_is_back) {
  const auto seen = read({{"x-ratelimit-remaining-requests", "0"},
                          {"x-ratelimit-reset-requests", "2s"},
                          {"x-ratelimit-remaining-tokens", "0"},
                          {"x-ratelimit-reset-tokens", "9s"}},
                         429);
  BOOST_TEST(seen.freeze == 9 * kSecond);
  // A dimension that has something left does not hold anybody up.
  const auto one = read({{"x-ratelimit-remaining-requests", "0"},
                         {"x-ratelimit-reset-requests", "2s"},
                         {"x-ratelimit-remaining-tokens", "10"},
                         {"x-ratelimit-reset-tokens", "9s"}},
                        429);
  BOOST_TEST(one.freeze == 2 * kSecond);
}

BOOST_AUTO_TEST_CASE(a_429_that_names_only_its_reset_freezes_until_then) {
  BOOST_TEST(read({{"x-ratelimit-reset", "1764000008"}}, 429).freeze == 8 * kSecond);
  BOOST_TEST(read({{"x-ratelimit-reset", "1764000008"}}, 503).freeze == -1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn
