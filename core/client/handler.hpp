// Who receives a response. The C ABI, the pull stream and the blocking call are handlers.
#pragma once

#include <memory>
#include <string_view>

#include "base/error.hpp"
#include "client/response.hpp"
#include "codec/sse_decoder.hpp"

namespace ppn {

// How the body reaches the handler: collected in the response, or piece by piece.
enum class Delivery { collect, chunks, lines, events };

// What the receiver of a piece wants next. `pause` takes the piece and stops reading until Call::resume.
enum class Flow { proceed, pause, abort };

// Thread: all functions run on the I/O thread of the client, one at a time, in the order head, pieces, complete.
class CallHandler {
 public:
  virtual ~CallHandler() = default;

  // Whether on_head() does anything. Where it does not, a call that collects its body may be tried again after its head.
  virtual bool wants_head() const noexcept { return true; }
  // Asked when a stream broke before its first piece. True: nobody has seen its head nor can see it any more, so the call
  // may be tried again, and on_head() comes again with another one.
  virtual bool take_back_head() noexcept { return !wants_head(); }
  // Zero or one time, unless it was taken back. `response` has no body yet, or all of it when a middleware had to see it first.
  virtual Flow on_head(const std::shared_ptr<Response>& response) = 0;
  // Zero or more times; only the one that fits the delivery of the call. Views are valid until return.
  virtual Flow on_chunk(std::string_view bytes) = 0;
  virtual Flow on_line(std::string_view line) = 0;
  virtual Flow on_event(const SseEvent& event) = 0;
  // Exactly once. `response` is null when no head arrived, `error` on success; both are when memory is out. The handler
  // is destroyed afterwards.
  virtual void on_complete(std::shared_ptr<Response> response, std::unique_ptr<Error> error) noexcept = 0;
};

}  // namespace ppn
