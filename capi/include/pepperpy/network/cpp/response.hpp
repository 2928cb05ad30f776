/** @file response.hpp
 *  What the server answered. Part of <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_RESPONSE_HPP
#define PEPPERPY_NETWORK_CPP_RESPONSE_HPP

#include <pepperpy/network.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <ratio>
#include <string>
#include <string_view>
#include <utility>

#include "error.hpp"
#include "handle.hpp"
#include "json.hpp"

namespace ppn {
inline namespace api_v0 {

/** A header or trailer field as it was received. */
struct Field {
  std::string_view name;
  std::string_view value;
};

/** The header or trailer fields of a response, in the order received, to be read by a range-for. A view: it lives as
 *  long as its response. Since 0.1. */
class FieldRange {
 public:
  using At = int32_t(PPN_CALL*)(const ppn_response*, size_t, const char**, size_t*, const char**, size_t*);

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Field;
    using difference_type = std::ptrdiff_t;
    using pointer = const Field*;
    using reference = Field;

    Iterator() = default;
    Iterator(const ppn_response* response, At at, size_t index) noexcept
        : response_(response), at_(at), index_(index) {}

    Field operator*() const noexcept { return read(response_, at_, index_); }
    Iterator& operator++() noexcept {
      ++index_;
      return *this;
    }
    Iterator operator++(int) noexcept {
      Iterator before = *this;
      ++index_;
      return before;
    }
    friend bool operator==(const Iterator& left, const Iterator& right) noexcept { return left.index_ == right.index_; }
    friend bool operator!=(const Iterator& left, const Iterator& right) noexcept { return !(left == right); }

   private:
    const ppn_response* response_ = nullptr;
    At at_ = nullptr;
    size_t index_ = 0;
  };

  FieldRange() = default;
  FieldRange(const ppn_response* response, size_t size, At at) noexcept : response_(response), size_(size), at_(at) {}

  Iterator begin() const noexcept { return {response_, at_, 0}; }
  Iterator end() const noexcept { return {response_, at_, size_}; }
  size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  /** The index-th field; an empty one past the end. */
  Field operator[](size_t index) const noexcept { return read(response_, at_, index); }

 private:
  static Field read(const ppn_response* response, At at, size_t index) noexcept {
    const char* name = "";
    const char* value = "";
    size_t name_length = 0;
    size_t value_length = 0;
    if (at == nullptr || at(response, index, &name, &name_length, &value, &value_length) != PPN_OK) return {};
    return {std::string_view(name, name_length), std::string_view(value, value_length)};
  }

  const ppn_response* response_ = nullptr;
  size_t size_ = 0;
  At at_ = nullptr;
};

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

/** What the server answered. It never changes after its request has completed, and outlives request, client and runtime;
 *  inside on_headers only its head may be read.
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
  FieldRange headers() const noexcept {
    return {handle(), ppn_response_header_count(handle()), ppn_response_header_at};
  }
  /** The trailer fields (RFC 9110 6.5), once the response is complete. */
  FieldRange trailers() const noexcept {
    return {handle(), ppn_response_trailer_count(handle()), ppn_response_trailer_at};
  }

  /** The body, when it was collected: a view that lives as long as this response. */
  std::string_view body() const noexcept {
    size_t length = 0;
    const uint8_t* const bytes = ppn_response_body(handle(), &length);
    return bytes != nullptr ? std::string_view(reinterpret_cast<const char*>(bytes), length) : std::string_view();
  }
  /** A copy of the body, for responses that are gone with the statement. */
  std::string text() const { return std::string(body()); }
  /** Bytes of the body that arrived, collected or delivered. */
  uint64_t body_bytes() const noexcept { return ppn_response_body_bytes(handle()); }
  /** The body as JSON; it is parsed with the first value that is read. */
  Json json() const noexcept { return Json(handle_.share()); }

  /** Whether the connection had carried a request before. */
  bool reused() const noexcept { return ppn_response_reused(handle()) != 0; }
  /** The address that answered, such as "127.0.0.1:443". */
  std::string_view remote() const noexcept { return ppn_response_remote(handle()); }
  /** How many attempts were made, the first included. */
  int32_t attempts() const noexcept { return ppn_response_attempts(handle()); }
  /** Once complete. */
  Timings timings() const noexcept {
    return {span(PPN_TIMING_POOL), span(PPN_TIMING_DNS),        span(PPN_TIMING_CONNECT), span(PPN_TIMING_TLS),
            span(PPN_TIMING_SEND), span(PPN_TIMING_FIRST_BYTE), span(PPN_TIMING_BODY),    span(PPN_TIMING_TOTAL)};
  }

  /** The handle for calls into the C ABI; it stays this object's. */
  ppn_response* handle() const noexcept { return handle_.get(); }

 private:
  std::shared_ptr<const Response> share() const { return std::make_shared<const Response>(handle_.share()); }

  Timings::Span span(int32_t which) const noexcept {
    const double ms = ppn_response_timing_ms(handle(), which);
    if (ms < 0) return std::nullopt;
    return std::chrono::duration<double, std::milli>(ms);
  }

  detail::ResponseHandle handle_;
};

}  // namespace api_v0
}  // namespace ppn

#endif
