/** @file observe.hpp
 *  The steps of calls as they happen. Part of <pepperpy/network.hpp>; HTTPClient hands them out.
 */
#ifndef PEPPERPY_NETWORK_CPP_OBSERVE_HPP
#define PEPPERPY_NETWORK_CPP_OBSERVE_HPP

#include <pepperpy/network.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "buffer.hpp"
#include "error.hpp"
#include "handle.hpp"

namespace ppn {
inline namespace api_v0 {

/** What an event tells; a newer library may know more. What each type sets is said in observe.h. */
enum class CallEventType : int32_t {
  begin = PPN_CALL_EVENT_BEGIN,
  attempt = PPN_CALL_EVENT_ATTEMPT,
  rate_limit_wait = PPN_CALL_EVENT_RATE_LIMIT_WAIT,
  breaker = PPN_CALL_EVENT_BREAKER,
  connect = PPN_CALL_EVENT_CONNECT,
  sent = PPN_CALL_EVENT_SENT,
  first_byte = PPN_CALL_EVENT_FIRST_BYTE,
  first_event = PPN_CALL_EVENT_FIRST_EVENT,
  attempt_end = PPN_CALL_EVENT_ATTEMPT_END,
  retry = PPN_CALL_EVENT_RETRY,
  hedge = PPN_CALL_EVENT_HEDGE,
  end = PPN_CALL_EVENT_END
};

/** One step of a call: a view, valid until the lambda returns, also when it was copied. Texts are free of secrets.
 *  Blocks: never. Since 0.1. */
class CallEvent {
 public:
  explicit CallEvent(const ppn_call_event* event = nullptr) noexcept : event_(event) {}

  CallEventType type() const noexcept { return static_cast<CallEventType>(ppn_call_event_type(event_)); }
  /** "rate_limit_wait". */
  const char* name() const noexcept { return ppn_call_event_name(event_); }
  /** Among the calls of the client that were watched, from 1. */
  uint64_t call_id() const noexcept { return ppn_call_event_call_id(event_); }
  /** Since the call began. */
  std::chrono::duration<double, std::milli> time() const noexcept {
    return std::chrono::duration<double, std::milli>(ppn_call_event_time_ms(event_));
  }
  /** From 0. */
  int32_t attempt() const noexcept { return ppn_call_event_attempt(event_); }
  std::string_view method() const noexcept { return text(ppn_call_event_method); }
  std::string_view url() const noexcept { return text(ppn_call_event_url); }
  /** 0 = no response. */
  int32_t status() const noexcept { return ppn_call_event_status(event_); }
  /** PPN_OK or a PPN_E_ code. */
  int32_t code() const noexcept { return ppn_call_event_code(event_); }
  /** How long the call waits now. */
  std::optional<std::chrono::milliseconds> delay() const noexcept {
    return detail::duration_of(ppn_call_event_delay_ms(event_));
  }
  /** "backoff", "retry_after", "none". */
  const char* delay_source() const noexcept { return ppn_call_event_delay_source(event_); }
  std::string_view detail() const noexcept { return text(ppn_call_event_detail); }
  /** "127.0.0.1:443". */
  std::string_view remote() const noexcept { return text(ppn_call_event_remote); }
  bool reused() const noexcept { return ppn_call_event_reused(event_) != 0; }
  uint64_t bytes() const noexcept { return ppn_call_event_bytes(event_); }

 private:
  std::string_view text(const char*(PPN_CALL* part)(const ppn_call_event*, size_t*)) const noexcept {
    size_t length = 0;
    const char* const bytes = part(event_, &length);
    return std::string_view(bytes, length);
  }

  const ppn_call_event* event_;
};

namespace detail {

template <class Listener>
void set_event_listener(ppn_client* client, Listener listener) {
  static_assert(std::is_invocable_v<Listener&, const CallEvent&>, "a listener takes const CallEvent&");
  const ppn_call_event_fn hear = [](void* user_data, const ppn_call_event* event) {
    try {
      (*static_cast<Listener*>(user_data))(CallEvent(event));
    } catch (...) {
    }
  };
  const ppn_destroy_fn destroy = [](void* user_data) { delete static_cast<Listener*>(user_data); };
  auto owned = std::make_unique<Listener>(std::move(listener));
  call(ppn_client_set_event_listener, client, hear, static_cast<void*>(owned.get()), destroy);
  static_cast<void>(owned.release());  // the library's own from here on
}

inline void clear_event_listener(ppn_client* client) {
  call(ppn_client_set_event_listener, client, ppn_call_event_fn{nullptr}, static_cast<void*>(nullptr),
       ppn_destroy_fn{nullptr});
}

inline std::string metrics(ppn_client* client, int32_t format) {
  BufferHandle buffer;
  call(ppn_client_metrics, client, format, buffer.out());
  return std::string(Buffer(std::move(buffer)).view());
}

}  // namespace detail
}  // namespace api_v0
}  // namespace ppn

#endif
