// Hedging: a second attempt beside one that takes long, and the first good answer wins (SEMANTICS 3.11).
#include <algorithm>
#include <array>
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
  explicit Arm(RunningCall& call)
      : token(call.loop_), attempt(call.begin_attempt(token)), body(Delivery::collect, call.call_->request_options()) {}

  Token token;
  AdmissionPointer admission;  // of the second one; that of the first is the call's
  std::unique_ptr<Outgoing> outgoing;
  std::unique_ptr<Attempt> attempt;
  BodyDelivery body;
  Status outcome;
  bool ended = false;
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

Task<> RunningCall::run_arm(Arm& arm) {
  try {
    Status outcome = co_await perform(*arm.attempt, arm.outgoing);
    if (outcome && !arm.attempt->answered()) outcome = co_await arm.attempt->read_body(quiet_handler(), arm.body);
    arm.attempt->stop_clock();
    report_attempt_end(*arm.attempt, outcome);
    if (arm.outgoing && !arm.outgoing->chain.empty()) {
      outcome = co_await leave_attempt(*arm.attempt, *arm.outgoing, std::move(outcome));
    }
    arm.outcome = std::move(outcome);
  } catch (const std::bad_alloc&) {
    arm.outcome = no_memory();
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

// attempt_ is the one that counts afterwards: the winner, or the one that failed last.
Task<Status> RunningCall::hedged_attempts() {
  attempt_.reset();
  hedge_.reset(new Hedge);
  auto& arms = hedge_->arms;
  const auto launch = [this](std::unique_ptr<Arm>& arm) {
    arm = std::make_unique<Arm>(*this);
    spawn(run_arm(*arm));
  };
  launch(arms[0]);

  Arm* winner = nullptr;
  const Nanos began = loop_.now();
  Nanos slow_at = loop_.now() + hedge_delay();
  for (std::array<bool, 2> judged{};;) {
    for (std::size_t i = 0; i < arms.size() && winner == nullptr; ++i) {
      if (!arms[i] || !arms[i]->ended || std::exchange(judged[i], true)) continue;
      const Attempt& attempt = *arms[i]->attempt;
      const std::string code = attempt.response() ? provider_code_of(attempt.response()->body) : std::string();
      if (!may_be_mended(decide(attempt, arms[i]->outcome, code))) winner = arms[i].get();
    }
    const bool idle = arms[0]->ended && (!arms[1] || arms[1]->ended);
    if (winner != nullptr || (idle && slow_at == kNever)) break;
    // The first one failed in a way that may be mended: the second one does not wait any longer.
    Wake wake = Wake::timeout;
    if (!idle) wake = co_await hedge_->one_ended.until(token_, slow_at);
    if (wake == Wake::interrupted) break;
    if (wake == Wake::ready) continue;
    slow_at = kNever;
    AdmissionPointer beside;
    if (needs_admission() && !admit_at_once(beside)) continue;
    if (!client_loop_->retry_budget(origin_).withdraw(loop_.now())) continue;
    report_.hedge(loop_.now() - began);
    launch(arms[1]);
    arms[1]->admission = std::move(beside);
  }

  // The wait of a loser ends inside this call.
  for (const auto& arm : arms) {
    if (arm && !arm->ended) arm->token.cancel();
  }
  if (token_.interruption() != ErrorCode::ok && winner == nullptr) co_return interrupted(Phase::first_byte);
  if (winner == nullptr) winner = (arms[1] ? arms[1] : arms[0]).get();
  for (const auto& arm : arms) {
    if (arm && arm.get() != winner) note_attempt(*arm->attempt, arm->outcome, {});
  }
  if (winner == arms[1].get()) admission_ = std::move(winner->admission);  // nobody judges a loser
  attempt_ = std::move(winner->attempt);
  co_return std::move(winner->outcome);
}

}  // namespace ppn
