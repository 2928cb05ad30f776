#include "policy/redirect_policy.hpp"

namespace ppn {
namespace {

using Action = RedirectDecision::Action;

RedirectDecision failed(ErrorCode code, const char* reason) noexcept {
  return {.action = Action::fail, .code = code, .reason = reason};
}

// RFC 9110 15.4.2 and 15.4.3 allow for POST what every client has always done, 15.4.4 asks for it; a HEAD never turns into
// a GET, whose body nobody has asked for.
bool becomes_get(int status, std::string_view method) noexcept {
  if (status == 303) return method != "GET" && method != "HEAD";
  return (status == 301 || status == 302) && method == "POST";
}

}  // namespace

bool is_redirect_status(int status) noexcept {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool is_safe_method(std::string_view method) noexcept {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "TRACE";
}

RedirectDecision decide_redirect(const RedirectOptions& options, const RedirectFacts& facts) noexcept {
  if (!is_redirect_status(facts.status) || facts.target == RedirectTarget::none) return {};
  if (options.max_redirects <= 0 || (options.safe_methods_only && !is_safe_method(facts.method))) return {};
  if (facts.followed >= options.max_redirects) {
    return failed(ErrorCode::too_many_redirects, "there were more redirects than max_redirects allows");
  }
  switch (facts.target) {
    case RedirectTarget::unusable:
      return failed(ErrorCode::http_protocol, "the redirect has a Location that can not be used");
    case RedirectTarget::other_scheme:
      return failed(ErrorCode::redirect_blocked, "the redirect leads to a scheme other than http and https");
    case RedirectTarget::downgrade:
      if (options.allow_downgrade) break;
      return failed(ErrorCode::redirect_blocked, "the redirect leads from https to http (redirect_allow_downgrade)");
    default: break;
  }
  RedirectDecision next{.action = Action::follow};
  next.becomes_get = becomes_get(facts.status, facts.method);
  next.keeps_body = !next.becomes_get && facts.body != RedirectBody::none;
  next.strips_credentials = facts.target != RedirectTarget::same_origin;
  if (next.keeps_body && facts.body == RedirectBody::one_shot) {
    return failed(ErrorCode::body_not_replayable, "the redirect wants the body again, which can be read only once");
  }
  return next;
}

}  // namespace ppn
