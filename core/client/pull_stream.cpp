#include "client/pull_stream.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace ppn {
namespace {

constexpr const char* kCancelled = "the stream was cancelled";
constexpr const char* kNoMemory = "no memory for the call";  // of a completion with neither response nor error

// The queue of a stream that was opened before a fork: its lock may be held by a thread that is not here.
Error left_to_parent() {
  return Error(ErrorCode::forked, Phase::deliver, "the stream belongs to the parent of this process");
}

}  // namespace

// Between the loop, which fills it, and the consumer, who takes all that is there in one go. Full means: the handler
// asks the call to pause, and the consumer resumes it when a quarter is left (SEMANTICS 3.8).
struct PullStream::Queue {
  std::mutex mutex;
  std::condition_variable changed;
  int waiting = 0;  // threads in `changed`
  ReadyBell ready;
  std::vector<StreamPiece> pieces;
  std::vector<StreamPiece> spare;  // taken pieces: their memory serves again
  std::size_t spare_bytes = 0;
  std::size_t max_bytes = 0;
  std::size_t max_pieces = 0;
  bool complete = false;
  bool head_seen = false;  // the consumer has taken the head
  std::shared_ptr<Response> response;
  std::unique_ptr<Error> error;
  std::uint64_t next_index = 0;

  // Not handed out yet. Both sides write these, the consumer without the lock.
  std::atomic<std::size_t> bytes{0};
  std::atomic<std::size_t> count{0};
  std::atomic<bool> paused{false};
  std::atomic<bool> cancelled{false};

  bool full() const noexcept { return bytes >= max_bytes || count >= max_pieces; }
  bool low() const noexcept { return bytes <= max_bytes / 4 && count <= max_pieces / 4; }

  // Waits for `is_there`; returns it. The lock is held.
  template <class IsThere>
  bool wait(std::unique_lock<std::mutex>& lock, std::int64_t timeout_ms, IsThere is_there) {
    bool is_ready = is_there();
    // A look waits for nothing: the condition variable would give the lock away, and the loop would meet a waiter.
    if (!is_ready && timeout_ms != 0) {
      ++waiting;
      if (timeout_ms < 0) {
        changed.wait(lock, is_there);
        is_ready = true;
      } else {
        is_ready = changed.wait_for(lock, std::chrono::milliseconds(timeout_ms), is_there);
      }
      --waiting;
    }
    if (!is_ready) ready.arm();
    return is_ready;
  }
  // Unlocks first: who is woken would only meet the lock.
  void unlock_and_tell(std::unique_lock<std::mutex>& lock) {
    const bool somebody_waits = waiting > 0;
    const std::shared_ptr<ReadyHook> hook = ready.ring();
    lock.unlock();
    if (somebody_waits) changed.notify_all();
    if (hook) hook->on_ready();
  }

  StreamPiece& add_piece() {
    if (spare.empty()) return pieces.emplace_back();
    spare_bytes -= spare.back().data.capacity();
    pieces.push_back(std::move(spare.back()));
    spare.pop_back();
    return pieces.back();
  }
  void recycle(StreamPiece& taken) {
    if (spare_bytes + taken.data.capacity() > max_bytes) return;
    spare_bytes += taken.data.capacity();
    spare.push_back(std::move(taken));
  }
};

class PullStream::Handler final : public CallHandler {
 public:
  explicit Handler(std::shared_ptr<Queue> queue) : queue_(std::move(queue)) {}

  // The head waits for whoever asks for it.
  bool wants_head() const noexcept override { return false; }
  Flow on_head(const std::shared_ptr<Response>& response) override {
    std::unique_lock lock(queue_->mutex);
    queue_->response = response;
    const bool cancelled = queue_->cancelled;
    queue_->unlock_and_tell(lock);
    return cancelled ? Flow::abort : Flow::proceed;
  }
  bool take_back_head() noexcept override {
    const std::lock_guard lock(queue_->mutex);
    if (queue_->head_seen) return false;
    queue_->response.reset();
    return true;
  }
  Flow on_chunk(std::string_view bytes) override { return push(bytes, "chunk", {}, {}); }
  Flow on_line(std::string_view line) override { return push(line, "line", {}, {}); }
  Flow on_event(const SseEvent& event) override { return push(event.data, event.type, event.id, event.retry_ms); }
  void on_complete(std::shared_ptr<Response> response, std::unique_ptr<Error> error) noexcept override {
    std::unique_lock lock(queue_->mutex);
    queue_->response = std::move(response);
    queue_->error = std::move(error);
    queue_->complete = true;
    queue_->unlock_and_tell(lock);
  }

 private:
  Flow push(std::string_view data, std::string_view type, std::string_view id, std::optional<std::uint64_t> retry_ms) {
    std::unique_lock lock(queue_->mutex);
    if (queue_->cancelled) return Flow::abort;
    StreamPiece& piece = queue_->add_piece();
    piece.data.assign(data);
    piece.type.assign(type);
    piece.id.assign(id);
    piece.retry_ms = retry_ms;
    piece.index = queue_->next_index++;
    queue_->bytes += data.size();
    ++queue_->count;
    queue_->unlock_and_tell(lock);
    if (!queue_->full()) return Flow::proceed;
    queue_->paused = true;
    // The consumer may have emptied it before he could see that; then nobody else would resume the call.
    return queue_->low() && queue_->paused.exchange(false) ? Flow::proceed : Flow::pause;
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
  if (error_) return Outcome::failed;
  if (ended_) return Outcome::end;
  if (handed_out_ == batch_.size()) {
    std::unique_lock lock(queue_->mutex);
    const auto ready = [&] { return !queue_->pieces.empty() || queue_->complete || queue_->cancelled; };
    if (!queue_->wait(lock, timeout_ms, ready)) return Outcome::pending;
    if (queue_->pieces.empty() && !queue_->cancelled) {
      if (queue_->error) return fail(*queue_->error);  // a copy: wait_for_head may ask for it later
      if (!queue_->response) return fail(Error(ErrorCode::out_of_memory, Phase::none, kNoMemory));
      ended_ = true;
      return Outcome::end;
    }
    if (!queue_->pieces.empty()) {
      for (StreamPiece& piece : batch_) queue_->recycle(piece);
      batch_.clear();
      batch_.swap(queue_->pieces);
      handed_out_ = 0;
    }
  }
  if (queue_->cancelled) return fail(Error(ErrorCode::cancelled, Phase::deliver, kCancelled));
  const StreamPiece& piece = batch_[handed_out_++];
  if (piece.retry_ms) current_retry_ms_ = piece.retry_ms;
  queue_->bytes -= piece.data.size();
  --queue_->count;
  if (queue_->low() && queue_->paused.exchange(false)) call_->resume();
  return Outcome::piece;
}

const StreamPiece& PullStream::current() const noexcept {
  static const StreamPiece none;
  return handed_out_ == 0 ? none : batch_[handed_out_ - 1];
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
  queue_->head_seen = out != nullptr;
  if (out) return Outcome::piece;
  error = std::make_unique<Error>(queue_->error       ? *queue_->error
                                  : queue_->cancelled ? Error(ErrorCode::cancelled, Phase::deliver, kCancelled)
                                                      : Error(ErrorCode::out_of_memory, Phase::none, kNoMemory));
  return Outcome::failed;
}

Status PullStream::set_ready_hook(std::shared_ptr<ReadyHook> hook) {
  if (!made_.here()) return Failure(left_to_parent());
  const std::lock_guard lock(queue_->mutex);
  if (queue_->ready.has_hook()) {
    return Failure(ErrorCode::invalid_state, Phase::validate, "the stream has a ready callback");
  }
  queue_->ready.set_hook(std::move(hook));
  return {};
}

void PullStream::cancel() {
  if (!made_.here()) return;
  {
    std::unique_lock lock(queue_->mutex);
    queue_->cancelled = true;
    queue_->pieces.clear();
    queue_->unlock_and_tell(lock);
  }
  call_->cancel();
}

std::string PullStream::last_event_id() const {
  if (!made_.here()) return current().id;
  const std::lock_guard lock(queue_->mutex);
  const bool drained = (ended_ || error_) && queue_->complete && queue_->response;
  return drained ? queue_->response->stream->last_event_id : current().id;
}

std::optional<std::uint64_t> PullStream::retry_ms() const {
  if (!made_.here()) return current_retry_ms_;
  const std::lock_guard lock(queue_->mutex);
  const bool drained = (ended_ || error_) && queue_->complete && queue_->response;
  return drained ? queue_->response->stream->retry_ms : current_retry_ms_;
}

}  // namespace ppn
