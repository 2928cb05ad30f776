// Keys that let a server recognise a request that it has seen before (draft-ietf-httpapi-idempotency-key-header).
#pragma once

#include <string>
#include <string_view>

#include "codec/headers.hpp"

namespace ppn {

// Whether the request says by a key that it may be sent twice. `own_header` is one more name to look at, "" for none.
inline bool has_idempotency_key(const HeaderList& headers, std::string_view own_header) noexcept {
  return headers.contains("idempotency-key") || headers.contains("x-idempotency-key") ||
         (!own_header.empty() && headers.contains(own_header));
}

// Gives a POST or PATCH a key of its own unless it has one. With an empty header name nothing happens.
void mint_idempotency_key(HeaderList& headers, std::string_view method, std::string_view header_name);

}  // namespace ppn
