/** @file request.hpp
 *  One request: described, then sent, started, or read as a stream. Part of <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_REQUEST_HPP
#define PEPPERPY_NETWORK_CPP_REQUEST_HPP

#include <pepperpy/network.h>

#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "body_reader.hpp"
#include "buffer.hpp"
#include "callbacks.hpp"
#include "config.hpp"
#include "error.hpp"
#include "handle.hpp"
#include "headers.hpp"
#include "response.hpp"
#include "retry_handler.hpp"
#include "stream.hpp"
#include "thrown.hpp"

namespace ppn {
inline namespace api_v0 {

/** A request, made by a client. Describe it, then start it once, by send, send_async, start, or as a stream:
 *
 *      client.request("POST", url).header("Accept", "text/plain").json(text).send();
 *
 *  What is wrong with a part of the description is thrown by the function that adds it, before anything is sent; each
 *  of them throws UsageError (PPN_E_INVALID_STATE) for a request that was started.
 *  Thread: one at a time, except cancel and resume. Blocks: send, and body_file as it says. Since 0.1. */
class Request {
 public:
  /** Takes over a reference. */
  explicit Request(detail::RequestHandle handle) noexcept : handle_(std::move(handle)) {}

  /** Set a header; fields of the same name are replaced. Throws UsageError (PPN_E_INVALID_HEADER, whose text never
   *  holds the value): RFC 9110 5.5, and headers of the message framing, which belong to the library. */
  Request& header(std::string_view name, std::string_view value) & { return put(ppn_request_set_header, name, value); }
  Request header(std::string_view name, std::string_view value) && { return std::move(header(name, value)); }

  /** Set several headers, as header does. */
  Request& headers(HeaderList fields) & {
    for (const auto& field : fields) header(field.first, field.second);
    return *this;
  }
  Request headers(HeaderList fields) && { return std::move(headers(fields)); }

  /** Set all headers of a list, copied; those of the request with the same names are replaced. All of them or, when one
   *  is refused as by header, none. */
  Request& headers(const Headers& list) & {
    detail::call(ppn_request_set_headers, handle(), list.handle());
    return *this;
  }
  Request headers(const Headers& list) && { return std::move(headers(list)); }

  /** Add a header beside those of the same name. Throws as header. */
  Request& add_header(std::string_view name, std::string_view value) & {
    return put(ppn_request_add_header, name, value);
  }
  Request add_header(std::string_view name, std::string_view value) && { return std::move(add_header(name, value)); }

  /** Set the body, any bytes. No Content-Type is invented. */
  Request& body(std::string_view bytes) & {
    detail::call(ppn_request_set_body, handle(), detail::bytes_of(bytes), bytes.size());
    return *this;
  }
  Request body(std::string_view bytes) && { return std::move(body(bytes)); }

  /** Set the body to the bytes of a buffer, which are shared and not copied. */
  Request& body(const Buffer& buffer) & {
    detail::call(ppn_request_set_body_buffer, handle(), buffer.handle());
    return *this;
  }
  Request body(const Buffer& buffer) && { return std::move(body(buffer)); }

  /** Set the body to a JSON text, checked now (RFC 8259), and Content-Type: application/json unless that header is set.
   *  Throws ProtocolError (PPN_E_JSON_PARSE). */
  Request& json(std::string_view text) & {
    detail::call(ppn_request_set_json, handle(), detail::data_of(text), text.size());
    return *this;
  }
  Request json(std::string_view text) && { return std::move(json(text)); }

  /** Set the body to the content of a file, which is opened and measured now and read while it is sent; what is
   *  appended later is not sent. A file that has become shorter, or can not be read, ends the request with
   *  PPN_E_WRITE_FAILED. No Content-Type is invented.
   *  @param path  Of a regular file; a std::filesystem::path gives it by native().
   *  Throws UsageError (PPN_E_INVALID_ARGUMENT: no such file, not readable, no regular file; os_errno() says why).
   *  Blocks: while the file is opened. */
  Request& body_file(std::string_view path) & {
    detail::call(ppn_request_set_body_file, handle(), detail::data_of(path), path.size());
    return *this;
  }
  Request body_file(std::string_view path) && { return std::move(body_file(path)); }

  /** Let a lambda give the body while it is sent, in every form of a call, streams included. Memory stays at one piece,
   *  and write_timeout_ms ends a server that takes nothing. No Content-Type is invented.
   *
   *      request.body_reader(std::nullopt, [&](char* buffer, std::size_t capacity) {
   *        return input.read(buffer, static_cast<std::streamsize>(capacity)).gcount();
   *      });
   *
   *  @param length  Bytes, sent as Content-Length; nothing when it is not known: sent as chunks (RFC 9112 7.1), which
   *                 servers of HTTP/1.0 do not take.
   *  @param read    `lambda(char* buffer, std::size_t capacity)` puts up to `capacity` bytes into `buffer`, which is
   *                 valid until return, and returns their number: std::size_t, 0 at the end of the body, or a
   *                 std::optional of it, where nothing means that there is none yet: it is asked again after resume().
   *                 More than `capacity`, more than `length` or an end before it ends the request with
   *                 PPN_E_INVALID_ARGUMENT.
   *  @param rewind  Optional. `lambda()`: the next read begins at the first byte again, for a request that is sent once
   *                 more because the server had just closed its connection. One that can not do it throws.
   *  Both run on a thread of the library, never at the same time as another lambda of the request, and end (with what
   *  they hold) before on_complete, or when another body is set. One that throws aborts the request: its exception goes
   *  where those of the lambdas below go, and to whoever reads the stream.
   *  Throws UsageError (PPN_E_INVALID_ARGUMENT: a length above 2^63 - 1). */
  template <class Read, class Rewind = std::nullptr_t>
  Request& body_reader(std::optional<uint64_t> length, Read read, Rewind rewind = nullptr) & {
    static_assert(std::is_invocable_r_v<std::optional<std::size_t>, Read&, char*, std::size_t>,
                  "read takes char* and std::size_t, and returns std::size_t or a std::optional of it");
    auto reader = std::make_unique<detail::BodyReader>();
    reader->read = decltype(detail::BodyReader::read)(std::move(read));
    if constexpr (!std::is_null_pointer_v<Rewind>) {
      static_assert(std::is_void_v<std::invoke_result_t<Rewind&>>, "rewind takes and returns nothing");
      reader->rewind = decltype(detail::BodyReader::rewind)(std::move(rewind));
    }
    reader->thrown = thrown();
    detail::BodyReader::install(std::move(reader), length, handle());
    return *this;
  }
  template <class Read, class Rewind = std::nullptr_t>
  Request body_reader(std::optional<uint64_t> length, Read read, Rewind rewind = nullptr) && {
    return std::move(body_reader(length, std::move(read), std::move(rewind)));
  }

  /** Set an option of the table for this request alone, as NetworkConfig::set. Throws ConfigError, also for options
   *  that belong to the client. */
  template <class Value>
  Request& option(std::string_view name, const Value& value) & {
    return put(ppn_request_set_option, name, detail::option_text(name, value));
  }
  template <class Value>
  Request option(std::string_view name, const Value& value) && {
    return std::move(option(name, value));
  }

  /** Let the retries of this request follow the rules of `handler`, which are copied, instead of the options of its
   *  client; its timeout and its lambdas do not count. */
  Request& retry(const RetryHandler& handler) & {
    detail::call(ppn_request_set_retry_policy, handle(), handler.handle());
    return *this;
  }
  Request retry(const RetryHandler& handler) && { return std::move(retry(handler)); }

  /** The lambdas below run on a thread of the library, in order and never at the same time, and end (with what they
   *  hold) when the request has ended. They return nothing or a Flow. One that throws aborts the request: send and the
   *  future of send_async throw the same exception, and on_complete is given it.
   *
   *  `lambda(Response head)`: the head of the response has arrived; only status and headers may be read. */
  template <class Lambda>
  Request& on_headers(Lambda lambda) & {
    static_assert(std::is_invocable_v<Lambda&, Response>, "on_headers takes Response, by value or const reference");
    callbacks().on_headers = decltype(detail::Callbacks::on_headers)(std::move(lambda));
    return *this;
  }
  template <class Lambda>
  Request on_headers(Lambda lambda) && {
    return std::move(on_headers(std::move(lambda)));
  }

  /** `lambda(std::string_view bytes)`: a piece of the body has arrived; valid until return. Without on_data, on_line
   *  and on_event, of which a request has one at most, the body is collected in the response. */
  template <class Lambda>
  Request& on_data(Lambda lambda) & {
    static_assert(std::is_invocable_v<Lambda&, std::string_view>, "on_data takes std::string_view");
    callbacks().on_data = decltype(detail::Callbacks::on_data)(std::move(lambda));
    return *this;
  }
  template <class Lambda>
  Request on_data(Lambda lambda) && {
    return std::move(on_data(std::move(lambda)));
  }

  /** `lambda(std::string_view line)`: a line (NDJSON) has arrived; without its end, valid until return. */
  template <class Lambda>
  Request& on_line(Lambda lambda) & {
    static_assert(std::is_invocable_v<Lambda&, std::string_view>, "on_line takes std::string_view");
    callbacks().on_line = decltype(detail::Callbacks::on_line)(std::move(lambda));
    return *this;
  }
  template <class Lambda>
  Request on_line(Lambda lambda) && {
    return std::move(on_line(std::move(lambda)));
  }

  /** `lambda(const Event& event)`: an event of a text/event-stream has arrived; valid until return. Asks for a stream
   *  of events as Request::events does. */
  template <class Lambda>
  Request& on_event(Lambda lambda) & {
    static_assert(std::is_invocable_v<Lambda&, const Event&>, "on_event takes const Event&");
    callbacks().on_event = decltype(detail::Callbacks::on_event)(std::move(lambda));
    return *this;
  }
  template <class Lambda>
  Request on_event(Lambda lambda) && {
    return std::move(on_event(std::move(lambda)));
  }

  /** `lambda(Completion outcome)`: the request has ended; exactly once for a started request. What it throws is thrown
   *  by send and by the future of send_async; after start nobody waits, and it is dropped. */
  template <class Lambda>
  Request& on_complete(Lambda lambda) & {
    static_assert(std::is_invocable_v<Lambda&, Completion>, "on_complete takes Completion");
    callbacks().on_complete = decltype(detail::Callbacks::on_complete)(std::move(lambda));
    return *this;
  }
  template <class Lambda>
  Request on_complete(Lambda lambda) && {
    return std::move(on_complete(std::move(lambda)));
  }

  /** Start the request and wait for the whole response. A status of 400 or more is a response like another: see
   *  Response::raise_for_status.
   *  Throws what a lambda threw, and every error of a transfer, whose response() is what had arrived; UsageError
   *  (PPN_E_WOULD_DEADLOCK: inside a lambda; nothing is started). Blocks: until the response is complete; cancel from
   *  another thread ends it. */
  Response send() {
    install();
    detail::ResponseHandle response;
    detail::ErrorOut error;
    const int32_t code = ppn_request_send(handle(), response.out(), error);
    if (thrown_ != nullptr) thrown_->raise();
    if (code == PPN_OK) return Response(std::move(response));
    error.raise(code, response ? std::make_shared<const Response>(std::move(response)) : nullptr);
  }

  /** Start the request; the future gives the response or throws as send. Do not wait for it inside a lambda, which
   *  holds up the thread that would fulfil it. The destructor of the future waits for nothing. */
  std::future<Response> send_async() {
    std::future<Response> future = callbacks().promise.emplace().get_future();
    start();
    return future;
  }

  /** Start the request; the outcome goes to on_complete. */
  void start() {
    install();
    detail::call(ppn_request_start, handle());
  }

  /** Start the request and read the body as it arrives, at most `chunk_size` bytes at a time. Throws ConfigError for a
   *  size outside the range of chunk_bytes, UsageError (PPN_E_INVALID_STATE) for a request with lambdas. */
  ChunkStream stream(std::optional<std::size_t> chunk_size = std::nullopt) {
    if (chunk_size) option("chunk_bytes", *chunk_size);
    return open<PPN_STREAM_CHUNKS>();
  }

  /** Start the request and read the body line by line (NDJSON). Throws as stream. */
  LineStream lines() { return open<PPN_STREAM_LINES>(); }

  /** Start the request and read the body as events. Sends Accept: text/event-stream unless Accept is set; a status
   *  other than 200 (204 is an empty stream) or another media type makes reading fail. Throws as stream. */
  EventStream events() { return open<PPN_STREAM_EVENTS>(); }

  /** End the request with CancelledError unless it has ended before; one that is not started can not be started
   *  afterwards. Thread: any, inside lambdas too. Blocks: never. */
  void cancel() noexcept { ppn_request_cancel(handle()); }

  /** Go on with a request that a lambda has paused. Thread: any. Blocks: never. */
  void resume() noexcept { ppn_request_resume(handle()); }

  /** The handle for calls into the C ABI; it stays this object's. */
  ppn_request* handle() const noexcept { return handle_.get(); }

 private:
  friend class Batch;

  template <class Function>
  Request& put(Function function, std::string_view name, std::string_view value) {
    detail::call(function, handle(), detail::data_of(name), name.size(), detail::data_of(value), value.size());
    return *this;
  }

  detail::Callbacks& callbacks() {
    if (installed_) detail::fail(PPN_E_INVALID_STATE, "the lambdas of the request have been handed over");
    if (callbacks_ == nullptr) callbacks_ = std::make_shared<detail::Callbacks>(thrown());
    return *callbacks_;
  }

  const std::shared_ptr<detail::Thrown>& thrown() {
    if (thrown_ == nullptr) thrown_ = std::make_shared<detail::Thrown>();
    return thrown_;
  }

  void install() {
    if (callbacks_ == nullptr || installed_) return;
    detail::Callbacks::install(callbacks_, handle());
    installed_ = true;
  }

  template <int32_t Kind>
  Stream<Kind> open() {
    install();
    detail::StreamHandle stream;
    detail::call(ppn_stream_open, handle(), Kind, stream.out());
    return Stream<Kind>(std::move(stream), thrown_);
  }

  detail::RequestHandle handle_;
  std::shared_ptr<detail::Callbacks> callbacks_;
  std::shared_ptr<detail::Thrown> thrown_;  // made with the first lambda
  bool installed_ = false;
};

}  // namespace api_v0
}  // namespace ppn

#endif
