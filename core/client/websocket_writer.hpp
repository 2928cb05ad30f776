// The sending half of one open WebSocket: from the outbox and the control frames to bytes on the transport.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/rare.hpp"
#include "client/websocket_options.hpp"
#include "client/websocket_outbox.hpp"
#include "codec/permessage_deflate.hpp"
#include "codec/websocket_deflater.hpp"
#include "codec/websocket_frame.hpp"
#include "io/transport.hpp"

namespace ppn {

// Control frames go before data, and between the frames of one message. Thread: the loop thread.
class WebSocketWriter {
 public:
  WebSocketWriter(Transport& transport, WebSocketOutbox& outbox, const WebSocketOptions& options,
                  const std::optional<DeflateParameters>& deflate);

  // Of several pings that wait for their answer only the last one gets it (RFC 6455 5.5.3).
  void answer_ping(std::string_view payload);
  void ping(std::string_view payload) { ping_.make() = payload; }
  // The last frame: behind everything that was queued, or at once.
  void close(std::string payload, bool behind_queue);

  enum class Step : std::uint8_t { idle, blocked, yield, failed };
  // Writes what the kernel takes. Settles the receipts of messages that have left, which may run code of the user.
  Step write();

  bool close_written() const noexcept { return close_state_ == CloseState::encoded && sent_ == wire_.size(); }
  std::uint64_t written_bytes() const noexcept { return written_; }

  // The connection has ended: the messages of which no byte was written. One of which a part was is settled with
  // `outcome`. Nothing more can be written.
  WebSocketBatch take_unsent(ErrorCode outcome) noexcept;
  // Frees memory that is not needed while nothing is sent.
  void release_buffers() noexcept;

 private:
  enum class CloseState : std::uint8_t { open, behind_queue, now, encoded };
  // A message that begins or ends in wire_.
  struct Mark {
    std::size_t index;  // in batch_
    std::size_t begin;  // in wire_; kBefore = a part of it has left with an earlier one
    std::size_t end;    // kLater = the rest follows
  };
  static constexpr std::size_t kBefore = static_cast<std::size_t>(-1);
  static constexpr std::size_t kLater = static_cast<std::size_t>(-1);

  bool fill();
  void append_pending_control();
  void append_control(WebSocketOpcode opcode, std::string_view payload);
  bool next_message();
  void append_data();
  void begin_frame(WebSocketMessageType type);
  void settle_written();

  Transport& transport_;
  WebSocketOutbox& outbox_;
  const std::size_t fragment_bytes_;
  const std::size_t deflate_min_bytes_;
  std::unique_ptr<WebSocketDeflater> deflater_;  // null: no extension

  WebSocketBatch batch_;
  std::size_t index_ = 0;      // of the message that is encoded next, or in part
  std::size_t completed_ = 0;  // messages of batch_ that have left
  bool in_message_ = false;    // a part of batch_.messages[index_] is encoded
  bool compressed_message_ = false;
  std::string compressed_;    // its payload when it is compressed
  std::string_view payload_;  // what of it has no frame yet
  std::string_view frame_;    // what of the last frame is not encoded yet
  std::size_t frame_offset_ = 0;
  WebSocketMask mask_{};

  std::string wire_;
  std::size_t sent_ = 0;  // of wire_
  std::vector<Mark> marks_;
  std::size_t settled_ = 0;  // of marks_
  std::uint64_t written_ = 0;

  Rare<std::string> pong_;  // what waits to be sent
  Rare<std::string> ping_;
  Rare<std::string> close_payload_;
  CloseState close_state_ = CloseState::open;
  int closing_takes_ = 0;    // since a Close waits
  bool last_batch_ = false;  // what was queued before the Close has been taken
};

}  // namespace ppn
