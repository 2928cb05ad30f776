// The list of Sec-WebSocket-Extensions (RFC 6455 9.1).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "codec/headers.hpp"

namespace ppn {

struct ExtensionParameter {
  std::string name;
  std::optional<std::string> value;  // unquoted; a token
};

struct WebSocketExtension {
  std::string name;
  std::vector<ExtensionParameter> parameters;
};

// The elements of the one list that all Sec-WebSocket-Extensions fields form together (RFC 6455 11.3.2), empty elements
// left out. Nothing when the syntax is wrong.
std::optional<std::vector<WebSocketExtension>> parse_extensions(const HeaderList& headers);

}  // namespace ppn
