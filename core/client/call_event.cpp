#include "client/call_event.hpp"

#include <algorithm>
#include <array>

namespace ppn {
namespace {

// RFC 9110 9.3 and RFC 5789, the set of OpenTelemetry's http.request.method.
constexpr auto kKnownMethods =
    std::to_array<std::string_view>({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE"});

}  // namespace

std::string_view name_of(CallEventType type) noexcept {
  switch (type) {
    case CallEventType::begin: return "begin";
    case CallEventType::attempt: return "attempt";
    case CallEventType::rate_limit_wait: return "rate_limit_wait";
    case CallEventType::breaker: return "breaker";
    case CallEventType::connect: return "connect";
    case CallEventType::sent: return "sent";
    case CallEventType::first_byte: return "first_byte";
    case CallEventType::first_event: return "first_event";
    case CallEventType::attempt_end: return "attempt_end";
    case CallEventType::retry: return "retry";
    case CallEventType::hedge: return "hedge";
    case CallEventType::end: return "end";
  }
  return "end";
}

std::string_view shown_method(std::string_view method) noexcept {
  const auto known = std::ranges::find(kKnownMethods, method);
  return known != kKnownMethods.end() ? *known : "_OTHER";
}

}  // namespace ppn
