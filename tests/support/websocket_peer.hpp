// One connection of a WebSocketServer, and frames as a server writes them.
#pragma once

#include <string>
#include <string_view>

namespace ppn::test {

// Opcodes of RFC 6455 5.2.
inline constexpr int ws_continuation = 0;
inline constexpr int ws_text = 1;
inline constexpr int ws_binary = 2;
inline constexpr int ws_close = 8;
inline constexpr int ws_ping = 9;
inline constexpr int ws_pong = 10;

struct PeerFrame {
  int opcode = 0;
  bool fin = true;
  int rsv = 0;  // RSV1 = 4, RSV2 = 2, RSV3 = 1
  bool masked = false;
  std::string payload;  // without its mask
};

// The bytes of one frame as a server sends it: not masked, of the shortest length.
std::string ws_frame(int opcode, std::string_view payload, bool fin = true, int rsv = 0);
// The payload of a Close frame; empty for code 0.
std::string ws_close_payload(int code, std::string_view reason = {});
// What answers this key of a handshake (RFC 6455 4.2.2).
std::string ws_accept_of(std::string_view key);

// One connection, for the function that plays it. A step that fails leaves the function by an exception of its own.
class WebSocketPeer {
 public:
  // Where the connection stands among those of the server, from 0.
  int number() const noexcept;

  // Reads the head of a request, which is all a client sends before the answer. The next two do it when it was not done.
  const std::string& read_request();
  // Answers with 101 and these lines more, each with its end: "Sec-WebSocket-Protocol: chat\r\n".
  void accept(std::string_view lines = {});
  // Sends a whole response in place of 101.
  void refuse(std::string_view response);
  // The answer that accept() would send.
  std::string acceptance(std::string_view lines = {});

  void send(std::string_view bytes);
  void send_byte_by_byte(std::string_view bytes);
  void send_frame(int opcode, std::string_view payload, bool fin = true, int rsv = 0);
  void send_text(std::string_view text) { send_frame(ws_text, text); }
  void send_binary(std::string_view bytes) { send_frame(ws_binary, bytes); }
  void send_ping(std::string_view payload = {}) { send_frame(ws_ping, payload); }
  void send_close(int code = 1000, std::string_view reason = {});

  // The next frame of any kind; data and Close frames are noted by the server.
  PeerFrame read_frame();
  // The next whole message. Control frames before it are passed over.
  std::string read_message();
  // The next Close frame, whatever comes before it. Its payload.
  std::string read_close();
  // Answers each message with itself, each Ping, and the Close that ends it.
  void echo();
  // Says Close and reads until the client has answered, or the other way round.
  void close_with(int code = 1000, std::string_view reason = {});
  void answer_close();

  // Neither reads nor writes until the client goes away.
  void hold();
  // Reads and drops until the client closes or resets.
  void wait_for_end();
  // Goes on after WebSocketServer::signal(name).
  void wait_for_signal(std::string_view name);
  void mark(std::string name);

  // These end the connection: in order, our direction alone, or by a reset.
  void close();
  void half_close();
  void reset();

  class Impl;  // of the server
  explicit WebSocketPeer(Impl& impl) : impl_(impl) {}

 private:
  Impl& impl_;
};

}  // namespace ppn::test
