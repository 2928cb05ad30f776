// The receiving half of a WebSocket client (RFC 6455 5 to 8): bytes in, whole messages and control frames out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "codec/permessage_deflate.hpp"
#include "codec/utf8_validator.hpp"
#include "codec/websocket_close.hpp"
#include "codec/websocket_frame.hpp"

namespace ppn {

class WebSocketInflater;

enum class WebSocketMessageType : std::uint8_t { text, binary };

// Takes what a WebSocketReader has read. Views are valid during the call. Whoever returns false wants no more for now:
// feed() stops right behind that item. The reader must not be fed or destroyed from inside.
class WebSocketSink {
 public:
  // Text is valid UTF-8.
  virtual bool on_message(WebSocketMessageType type, std::string_view data) = 0;
  virtual bool on_ping(std::string_view payload) = 0;
  virtual bool on_pong(std::string_view payload) = 0;
  // At most once, and nothing comes after it. The code is 1005 when the frame held none. The reason is valid UTF-8.
  virtual bool on_close(std::uint16_t code, std::string_view reason) = 0;

 protected:
  ~WebSocketSink() = default;
};

struct WebSocketReaderLimits {
  std::size_t message_bytes = std::size_t{16} << 20;  // of one message, after inflating
};

// A message of one frame that lies whole in the input is handed out as a view into the input. Everything else is
// collected in one buffer that grows with what has arrived, whatever a header announced. Faults are found early: those
// of the first two bytes of a frame with these bytes, a message that is too big with the header that announces it, text
// that is not UTF-8 with the byte that breaks it. What was complete before is delivered first. Control frames between
// fragments are delivered when they come.
class WebSocketReader {
 public:
  enum class Step {
    need_input,  // the input is used up
    stopped,     // the sink returned false; feed the rest, which may be empty, later
    closed,      // a Close frame was read: all further input is dropped (RFC 6455 5.5.1)
    failed,      // final; see problem()
  };

  // `deflate`: what the handshake agreed on; without it RSV1 is a fault.
  explicit WebSocketReader(const WebSocketReaderLimits& limits = {},
                           const std::optional<DeflateParameters>& deflate = std::nullopt);
  WebSocketReader(WebSocketReader&&) noexcept;
  WebSocketReader& operator=(WebSocketReader&&) noexcept;
  ~WebSocketReader();

  // Consumes from the front of `input`. `closed` uses all of it up; it is also what a sink that returned false for the
  // Close frame gets. Without memory the reader fails with out_of_memory and close code 1011; no exception leaves, apart
  // from those of the sink that are no std::bad_alloc, after which the reader must not be used.
  Step feed(std::string_view& input, WebSocketSink& sink);

  // After `failed`: 1002 ws_protocol, 1007 ws_invalid_utf8, 1009 ws_message_too_big, 1011 out_of_memory.
  const WebSocketProblem& problem() const noexcept { return problem_; }

  // A Close frame was read.
  bool closed() const noexcept { return state_ == State::closed; }
  // Between two messages and not inside a frame: where a connection may end without cutting anything off.
  bool idle() const noexcept { return state_ == State::header && header_size_ == 0 && !in_message_; }
  // Bytes that are held for what is under way, for memory accounts.
  std::size_t held_bytes() const noexcept { return message_.capacity() + control_.capacity(); }

 private:
  enum class State : std::uint8_t { header, payload, control, closed, failed };

  enum class Item : std::uint8_t { incomplete, complete, stopped, failed };

  Step run(std::string_view& input, WebSocketSink& sink);
  Item read_header(std::string_view& input);
  bool check_start(unsigned first);
  bool check_second(unsigned first, unsigned second);
  bool begin_frame(std::uint64_t payload_bytes);
  Item read_payload(std::string_view& input, WebSocketSink& sink);
  Item read_control(std::string_view& input, WebSocketSink& sink);
  bool collect(std::string_view piece, bool last);
  bool inflate(std::string_view piece, bool last);
  Item deliver(WebSocketSink& sink, std::string_view data);
  Item deliver_control(WebSocketSink& sink, std::string_view payload);
  bool fail(const WebSocketProblem& problem) noexcept;
  bool break_protocol(const char* text) noexcept;

  WebSocketReaderLimits limits_;
  std::unique_ptr<WebSocketInflater> inflater_;
  std::string message_;  // the message under way
  std::string control_;  // the payload of a control frame that came in pieces
  WebSocketProblem problem_;

  std::uint64_t remaining_ = 0;  // of the payload of the frame under way
  std::array<char, 10> header_{};
  std::uint8_t header_size_ = 0;  // bytes of it in header_
  State state_ = State::header;
  WebSocketOpcode opcode_ = WebSocketOpcode::text;  // of the frame under way
  bool fin_ = false;
  bool in_message_ = false;
  bool compressed_ = false;                                 // the message under way
  WebSocketMessageType type_ = WebSocketMessageType::text;  // the message under way
  Utf8Validator utf8_;
};

}  // namespace ppn
