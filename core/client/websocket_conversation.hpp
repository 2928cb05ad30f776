// One WebSocket connection from its handshake to its end (RFC 6455 5 to 8, SEMANTICS 3.5.3 to 3.5.7).
//
//   open --close() or Close frame--> closing --both Close frames--> waiting for the end of the connection --> over
//     \----- problem: Close frame with its code ----^
//
// One coroutine reads, writes and looks at the clock; whoever wants something of it leaves a note and calls look().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/task.hpp"
#include "client/handler.hpp"
#include "client/websocket_options.hpp"
#include "client/websocket_outbox.hpp"
#include "client/websocket_writer.hpp"
#include "codec/permessage_deflate.hpp"
#include "codec/websocket_reader.hpp"
#include "io/transport.hpp"
#include "io/wait.hpp"

namespace ppn {

// How a connection has ended, as its user is told.
struct WebSocketEnd {
  int code = 0;  // 0 = no connection had opened
  std::string reason;
  std::unique_ptr<Error> error;  // null: both sides closed as they should
  bool no_memory = false;        // not even for an error
};

// Thread: the loop thread.
class WebSocketConversation final : private WebSocketSink {
 public:
  class Owner {
   public:
    // Runs code of the user. `abort`: the conversation is going to be interrupted.
    virtual Flow deliver(WebSocketMessageType type, std::string_view data) = 0;
    // The server has sent a Close frame, or something for which it gets one. Whether what is queued is to be sent before
    // a Close is answered.
    virtual bool on_closing(int code) = 0;
    virtual void on_round_trip(Nanos time) = 0;
    // Sees to it that look() is called when other connections had their turn.
    virtual void ask_turn() noexcept = 0;

   protected:
    ~Owner() = default;
  };

  // `unread`: what the server has sent behind its answer to the handshake.
  WebSocketConversation(Owner& owner, EventLoop& loop, std::unique_ptr<Transport> transport,
                        const WebSocketOptions& options, const std::optional<DeflateParameters>& deflate,
                        WebSocketOutbox& outbox, std::string unread);

  Task<WebSocketEnd> run(Token& token);

  // The loop looks again at what there is to do.
  void look() noexcept { transport_->event().notify(); }
  // Sends what is queued, then a Close frame. look() makes it happen.
  void close(std::uint16_t code, std::string_view reason);
  // Nothing can be changed any more about how it ends.
  bool closing() const noexcept { return closing_ != Closing::no; }
  void resume() noexcept;

  WebSocketWriter& writer() noexcept { return writer_; }

 private:
  enum class Closing : std::uint8_t { no, by_us, by_server, by_problem };

  bool on_message(WebSocketMessageType type, std::string_view data) override;
  bool on_ping(std::string_view payload) override;
  bool on_pong(std::string_view payload) override;
  bool on_close(std::uint16_t code, std::string_view reason) override;

  bool move_bytes();
  bool read();
  void feed(std::string_view& input);
  void feed_held();
  bool write();
  void fail(const WebSocketProblem& problem);
  void lost(const IoResult& result);
  void finish(int code, ErrorCode error, std::string text);
  Nanos deadline() const noexcept;
  bool look_at_clock();
  void note_closing(Closing how);
  void send_ping();

  Owner& owner_;
  EventLoop& loop_;
  const std::unique_ptr<Transport> transport_;
  const WebSocketOptions& options_;
  WebSocketReader reader_;
  WebSocketWriter writer_;
  std::string held_;            // read, but not taken by a reader that is paused
  std::size_t held_taken_ = 0;  // of it
  bool paused_ = false;
  bool discarding_ = false;  // what arrives, on the way to the Close of the server
  bool write_failed_ = false;
  bool aborted_ = false;

  Closing closing_ = Closing::no;
  bool close_received_ = false;
  Nanos closing_until_ = kNever;
  bool over_ = false;
  WebSocketEnd end_;

  Nanos last_inbound_ = 0;
  bool ping_outstanding_ = false;  // nothing at all has come since
  bool pong_awaited_ = false;      // for the round trip
  Nanos ping_sent_ = 0;
  std::uint64_t pings_ = 0;
};

}  // namespace ppn
