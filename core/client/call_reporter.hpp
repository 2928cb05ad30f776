// Tells of one call: events to the listener of its client, and one record to the metrics. Without a listener each
// function is a comparison with null, and what the metrics need.
//
// Thread: the loop thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "client/call_event.hpp"
#include "client/client.hpp"
#include "client/metrics.hpp"
#include "codec/headers.hpp"
#include "codec/url.hpp"
#include "http/timings.hpp"

namespace ppn {

// How a call ended.
struct CallEnd {
  int status = 0;
  ErrorCode code = ErrorCode::ok;
  StopReason stop = StopReason::none;
  int attempts = 1;
  std::uint64_t sent_bytes = 0;
  std::uint64_t received_bytes = 0;  // of the body
  bool stream = false;
};

class CallReporter {
 public:
  CallReporter();
  CallReporter(const CallReporter&) = delete;
  CallReporter& operator=(const CallReporter&) = delete;
  ~CallReporter();

  // The call has reached its loop. Client, method and URL outlive the call; the headers are not kept.
  void begin(Client& client, std::string_view method, const Url& url, const HeaderList& headers, Nanos now) noexcept;
  bool watched() const noexcept { return watch_ != nullptr; }

  void attempt(int number) noexcept {
    if (watched()) tell_attempt(number);
  }
  // What follows is of that attempt: two may run side by side.
  void of_attempt(int number) noexcept {
    if (watched()) look_at_attempt(number);
  }
  // Before the wait; `scope` names what is limited.
  void rate_limit_wait(Nanos delay, std::string_view scope) noexcept {
    limiter_wait_ = (limiter_wait_ < 0 ? 0 : limiter_wait_) + delay;
    if (watched()) tell_wait(delay, scope);
  }
  void breaker_changed(BreakerChange change) noexcept {
    client_->metrics().count_breaker(change);
    if (watched()) tell({.type = CallEventType::breaker, .detail = name_of(change)});
  }
  // `state`: a literal.
  void breaker_refused(std::string_view state) noexcept {
    if (watched()) tell({.type = CallEventType::breaker, .code = ErrorCode::circuit_open, .detail = state});
  }
  void connect(std::string_view remote, bool reused) noexcept {
    if (watched()) tell({.type = CallEventType::connect, .remote = remote, .reused = reused});
  }
  void sent(std::uint64_t bytes) noexcept {
    if (watched()) tell({.type = CallEventType::sent, .bytes = bytes});
  }
  void first_byte(int status, Nanos now) noexcept {
    if (first_byte_ < 0) first_byte_ = now - began_;
    if (watched()) tell({.type = CallEventType::first_byte, .status = status});
  }
  // Every piece may be told; the first one counts.
  void piece(Nanos now) noexcept {
    if (first_event_ >= 0) return;
    first_event_ = now - began_;
    if (watched()) tell({.type = CallEventType::first_event});
  }
  bool awaits_first_piece() const noexcept { return first_event_ < 0; }
  void attempt_end(int status, ErrorCode code, std::uint64_t received_bytes) noexcept {
    if (watched()) {
      tell({.type = CallEventType::attempt_end, .status = status, .code = code, .bytes = received_bytes});
    }
  }
  void retry(OutcomeClass reason, Nanos delay, DelaySource source, int status, ErrorCode code) noexcept {
    client_->metrics().count_retry(reason);
    if (watched()) {
      tell({.type = CallEventType::retry,
            .status = status,
            .code = code,
            .delay = delay,
            .source = source,
            .detail = name_of(reason)});
    }
  }
  void hedge(Nanos delay) noexcept {
    client_->metrics().count_hedge();
    if (watched()) tell({.type = CallEventType::hedge, .delay = delay});
  }
  // Before the handler hears of it, so that its callback finds the call counted.
  void end(const CallEnd& how, const Timings& timings) noexcept;

 private:
  struct Watch;

  void tell(CallEvent event) noexcept;
  void tell_attempt(int number) noexcept;
  void look_at_attempt(int number) noexcept;
  void tell_wait(Nanos delay, std::string_view scope) noexcept;

  Client* client_ = nullptr;
  std::string_view method_;
  const Url* url_ = nullptr;
  Nanos began_ = 0;
  Nanos first_byte_ = -1;
  Nanos first_event_ = -1;
  Nanos limiter_wait_ = -1;
  std::unique_ptr<Watch> watch_;  // null when nobody listens
};

}  // namespace ppn
