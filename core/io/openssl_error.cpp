#include "io/openssl_error.hpp"

#include <openssl/err.h>

#include <array>
#include <cstring>

namespace ppn {
namespace {

// What lies at our mark, so that an error below it is never taken for ours.
constexpr int kBegin = 1;

}  // namespace

std::string openssl_error_text(unsigned long error) {
  if (ERR_SYSTEM_ERROR(error)) {
    std::array<char, 128> buffer{};
    return ::strerror_r(ERR_GET_REASON(error), buffer.data(), buffer.size());
  }
  if (const char* const text = ::ERR_reason_error_string(error)) return text;
  std::array<char, 128> buffer{};
  ::ERR_error_string_n(error, buffer.data(), buffer.size());
  return buffer.data();
}

// With an empty queue there is nothing to mark, and pop_to_mark empties it again.
ErrorQueue::ErrorQueue() noexcept {
  ::ERR_set_mark();
  ERR_raise(ERR_LIB_USER, kBegin);
}

ErrorQueue::~ErrorQueue() {
  ::ERR_pop_to_mark();
}

unsigned long ErrorQueue::newest() const noexcept {
  const unsigned long error = ::ERR_peek_last_error();
  return ERR_GET_LIB(error) == ERR_LIB_USER && ERR_GET_REASON(error) == kBegin ? 0 : error;
}

Failure ErrorQueue::refuse(std::string text) const {
  const unsigned long reason = newest();
  if (reason != 0) text += ": " + openssl_error_text(reason);
  Error error(ErrorCode::config_error, Phase::config, std::move(text));
  error.tls_error = reason;
  return Failure(std::move(error));
}

}  // namespace ppn
