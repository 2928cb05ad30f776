// A WebSocket from its description to its end, over one connection after another when it is to be opened again.
//
//   described --connect--> connecting --> open --> closing --> closed
//                              ^            |         |
//                              +-- waiting <+---------+      (option websocket_reconnect)
//
// Thread: the description (set_..., add_...) belongs to one thread at a time; the rest may be called from any. What runs
// on the loop is in running_websocket.cpp.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/live_objects.hpp"
#include "base/process_generation.hpp"
#include "base/rare.hpp"
#include "base/result.hpp"
#include "client/client.hpp"
#include "client/options.hpp"
#include "client/response.hpp"
#include "client/websocket_handler.hpp"
#include "client/websocket_inbox.hpp"
#include "client/websocket_outbox.hpp"
#include "codec/headers.hpp"
#include "codec/url.hpp"

namespace ppn {

class RunningWebSocket;

struct UnsentMessage {
  WebSocketMessageType type = WebSocketMessageType::text;
  std::string data;
};

class WebSocket : public std::enable_shared_from_this<WebSocket> {
 public:
  enum class State : std::uint8_t { described, connecting, open, closing, waiting, closed };
  enum class Payload : std::uint8_t { text, binary, json };

  // Checks the URL, which may be a path when the client has a base URL. Errors: invalid_url, unsupported_scheme,
  // client_closed.
  static Result<std::shared_ptr<WebSocket>> create(std::shared_ptr<Client> client, std::string_view url);
  ~WebSocket();

  WebSocket(const WebSocket&) = delete;
  WebSocket& operator=(const WebSocket&) = delete;

  // Errors: invalid_state once connect() was called (all of them; headers and URL may change inside on_reconnecting),
  // and those named.
  Status set_header(std::string_view name, std::string_view value);  // invalid_header
  Status set_url(std::string_view url);                              // invalid_url, unsupported_scheme
  Status add_subprotocol(std::string_view name);                     // invalid_argument
  Status set_option(std::string_view name, std::string_view value);  // config_error
  // Takes the handler unless it fails: then the caller still has it.
  Status set_handler(std::unique_ptr<WebSocketHandler>& handler);
  // Called when there is a message for next(), or the end, after next() found nothing. Takes it as set_handler does.
  Status set_ready_hook(std::shared_ptr<ReadyHook>& hook);

  // Errors: invalid_state (called before), client_closed, forked, config_error (trust store).
  Status connect();

  // timeout_ms: how long to wait for room in the queue; 0 = not at all, -1 = as long as it takes. The receipt is settled
  // only when this succeeds. Errors: invalid_argument (no UTF-8), json_parse, ws_message_too_big, ws_queue_full, ws_closed,
  // invalid_state (not started), forked.
  Status send(Payload kind, std::string_view data, WebSocketReceipt receipt, std::int64_t timeout_ms);
  // Errors: invalid_argument (code, reason), invalid_state (not started).
  Status close(std::int64_t code, std::string_view reason);
  // Drops the connection. Without effect on one that is not started or has ended.
  void cancel() noexcept;
  // Nobody will hear of it any more: what close() was called for goes on to its end, anything else is dropped.
  void abandon() noexcept {
    if (!close_requested_) cancel();
  }
  // Ends a pause that on_message asked for.
  void resume() noexcept;

  // Of waits. timeout_ms: 0 = look only, -1 = as long as it takes.
  enum class Outcome : std::uint8_t { done, pending, end, failed };
  // `done`: open; `end`: it has terminated, after its last connection was open or as it was asked to; `failed`: it has
  // terminated without one.
  Outcome wait_open(std::int64_t timeout_ms);
  // `end`: closed as it should be; `failed`: error().
  Outcome wait_closed(std::int64_t timeout_ms);
  // `done`: message() is the next one, until the next call. Thread: one at a time.
  Outcome next(std::int64_t timeout_ms);
  const WebSocketMessage& message() const noexcept { return *message_; }
  // After `failed`.
  Error error() const;

  State state() const noexcept { return state_.load(std::memory_order_acquire); }
  bool has_message_handler() const noexcept { return hands_messages_; }
  std::shared_ptr<Response> response() const;  // of the last handshake; null = none yet
  std::string subprotocol() const;
  int close_code() const;
  std::string close_reason() const;
  std::int64_t ping_us() const noexcept { return ping_us_.load(std::memory_order_relaxed); }
  std::size_t queued_bytes() const noexcept { return outbox_ ? outbox_->queued_bytes() : 0; }
  std::size_t unsent_count() const;
  std::optional<UnsentMessage> take_unsent();

 private:
  friend class RunningWebSocket;

  WebSocket(std::shared_ptr<Client> client, Url url);
  Status require_described() const;
  Status require_changeable() const;
  Status require_started() const;
  const WebSocketOptions& options() const noexcept {
    return own_options_ ? own_options_->websocket : client_->options().request.websocket;
  }
  const RequestOptions& request_options() const noexcept {
    return own_options_ ? *own_options_ : client_->options().request;
  }
  Outcome ended_as() const noexcept { return error_ ? Outcome::failed : Outcome::end; }  // mutex_ is held

  // By the loop.
  void enter(State state);
  void set_aside_unsent() noexcept;
  std::size_t keep_unsent(const WebSocketBatch& batch) noexcept;
  // `opened`: its last connection was open.
  void end_with(std::shared_ptr<const Error> error, bool opened) noexcept;

  const std::shared_ptr<Client> client_;
  Url url_;             // guarded by mutex_ once started
  HeaderList headers_;  // guarded by mutex_ once started
  std::vector<std::string> subprotocols_;
  std::unique_ptr<RequestOptions> own_options_;  // null as long as they are those of the client
  std::unique_ptr<WebSocketHandler> handler_;    // constant once started; used and destroyed by the loop

  bool hands_messages_ = false;  // to handler_

  std::atomic<bool> begun_{false};
  std::atomic<State> state_{State::described};
  std::atomic<bool> changeable_{false};  // on_reconnecting runs
  std::atomic<bool> cancel_requested_{false};
  std::atomic<bool> close_requested_{false};
  std::atomic<std::int64_t> ping_us_{-1};
  std::unique_ptr<WebSocketOutbox> outbox_;  // these three are constant once started
  std::shared_ptr<ReadyHook> ready_hook_;    // for inbox_; constant once started, too
  std::unique_ptr<WebSocketInbox> inbox_;    // null when handler_ takes the messages
  std::shared_ptr<RunningWebSocket> running_;
  Rare<WebSocketMessage> message_;

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;  // of state_
  std::shared_ptr<Response> response_;       // guarded by mutex_, as all below
  std::string subprotocol_;
  int close_code_ = 0;
  std::string close_reason_;
  std::shared_ptr<const Error> error_;  // of the end
  bool ended_open_ = false;             // the last connection was open
  Rare<std::list<UnsentMessage>> unsent_;
  std::size_t unsent_bytes_ = 0;
  const MadeInProcess made_;
  LiveObject live_;
};

}  // namespace ppn
