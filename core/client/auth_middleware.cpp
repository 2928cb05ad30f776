#include "client/auth_middleware.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "codec/headers.hpp"
#include "codec/url.hpp"

namespace ppn {
namespace {

constexpr int kUnauthorized = 401;  // RFC 9110 15.5.2
// The generation of the token that a call was sent with.
constexpr std::string_view kSentWith = "ppn.token_generation";

// The last thing to try; without memory even for that the step ends as it is.
void fail_quietly(MiddlewareContext& context, const char* text) noexcept {
  try {
    static_cast<void>(context.fail(ErrorCode::middleware_failed, text));
  } catch (...) {
  }
}

// Takes memory only to say that the call has ended, which nobody wants to know here.
void finish_quietly(MiddlewareContext& context) noexcept {
  try {
    static_cast<void>(context.finish());
  } catch (...) {
  }
}

std::uint64_t number_of(std::string_view text) noexcept {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

class AuthMiddleware final : public Middleware {
 public:
  AuthMiddleware(CredentialSlot slot, std::string_view secret) : slot_(std::move(slot)), secret_(secret) {}

  std::string_view name() const noexcept override { return "auth"; }
  Kind kind() const noexcept override { return Kind::attempt; }
  std::string_view credential_header() const noexcept override { return slot_.header(); }

  Step before(MiddlewareContext& context) noexcept override {
    try {
      if (slot_.is_for(context) && !slot_.is_taken(context) && !slot_.fill(context, secret_)) {
        fail_quietly(context, "the credential could not be set");
      }
    } catch (...) {
      fail_quietly(context, "no memory for the credential");
    }
    return Step::done;
  }

 private:
  const CredentialSlot slot_;
  const Secret secret_;
};

}  // namespace

Result<CredentialSlot> CredentialSlot::create(std::string_view url, std::string_view header, std::string_view scheme) {
  Result<Url> parsed = parse_url(url);
  if (!parsed) return std::move(parsed).failure();
  if (parsed->scheme != Scheme::http && parsed->scheme != Scheme::https) {
    return Failure(ErrorCode::unsupported_scheme, Phase::validate, "a credential needs an http or https URL");
  }
  if (Status valid = validate_header(header, scheme); !valid) return std::move(valid).failure();
  CredentialSlot slot;
  slot.origin_ = parsed->origin();
  slot.header_ = header;
  slot.scheme_ = scheme;
  return slot;
}

Status CredentialSlot::check(std::string_view secret) const {
  if (secret.empty()) return Failure(ErrorCode::invalid_argument, Phase::validate, "the credential is empty");
  return validate_header(header_, secret);
}

bool CredentialSlot::is_for(const MiddlewareContext& context) const {
  const auto origin = context.origin();
  return origin.ok() && *origin == origin_;
}

bool CredentialSlot::is_taken(const MiddlewareContext& context) const {
  const auto value = context.header(header_);
  return value.ok() && value->has_value();
}

Status CredentialSlot::fill(MiddlewareContext& context, const Secret& secret) const {
  if (scheme_.empty()) return context.set_header(header_, secret.view());
  Secret value(scheme_);
  value.append(" ");
  value.append(secret.view());
  return context.set_header(header_, value.view());
}

Result<std::shared_ptr<Middleware>> make_auth_middleware(CredentialSlot slot, std::string_view secret) {
  if (Status valid = slot.check(secret); !valid) return std::move(valid).failure();
  return std::shared_ptr<Middleware>(std::make_shared<AuthMiddleware>(std::move(slot), secret));
}

Result<std::shared_ptr<TokenRefresh>> TokenRefresh::create(CredentialSlot slot, std::string_view token) {
  std::shared_ptr<TokenRefresh> made(new TokenRefresh(std::move(slot)));
  if (!token.empty()) {
    if (Status set = made->set_token(token); !set) return std::move(set).failure();
  }
  return made;
}

Middleware::Step TokenRefresh::before(MiddlewareContext& context) noexcept {
  try {
    return begin(context);
  } catch (...) {
    fail_quietly(context, "no memory for the token");
    return Step::done;
  }
}

Middleware::Step TokenRefresh::after(MiddlewareContext& context) noexcept {
  try {
    return react(context);
  } catch (...) {
    fail_quietly(context, "no memory for the token");
    return Step::done;
  }
}

Middleware::Step TokenRefresh::begin(MiddlewareContext& context) {
  if (!slot_.is_for(context) || slot_.is_taken(context)) return Step::done;
  return renew(context, 0, false);
}

Middleware::Step TokenRefresh::react(MiddlewareContext& context) {
  const auto response = context.response();
  if (!response.ok() || *response == nullptr || (*response)->status != kUnauthorized) return Step::done;
  const auto sent_with = context.attribute(kSentWith);
  if (!sent_with.ok() || !*sent_with || !slot_.is_for(context)) return Step::done;
  // Asked now, so that nobody is asked for a token that this call could not use.
  if (!context.retry_once(0)) return Step::done;
  return renew(context, number_of(**sent_with), true);
}

Middleware::Step TokenRefresh::renew(MiddlewareContext& context, std::uint64_t refused, bool sent) {
  bool renewed = false;
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    renewed = generation_ != refused;
    if (!renewed) {
      // A refresh that all who waited for it have given up is forgotten.
      std::erase_if(waiters_, [](const Waiter& waiter) { return waiter.context->over(); });
      first = waiters_.empty();
      waiters_.push_back({context.shared_from_this(), sent});
    }
  }
  if (renewed) {
    if (!use_token(context)) fail_quietly(context, "the token could not be set");
    return Step::done;
  }
  if (!first) return Step::pending;
  bool coming = false;
  try {
    coming = refresh_(*this);
  } catch (...) {
    // A function of the user. Others may wait for the token by now, so it ends as if there was none.
  }
  if (!coming) refresh_failed();
  return Step::pending;
}

Status TokenRefresh::use_token(MiddlewareContext& context) {
  Secret token;
  std::uint64_t generation = 0;
  {
    const std::lock_guard lock(mutex_);
    token = token_;
    generation = generation_;
  }
  if (Status set = context.set_attribute(kSentWith, std::to_string(generation)); !set) return set;
  return slot_.fill(context, token);
}

std::uint64_t TokenRefresh::generation() const {
  const std::lock_guard lock(mutex_);
  return generation_;
}

Status TokenRefresh::set_token(std::string_view token) {
  if (Status valid = slot_.check(token); !valid) return valid;
  Secret fresh(token);
  Waiters waiters;
  {
    const std::lock_guard lock(mutex_);
    token_ = std::move(fresh);
    ++generation_;
    waiters.swap(waiters_);
  }
  go_on(std::move(waiters));
  return {};
}

void TokenRefresh::refresh_failed() noexcept {
  Waiters waiters;
  {
    const std::lock_guard lock(mutex_);
    waiters.swap(waiters_);
  }
  give_up(std::move(waiters));
}

// Those whose call has ended meanwhile refuse, which is no concern of the others.
void TokenRefresh::go_on(Waiters waiters) noexcept {
  for (const Waiter& waiter : waiters) {
    try {
      if (!use_token(*waiter.context)) fail_quietly(*waiter.context, "the token could not be set");
    } catch (...) {
      fail_quietly(*waiter.context, "no memory for the token");
    }
    finish_quietly(*waiter.context);
  }
}

void TokenRefresh::give_up(Waiters waiters) noexcept {
  for (const Waiter& waiter : waiters) {
    try {
      static_cast<void>(waiter.sent ? waiter.context->withdraw()
                                    : waiter.context->fail(ErrorCode::middleware_failed, "there is no token to send"));
    } catch (...) {
      // Only what tells of a failure takes memory: this one's call has ended, or goes on without a token.
    }
    finish_quietly(*waiter.context);
  }
}

}  // namespace ppn
