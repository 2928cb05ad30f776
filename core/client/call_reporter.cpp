#include "client/call_reporter.hpp"

#include <algorithm>
#include <new>
#include <string>
#include <utility>

#include "base/secret_registry.hpp"
#include "client/call_secrets.hpp"

namespace ppn {
namespace {

bool is_limiter_refusal(ErrorCode code) noexcept {
  return code == ErrorCode::rate_limited || code == ErrorCode::rate_limit_queue_full ||
         code == ErrorCode::rate_limit_cost || code == ErrorCode::rate_limit_backend;
}

// -1 when neither happened.
Nanos sum_of(Nanos a, Nanos b) noexcept {
  return a < 0 && b < 0 ? -1 : std::max<Nanos>(a, 0) + std::max<Nanos>(b, 0);
}

}  // namespace

struct CallReporter::Watch {
  std::shared_ptr<CallListener> listener;
  std::uint64_t call_id = 0;
  int attempt = 0;
  CallSecrets secrets;
  std::string url;
};

CallReporter::CallReporter() = default;

CallReporter::~CallReporter() = default;

void CallReporter::begin(Client& client, std::string_view method, const Url& url, const HeaderList& headers,
                         Nanos now) noexcept {
  client_ = &client;
  method_ = method;
  url_ = &url;
  began_ = now;
  client.metrics().call_begins();
  if (!client.watched()) return;
  try {
    auto watch = std::make_unique<Watch>();
    watch->listener = client.listener();
    if (watch->listener == nullptr) return;
    watch->call_id = client.next_call_id();
    watch->secrets = CallSecrets(headers, url);
    watch->url = scrub(url.redacted(), watch->secrets.views());
    watch_ = std::move(watch);
  } catch (const std::bad_alloc&) {
    return;  // the call goes on; nobody hears of it
  }
  tell({.type = CallEventType::begin});
}

void CallReporter::tell(CallEvent event) noexcept {
  event.call_id = watch_->call_id;
  event.at = monotonic_now() - began_;
  event.attempt = watch_->attempt;
  event.method = shown_method(method_);
  event.url = watch_->url;
  watch_->listener->on_call_event(event);
}

void CallReporter::look_at_attempt(int number) noexcept {
  watch_->attempt = number;
}

void CallReporter::tell_attempt(int number) noexcept {
  watch_->attempt = number;
  tell({.type = CallEventType::attempt});
}

// A scope is a text of the user.
void CallReporter::tell_wait(Nanos delay, std::string_view scope) noexcept {
  std::string storage;
  try {
    scope = scrub(scope, storage, watch_->secrets.views());
  } catch (const std::bad_alloc&) {
    scope = {};
  }
  tell({.type = CallEventType::rate_limit_wait, .delay = delay, .detail = scope});
}

void CallReporter::end(const CallEnd& how, const Timings& timings) noexcept {
  Metrics& metrics = client_->metrics();
  metrics.record({.method = method_,
                  .url = url_,
                  .status = how.status,
                  .code = how.code,
                  .duration = timings.get(Span::total),
                  .time_to_first_byte = first_byte_,
                  .time_to_first_event = how.stream ? first_event_ : -1,
                  .time_in_queue = timings.get(Span::pool),
                  .dns = timings.get(Span::dns),
                  .connect = sum_of(timings.get(Span::connect), timings.get(Span::tls)),
                  .limiter_wait = limiter_wait_,
                  .attempts = how.attempts,
                  .sent_bytes = how.sent_bytes,
                  .received_bytes = how.received_bytes,
                  .stream = how.stream});
  if (how.stop != StopReason::none) metrics.count_stop(how.stop);
  if (is_limiter_refusal(how.code)) metrics.count_limiter_refusal();
  if (!watched()) return;
  tell({.type = CallEventType::end,
        .status = how.status,
        .code = how.code,
        .detail = how.stop != StopReason::none ? name_of(how.stop) : std::string_view(),
        .bytes = how.received_bytes});
  watch_.reset();
}

}  // namespace ppn
