// A WebSocket under way, on the loop of its client.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/task.hpp"
#include "client/client_loop.hpp"
#include "client/loop_notice.hpp"
#include "client/websocket.hpp"
#include "client/websocket_conversation.hpp"
#include "client/websocket_opening.hpp"
#include "io/tls.hpp"
#include "io/wait.hpp"
#include "policy/websocket_reconnect.hpp"

namespace ppn {

// Thread: the loop thread, but for the constructor, start(), forget(), in_loop_thread() and the ask_ functions.
class RunningWebSocket final : public std::enable_shared_from_this<RunningWebSocket>,
                               public ClientActivity,
                               private WebSocketConversation::Owner {
 public:
  // How its user wants it closed.
  struct CloseWish {
    std::uint16_t code = 0;
    std::string reason = {};
  };

  RunningWebSocket(std::shared_ptr<WebSocket> owner, std::shared_ptr<ClientLoop> client_loop,
                   std::shared_ptr<TlsContext> tls);
  ~RunningWebSocket();

  // Hands it to the loop. False when the loop has ended.
  bool start() noexcept { return notice_.post(Notice::kBegin); }
  // The loop never took it.
  void forget() noexcept { owner_.reset(); }

  // Something waits in the outbox.
  void ask_to_send() noexcept;
  // The first wish counts.
  void ask_to_close(std::unique_ptr<const CloseWish> wish) noexcept;
  void ask_to_cancel() noexcept { notice_.post(Notice::kCancel); }
  void ask_to_resume() noexcept;

  void cancel_on_loop() noexcept override;
  void wind_down() noexcept override;

 private:
  // What is asked of it, as bits.
  struct Notice {
    static constexpr std::uint8_t kBegin = 1;
    static constexpr std::uint8_t kCancel = 2;
    static constexpr std::uint8_t kResume = 4;
    static constexpr std::uint8_t kLook = 8;
  };
  friend class LoopNotice<RunningWebSocket>;
  EventLoop& loop() const noexcept { return loop_; }
  void on_notice(std::uint8_t asked) noexcept;

  void begin() noexcept;
  RootTask run();
  Task<std::unique_ptr<WebSocketConversation>> open(WebSocketEnd& end);
  void begin_conversation();
  void end_conversation(WebSocketEnd& end);
  Task<bool> wait_to_reconnect(WebSocketEnd& end);
  WebSocketEnd stopped();
  WebSocketEnd failed(Error error);
  WebSocketRequest request();
  void release_handshake() noexcept;
  void look();
  void start_closing(const CloseWish& wish);
  void tell_close(WebSocketEnd& end);
  void terminate(WebSocketEnd end) noexcept;
  const CloseWish* close_wish();

  Flow deliver(WebSocketMessageType type, std::string_view data) override;
  bool on_closing(int code) override;
  void on_round_trip(Nanos time) override;
  void ask_turn() noexcept override { notice_.post(Notice::kLook); }

  std::shared_ptr<WebSocket> owner_;  // until it has terminated
  const std::shared_ptr<ClientLoop> client_loop_;
  EventLoop& loop_;
  const std::shared_ptr<Runtime> runtime_;  // the loop lives as long as it
  const std::shared_ptr<TlsContext> tls_;
  Token token_;
  Wait reconnect_;
  Wait resumed_;  // of a try that is held
  LoopNotice<RunningWebSocket> notice_{*this};
  WebSocketReconnect policy_;
  std::unique_ptr<WebSocketConversation> conversation_;  // while a connection is open
  bool held_ = false;                                    // the next handshake may change until it is resumed
  bool delivering_ = false;    // a message: the conversation looks at the outbox by itself afterwards
  bool resume_asked_ = false;  // while delivering
  std::mutex wish_mutex_;
  std::unique_ptr<const CloseWish> wish_;  // guarded by wish_mutex_; stays
};

}  // namespace ppn
