#include "arguments.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

#include "base/log.hpp"
#include "client/runtime.hpp"

namespace ppn::capi {
namespace {

// No object is larger, so a greater length is a negative number or garbage.
constexpr std::size_t kLargest = static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max());

}  // namespace

std::string_view Arguments::text(const char* text, std::size_t length, std::string_view name) {
  if (text == nullptr) {
    refuse_null(name);
    return {};
  }
  if (length == PPN_AUTO_LENGTH) return {text, std::strlen(text)};
  if (length > kLargest) {
    refuse(ErrorCode::invalid_argument, name, " has an impossible length");
    return {};
  }
  return {text, length};
}

std::string_view Arguments::text_or_empty(const char* text, std::size_t length, std::string_view name) {
  if (text == nullptr && length == 0) return {};
  return this->text(text, length, name);
}

std::string_view Arguments::bytes(const std::uint8_t* data, std::size_t length, std::string_view name) {
  if (length == PPN_AUTO_LENGTH) {
    refuse(ErrorCode::invalid_argument, name, " needs its length");
    return {};
  }
  return text_or_empty(reinterpret_cast<const char*>(data), length, name);
}

void Arguments::require(bool condition, std::string_view message) {
  if (!condition) refuse(ErrorCode::invalid_argument, message, {});
}

std::int64_t Arguments::wait_ms(std::int64_t timeout_ms) {
  constexpr std::int64_t kYear = 31'536'000'000;
  require(timeout_ms >= -1, "timeout_ms is neither -1, 0 nor a number of milliseconds");
  return std::min(timeout_ms, kYear);
}

void Arguments::may_wait() {
  if (Runtime::in_callback_thread() || in_log_sink()) {
    refuse(ErrorCode::would_deadlock, "this call waits and can not be made inside a callback", {});
  }
}

void Arguments::may_take(std::int64_t timeout_ms) {
  if (timeout_ms != 0 || in_log_sink()) may_wait();
}

void Arguments::refuse_handle(bool null, std::string_view name) {
  if (null) {
    refuse_null(name);
  } else {
    refuse(ErrorCode::invalid_state, name, " was released or is no handle of this type");
  }
}

void Arguments::refuse_null(std::string_view name) {
  refuse(ErrorCode::invalid_argument, name, " is NULL");
}

void Arguments::refuse(ErrorCode code, std::string_view name, std::string_view what) {
  if (first_ == nullptr) first_ = std::make_unique<Error>(code, Phase::validate, std::string(name).append(what));
}

}  // namespace ppn::capi
