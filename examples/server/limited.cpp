#include <Poco/Net/HTTPServerResponse.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "exchange.hpp"
#include "memory.hpp"
#include "routes.hpp"
#include "token_bucket.hpp"

namespace ai_server {
namespace {

constexpr std::uint64_t most_requests = 60'000'000;    // per minute
constexpr std::uint64_t most_tokens = 60'000'000'000;  // per minute

struct Buckets {
  TokenBucket requests;
  TokenBucket tokens;
};

// As OpenAI's API writes durations: "12ms", "1.5s", "6m0s".
std::string duration_text(TokenBucket::Milliseconds duration) {
  const auto ms = static_cast<std::uint64_t>(std::ceil(duration.count()));
  if (ms < 1000) return std::to_string(ms) + "ms";
  const std::uint64_t minutes = ms / 60'000;
  char seconds[16];
  std::snprintf(seconds, sizeof seconds, "%.3f", static_cast<double>(ms % 60'000) / 1000);
  std::string text = seconds;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return (minutes > 0 ? std::to_string(minutes) + "m" : "") + text + "s";
}

void describe(Poco::Net::HTTPServerResponse& response, const std::string& kind, std::uint64_t limit,
              const TokenBucket& bucket, TokenBucket::Time now) {
  response.set("x-ratelimit-limit-" + kind, std::to_string(limit));
  response.set("x-ratelimit-remaining-" + kind, std::to_string(static_cast<std::uint64_t>(bucket.level(now))));
  response.set("x-ratelimit-reset-" + kind, duration_text(bucket.until_full(now)));
}

void refuse(Exchange& exchange, TokenBucket::Milliseconds wait) {
  // Whole seconds (RFC 9110 10.2.3), rounded up: who comes after that time is let in.
  const auto seconds = std::max(1.0, std::ceil(wait.count() / 1000));
  exchange.response().set("Retry-After", std::to_string(static_cast<std::uint64_t>(seconds)));
  exchange.send_error(
      Status::HTTP_TOO_MANY_REQUESTS,
      {.message = "the rate limit is reached", .type = "rate_limit_error", .code = "rate_limit_exceeded"});
}

}  // namespace

std::function<void(Exchange&)> limited() {
  return [memory = std::make_shared<Memory<Buckets>>()](Exchange& exchange) {
    const auto limit = exchange.number("limit", 60, most_requests, 1);
    if (!limit) return;
    const auto burst = exchange.number("burst", *limit, most_requests, 1);
    if (!burst) return;
    const auto tokens = exchange.number("tokens", 100'000, most_tokens, 1);
    if (!tokens) return;
    // More than the whole bucket would never be let in.
    const auto cost = exchange.number("cost", std::min<std::uint64_t>(100, *tokens), *tokens);
    if (!cost) return;
    const auto now = std::chrono::steady_clock::now();
    const auto price = static_cast<double>(*cost);
    const Buckets full{{static_cast<double>(*limit), static_cast<double>(*burst), now},
                       {static_cast<double>(*tokens), static_cast<double>(*tokens), now}};
    // Another limit is another bucket, also with the same ?key=.
    const std::string key = exchange.state_key() + " " + std::to_string(*limit) + " " + std::to_string(*burst) + " " +
                            std::to_string(*tokens);
    const auto wait = memory->with(key, full, [&](Buckets& buckets) {
      const auto left = std::max(buckets.requests.until(1, now), buckets.tokens.until(price, now));
      if (left.count() <= 0) {
        buckets.requests.take(1, now);
        buckets.tokens.take(price, now);
      }
      describe(exchange.response(), "requests", *limit, buckets.requests, now);
      describe(exchange.response(), "tokens", *tokens, buckets.tokens, now);
      return left;
    });
    if (wait.count() > 0) return refuse(exchange, wait);
    auto answer = make_object();
    answer->set("allowed", true);
    exchange.send_json(Status::HTTP_OK, *answer);
  };
}

}  // namespace ai_server
