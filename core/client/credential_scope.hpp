// Calls that share a limit or a breaker: those to one origin with one credential.
#pragma once

#include <string>
#include <string_view>

#include "client/request_message.hpp"

namespace ppn {

// "https://host:port", and behind a '#' a number that stands for the credential; empty without a credential: then the
// origin is the scope. The number tells credentials apart in this process and says nothing about them. `client_key` is
// the one that the client adds.
std::string credential_scope(const std::string& origin, const RequestMessage& message, std::string_view client_key);

}  // namespace ppn
