/** @file handle.hpp
 *  One counted reference to an object of the C ABI. Part of <pepperpy/network.hpp>; nothing here is for users.
 */
#ifndef PEPPERPY_NETWORK_CPP_HANDLE_HPP
#define PEPPERPY_NETWORK_CPP_HANDLE_HPP

#include <pepperpy/network.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <ratio>
#include <string_view>
#include <utility>

namespace ppn {
inline namespace api_v0 {
namespace detail {

template <class Object, Object*(PPN_CALL* Acquire)(Object*), void(PPN_CALL* Release)(Object*)>
class Handle {
 public:
  Handle() = default;
  /** Takes over the reference. */
  explicit Handle(Object* object) noexcept : object_(object) {}
  Handle(Handle&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Handle& operator=(Handle&& other) noexcept {
    Handle(std::move(other)).swap(*this);
    return *this;
  }
  ~Handle() { Release(object_); }

  /** A reference of its own to an object that is lent; copying says so by name. */
  static Handle share(Object* object) noexcept { return Handle(Acquire(object)); }
  Handle share() const noexcept { return share(object_); }

  Object* get() const noexcept { return object_; }
  /** For out parameters of a handle that is empty. */
  Object** out() noexcept { return &object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }

 private:
  void swap(Handle& other) noexcept { std::swap(object_, other.object_); }

  Object* object_ = nullptr;
};

using BatchHandle = Handle<ppn_batch, ppn_batch_acquire, ppn_batch_release>;
using ConfigHandle = Handle<ppn_config, ppn_config_acquire, ppn_config_release>;
using ClientHandle = Handle<ppn_client, ppn_client_acquire, ppn_client_release>;
using RequestHandle = Handle<ppn_request, ppn_request_acquire, ppn_request_release>;
using ResponseHandle = Handle<ppn_response, ppn_response_acquire, ppn_response_release>;
using BufferHandle = Handle<ppn_buffer, ppn_buffer_acquire, ppn_buffer_release>;
using HeadersHandle = Handle<ppn_headers, ppn_headers_acquire, ppn_headers_release>;
using JsonHandle = Handle<ppn_json, ppn_json_acquire, ppn_json_release>;
using RateLimiterHandle = Handle<ppn_rate_limiter, ppn_rate_limiter_acquire, ppn_rate_limiter_release>;
using RateTicketHandle = Handle<ppn_rate_ticket, ppn_rate_ticket_acquire, ppn_rate_ticket_release>;
using LineDecoderHandle = Handle<ppn_line_decoder, ppn_line_decoder_acquire, ppn_line_decoder_release>;
using RetryPolicyHandle = Handle<ppn_retry_policy, ppn_retry_policy_acquire, ppn_retry_policy_release>;
using SseDecoderHandle = Handle<ppn_sse_decoder, ppn_sse_decoder_acquire, ppn_sse_decoder_release>;
using MiddlewareHandle = Handle<ppn_middleware, ppn_middleware_acquire, ppn_middleware_release>;
using MiddlewareContextHandle =
    Handle<ppn_middleware_context, ppn_middleware_context_acquire, ppn_middleware_context_release>;
using StreamHandle = Handle<ppn_stream, ppn_stream_acquire, ppn_stream_release>;
using WebSocketHandle = Handle<ppn_websocket, ppn_websocket_acquire, ppn_websocket_release>;

/** The C ABI refuses NULL where it wants a text, and an empty std::string_view may be one. */
inline const char* data_of(std::string_view text) noexcept {
  return text.data() != nullptr ? text.data() : "";
}

inline const uint8_t* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const uint8_t*>(data_of(text));
}

/** Of a time that is -1 when it is not known. */
inline std::optional<std::chrono::milliseconds> duration_of(int64_t ms) noexcept {
  if (ms < 0) return std::nullopt;
  return std::chrono::milliseconds(ms);
}

/** Rounded up: a wait never ends early, and a limit that is not 0 never becomes "no limit". What does not fit becomes
 *  the longest or shortest number, which an option refuses and a wait takes for years. */
template <class Rep, class Period>
int64_t milliseconds_of(std::chrono::duration<Rep, Period> duration) {
  constexpr double limit = 9.2e18;
  const double estimate = std::chrono::duration<double, std::milli>(duration).count();
  if (!(estimate < limit)) return std::numeric_limits<int64_t>::max();
  if (estimate <= -limit) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(std::chrono::ceil<std::chrono::milliseconds>(duration).count());
}

}  // namespace detail
}  // namespace api_v0
}  // namespace ppn

#endif
