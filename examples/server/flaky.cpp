#include <Poco/Net/HTTPServerResponse.h>

#include <cstdint>
#include <memory>
#include <string>

#include "exchange.hpp"
#include "memory.hpp"
#include "routes.hpp"

namespace ai_server {
namespace {

constexpr std::uint64_t most_failures = 1'000'000;
constexpr std::uint64_t longest_retry_after_s = 3600;

void fail(Exchange& exchange, Status status, std::uint64_t number, std::uint64_t failures,
          std::uint64_t retry_after_s) {
  // What an API says when it wants to be asked again later (RFC 9110 10.2.3).
  if (status == Status::HTTP_TOO_MANY_REQUESTS || status == Status::HTTP_SERVICE_UNAVAILABLE) {
    exchange.response().set("Retry-After", std::to_string(retry_after_s));
  }
  exchange.send_error(
      status, {.message = "failure " + std::to_string(number) + " of " + std::to_string(failures) + ", as asked",
               .type = status < Status::HTTP_INTERNAL_SERVER_ERROR ? "invalid_request_error" : "server_error",
               .code = "flaky"});
}

}  // namespace

std::function<void(Exchange&)> flaky() {
  return [counts = std::make_shared<Memory<std::uint64_t>>()](Exchange& exchange) {
    const auto failures = exchange.number("fail", 2, most_failures);
    if (!failures) return;
    const auto status = exchange.number("status", 503, 599, 400);
    if (!status) return;
    const auto retry_after_s = exchange.number("retry-after", 1, longest_retry_after_s);
    if (!retry_after_s) return;
    const std::uint64_t number = counts->with(exchange.state_key(), 0, [](std::uint64_t& count) { return ++count; });
    if (number <= *failures) return fail(exchange, static_cast<Status>(*status), number, *failures, *retry_after_s);
    auto answer = make_object();
    answer->set("request", number);
    answer->set("failures", *failures);
    exchange.send_json(Status::HTTP_OK, *answer);
  };
}

}  // namespace ai_server
