// The frames of a WebSocket (RFC 6455 5) as a server reads and writes them. No sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ai_server {

enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

// A whole data message, its fragments joined, or a control frame.
struct Message {
  Opcode kind = Opcode::text;
  std::string data;

  // Of a close: the code, or 1005 when there is none (RFC 6455 7.1.5).
  int close_code() const;
};

// A frame of the server: whole, not masked.
void append_frame(std::string& out, Opcode opcode, std::string_view payload);

// Whether an endpoint may put this code into a Close (RFC 6455 7.4 and what IANA has registered since).
bool may_be_sent(int close_code);

class FrameReader {
 public:
  void feed(std::string_view bytes);
  // The next message or control frame. Nothing: more has to be fed, or the peer broke a rule.
  std::optional<Message> next();
  // 0, or the code with which the connection has to be closed.
  int failure() const noexcept { return failure_; }

 private:
  struct Head {
    std::size_t length = 0;  // of the head itself
    std::uint64_t payload = 0;
    std::uint8_t first = 0;
    std::uint8_t second = 0;

    bool final() const noexcept { return (first & 0x80) != 0; }
    bool is_control() const noexcept { return (first & 0x08) != 0; }
    Opcode opcode() const noexcept { return static_cast<Opcode>(first & 0x0F); }
  };

  std::string_view unread() const { return std::string_view(buffer_).substr(read_); }
  std::optional<Head> read_head() const;
  int problem_of(const Head& head) const;
  std::string take_payload(const Head& head);
  std::optional<Message> finish_control(Message message);
  std::optional<Message> finish_data();

  std::string buffer_;
  std::size_t read_ = 0;  // of buffer_
  Message message_;       // whose fragments are being joined
  bool in_message_ = false;
  int failure_ = 0;
};

}  // namespace ai_server
