// Middleware that proves who the caller is: a credential that stays, and a token that is renewed when it is refused.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "client/middleware.hpp"
#include "client/middleware_context.hpp"

namespace ppn {

// Where a credential goes: only ever to one origin, in one header. A request that sets the header itself keeps it.
class CredentialSlot {
 public:
  // `url` is any URL of the origin. An empty scheme sends the secret alone. Errors: invalid_url, unsupported_scheme,
  // invalid_header.
  static Result<CredentialSlot> create(std::string_view url, std::string_view header, std::string_view scheme);

  // invalid_header when the secret can not stand in the header; the text does not repeat it.
  Status check(std::string_view secret) const;
  bool is_for(const MiddlewareContext& context) const;
  const std::string& header() const noexcept { return header_; }
  bool is_taken(const MiddlewareContext& context) const;
  Status fill(MiddlewareContext& context, const Secret& secret) const;

 private:
  std::string origin_;
  std::string header_;
  std::string scheme_;
};

// Sends `secret` with each attempt and hop that goes to the origin of the slot, until a redirect leaves the origin of the
// call.
Result<std::shared_ptr<Middleware>> make_auth_middleware(CredentialSlot slot, std::string_view secret);

// Sends a token, and gets a new one when the server answers 401: once for all calls that wait for it (single flight), and
// once for each call, which is then made once more. A second 401 is the caller's.
class TokenRefresh final : public Middleware, public std::enable_shared_from_this<TokenRefresh> {
 public:
  // Asks for a token: set_token() or refresh_failed() follows, from any thread, at once or later. False: it is not coming.
  // Runs on an I/O thread, several at once when one is forgotten.
  using Refresh = std::function<bool(TokenRefresh&)>;

  // Without a token the first call gets one before it is sent. Error: invalid_header.
  static Result<std::shared_ptr<TokenRefresh>> create(CredentialSlot slot, std::string_view token);
  // How many tokens there were so far. Thread: any.
  std::uint64_t generation() const;
  void set_refresh(Refresh refresh) { refresh_ = std::move(refresh); }

  // A new token, asked for or not. Calls that wait for one go on. Error: invalid_header, which leaves all as it was.
  // Thread: any.
  Status set_token(std::string_view token);
  // There is no new token: calls that got a 401 keep it, those that were not sent fail. Thread: any.
  void refresh_failed() noexcept;

  std::string_view name() const noexcept override { return "token_refresh"; }
  Kind kind() const noexcept override { return Kind::application; }
  std::string_view credential_header() const noexcept override { return slot_.header(); }
  Step before(MiddlewareContext& context) noexcept override;
  Step after(MiddlewareContext& context) noexcept override;
  // Of a stream of events a 401 is an error.
  Step on_error(MiddlewareContext& context) noexcept override { return after(context); }

 private:
  struct Waiter {
    std::shared_ptr<MiddlewareContext> context;
    bool sent;  // has a 401; else it was not sent yet
  };
  using Waiters = std::vector<Waiter>;

  explicit TokenRefresh(CredentialSlot slot) : slot_(std::move(slot)) {}

  Step begin(MiddlewareContext& context);
  Step react(MiddlewareContext& context);
  // Takes the token unless it is still the one of `refused`; then waits for the refresh that is under way, or begins one.
  Step renew(MiddlewareContext& context, std::uint64_t refused, bool sent);
  Status use_token(MiddlewareContext& context);
  void go_on(Waiters waiters) noexcept;
  void give_up(Waiters waiters) noexcept;

  const CredentialSlot slot_;
  Refresh refresh_;
  mutable std::mutex mutex_;
  Secret token_;                  // guarded by mutex_
  std::uint64_t generation_ = 0;  // of token_, 0 = there is none; guarded by mutex_
  Waiters waiters_;               // guarded by mutex_
};

}  // namespace ppn
