// The answer to a WebSocket handshake, as lines of fields: what is agreed lies within what was offered, and a list of
// extensions reads the same again.
#include <algorithm>
#include <string>

#include "base/ascii.hpp"
#include "codec/websocket_extensions.hpp"
#include "codec/websocket_handshake.hpp"
#include "fuzz/check.hpp"

using namespace ppn;
using namespace ppn::fuzz;

namespace {

constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";
const std::vector<std::string> kSubprotocols = {"chat", "v2.chat"};

std::string printed(const std::vector<WebSocketExtension>& extensions) {
  std::string text;
  for (const WebSocketExtension& extension : extensions) {
    text += text.empty() ? "" : ", ";
    text += extension.name;
    for (const ExtensionParameter& parameter : extension.parameters) {
      text += "; " + parameter.name;
      if (parameter.value) text += "=\"" + *parameter.value + "\"";
    }
  }
  return text;
}

void check_extensions(const HeaderList& headers) {
  const auto extensions = parse_extensions(headers);
  if (!extensions) return;
  for (const WebSocketExtension& extension : *extensions) {
    check(is_token(extension.name), "the name of an extension is a token");
    for (const ExtensionParameter& parameter : extension.parameters) {
      check(is_token(parameter.name), "the name of a parameter is a token");
      check(!parameter.value || is_token(*parameter.value), "the value of a parameter is a token");
    }
  }
  HeaderList again;
  again.add("Sec-WebSocket-Extensions", printed(*extensions));
  const auto read_again = parse_extensions(again);
  check(read_again && printed(*read_again) == printed(*extensions), "a list reads the same again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  DeflateOptions options;
  options.client_no_context_takeover = (data[0] & 1) != 0;
  options.server_no_context_takeover = (data[0] & 2) != 0;
  options.client_max_window_bits = (data[0] & 4) != 0 ? 0 : 8 + data[1] % 8;
  options.server_max_window_bits = 8 + data[1] / 8 % 8;
  ResponseHead head;
  head.status = (data[2] & 1) != 0 ? 101 : 200;
  if ((data[2] & 2) != 0) {
    head.headers.add("Upgrade", "websocket");
    head.headers.add("Connection", "upgrade");
    head.headers.add("Sec-WebSocket-Accept", websocket_accept(kKey));
  }
  std::string_view rest(reinterpret_cast<const char*>(data + 3), size - 3);
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const std::size_t colon = std::min(line.find(':'), line.size());
    head.headers.add(line.substr(0, colon), trim_ows(line.substr(std::min(colon + 1, line.size()))));
  }

  check_extensions(head.headers);
  const bool offered = (data[2] & 4) != 0;
  const auto result = check_websocket_response(
      head, {kKey, (data[2] & 8) != 0 ? std::span(kSubprotocols) : std::span<const std::string>(),
             offered ? &options : nullptr});
  if (!result) {
    check(result.error().code == ErrorCode::ws_handshake && !result.error().message.empty(),
          "a refusal has its reason");
    return 0;
  }
  check(head.status == 101, "only 101 is accepted");
  const auto& chosen = result->subprotocol;
  check(chosen.empty() || std::find(kSubprotocols.begin(), kSubprotocols.end(), chosen) != kSubprotocols.end(),
        "a subprotocol was offered");
  if (!result->deflate) return 0;
  check(offered, "an extension was offered");
  const DeflateParameters& agreed = *result->deflate;
  const int most = options.client_max_window_bits == 0 ? 15 : options.client_max_window_bits;
  check(agreed.client_max_window_bits >= 8 && agreed.client_max_window_bits <= most, "our window is within the offer");
  check(agreed.server_max_window_bits >= 8 && agreed.server_max_window_bits <= options.server_max_window_bits,
        "the window of the server is within the offer");
  check(agreed.client_no_context_takeover || !options.client_no_context_takeover, "we keep to what we want");
  check(agreed.server_no_context_takeover || !options.server_no_context_takeover, "the server grants what was asked");
  return 0;
}
