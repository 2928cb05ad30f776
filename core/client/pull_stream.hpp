// A response that the caller's own thread reads piece by piece: a handler with a bounded queue.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/live_objects.hpp"
#include "base/process_generation.hpp"
#include "base/result.hpp"
#include "client/call.hpp"
#include "client/handler.hpp"
#include "client/ready_bell.hpp"

namespace ppn {

// One piece of a stream, owned by its queue.
struct StreamPiece {
  std::string data;
  std::string type;  // "message" and others for events, "line", "chunk"
  std::string id;    // last event id as of this event
  std::optional<std::uint64_t> retry_ms;
  std::uint64_t index = 0;
};

// Thread: next by one thread at a time, the rest by any.
class PullStream {
 public:
  enum class Outcome { piece, end, pending, failed };

  // Starts the call. Errors: those of Call::start.
  static Result<std::shared_ptr<PullStream>> open(std::shared_ptr<Call> call, Delivery delivery);
  // Cancels a stream that has not ended.
  ~PullStream();

  PullStream(const PullStream&) = delete;
  PullStream& operator=(const PullStream&) = delete;

  // timeout_ms: 0 = look only, -1 = until the timeouts of the call end it.
  // After `piece`, current() is that piece until the next call. After `failed`, error() says why.
  Outcome next(std::int64_t timeout_ms);
  const StreamPiece& current() const noexcept;
  const Error& error() const noexcept { return *error_; }

  // Waits for the head: `piece` stands for "it is there". After a failure without head: `failed` and `error`.
  // Thread: any.
  Outcome wait_for_head(std::int64_t timeout_ms, std::shared_ptr<Response>& out, std::unique_ptr<Error>& error);

  // The hook is called when there is something to take, or the end, after next() or wait_for_head() found nothing. Error:
  // invalid_state when there is one. Thread: any.
  Status set_ready_hook(std::shared_ptr<ReadyHook> hook);

  void cancel();
  // As of the last piece that was taken with next(), and as of the whole stream once next() has told its end.
  std::string last_event_id() const;
  std::optional<std::uint64_t> retry_ms() const;

 private:
  class Handler;
  struct Queue;

  explicit PullStream(std::shared_ptr<Call> call);
  Outcome fail(Error error);

  const std::shared_ptr<Call> call_;
  const std::shared_ptr<Queue> queue_;
  std::vector<StreamPiece> batch_;                 // taken from the queue in one go
  std::size_t handed_out_ = 0;                     // of the batch
  std::optional<std::uint64_t> current_retry_ms_;  // the last that came with a piece taken
  std::unique_ptr<Error> error_;
  bool ended_ = false;
  const MadeInProcess made_;
  LiveObject live_;
};

}  // namespace ppn
