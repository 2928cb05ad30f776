// Hedging: a second attempt beside one that takes long, and the first good answer wins (SEMANTICS 3.11).
#include <algorithm>
#include <array>
#include <exception>
#include <new>
#include <utility>

#include "client/idempotency.hpp"
#include "client/provider_error.hpp"
#include "client/quiet_handler.hpp"
#include "client/running_call_admission.hpp"
#include "client/running_call_middleware.hpp"
#include "policy/replay.hpp"

namespace ppn {
namespace {

constexpr Nanos kLeastDelay = 50 * kMillisecond;
constexpr Nanos kDelayWithoutHistory = 2 * kSecond;

// Whether another attempt may end better, whoever pays for it.
bool may_be_mended(const RetryDecision& decision) noexcept {
  const bool transient =
      decision.outcome == OutcomeClass::not_sent || decision.outcome == OutcomeClass::sent_no_response ||
      decision.outcome == OutcomeClass::status_retryable || decision.outcome == OutcomeClass::body_failed;
  return transient && decision.reason != StopReason::unsafe_method;
}

}  // namespace

// One of the attempts that run side by side, each with a token of its own: a loser is cancelled, the call is not.
struct RunningCall::Arm {
  Arm(RunningCall& call, AdmissionPointer its_admission)
      : token(call.loop_),
        admission(std::move(its_admission)),
        attempt(call.begin_attempt(token)),
        body(Delivery::collect, call.call_->request_options()) {}

  Token token;
  AdmissionPointer admission;
  std::unique_ptr<Outgoing> outgoing;
  std::unique_ptr<Attempt> attempt;
  BodyDelivery body;
  Status outcome;
  bool ended = false;
  bool judged = false;  // it ended by itself
  RetryDecision decision;
};

struct RunningCall::Hedge {
  std::array<std::unique_ptr<Arm>, 2> arms;
  Wait one_ended;
};

void RunningCall::HedgeDeleter::operator()(Hedge* hedge) const noexcept {
  delete hedge;
}

// Only what may be sent twice at the same time: no stream, nothing that the user has seen, a body in memory.
bool RunningCall::may_hedge() const {
  const HedgeOptions& options = call_->request_options().hedge;
  if (!options.enabled || !quiet_ || (source_ && !source_->shareable())) return false;
  return options.unsafe || is_idempotent(call_->message_.method) ||
         has_idempotency_key(call_->message_.headers, call_->request_options().idempotency_header);
}

Nanos RunningCall::hedge_delay() const {
  const std::int64_t fixed_ms = call_->request_options().hedge.delay_ms;
  if (fixed_ms > 0) return fixed_ms * kMillisecond;
  const Nanos p95 = client_loop_->latencies(origin_).p95();
  return p95 == 0 ? kDelayWithoutHistory : std::max(p95, kLeastDelay);
}

void RunningCall::launch(std::unique_ptr<Arm>& arm, AdmissionPointer admission) {
  arm = std::make_unique<Arm>(*this, std::move(admission));
  spawn(run_arm(*arm));
}

Task<> RunningCall::run_arm(Arm& arm) {
  try {
    Status outcome;
    try {
      outcome = co_await perform(*arm.attempt, arm.outgoing);
      if (outcome && arm.attempt->redirected()) outcome = co_await follow_redirects(*arm.attempt, arm.outgoing);
      if (outcome && !arm.attempt->answered()) outcome = co_await arm.attempt->read_body(quiet_handler(), arm.body);
    } catch (const std::bad_alloc&) {
      outcome = no_memory();
    }
    arm.attempt->stop_clock();
    report_attempt_end(*arm.attempt, outcome ? ErrorCode::ok : outcome.error().code);
    if (arm.outgoing && !arm.outgoing->chain.empty()) {
      outcome = co_await leave_attempt(*arm.attempt, *arm.outgoing, std::move(outcome));
    }
    arm.outcome = std::move(outcome);
  } catch (const std::bad_alloc&) {
    arm.outcome = no_memory();
  } catch (const std::exception& problem) {
    arm.outcome = Failure(ErrorCode::internal, Phase::none, problem.what());
  }
  arm.ended = true;
  hedge_->one_ended.notify();
}

// Taking its turn may end an arm, and with it the whole call: the caller keeps it alive.
void RunningCall::hedge_take_turn() noexcept {
  for (std::size_t i = 0; i < 2 && hedge_; ++i) {
    const auto& arm = hedge_->arms[i];
    if (arm && !arm->ended && arm->attempt) arm->attempt->take_turn();
  }
}

// What an attempt that has ended by itself means for the other one.
void RunningCall::judge(Arm& arm) {
  arm.judged = true;
  const auto& response = arm.attempt->response();
  if (arm.outcome && !response) throw std::bad_alloc();  // there was no memory even to say so
  const std::string code = response ? provider_code_of(response->body) : std::string();
  arm.decision = decide(*arm.attempt, arm.outcome, code);
}

// Null: both have failed in ways that may be mended, or the call was interrupted.
Task<RunningCall::Arm*> RunningCall::first_good_arm() {
  auto& arms = hedge_->arms;
  const Nanos began = loop_.now();
  Nanos slow_at = began + hedge_delay();
  launch(arms[0], std::move(admission_));
  for (;;) {
    for (const auto& arm : arms) {
      if (!arm || !arm->ended || arm->judged) continue;
      judge(*arm);
      if (!may_be_mended(arm->decision)) co_return arm.get();
      // A server that says when to come back is not asked again before: that is for a retry to wait for.
      if (outcome_of(*arm->attempt, arm->outcome).server_delay) slow_at = kNever;
    }
    const bool idle = arms[0]->ended && (!arms[1] || arms[1]->ended);
    if (idle && slow_at == kNever) co_return nullptr;
    // The first one failed in a way that may be mended: the second one does not wait any longer.
    Wake wake = Wake::timeout;
    if (!idle) wake = co_await hedge_->one_ended.until(token_, slow_at);
    if (wake == Wake::interrupted) co_return nullptr;
    if (wake == Wake::ready) continue;
    slow_at = kNever;
    AdmissionPointer beside;
    if (needs_admission() && !admit_at_once(beside)) continue;
    if (!client_loop_->retry_budget(origin_).withdraw(loop_.now())) continue;
    report_.hedge(loop_.now() - began);
    launch(arms[1], std::move(beside));
  }
}

// The wait of each ends inside this call. Their frames know the arms, so no arm goes before.
void RunningCall::end_arms() noexcept {
  for (const auto& arm : hedge_->arms) {
    if (arm && !arm->ended) arm->token.cancel();
  }
}

// attempt_ is the one that counts afterwards: the winner, or the one that began last.
Task<Status> RunningCall::hedged_attempts() {
  attempt_.reset();
  hedge_.reset(new Hedge);
  const auto& arms = hedge_->arms;
  Arm* winner = nullptr;
  try {
    winner = co_await first_good_arm();
  } catch (...) {
    end_arms();
    throw;
  }
  end_arms();
  const bool stopped = winner == nullptr && token_.interruption() != ErrorCode::ok;
  if (winner == nullptr) winner = (arms[1] ? arms[1] : arms[0]).get();
  for (const auto& arm : arms) {
    if (!arm || arm.get() == winner) continue;
    if (arm->judged) {
      // It has failed by itself, and that says something, whoever wins.
      const bool final_code = arm->decision.reason == StopReason::provider_code;
      learn_from(*arm->attempt, arm->outcome, final_code, arm->admission.get());
    } else {
      arm->decision.outcome = OutcomeClass::fatal;
    }
    arm->decision.retry = false;
    note_attempt(*arm->attempt, arm->outcome, arm->decision);
    arm->admission.reset();
  }
  admission_ = std::move(winner->admission);
  attempt_ = std::move(winner->attempt);
  if (stopped) co_return interrupted(winner->outcome ? Phase::body : winner->outcome.error().phase);
  co_return std::move(winner->outcome);
}

}  // namespace ppn
