// A call under way: the pipeline of SEMANTICS 3.0 on the loop of its client.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/attempt_record.hpp"
#include "base/result.hpp"
#include "base/task.hpp"
#include "client/attempt.hpp"
#include "client/body_delivery.hpp"
#include "client/call.hpp"
#include "client/call_reporter.hpp"
#include "client/client_loop.hpp"
#include "client/handler.hpp"
#include "client/loop_notice.hpp"
#include "client/middleware.hpp"
#include "client/retry_decider.hpp"
#include "io/tls.hpp"
#include "io/wait.hpp"
#include "policy/circuit_breaker.hpp"
#include "policy/retry_policy.hpp"

namespace ppn {

class RateLimiter;
struct MiddlewareOutcome;
struct Outgoing;

// Thread: the loop thread, but for the constructor, loop(), start(), drive(), forget(), request_cancel() and
// request_resume().
class RunningCall final : public std::enable_shared_from_this<RunningCall>,
                          public ClientActivity,
                          private AttemptOwner {
 public:
  RunningCall(std::shared_ptr<Call> call, std::shared_ptr<ClientLoop> client_loop, std::shared_ptr<TlsContext> tls,
              Delivery delivery, std::unique_ptr<CallHandler> handler, std::shared_ptr<const MiddlewareList> middleware,
              bool lone);
  ~RunningCall();

  EventLoop& loop() const noexcept { return loop_; }
  // Hands the call to the loop. False when the loop has ended.
  bool start() noexcept { return notice_.post(Notice::kBegin); }
  // Runs the call on this thread if IoThread::drive allows it, to its end or until the I/O thread takes over. False:
  // start() it.
  bool drive(const Completion& complete);
  // The loop never took the call: ends it without callbacks.
  void forget() noexcept;
  bool lone() const noexcept override { return lone_; }

  // What other threads ask of the call; they may be out of memory, so the work is part of the call.
  void request_cancel() noexcept { notice_.post(Notice::kCancel); }
  void request_resume() noexcept { notice_.post(Notice::kResume); }

  void cancel_on_loop() noexcept override { token_.cancel(); }
  // Ends a pause.
  void resume_on_loop() noexcept;
  // Inside a callback of a call that is not paused: the pause that this callback may ask for does not happen.
  bool resume_before_pause() noexcept;

 private:
  // What is asked of the call, as bits.
  struct Notice {
    static constexpr std::uint8_t kBegin = 1;
    static constexpr std::uint8_t kCancel = 2;
    static constexpr std::uint8_t kResume = 4;
    static constexpr std::uint8_t kTurn = 8;
    static constexpr std::uint8_t kAdmission = 16;
  };
  friend class LoopNotice<RunningCall>;
  void on_notice(std::uint8_t asked) noexcept;

  struct Around;
  struct AroundDeleter {
    void operator()(Around* around) const noexcept;
  };
  struct Admission;
  struct AdmissionDeleter {
    void operator()(Admission* admission) const noexcept;
  };
  using AdmissionPointer = std::unique_ptr<Admission, AdmissionDeleter>;
  struct Arm;
  struct Hedge;
  struct HedgeDeleter {
    void operator()(Hedge* hedge) const noexcept;
  };

  const Facts& facts() const noexcept override { return facts_; }
  CallLimits limits() const noexcept { return facts_.limits(); }
  CallReporter& report() noexcept override { return report_; }
  void on_first_piece() noexcept override;
  void ask_turn() noexcept override { notice_.post(Notice::kTurn); }

  void begin() noexcept;
  void take_turn() noexcept;
  void hedge_take_turn() noexcept;

  // The pipeline.
  RootTask run();
  Task<Status> go_through_middleware();
  Task<Status> try_until_settled();
  Task<Status> one_attempt();
  Task<Status> admit(AdmissionPointer& admission);
  Task<Status> perform(Attempt& attempt, std::unique_ptr<Outgoing>& outgoing);
  Task<Status> perform_with_message(Attempt& attempt, std::unique_ptr<Outgoing>& outgoing);
  Task<Status> leave_attempt(Attempt& attempt, Outgoing& outgoing, Status outcome);
  Task<Status> follow_redirects(Attempt& attempt, std::unique_ptr<Outgoing>& outgoing);
  Task<Status> leave_hop(Attempt& attempt, Outgoing& outgoing);
  Task<Status> perform_hop(Attempt& attempt, std::unique_ptr<Outgoing>& outgoing);
  Task<Status> hedged_attempts();
  Task<Arm*> first_good_arm();
  void launch(std::unique_ptr<Arm>& arm, AdmissionPointer admission);
  Task<> run_arm(Arm& arm);
  void judge(Arm& arm);
  void end_arms() noexcept;
  Task<Status> next_attempt(const RetryDecision& decision, const Status& outcome);
  Task<Status> back_off(const RetryDecision& decision, int status, ErrorCode code);
  Task<Status> deliver();
  Task<bool> begin_again(Status& outcome);
  Task<Status> reconnect(RetryDecision again, Status outcome);
  Task<Status> another_attempt(const RetryDecision& decision, const Status& outcome);
  Task<Status> hand_over_whole(Response& response);
  void complete(Status outcome) noexcept;
  void leave() noexcept;

  // Decisions.
  bool is_looked_at(const Response& response) const;
  AttemptOutcome outcome_of(const Attempt& attempt, const Status& outcome) const;
  RetryDecision decide(const Attempt& attempt, const Status& outcome, std::string_view provider_code) const;
  RetryContext retry_context() const noexcept;
  RetryDecision settle(const Status& outcome);
  RetryDecision ask_decider(const Status& outcome, std::string_view provider_code, const RetryDecision& by_default);
  bool may_hedge() const;
  RetryDecision start_over(const Status& outcome);
  bool may_start_over() const noexcept;
  bool is_resumable() const noexcept;
  RetryDecision reconnection_after(const Status& outcome) const noexcept;
  Nanos end_of_stream() const noexcept;
  bool needs_admission() const noexcept;
  bool admit_at_once(AdmissionPointer& admission);
  Status ask_breaker(Admission& admission);
  void breaker_verdict(Admission& admission, BreakerVerdict verdict, std::optional<Nanos> floor) noexcept;
  void learn_from(const Attempt& attempt, const Status& outcome, bool final_code, Admission* admission);
  void settle_tokens(const Attempt& attempt, Admission* admission);
  bool wants_tokens() const noexcept;
  const std::string& scope();
  std::string_view limiter_scope();
  Nanos hedge_delay() const;

  std::unique_ptr<Attempt> begin_attempt(Token& token);
  AttemptRequest request() const noexcept;
  AttemptRequest request_of(const RedirectHop& hop, std::string_view wire) const noexcept;
  void leave_credentials_behind(HeaderList& headers) const;
  Result<std::unique_ptr<RedirectHop>> next_hop(const Attempt& attempt, const Outgoing* outgoing);
  std::unique_ptr<Outgoing> make_outgoing(const Attempt& attempt, const RequestMessage& message) const;
  bool needs_own_message() const noexcept;
  // The answer of a middleware, or the response of the last attempt; null when there is neither.
  std::shared_ptr<Response> current_response() const noexcept;
  Status finish_message();
  Status rewind();
  MiddlewareOutcome passing_out(Status outcome);
  Status came_out(MiddlewareOutcome passing);
  AttemptRecord record_of(const Attempt& attempt, const Status& outcome, const RetryDecision& decision) const;
  void note_attempt(const Attempt& attempt, const Status& outcome, const RetryDecision& decision);
  void forget_request() noexcept;
  void begin_stream();
  void filter_stream();
  void set_last_event_id();
  void close_response(Response& response) noexcept;
  void report_attempt_end(Attempt& attempt, ErrorCode code) noexcept;
  std::shared_ptr<const std::vector<AttemptRecord>> attempt_log(const Error& error) const;
  StopReason stop_reason_of(const Error& error) const noexcept;
  void note_attempts(Response& response) noexcept;
  void keep_secrets(Response& response);
  void describe(Error& error) noexcept;
  Status no_memory() noexcept;
  Failure interrupted(Phase phase);
  static Failure aborted();

  std::shared_ptr<Call> call_;  // until complete()
  std::shared_ptr<ClientLoop> client_loop_;
  EventLoop& loop_;
  const std::shared_ptr<Runtime> runtime_;  // keeps loop_
  Facts facts_;
  std::unique_ptr<CallHandler> handler_;
  const std::shared_ptr<const MiddlewareList> middleware_;  // null when there is none
  const std::shared_ptr<RateLimiter> limiter_;              // null when there is none
  const std::shared_ptr<RetryDecider> decider_;             // null when there is none
  const Delivery delivery_;
  const bool lone_;
  std::unique_ptr<BodySource> source_;  // until complete(); null when the body, if any, travels with the head
  std::string origin_;
  std::optional<std::string> scope_;  // see scope()
  CallReporter report_;
  Token token_;
  LoopNotice<RunningCall> notice_{*this};
  BodyDelivery body_;
  std::unique_ptr<Around, AroundDeleter> around_;  // when there is middleware
  std::unique_ptr<Outgoing> outgoing_;             // of attempt_, when it has a message of its own
  std::unique_ptr<Hedge, HedgeDeleter> hedge_;     // of the last attempts that ran side by side; keeps their tokens
  AdmissionPointer admission_;                     // for attempt_
  std::unique_ptr<Attempt> attempt_;               // the last one; null before the first and while the call waits
  std::shared_ptr<Response> answer_;               // of a middleware, in place of that of attempt_

  const bool around_attempts_;  // there is middleware of the attempt kind
  // The body is collected before the handler sees anything, so that a failure inside it can be repaired.
  const bool quiet_;
  bool lost_ = false;         // there is no memory even for an error
  bool committed_ = false;    // the handler has seen a part of the response
  bool only_peeked_ = false;  // the body of the last response
  int attempts_ = 0;          // begun
  int retries_ = 0;
  int barren_ = 0;  // connections of a stream in a row that brought no event
  Nanos backoff_so_far_ = -1;
  StopReason stop_reason_ = StopReason::none;
  OutcomeClass last_outcome_ = OutcomeClass::fatal;
  Sent sent_ = Sent::none;                       // of the last attempt that sent anything
  std::vector<AttemptRecord> earlier_attempts_;  // before the last
};

}  // namespace ppn
