// The server's end of one WebSocket (RFC 6455). By hand: Poco's own joins no fragments, answers no pings and lets through
// what has to be refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "exchange.hpp"
#include "frames.hpp"

namespace ai_server {

class WebSocket {
 public:
  // Answers the handshake, with the given subprotocol when the client offers it. Nothing: it was no handshake, and an
  // error has been sent.
  static std::optional<WebSocket> accept(Exchange& exchange, std::string_view subprotocol);

  enum class Outcome { message, silence, ended };
  // Waits for a message, `silence` when none came in time. Answers pings and a Close by itself.
  Outcome receive(std::uint64_t wait_ms, Message& message);
  // False when the peer has gone.
  bool send_text(std::string_view text);
  // The closing handshake: a Close, then the peer's, for which it waits a few seconds.
  void close(int code, std::string_view reason);
  // Ends the TCP connection without a Close.
  void drop();

 private:
  explicit WebSocket(Exchange& exchange) : exchange_(&exchange) {}

  bool send(Opcode opcode, std::string_view payload);
  bool send_close(int code, std::string_view reason);
  bool fill(std::int64_t wait_ms, Outcome& outcome);
  Outcome fail(int code);

  Exchange* exchange_;
  FrameReader reader_;
  bool ended_ = false;
};

}  // namespace ai_server
