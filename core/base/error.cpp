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

}  // namespace ppn
