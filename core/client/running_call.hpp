// A call under way: the pipeline of SEMANTICS 3.0 on the loop of its client.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "base/task.hpp"
#include "client/body_delivery.hpp"
#include "client/call.hpp"
#include "client/client_loop.hpp"
#include "client/handler.hpp"
#include "http/exchange.hpp"
#include "http/pool.hpp"
#include "io/tls.hpp"
#include "io/wait.hpp"
#include "policy/replay.hpp"

namespace ppn {

// Thread: the loop thread, but for the constructor, loop(), start(), drive(), forget(), request_cancel() and
// request_resume().
class RunningCall : public std::enable_shared_from_this<RunningCall>, public Linked<OfClient> {
 public:
  RunningCall(std::shared_ptr<Call> call, std::shared_ptr<ClientLoop> client_loop, std::shared_ptr<TlsContext> tls,
              Delivery delivery, std::unique_ptr<CallHandler> handler, bool lone);

  EventLoop& loop() const noexcept { return loop_; }
  // Hands the call to the loop. False when the loop has ended.
  bool start() noexcept { return notice_.post(Notice::kBegin); }
  // Runs the call on this thread if IoThread::drive allows it, to its end or until the I/O thread takes over. False:
  // start() it.
  bool drive(const Completion& complete);
  // The loop never took the call: ends it without callbacks.
  void forget() noexcept;
  // No user code runs in the call, and a caller blocks for it.
  bool lone() const noexcept { return lone_; }

  // What other threads ask of the call; they may be out of memory, so the work is part of the call.
  void request_cancel() noexcept { notice_.post(Notice::kCancel); }
  void request_resume() noexcept { notice_.post(Notice::kResume); }

  void cancel_on_loop() noexcept { token_.cancel(); }
  // Ends a pause.
  void resume_on_loop() noexcept;
  // Inside a callback of a call that is not paused: the pause that this callback may ask for does not happen.
  bool resume_before_pause() noexcept;

 private:
  // The limits of this call in one place: streams have others than calls that collect their body.
  struct Limits {
    std::int64_t total_ms;
    std::int64_t write_ms;
    std::int64_t first_byte_ms;
    std::int64_t idle_ms;
    ErrorCode idle_code;
  };

  // What is asked of the call, on its way to the loop. Asking again before it has arrived changes nothing.
  class Notice final : public EventLoop::Work {
   public:
    static constexpr std::uint8_t kBegin = 1;
    static constexpr std::uint8_t kCancel = 2;
    static constexpr std::uint8_t kResume = 4;
    static constexpr std::uint8_t kTurn = 8;

    explicit Notice(RunningCall& call) noexcept : call_(call) {}
    // False when the loop has ended.
    bool post(std::uint8_t what) noexcept;
    void run() noexcept override;
    void discard() noexcept override;

   private:
    RunningCall& call_;
    std::shared_ptr<RunningCall> keep_;  // while posted
    std::atomic<std::uint8_t> asked_{0};
  };

  void begin() noexcept;
  RootTask run();
  bool may_replay(const Error& error);
  Status no_memory() noexcept;
  Task<Status> attempt(bool fresh);
  Task<Status> lease(bool fresh);
  Task<Status> deliver_body(Exchange& exchange);
  Task<Status> wait_for_consumer(Exchange& exchange, std::string_view& bytes);

  // The call sends its body, which waits for a resume.
  bool body_paused() const noexcept { return source_ && !response_ && source_->paused(); }
  Limits limits() const noexcept;
  Nanos deadline(std::int64_t timeout_ms) const noexcept { return deadline_after(loop_.now(), timeout_ms); }
  Wait& wait_of(Exchange::Step step);
  Failure lease_failure(Error& error, const ConnectionOptions& options);
  Failure interrupted(Phase phase);
  Failure timed_out(ErrorCode code, Phase phase, const char* what, std::int64_t limit_ms);
  Failure give_up(Wake wake, ErrorCode code, Phase phase, const char* what, std::int64_t limit_ms);
  void receive_head(Exchange& exchange);
  void forget_request();
  void note_failure(const Exchange& exchange);
  void end_span(Span span) noexcept;
  void complete(Status outcome) noexcept;

  std::shared_ptr<Call> call_;  // until complete()
  std::shared_ptr<ClientLoop> client_loop_;
  EventLoop& loop_;
  const std::shared_ptr<Runtime> runtime_;  // keeps loop_
  std::shared_ptr<TlsContext> tls_;
  std::unique_ptr<CallHandler> handler_;
  const bool lone_;
  std::unique_ptr<BodySource> source_;  // until complete(); null when the body, if any, travels with the head
  Token token_;
  Notice notice_{*this};
  const bool collects_;  // else the body is a stream, which may be silent for hours
  BodyDelivery body_;
  ConnectionPool::Lease lease_;
  std::shared_ptr<Response> response_;

  Wait turn_;     // notified when other calls had their turn
  Wait resumed_;  // notified by resume_on_loop
  bool paused_ = false;
  std::string held_;  // bytes that the consumer did not take before it paused

  StaleAttempt failed_attempt_;
  Sent sent_ = Sent::none;
  int attempts_ = 0;
  std::uint64_t received_bytes_ = 0;
  Timings timings_;
  Nanos started_ = 0;
  Nanos span_begin_ = 0;
};

}  // namespace ppn
