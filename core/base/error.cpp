#include "base/error.hpp"

#include <utility>

namespace ppn {

std::string_view phase_name(Phase phase) noexcept {
  switch (phase) {
    case Phase::none: return "none";
    case Phase::config: return "config";
    case Phase::middleware: return "middleware";
    case Phase::validate: return "validate";
    case Phase::backoff: return "backoff";
    case Phase::breaker: return "breaker";
    case Phase::rate_limit: return "rate_limit";
    case Phase::pool: return "pool";
    case Phase::dns: return "dns";
    case Phase::connect: return "connect";
    case Phase::tls: return "tls";
    case Phase::send: return "send";
    case Phase::first_byte: return "first_byte";
    case Phase::body: return "body";
    case Phase::deliver: return "deliver";
  }
  return "none";
}

Error::Error(ErrorCode what, Phase where, std::string text)
    : code(what), phase(where), retryable(describe(what).retryable), message(std::move(text)) {}

bool is_rate_limited(const Error& error) noexcept {
  return is_rate_limited(error.code) || is_rate_limited(error_code_of_status(error.stream_status));
}

bool is_refused_caller(const Error& error) noexcept {
  return is_refused_caller(error.code) || is_refused_caller(error_code_of_status(error.stream_status));
}

}  // namespace ppn
