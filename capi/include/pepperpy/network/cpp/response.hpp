/** @file response.hpp
 *  What the server answered. Part of <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_RESPONSE_HPP
#define PEPPERPY_NETWORK_CPP_RESPONSE_HPP

#include <pepperpy/network.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <ratio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "buffer.hpp"
#include "error.hpp"
#include "handle.hpp"
#include "headers.hpp"
#include "json.hpp"

namespace ppn {
inline namespace api_v0 {

/** How long the parts of a call took; nothing for a part that did not happen (a reused connection has no connect). */
struct Timings {
  using Span = std::optional<std::chrono::duration<double, std::milli>>;

  Span pool;       /**< waiting for a connection of the pool */
  Span dns;        /**< resolving the name */
  Span connect;    /**< TCP connect */
  Span tls;        /**< TLS handshake */
  Span send;       /**< writing the request */
  Span first_byte; /**< request written to response head complete */
  Span body;       /**< response head to end */
  Span total;      /**< start to end */
};

/** How steadily the pieces of a stream came: see ppn_response_pace_ms. */
struct Pace {
  uint64_t pieces = 0;    /**< events, lines or chunks that were handed out */
  Timings::Span first;    /**< start of the request to the first of them */
  Timings::Span shortest; /**< the shortest time between two of them */
  Timings::Span mean;     /**< the mean of these times */
  Timings::Span longest;  /**< the longest */
};

/** What the server answered. It never changes after its request has completed, and outlives request, client and
 *  runtime; inside on_headers only its head may be read.
 *  Thread: any, except json(). Blocks: never. Since 0.1. */
class Response {
 public:
  /** Takes over a reference. */
  explicit Response(detail::ResponseHandle handle) noexcept : handle_(std::move(handle)) {}

  /** The status code (RFC 9110 15), 200 to 999. */
  int32_t status() const noexcept { return ppn_response_status(handle()); }
  /** 200 to 299. */
  bool ok() const noexcept { return status() >= 200 && status() < 300; }
  /** "HTTP/1.1" or "HTTP/1.0". */
  std::string_view http_version() const noexcept { return ppn_response_http_version(handle()); }

  /** Whether the status is no error: PPN_OK for 200 to 399, else its PPN_E_HTTP_ code. */
  int32_t check_status() const noexcept { return ppn_response_check_status(handle(), nullptr); }
  /** Throws StatusError, of the class that belongs to the status, unless it is 200 to 399; its response() is this one.
   *  Returns this response, for calls in one line. */
  const Response& raise_for_status() const& {
    detail::ErrorOut error;
    const int32_t code = ppn_response_check_status(handle(), error);
    if (code != PPN_OK) error.raise(code, share());
    return *this;
  }
  Response raise_for_status() && {
    static_cast<const Response&>(*this).raise_for_status();
    return std::move(*this);
  }

  /** The value of the first header field with this name, without regard to case; nothing when there is none. */
  std::optional<std::string_view> header(std::string_view name) const noexcept {
    size_t length = 0;
    const char* const value = ppn_response_header(handle(), detail::data_of(name), name.size(), &length);
    if (value == nullptr) return std::nullopt;
    return std::string_view(value, length);
  }
  /** All header fields; those that occur twice are there twice. */
  ResponseFields headers() const noexcept {
    return {handle(), ppn_response_header_count(handle()), ppn_response_header_at};
  }
  /** The header fields as a list that can be changed and given to a request. */
  Headers copy_headers() const {
    detail::HeadersHandle list;
    detail::call(ppn_response_headers, handle(), list.out());
    return Headers(std::move(list));
  }
  /** The trailer fields (RFC 9110 6.5), once the response is complete. */
  ResponseFields trailers() const noexcept {
    return {handle(), ppn_response_trailer_count(handle()), ppn_response_trailer_at};
  }

  /** The trailer fields as a list of their own. Throws UsageError (PPN_E_INVALID_STATE: the request has not
   *  completed). */
  Headers copy_trailers() const {
    detail::HeadersHandle list;
    detail::call(ppn_response_trailers, handle(), list.out());
    return Headers(std::move(list));
  }

  /** The body, when it was collected: a view that lives as long as this response. */
  std::string_view body() const noexcept {
    size_t length = 0;
    const uint8_t* const bytes = ppn_response_body(handle(), &length);
    return bytes != nullptr ? std::string_view(reinterpret_cast<const char*>(bytes), length) : std::string_view();
  }
  /** A copy of the body, for responses that are gone with the statement. */
  std::string text() const { return std::string(body()); }
  /** The body as a buffer that outlives this response; the bytes are shared, not copied. Throws UsageError
   *  (PPN_E_INVALID_STATE: the request has not completed). */
  Buffer body_buffer() const {
    detail::BufferHandle buffer;
    detail::call(ppn_response_body_buffer, handle(), buffer.out());
    return Buffer(std::move(buffer));
  }
  /** Bytes of the body that arrived, collected or delivered. */
  uint64_t body_bytes() const noexcept { return ppn_response_body_bytes(handle()); }
  /** The body as JSON; it is parsed with the first value that is read. */
  Json json() const noexcept { return Json(handle_.share()); }

  /** The last event id of a stream of events (WHATWG HTML 9.2.6), once complete; empty when there is none. */
  std::string_view last_event_id() const noexcept {
    size_t length = 0;
    const char* const id = ppn_response_last_event_id(handle(), &length);
    return std::string_view(id, length);
  }
  /** The reconnection time that a stream of events set, once complete. */
  std::optional<std::chrono::milliseconds> retry() const noexcept {
    return detail::duration_of(ppn_response_retry_ms(handle()));
  }

  /** The URL that gave the response, after redirects, once complete; without fragment, with the secrets of its query. */
  std::string_view url() const noexcept {
    size_t length = 0;
    const char* const text = ppn_response_url(handle(), &length);
    return std::string_view(text, length);
  }
  /** How many redirects were followed on the way to this response. */
  int32_t redirects() const noexcept { return ppn_response_redirects(handle()); }

  /** Whether the connection had carried a request before. */
  bool reused() const noexcept { return ppn_response_reused(handle()) != 0; }
  /** The address that answered, such as "127.0.0.1:443". */
  std::string_view remote() const noexcept { return ppn_response_remote(handle()); }
  /** The version of TLS of the connection, such as "TLSv1.3" (RFC 8446) or "TLSv1.2" (RFC 5246); empty without TLS. */
  std::string_view tls_version() const noexcept { return ppn_response_tls_version(handle()); }
  /** The cipher suite by its name in OpenSSL, such as "TLS_AES_256_GCM_SHA384" (RFC 8446 B.4); empty without TLS. */
  std::string_view tls_cipher() const noexcept { return ppn_response_tls_cipher(handle()); }
  /** Whether the handshake resumed a session of this client (RFC 8446 2.2); false without TLS. */
  bool tls_resumed() const noexcept { return ppn_response_tls_resumed(handle()) != 0; }
  /** Whether the certificate chain, dates and name of the server were verified (RFC 9110 4.3.4), those of a resumed
   *  session when it began; false without TLS and with verify_ssl(false). */
  bool tls_verified() const noexcept { return ppn_response_tls_verified(handle()) != 0; }
  /** How many attempts were made, the first included. */
  int32_t attempts() const noexcept { return ppn_response_attempts(handle()); }
  /** Each attempt of the call, oldest first, once complete: network/attempts.h. */
  std::vector<Attempt> attempt_log() const {
    return detail::attempts_of<ppn_response>(handle(), ppn_response_attempt_count, ppn_response_attempt_int64,
                                             ppn_response_attempt_text);
  }
  /** A PPN_STOP_ constant: why a status that is an error was not followed by another attempt, once complete. */
  int32_t stop_reason() const noexcept { return ppn_response_stop_reason(handle()); }
  /** Once complete. */
  Timings timings() const noexcept {
    return {span(PPN_TIMING_POOL), span(PPN_TIMING_DNS),        span(PPN_TIMING_CONNECT), span(PPN_TIMING_TLS),
            span(PPN_TIMING_SEND), span(PPN_TIMING_FIRST_BYTE), span(PPN_TIMING_BODY),    span(PPN_TIMING_TOTAL)};
  }

  /** Of a stream, once complete. */
  Pace pace() const noexcept {
    const auto ms = [this](int32_t which) { return milliseconds(ppn_response_pace_ms(handle(), which)); };
    return {ppn_response_pieces(handle()), ms(PPN_PACE_FIRST), ms(PPN_PACE_SHORTEST), ms(PPN_PACE_MEAN),
            ms(PPN_PACE_LONGEST)};
  }

  /** The handle for calls into the C ABI; it stays this object's. */
  ppn_response* handle() const noexcept { return handle_.get(); }

 private:
  std::shared_ptr<const Response> share() const { return std::make_shared<const Response>(handle_.share()); }

  Timings::Span span(int32_t which) const noexcept { return milliseconds(ppn_response_timing_ms(handle(), which)); }
  static Timings::Span milliseconds(double ms) noexcept {
    if (ms < 0) return std::nullopt;
    return std::chrono::duration<double, std::milli>(ms);
  }

  detail::ResponseHandle handle_;
};

}  // namespace api_v0
}  // namespace ppn

#endif
