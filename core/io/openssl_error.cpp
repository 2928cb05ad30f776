#include "io/openssl_error.hpp"

#include <openssl/err.h>

#include <array>
#include <cstring>

namespace ppn {

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

}  // namespace ppn
