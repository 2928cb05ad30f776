// Who may use the routes that need a key.
#pragma once

#include <string>

namespace ai_server {

class Exchange;

// The token of `Authorization: Bearer TOKEN`; empty when there is none.
std::string bearer_of(Exchange& exchange);

void refuse_key(Exchange& exchange);

// False: the key is missing or wrong, and 401 has been sent.
bool authorize(Exchange& exchange, const std::string& api_key);

}  // namespace ai_server
