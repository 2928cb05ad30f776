// What one step of a middleware sees of its call, and what it decides.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/live_objects.hpp"
#include "base/result.hpp"
#include "client/middleware.hpp"
#include "client/request_message.hpp"
#include "client/response.hpp"
#include "io/event_loop.hpp"
#include "io/wait.hpp"

namespace ppn {

class CallSecrets;

// What middleware asks of the call itself. Thread: any, but only while the call waits for that middleware. No function
// may run user code.
class CallEditor {
 public:
  virtual Status set_body(std::string bytes) = 0;
  virtual Status set_option(std::string_view name, std::string_view value) = 0;
  // Whether the call could be sent once more: its body can be, and retries are left.
  virtual Status may_retry() = 0;

 protected:
  ~CallEditor() = default;
};

// Texts that the middleware of one call leave for each other. Thread: any.
class Attributes {
 public:
  std::optional<std::string> get(std::string_view name) const;
  void set(std::string_view name, std::string_view value);

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> texts_;  // guarded by mutex_
};

// The end of a call or of an attempt, on its way out through the middleware. Both may be there: an error may come with
// the response it is about.
struct MiddlewareOutcome {
  std::shared_ptr<Response> response;
  std::unique_ptr<Error> error;
};

// A piece of a stream that a filter has put in the place of another.
struct FilteredPiece {
  explicit FilteredPiece(std::string_view chunk) : bytes(chunk) {}
  explicit FilteredPiece(const SseEvent& event)
      : bytes(event.data),
        type(event.type),
        id(event.id),
        retry_ms(event.retry_ms),
        index(event.index),
        byte_offset(event.byte_offset) {}

  std::string bytes;  // of a chunk, or the data of an event
  std::string type;   // this and the rest: of an event
  std::string id;
  std::optional<std::uint64_t> retry_ms;
  std::uint64_t index = 0;
  std::uint64_t byte_offset = 0;

  SseEvent event() const noexcept { return {type, bytes, id, retry_ms, index, byte_offset}; }
};

// Thread: any, for the functions of the middleware. Each locks the context and fails with invalid_state once the step is
// over: it was done or finished, or the call has ended meanwhile. The lock is held for no user code.
class MiddlewareContext : public std::enable_shared_from_this<MiddlewareContext> {
 public:
  enum class Place : std::uint8_t { before, after, on_error, filter, stream_end };

  // What the contexts of one chain have in common. References outlive the chain.
  struct Scope {
    Middleware::Kind kind;
    EventLoop& loop;
    RequestMessage& request;
    CallEditor* editor;  // null for attempts
    std::shared_ptr<Attributes> attributes;
    int attempt;  // from 1; 0 = the call as a whole
    bool retry_used = false;
  };

  MiddlewareContext() noexcept : notice_(*this) {}
  MiddlewareContext(const MiddlewareContext&) = delete;
  MiddlewareContext& operator=(const MiddlewareContext&) = delete;

  // For the middleware. Errors: invalid_state (all of them), and those named.
  Result<std::string> method() const;
  Result<std::string> url() const;  // as it is sent, secrets included
  Result<std::string> url_redacted() const;
  Result<std::string> origin() const;
  Result<int> attempt() const;
  Result<std::optional<std::string>> header(std::string_view name) const;  // the first of that name
  Result<HeaderList> headers() const;

  // In before(); in after() and on_error() of the application kind too, where they matter for a retry.
  Status set_header(std::string_view name, std::string_view value);  // invalid_header
  Status add_header(std::string_view name, std::string_view value);  // invalid_header
  Status remove_header(std::string_view name);
  // In before(). An attempt has been admitted for its origin, so that stays (invalid_argument).
  Status set_url(std::string_view url);  // invalid_url, unsupported_scheme
  // In before() of the application kind.
  Status set_body(std::string bytes);
  Status set_option(std::string_view name, std::string_view value);  // config_error

  Result<std::optional<std::string>> attribute(std::string_view name) const;
  Status set_attribute(std::string_view name, std::string_view value);

  Result<std::shared_ptr<Response>> response() const;  // null before it has come; of a stream the head
  Result<std::unique_ptr<Error>> error() const;        // a copy; null without one

  // The verdict; the last one counts. In before() a response stands for the whole call or attempt, in after() it replaces
  // the response, in on_error() the error. It belongs to this call alone. A cancelled call stays cancelled.
  Status respond(std::shared_ptr<Response> response);
  // The text gets the name of the middleware. invalid_argument: a code that is no error.
  Status fail(ErrorCode code, std::string_view text);
  // The call is made once more after the delay, and after() runs again with what came of it. In after() and on_error() of
  // the application kind, once in a call. Errors: those of CallEditor::may_retry.
  Status retry_once(std::int64_t delay_ms);

  // Takes the verdict back.
  Status withdraw();

  // Ends a step that is pending. May come before the step has returned.
  Status finish();
  // Whether nothing can be done any more.
  bool over() const;

  // In a filter: hands on one piece, an empty one is dropped. invalid_argument: an event whose texts are not UTF-8. What is
  // too much for one piece that came in fails the stream (middleware_failed).
  Status emit(std::string_view bytes);
  Status emit(const SseEvent& event);

  // For the chain, on the loop thread.

  enum class Verdict : std::uint8_t { none, respond, fail, retry };
  // `outcome` is null in before().
  void open(Scope& scope, const Middleware& middleware, Place place, const MiddlewareOutcome* outcome);
  bool finished() const;
  // How much a filter may emit from here on.
  void set_room(std::size_t bytes);
  // After close().
  std::size_t room() const noexcept { return room_; }
  // Notified by finish().
  Wait& wait() noexcept { return wait_; }
  // The step is over. Whether finish() had come.
  bool close();
  // After close().
  Verdict verdict() const noexcept { return verdict_; }
  std::shared_ptr<Response> take_response() noexcept { return std::move(answer_); }
  std::unique_ptr<Error> take_failure() noexcept { return std::move(failure_); }
  Nanos retry_delay() const noexcept { return retry_delay_; }
  std::vector<FilteredPiece> take_pieces() noexcept { return std::exchange(pieces_, {}); }

 private:
  // Tells the loop that the step is finished; part of the context, because there may be no memory then.
  class Notice final : public EventLoop::Work {
   public:
    explicit Notice(MiddlewareContext& context) noexcept : context_(context) {}
    void post();
    void run() noexcept override;
    void discard() noexcept override { const auto dropped = std::move(keep_); }

   private:
    MiddlewareContext& context_;
    std::shared_ptr<MiddlewareContext> keep_;  // while posted
  };

  // All of these with mutex_ held.
  Status require_open() const;
  Status require_changeable() const;
  Status require_place(bool allowed, const char* what) const;
  Status require_verdict(bool allowed) const;
  Status require_room(std::size_t bytes);
  Status judge_failure(ErrorCode code, std::string_view text);
  CallSecrets secrets() const;  // of the request as it is now

  mutable std::mutex mutex_;
  Scope* scope_ = nullptr;  // null when no step is under way; this and the rest: guarded by mutex_
  const Middleware* middleware_ = nullptr;
  const MiddlewareOutcome* outcome_ = nullptr;
  Place place_ = Place::before;
  bool finished_ = false;
  Verdict verdict_ = Verdict::none;
  std::shared_ptr<Response> answer_;
  std::unique_ptr<Error> failure_;
  Nanos retry_delay_ = 0;
  std::vector<FilteredPiece> pieces_;
  std::size_t room_ = 0;  // bytes that may still be emitted

  Wait wait_;  // the loop thread's
  Notice notice_;
  LiveObject live_;
};

// "middleware 'name': text", phase `middleware`.
Error middleware_error(ErrorCode code, const Middleware& middleware, std::string_view text);

}  // namespace ppn
