#include "codec/permessage_deflate.hpp"

#include "base/ascii.hpp"
#include "codec/websocket_extensions.hpp"

namespace ppn {
namespace {

constexpr std::string_view kName = "permessage-deflate";
constexpr std::string_view kClientNoContext = "client_no_context_takeover";
constexpr std::string_view kServerNoContext = "server_no_context_takeover";
constexpr std::string_view kClientWindow = "client_max_window_bits";
constexpr std::string_view kServerWindow = "server_max_window_bits";

constexpr int kMinBits = 8;
constexpr int kMaxBits = 15;

Failure refuse(const char* text) {
  return Failure(ErrorCode::ws_handshake, Phase::first_byte, text);
}

Failure out_of_range(const char* text) {
  return Failure(ErrorCode::invalid_argument, Phase::config, text);
}

// Decimal, without leading zeros (RFC 7692 7.1.2); 0 for anything else.
int read_bits(const std::optional<std::string>& value) noexcept {
  if (!value || value->empty() || value->size() > 2) return 0;
  int bits = 0;
  for (const char c : *value) {
    if (!is_digit(c) || (bits == 0 && c == '0')) return 0;
    bits = bits * 10 + (c - '0');
  }
  return bits >= kMinBits && bits <= kMaxBits ? bits : 0;
}

// What the answer says, before it is held against the offer.
struct Answer {
  bool client_no_context = false;
  bool server_no_context = false;
  int client_bits = 0;  // 0: not there
  int server_bits = 0;
};

const char* read_flag(const ExtensionParameter& parameter, bool& flag) noexcept {
  if (flag) return "the server repeats a parameter of permessage-deflate";
  if (parameter.value) return "the server gives a value to a parameter of permessage-deflate that has none";
  flag = true;
  return nullptr;
}

const char* read_window(const ExtensionParameter& parameter, int& bits) noexcept {
  if (bits != 0) return "the server repeats a parameter of permessage-deflate";
  bits = read_bits(parameter.value);
  return bits == 0 ? "a window of permessage-deflate is not between 8 and 15 bits" : nullptr;
}

// Names are compared as they are: RFC 7692 knows no other spelling. Returns what is wrong, else null.
const char* read_parameter(const ExtensionParameter& parameter, Answer& answer) noexcept {
  if (parameter.name == kClientNoContext) return read_flag(parameter, answer.client_no_context);
  if (parameter.name == kServerNoContext) return read_flag(parameter, answer.server_no_context);
  if (parameter.name == kClientWindow) return read_window(parameter, answer.client_bits);
  if (parameter.name == kServerWindow) return read_window(parameter, answer.server_bits);
  return "the server answers with an unknown parameter of permessage-deflate";
}

}  // namespace

Status validate_deflate(const DeflateOptions& options) {
  const auto is_window = [](int bits) { return bits >= kMinBits && bits <= kMaxBits; };
  if (options.client_max_window_bits != 0 && !is_window(options.client_max_window_bits)) {
    return out_of_range("client_max_window_bits is neither 0 nor between 8 and 15");
  }
  if (!is_window(options.server_max_window_bits)) {
    return out_of_range("server_max_window_bits is not between 8 and 15");
  }
  if (options.level < 1 || options.level > 6)
    return out_of_range("the level of permessage-deflate is not between 1 and 6");
  return {};
}

std::string deflate_offer(const DeflateOptions& options) {
  std::string offer(kName);
  const auto add = [&offer](std::string_view name, int bits = 0) {
    offer.append("; ").append(name);
    if (bits != 0) offer.append("=").append(std::to_string(bits));
  };
  if (options.client_no_context_takeover) add(kClientNoContext);
  if (options.server_no_context_takeover) add(kServerNoContext);
  if (options.client_max_window_bits == kMaxBits) add(kClientWindow);
  if (options.client_max_window_bits != 0 && options.client_max_window_bits < kMaxBits) {
    add(kClientWindow, options.client_max_window_bits);
  }
  if (options.server_max_window_bits < kMaxBits) add(kServerWindow, options.server_max_window_bits);
  return offer;
}

Result<std::optional<DeflateParameters>> read_extension_answer(const HeaderList& headers,
                                                               const DeflateOptions* offered) {
  using Agreed = std::optional<DeflateParameters>;
  const auto extensions = parse_extensions(headers);
  if (!extensions) return refuse("Sec-WebSocket-Extensions of the answer has a wrong syntax");
  if (extensions->empty()) return Agreed();
  if (offered == nullptr) return refuse("the server chose an extension, and none was offered");
  const WebSocketExtension& extension = extensions->front();
  if (extension.name != kName) return refuse("the server chose an extension that was not offered");
  if (extensions->size() != 1) return refuse("the server chose more extensions than were offered");

  Answer answer;
  for (const ExtensionParameter& parameter : extension.parameters) {
    if (const char* const wrong = read_parameter(parameter, answer)) return refuse(wrong);
  }
  if (offered->server_no_context_takeover && !answer.server_no_context) {
    return refuse("the server did not grant server_no_context_takeover");
  }
  if (answer.client_bits != 0 && offered->client_max_window_bits == 0) {
    return refuse("the server answers client_max_window_bits, which was not offered");
  }
  if (answer.client_bits > offered->client_max_window_bits && answer.client_bits != 0) {
    return refuse("the server answers a client window larger than the offered one");
  }
  // A server that leaves the parameter out has not agreed to a smaller window (RFC 7692 7.1.2.1).
  if ((answer.server_bits == 0 ? kMaxBits : answer.server_bits) > offered->server_max_window_bits) {
    return refuse("the server wants a window larger than the offered one");
  }
  DeflateParameters agreed;
  // The client may do without its context unasked, and with a smaller window than the server allows (RFC 7692 7.1.1.2).
  agreed.client_no_context_takeover = offered->client_no_context_takeover || answer.client_no_context;
  agreed.server_no_context_takeover = answer.server_no_context;
  if (offered->client_max_window_bits != 0) agreed.client_max_window_bits = offered->client_max_window_bits;
  if (answer.client_bits != 0) agreed.client_max_window_bits = answer.client_bits;
  if (answer.server_bits != 0) agreed.server_max_window_bits = answer.server_bits;
  return Agreed(agreed);
}

}  // namespace ppn
