// What becomes of a response that sends the client elsewhere (RFC 9110 15.4, SEMANTICS 3.10).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/error_code.hpp"

namespace ppn {

struct RedirectOptions {
  std::int64_t max_redirects = 10;
  bool safe_methods_only = false;
  bool allow_downgrade = false;
};

// Those that may name a place to go to: 301, 302, 303, 307, 308. A 300 leaves the choice to the user, 304 is no redirect,
// and 305 would let a server choose the proxy of its clients.
bool is_redirect_status(int status) noexcept;

// Methods that change nothing at the server (RFC 9110 9.2.1).
bool is_safe_method(std::string_view method) noexcept;

// Where the Location field leads, seen from the URL of the request.
enum class RedirectTarget : std::uint8_t {
  none,          // there is no such field, or it is empty
  unusable,      // it is no URL, or there are several that differ
  other_scheme,  // neither http nor https
  downgrade,     // from https to http
  other_origin,  // another host, port, or http to https
  same_origin,
};

enum class RedirectBody : std::uint8_t { none, replayable, one_shot };

struct RedirectFacts {
  int status = 0;
  std::string_view method;  // of the request that was answered
  RedirectTarget target = RedirectTarget::none;
  RedirectBody body = RedirectBody::none;
  int followed = 0;  // before this one
};

struct RedirectDecision {
  enum class Action : std::uint8_t {
    respond,  // the response is that of the call
    follow,
    fail,  // with `code`
  };
  Action action = Action::respond;
  // http_protocol, redirect_blocked, too_many_redirects, body_not_replayable; `ok` unless it fails.
  ErrorCode code = ErrorCode::ok;
  const char* reason = "";  // of a failure, for people
  // The request that follows:
  bool becomes_get = false;         // without a body and the fields that describe one
  bool keeps_body = false;          // which has to be sent once more
  bool strips_credentials = false;  // they belong to the origin that is left
};

RedirectDecision decide_redirect(const RedirectOptions& options, const RedirectFacts& facts) noexcept;

}  // namespace ppn
