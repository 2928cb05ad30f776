/** @file middleware_context.hpp
 *  What one step of a middleware sees of its request. Part of <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_MIDDLEWARE_CONTEXT_HPP
#define PEPPERPY_NETWORK_CPP_MIDDLEWARE_CONTEXT_HPP

#include <pepperpy/network.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "error.hpp"
#include "handle.hpp"
#include "headers.hpp"
#include "response.hpp"

namespace ppn {
inline namespace api_v0 {

/** One step of a middleware: its request, and what it decides. When the step is over every function throws UsageError
 *  (PPN_E_INVALID_STATE); a step that is pending may be used and finished on any thread.
 *  Thread: one at a time. Blocks: never. Since 0.1. */
class MiddlewareContext {
 public:
  /** Takes over a reference. */
  explicit MiddlewareContext(detail::MiddlewareContextHandle handle) noexcept : handle_(std::move(handle)) {}

  std::string method() const { return text(ppn_middleware_context_method); }
  /** As it is sent, its secrets included: not for logs. */
  std::string url() const { return text(ppn_middleware_context_url); }
  std::string url_redacted() const { return text(ppn_middleware_context_url_redacted); }
  /** From 1; 0 around a request as a whole. */
  int32_t attempt() const {
    int32_t number = 0;
    detail::call(ppn_middleware_context_attempt, handle(), &number);
    return number;
  }

  /** The first header of the request with this name. */
  std::optional<std::string> header(std::string_view name) const { return named(ppn_middleware_context_header, name); }
  /** In before_request and before_attempt; and in after_response and on_error, for retry_once. Throws UsageError
   *  (PPN_E_INVALID_HEADER) as Request::header. */
  void set_header(std::string_view name, std::string_view value) {
    put(ppn_middleware_context_set_header, name, value);
  }
  void add_header(std::string_view name, std::string_view value) {
    put(ppn_middleware_context_add_header, name, value);
  }
  void remove_header(std::string_view name) {
    detail::call(ppn_middleware_context_remove_header, handle(), detail::data_of(name), name.size());
  }

  /** In before_request; in before_attempt to the same origin. Throws UsageError: PPN_E_INVALID_URL,
   *  PPN_E_UNSUPPORTED_SCHEME, PPN_E_INVALID_ARGUMENT. */
  void set_url(std::string_view url) {
    detail::call(ppn_middleware_context_set_url, handle(), detail::data_of(url), url.size());
  }
  /** In before_request. */
  void set_body(std::string_view bytes) {
    detail::call(ppn_middleware_context_set_body, handle(), detail::bytes_of(bytes), bytes.size());
  }
  /** In before_request. Throws ConfigError. */
  void set_option(std::string_view name, std::string_view value) {
    put(ppn_middleware_context_set_option, name, value);
  }

  /** A text that middleware of this request has left. */
  std::optional<std::string> attribute(std::string_view name) const {
    return named(ppn_middleware_context_attribute, name);
  }
  void set_attribute(std::string_view name, std::string_view value) {
    put(ppn_middleware_context_set_attribute, name, value);
  }

  /** What the server has answered; nothing before it has. Of a stream, only the head may be read. */
  std::optional<Response> response() const {
    detail::ResponseHandle found;
    detail::call(ppn_middleware_context_response, handle(), found.out());
    if (!found) return std::nullopt;
    return Response(std::move(found));
  }
  /** What went wrong; nothing except in on_error and on_attempt_error. */
  std::optional<ErrorDetails> error() const {
    detail::ErrorOut found;
    detail::call(ppn_middleware_context_error, handle(), static_cast<ppn_error**>(found));
    return found.details();
  }

  /** Answer instead of the request, the response or the error. The last verdict counts. */
  void respond(int32_t status, std::string_view body = {}, HeaderList fields = {}) {
    Headers list;
    for (const auto& field : fields) list.add(field.first, field.second);
    respond(status, body, list);
  }
  void respond(int32_t status, std::string_view body, const Headers& headers) {
    detail::call(ppn_middleware_context_respond, handle(), status, headers.handle(), detail::bytes_of(body),
                 body.size());
  }
  /** @param code  A PPN_E_ constant. */
  void fail(int32_t code, std::string_view message) {
    detail::call(ppn_middleware_context_fail, handle(), code, detail::data_of(message), message.size());
  }
  /** Make the request once more, in after_response and on_error, once for each request. Throws UsageError: retried by a
   *  middleware before, no retry left, or a body that can not be sent again (PPN_E_BODY_NOT_REPLAYABLE). */
  void retry_once(std::chrono::milliseconds delay = std::chrono::milliseconds(0)) {
    detail::call(ppn_middleware_context_retry_once, handle(), static_cast<int64_t>(delay.count()));
  }
  /** Ends a step whose lambda took the context by value. */
  void finish() { detail::call(ppn_middleware_context_finish, handle()); }

  /** In filter_chunks: hand on a chunk or line. */
  void emit(std::string_view bytes) {
    detail::call(ppn_middleware_context_emit_chunk, handle(), detail::bytes_of(bytes), bytes.size());
  }
  /** In filter_events: hand on an event. */
  void emit_event(std::string_view type, std::string_view data, std::string_view id = {}) {
    detail::call(ppn_middleware_context_emit_event, handle(), detail::data_of(type), type.size(), detail::data_of(data),
                 data.size(), detail::data_of(id), id.size(), int64_t{-1});
  }

  /** The handle for calls into the C ABI; it stays this object's. */
  ppn_middleware_context* handle() const noexcept { return handle_.get(); }

 private:
  using Text = int32_t(PPN_CALL*)(ppn_middleware_context*, const char**, size_t*, ppn_error**);
  using Named = int32_t(PPN_CALL*)(ppn_middleware_context*, const char*, size_t, const char**, size_t*, ppn_error**);
  using Put = int32_t(PPN_CALL*)(ppn_middleware_context*, const char*, size_t, const char*, size_t, ppn_error**);

  std::string text(Text get) const {
    const char* found = nullptr;
    size_t length = 0;
    detail::call(get, handle(), &found, &length);
    return std::string(found, length);
  }
  std::optional<std::string> named(Named get, std::string_view name) const {
    const char* found = nullptr;
    size_t length = 0;
    detail::call(get, handle(), detail::data_of(name), name.size(), &found, &length);
    if (found == nullptr) return std::nullopt;
    return std::string(found, length);
  }
  void put(Put function, std::string_view name, std::string_view value) {
    detail::call(function, handle(), detail::data_of(name), name.size(), detail::data_of(value), value.size());
  }

  detail::MiddlewareContextHandle handle_;
};

}  // namespace api_v0
}  // namespace ppn

#endif
