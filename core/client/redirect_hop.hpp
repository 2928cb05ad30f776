// A request that a redirect has made of another one: the message of its own that it goes out with.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "client/request_message.hpp"
#include "client/wire_bytes.hpp"
#include "io/tls.hpp"

namespace ppn {

struct RedirectHop {
  RequestMessage message;
  std::string origin;
  std::shared_ptr<TlsContext> tls;  // null for plain TCP
  WireBytes wire;
  int followed = 0;          // redirects, this one included
  bool has_body = false;     // that of the call goes with it
  bool left_origin = false;  // for good: the credentials do not come back with the origin
};

// Removes what must not reach another origin (SEMANTICS 3.10): headers with the names of credentials, `key_header`, and
// every header whose value holds a secret that is registered or looks like one.
void strip_credentials(HeaderList& headers, std::string_view key_header);

// Removes what describes a body that is not sent any more (RFC 9110 15.4).
void strip_content_headers(HeaderList& headers);

}  // namespace ppn
