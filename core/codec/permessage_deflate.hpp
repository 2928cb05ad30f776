// The permessage-deflate extension (RFC 7692): what is offered, and what was agreed.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "codec/headers.hpp"

namespace ppn {

// What a client wants. The default offer is that of SEMANTICS 3.5.9:
// permessage-deflate; client_no_context_takeover; server_no_context_takeover; client_max_window_bits
struct DeflateOptions {
  // Each message is compressed by itself, so that a connection holds no zlib stream between messages. Without context
  // takeover in both directions an idle connection holds none at all; with it up to 256 KiB to send, 40 KiB to receive.
  bool client_no_context_takeover = true;
  bool server_no_context_takeover = true;
  // 8 to 15, the largest window of each direction as a power of two. 15 as that of the server is not worth a word in the
  // offer; as that of the client it is offered without a value. 0 as that of the client: the parameter is not offered,
  // and the server may not limit our window.
  int client_max_window_bits = 15;
  int server_max_window_bits = 15;
  // 1 to 6. On 64 KiB of JSON 6 takes four times as long as 1, for a result that is a tenth smaller.
  int level = 1;
  std::size_t min_bytes = 1024;  // messages below this are sent as they are
};

// What both sides agreed on.
struct DeflateParameters {
  bool client_no_context_takeover = false;
  bool server_no_context_takeover = false;
  int client_max_window_bits = 15;
  int server_max_window_bits = 15;

  bool operator==(const DeflateParameters&) const = default;
};

// invalid_argument, phase `config`, for an option out of its range.
Status validate_deflate(const DeflateOptions& options);

// The value of the Sec-WebSocket-Extensions field of the request.
std::string deflate_offer(const DeflateOptions& options);

// Reads all Sec-WebSocket-Extensions fields of the answer (RFC 7692 5.1, 7.1). `offered` is null when nothing was.
// No field: no extension. ws_handshake, phase `first_byte`, when the answer is not within the offer: another extension
// or a second one, an unknown or repeated parameter, a value that is missing, superfluous or out of range,
// client_max_window_bits that was not offered, a larger window than asked, server_no_context_takeover that was asked
// for and not granted. A smaller window of the server and an unsolicited server_no_context_takeover are accepted.
Result<std::optional<DeflateParameters>> read_extension_answer(const HeaderList& headers,
                                                               const DeflateOptions* offered);

}  // namespace ppn
