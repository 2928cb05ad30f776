#include "client/pull_stream.hpp"

#include <chrono>
#include <utility>

namespace ppn {
namespace {

// The queue of a stream that was opened before a fork: its lock may be held by a thread that is not here.
Error left_to_parent() {
  return Error(ErrorCode::forked, Phase::deliver, "the stream belongs to the parent of this process");
}

}  // namespace

// Between the loop, which fills it, and the consumer. Full means: the handler asks the call to pause, and the consumer
// resumes it when a quarter is left (SEMANTICS 3.8).
struct PullStream::Queue {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<StreamPiece> pieces;
  std::size_t bytes = 0;
  std::size_t max_bytes = 0;
  std::size_t max_pieces = 0;
  bool paused = false;
  bool complete = false;
  bool cancelled = false;
  std::shared_ptr<Response> response;
  std::unique_ptr<Error> error;
  std::uint64_t next_index = 0;

  bool full() const noexcept { return bytes >= max_bytes || pieces.size() >= max_pieces; }
  bool low() const noexcept { return bytes <= max_bytes / 4 && pieces.size() <= max_pieces / 4; }

  // Waits for `ready`; returns it. The lock is held.
  template <class Ready>
  bool wait(std::unique_lock<std::mutex>& lock, std::int64_t timeout_ms, Ready ready) {
    if (timeout_ms < 0) {
      changed.wait(lock, ready);
      return true;
    }
    return changed.wait_for(lock, std::chrono::milliseconds(timeout_ms), ready);
  }
};

class PullStream::Handler final : public CallHandler {
 public:
  explicit Handler(std::shared_ptr<Queue> queue) : queue_(std::move(queue)) {}

  Flow on_head(const std::shared_ptr<Response>& response) override {
    const std::lock_guard lock(queue_->mutex);
    queue_->response = response;
    queue_->changed.notify_all();
    return queue_->cancelled ? Flow::abort : Flow::proceed;
  }
  Flow on_chunk(std::string_view bytes) override { return push({std::string(bytes), "chunk", {}, {}, 0}); }
  Flow on_line(std::string_view line) override { return push({std::string(line), "line", {}, {}, 0}); }
  Flow on_event(const SseEvent& event) override {
    return push({std::string(event.data), std::string(event.type), std::string(event.id), event.retry_ms, 0});
  }
  void on_complete(std::shared_ptr<Response> response, std::unique_ptr<Error> error) noexcept override {
    const std::lock_guard lock(queue_->mutex);
    queue_->response = std::move(response);
    queue_->error = std::move(error);
    queue_->complete = true;
    queue_->changed.notify_all();
  }

 private:
  Flow push(StreamPiece piece) {
    const std::lock_guard lock(queue_->mutex);
    if (queue_->cancelled) return Flow::abort;
    piece.index = queue_->next_index++;
    queue_->bytes += piece.data.size();
    queue_->pieces.push_back(std::move(piece));
    queue_->changed.notify_all();
    queue_->paused = queue_->full();
    return queue_->paused ? Flow::pause : Flow::proceed;
  }

  const std::shared_ptr<Queue> queue_;
};

PullStream::PullStream(std::shared_ptr<Call> call) : call_(std::move(call)), queue_(std::make_shared<Queue>()) {}

Result<std::shared_ptr<PullStream>> PullStream::open(std::shared_ptr<Call> call, Delivery delivery) {
  std::shared_ptr<PullStream> stream(new PullStream(std::move(call)));
  stream->queue_->max_bytes = static_cast<std::size_t>(stream->call_->request_options().stream_buffer_bytes);
  stream->queue_->max_pieces = static_cast<std::size_t>(stream->call_->request_options().stream_buffer_events);
  Status started = stream->call_->start(delivery, std::make_unique<Handler>(stream->queue_));
  if (!started) return std::move(started).failure();
  return stream;
}

PullStream::~PullStream() {
  call_->cancel();
}

PullStream::Outcome PullStream::next(std::int64_t timeout_ms) {
  if (!made_.here()) return fail(left_to_parent());
  bool resume = false;
  {
    std::unique_lock lock(queue_->mutex);
    if (error_) return Outcome::failed;
    const auto ready = [&] { return !queue_->pieces.empty() || queue_->complete || queue_->cancelled; };
    if (!queue_->wait(lock, timeout_ms, ready)) return Outcome::pending;
    if (queue_->cancelled && !ended_)
      return fail(Error(ErrorCode::cancelled, Phase::deliver, "the stream was cancelled"));
    if (queue_->pieces.empty()) {
      if (queue_->error) return fail(*queue_->error);  // a copy: wait_for_head may ask for it later
      ended_ = true;
      return Outcome::end;
    }
    current_ = std::move(queue_->pieces.front());
    queue_->pieces.pop_front();
    queue_->bytes -= current_.data.size();
    if (current_.retry_ms) current_retry_ms_ = current_.retry_ms;
    resume = queue_->paused && queue_->low();
    if (resume) queue_->paused = false;
  }
  if (resume) call_->resume();
  return Outcome::piece;
}

PullStream::Outcome PullStream::fail(Error error) {
  error_ = std::make_unique<Error>(std::move(error));
  return Outcome::failed;
}

PullStream::Outcome PullStream::wait_for_head(std::int64_t timeout_ms, std::shared_ptr<Response>& out,
                                              std::unique_ptr<Error>& error) {
  if (!made_.here()) {
    error = std::make_unique<Error>(left_to_parent());
    return Outcome::failed;
  }
  std::unique_lock lock(queue_->mutex);
  const auto ready = [&] { return queue_->response || queue_->complete || queue_->cancelled; };
  if (!queue_->wait(lock, timeout_ms, ready)) return Outcome::pending;
  out = queue_->response;
  if (out) return Outcome::piece;
  error = std::make_unique<Error>(
      queue_->error ? *queue_->error : Error(ErrorCode::cancelled, Phase::deliver, "the stream was cancelled"));
  return Outcome::failed;
}

void PullStream::cancel() {
  if (!made_.here()) return;
  {
    const std::lock_guard lock(queue_->mutex);
    queue_->cancelled = true;
    queue_->pieces.clear();
    queue_->bytes = 0;
    queue_->changed.notify_all();
  }
  call_->cancel();
}

std::string PullStream::last_event_id() const {
  if (!made_.here()) return current_.id;
  const std::lock_guard lock(queue_->mutex);
  const bool drained = (ended_ || error_) && queue_->complete && queue_->response;
  return drained ? queue_->response->last_event_id : current_.id;
}

std::optional<std::uint64_t> PullStream::retry_ms() const {
  if (!made_.here()) return current_retry_ms_;
  const std::lock_guard lock(queue_->mutex);
  const bool drained = (ended_ || error_) && queue_->complete && queue_->response;
  return drained ? queue_->response->retry_ms : current_retry_ms_;
}

}  // namespace ppn
