/** @file stream.hpp
 *  A response that is read piece by piece by the caller's own thread, with range-for. Part of <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_STREAM_HPP
#define PEPPERPY_NETWORK_CPP_STREAM_HPP

#include <pepperpy/network.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "error.hpp"
#include "event.hpp"
#include "handle.hpp"
#include "response.hpp"
#include "thrown.hpp"

namespace ppn {
inline namespace api_v0 {

/** A stream from Request::stream, lines or events. It is read once, by next() or by a range-for, which throws when the
 *  stream fails: after the pieces that arrived before the failure.
 *
 *      for (std::string_view line : client.lines(url)) ...
 *
 *  The destructor cancels a stream that has not ended and closes its connection, so leaving such a loop early does
 *  both. Reading throws CancelledError, StreamError, ProtocolError, TimeoutError, StatusError (of events) and every
 *  other error of a transfer, whose response() is what had arrived, what a lambda of Request::body_reader threw, and
 *  UsageError (PPN_E_WOULD_DEADLOCK: inside a lambda).
 *  Thread: one at a time, except cancel. Blocks: where it says so. Since 0.1. */
template <int32_t Kind>
class Stream {
 public:
  /** Event for a stream of events; std::string_view for chunks, and for lines, which come without their ends. */
  using Piece = std::conditional_t<Kind == PPN_STREAM_EVENTS, Event, std::string_view>;

  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Piece;
    using difference_type = std::ptrdiff_t;
    using pointer = const Piece*;
    using reference = const Piece&;

    Iterator() = default;
    explicit Iterator(Stream* stream) : stream_(stream) { ++*this; }

    reference operator*() const noexcept { return piece_; }
    pointer operator->() const noexcept { return &piece_; }
    Iterator& operator++() {
      if (const std::optional<Piece> piece = stream_->next()) {
        piece_ = *piece;
      } else {
        stream_ = nullptr;
      }
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& left, const Iterator& right) noexcept {
      return left.stream_ == right.stream_;
    }
    friend bool operator!=(const Iterator& left, const Iterator& right) noexcept { return !(left == right); }

   private:
    Stream* stream_ = nullptr;
    Piece piece_{};
  };

  /** Takes over a reference. */
  explicit Stream(detail::StreamHandle handle, std::shared_ptr<const detail::Thrown> thrown = nullptr) noexcept
      : handle_(std::move(handle)), thrown_(std::move(thrown)) {}

  /** Blocks: for the next piece. Beginning again goes on where reading stopped. */
  Iterator begin() { return Iterator(this); }
  Iterator end() noexcept { return Iterator(); }

  /** The next piece, valid until the next call with this stream; nothing at the end. Blocks: for the piece, until the
   *  timeouts of the request. */
  std::optional<Piece> next() { return take(-1); }

  /** The same, or nothing when no piece came in time; ended() tells the two apart. 0 looks without waiting. Blocks: up
   *  to `timeout`. */
  template <class Rep, class Period>
  std::optional<Piece> next(std::chrono::duration<Rep, Period> timeout) {
    return take(std::max(int64_t{0}, detail::milliseconds_of(timeout)));
  }

  /** Whether the stream was read to its end. */
  bool ended() const noexcept { return ended_; }

  /** Status and headers. Blocks: for the head of the response. */
  Response response() const {
    detail::ResponseHandle head;
    detail::ErrorOut error;
    const int32_t code = ppn_stream_response(handle(), -1, head.out(), error);
    if (code != PPN_OK) raise(code, error);
    return Response(std::move(head));
  }

  /** End the stream: a reader that waits, and each later one, gets CancelledError. Without effect on a stream that was
   *  read to its end. Thread: any. Blocks: never. */
  void cancel() noexcept { ppn_stream_cancel(handle()); }

  /** The last event id of a stream of events (WHATWG HTML 9.2.6). */
  std::string last_event_id() const {
    size_t length = 0;
    const char* const id = ppn_stream_last_event_id(handle(), &length);
    return std::string(id, length);
  }

  /** The reconnection time that the server set. */
  std::optional<std::chrono::milliseconds> retry() const noexcept {
    return detail::duration_of(ppn_stream_retry_ms(handle()));
  }

  /** The handle for calls into the C ABI; it stays this object's. */
  ppn_stream* handle() const noexcept { return handle_.get(); }

 private:
  std::optional<Piece> take(int64_t timeout_ms) {
    const ppn_event* piece = nullptr;
    detail::ErrorOut error;
    const int32_t code = ppn_stream_next(handle(), timeout_ms, &piece, error);
    if (code == PPN_OK) {
      if constexpr (Kind == PPN_STREAM_EVENTS) {
        return Event(piece);
      } else {
        return Event(piece).data();
      }
    }
    if (code == PPN_PENDING) return std::nullopt;
    if (code != PPN_END) raise(code, error);
    ended_ = true;
    return std::nullopt;
  }

  [[noreturn]] void raise(int32_t code, const detail::ErrorOut& error) const {
    if (thrown_ != nullptr) thrown_->raise();
    error.raise(code, head_so_far());
  }

  std::shared_ptr<const Response> head_so_far() const {
    detail::ResponseHandle head;
    ppn_stream_response(handle(), 0, head.out(), nullptr);
    return head ? std::make_shared<const Response>(std::move(head)) : nullptr;
  }

  detail::StreamHandle handle_;
  std::shared_ptr<const detail::Thrown> thrown_;
  bool ended_ = false;
};

/** Bytes as they arrive. */
using ChunkStream = Stream<PPN_STREAM_CHUNKS>;
/** Lines (NDJSON): ended by LF or CRLF, blank ones skipped. */
using LineStream = Stream<PPN_STREAM_LINES>;
/** Events of a text/event-stream. */
using EventStream = Stream<PPN_STREAM_EVENTS>;

}  // namespace api_v0
}  // namespace ppn

#endif
