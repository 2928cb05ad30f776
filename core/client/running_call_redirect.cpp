// J. From a response that sends the client elsewhere to the one that does not (SEMANTICS 3.0, 3.10).
#include <optional>
#include <utility>

#include "base/ascii.hpp"
#include "client/base_url.hpp"
#include "client/redirect_hop.hpp"
#include "client/running_call.hpp"
#include "client/running_call_middleware.hpp"

namespace ppn {
namespace {

struct Location {
  RedirectTarget target = RedirectTarget::none;
  Url url = {};
};

Location location_of(const HeaderList& headers, const Url& current) {
  std::optional<std::string_view> reference;
  for (const HeaderField field : headers) {
    if (!equals_ignore_case(field.name, "location") || field.value.empty()) continue;
    // Whoever reads the other one goes to another place.
    if (reference && *reference != field.value) return {.target = RedirectTarget::unusable};
    reference = field.value;
  }
  if (!reference) return {};
  Result<Url> url = resolve_url(current, *reference);
  if (!url) {
    const bool foreign = url.error().code == ErrorCode::unsupported_scheme;
    return {.target = foreign ? RedirectTarget::other_scheme : RedirectTarget::unusable};
  }
  Location location{.target = RedirectTarget::other_origin, .url = std::move(*url)};
  if (location.url.scheme != Scheme::http && location.url.scheme != Scheme::https) {
    location.target = RedirectTarget::other_scheme;
  } else if (current.secure() && !location.url.secure()) {
    location.target = RedirectTarget::downgrade;
  } else if (same_origin(current, location.url)) {
    location.target = RedirectTarget::same_origin;
  }
  return location;
}

}  // namespace

// Each hop has the middleware of the attempt kind around it, as an attempt has.
Task<Status> RunningCall::follow_redirects(Attempt& attempt, std::unique_ptr<Outgoing>& outgoing) {
  while (attempt.redirected()) {
    Result<std::unique_ptr<RedirectHop>> hop = next_hop(attempt, outgoing.get());
    if (!hop) co_return std::move(hop).failure();
    if (!*hop) co_return Status();
    co_await attempt.peek_body();  // a connection whose response was read can be used again
    if (outgoing && !outgoing->chain.empty()) {
      Status left = co_await leave_hop(attempt, *outgoing);
      if (!left || attempt.answered()) co_return left;
    }
    if (attempt.token().interruption() != ErrorCode::ok) co_return attempt.interrupted(Phase::pool);
    if ((*hop)->has_body) {
      if (Status rewound = rewind(); !rewound) co_return rewound;
    }
    attempt.begin_hop(std::move(*hop));
    Status outcome = co_await perform_hop(attempt, outgoing);
    if (!outcome) co_return outcome;
  }
  co_return Status();
}

// Null: the response is that of the call.
Result<std::unique_ptr<RedirectHop>> RunningCall::next_hop(const Attempt& attempt, const Outgoing* outgoing) {
  const Response& response = *attempt.response();
  const RequestOptions& options = call_->request_options();
  const RedirectHop* const last = attempt.hop();
  const RequestMessage& message = last != nullptr ? last->message : call_->message_;
  // Middleware of an attempt may have changed the path.
  const Url& current = outgoing != nullptr ? outgoing->message.url : message.url;
  Location location = location_of(response.headers, current);

  const bool has_body = last != nullptr ? last->has_body : call_->has_body_;
  const bool one_shot = source_ && !source_->rewindable();
  const RedirectDecision decision =
      decide_redirect(options.redirect, {.status = response.status,
                                         .method = message.method,
                                         .target = location.target,
                                         .body = !has_body  ? RedirectBody::none
                                                 : one_shot ? RedirectBody::one_shot
                                                            : RedirectBody::replayable,
                                         .followed = last != nullptr ? last->followed : 0});
  if (decision.action == RedirectDecision::Action::respond) return std::unique_ptr<RedirectHop>();
  if (decision.action == RedirectDecision::Action::fail) return Failure(decision.code, Phase::body, decision.reason);

  auto hop = std::make_unique<RedirectHop>();
  hop->message = {.method = decision.becomes_get ? "GET" : message.method,
                  .url = std::move(location.url),
                  .headers = message.headers};
  hop->origin = hop->message.url.origin();
  hop->followed = (last != nullptr ? last->followed : 0) + 1;
  hop->has_body = decision.keeps_body;
  hop->left_origin = decision.strips_credentials || (last != nullptr && last->left_origin);
  if (decision.becomes_get) strip_content_headers(hop->message.headers);
  if (hop->left_origin) leave_credentials_behind(hop->message.headers);
  if (!hop->message.url.secure()) return hop;
  hop->tls = facts_.tls;
  if (!hop->tls) {
    Result<std::shared_ptr<TlsContext>> context = call_->client_->tls_context();
    if (!context) return std::move(context).failure();
    hop->tls = std::move(*context);
  }
  return hop;
}

// The way back of I for the response that is not the last. The body of a redirect is nobody's business.
Task<Status> RunningCall::leave_hop(Attempt& attempt, Outgoing& outgoing) {
  MiddlewareOutcome passing{.response = attempt.response(), .error = nullptr};
  outgoing.left = true;
  co_await outgoing.chain.after(attempt.token(), passing);
  if (passing.response != attempt.response()) attempt.answer(std::move(passing.response));
  if (passing.error) co_return Failure(std::move(passing.error));
  co_return Status();
}

Task<Status> RunningCall::perform_hop(Attempt& attempt, std::unique_ptr<Outgoing>& outgoing) {
  RedirectHop& hop = *attempt.hop();
  if (!needs_own_message()) {
    call_->encode_redirected(hop.message, hop.has_body, !hop.left_origin, hop.wire);
    co_return co_await attempt.until_head(request_of(hop, hop.wire));
  }
  outgoing = make_outgoing(attempt, hop.message);
  Status outcome = co_await outgoing->chain.before(attempt.token());
  if (auto answer = outgoing->chain.short_circuit()) {
    attempt.answer(std::move(answer));
  } else if (outcome) {
    RequestMessage& message = outgoing->message;
    if (hop.left_origin) leave_credentials_behind(message.headers);
    call_->encode_redirected(message, hop.has_body, !hop.left_origin, outgoing->wire);
    outcome = co_await attempt.until_head(request_of(hop, outgoing->wire));
  }
  co_return outcome;
}

// Also after the middleware of a hop, which may not know whose request it sees.
void RunningCall::leave_credentials_behind(HeaderList& headers) const {
  strip_credentials(headers, call_->client_->options().api_key_header);
  if (!middleware_) return;
  for (const std::shared_ptr<Middleware>& middleware : *middleware_) {
    const std::string_view name = middleware->credential_header();
    if (!name.empty()) headers.remove(name);
  }
}

AttemptRequest RunningCall::request_of(const RedirectHop& hop, std::string_view wire) const noexcept {
  return {.method = hop.message.method,
          .url = hop.message.url,
          .origin = hop.origin,
          .tls = hop.tls,
          .wire = wire,
          .wire_body_bytes = hop.has_body ? call_->wire_body_bytes_ : 0,
          .source = hop.has_body ? source_.get() : nullptr,
          .expect_ms = hop.has_body ? call_->expect_ms() : 0,
          .headers = hop.message.headers,
          .idempotency_header = call_->request_options().idempotency_header};
}

}  // namespace ppn
