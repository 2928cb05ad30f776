#include "client/websocket.hpp"

#include <array>
#include <chrono>
#include <new>
#include <utility>

#include "base/log.hpp"
#include "client/base_url.hpp"
#include "client/client_loop.hpp"
#include "client/running_websocket.hpp"
#include "client/websocket_opening.hpp"
#include "codec/json.hpp"
#include "codec/utf8.hpp"
#include "codec/websocket_close.hpp"
#include "codec/websocket_handshake.hpp"

namespace ppn {
namespace {

Failure invalid_state(const char* text) {
  return Failure(ErrorCode::invalid_state, Phase::validate, text);
}

// A base URL is http or https; the WebSocket of the same place is ws or wss.
Result<Url> websocket_url(const Client& client, std::string_view text) {
  if (text.find('#') != text.npos) {
    return Failure(ErrorCode::invalid_url, Phase::validate, "the URL of a WebSocket has no fragment (RFC 6455 3)");
  }
  const std::string& base = client.options().base_url;
  const std::string joined = join_url(base, text);
  Result<Url> url = parse_url(joined);
  if (!url) return url;
  if (url->scheme == Scheme::ws || url->scheme == Scheme::wss) return url;
  if (base.empty() || joined == text) {
    return Failure(ErrorCode::unsupported_scheme, Phase::validate, "a WebSocket needs a ws or wss URL");
  }
  url->scheme = url->secure() ? Scheme::wss : Scheme::ws;
  return url;
}

}  // namespace

WebSocket::WebSocket(std::shared_ptr<Client> client, Url url) : client_(std::move(client)), url_(std::move(url)) {}

WebSocket::~WebSocket() = default;

Result<std::shared_ptr<WebSocket>> WebSocket::create(std::shared_ptr<Client> client, std::string_view url) {
  if (client->closed()) return Failure(ErrorCode::client_closed, Phase::validate, "the client is closed");
  Result<Url> parsed = websocket_url(*client, url);
  if (!parsed) return std::move(parsed).failure();
  return std::shared_ptr<WebSocket>(new WebSocket(std::move(client), std::move(*parsed)));
}

Status WebSocket::require_described() const {
  if (!begun_) return {};
  return invalid_state("the WebSocket is started; it can not be changed any more");
}

Status WebSocket::require_changeable() const {
  if (!begun_ || changeable_) return {};
  return invalid_state("the WebSocket is started; it can be changed inside on_reconnecting only");
}

Status WebSocket::require_started() const {
  if (!made_.here()) {
    return Failure(ErrorCode::forked, Phase::validate, "the WebSocket belongs to the parent of this process");
  }
  if (state() != State::described) return {};
  return invalid_state("the WebSocket is not started");
}

Status WebSocket::set_header(std::string_view name, std::string_view value) {
  if (Status state = require_changeable(); !state) return state;
  if (Status valid = validate_websocket_header(name, value); !valid) return valid;
  const std::lock_guard lock(mutex_);
  headers_.set(name, value);
  return {};
}

Status WebSocket::set_url(std::string_view url) {
  if (Status state = require_changeable(); !state) return state;
  Result<Url> parsed = websocket_url(*client_, url);
  if (!parsed) return std::move(parsed).failure();
  const std::lock_guard lock(mutex_);
  if (begun_ && parsed->secure() != url_.secure()) {
    return Failure(ErrorCode::invalid_url, Phase::validate, "ws and wss can not replace each other");
  }
  url_ = std::move(*parsed);
  return {};
}

Status WebSocket::add_subprotocol(std::string_view name) {
  if (Status state = require_described(); !state) return state;
  std::vector<std::string> longer = subprotocols_;
  longer.emplace_back(name);
  if (Status valid = validate_subprotocols(longer); !valid) return valid;
  subprotocols_ = std::move(longer);
  return {};
}

Status WebSocket::set_option(std::string_view name, std::string_view value) {
  if (Status state = require_described(); !state) return state;
  if (!name.starts_with("websocket_")) {
    return Failure(ErrorCode::config_error, Phase::config, "a WebSocket has options whose names begin with websocket_");
  }
  auto changed = std::make_unique<RequestOptions>(request_options());
  Status set = set_request_option(*changed, name, value);
  if (set) own_options_ = std::move(changed);
  return set;
}

Status WebSocket::set_handler(std::unique_ptr<WebSocketHandler>& handler) {
  if (Status state = require_described(); !state) return state;
  if (handler_) return invalid_state("the WebSocket has callbacks");
  hands_messages_ = handler->wants_messages();
  handler_ = std::move(handler);
  return {};
}

Status WebSocket::set_ready_hook(std::shared_ptr<ReadyHook>& hook) {
  if (Status state = require_described(); !state) return state;
  if (ready_hook_) return invalid_state("the WebSocket has a ready callback");
  ready_hook_ = std::move(hook);
  return {};
}

Status WebSocket::connect() {
  if (begun_.exchange(true)) return invalid_state("the WebSocket was started before");
  Result<std::shared_ptr<ClientLoop>> client_loop = client_->client_loop();
  if (!client_loop) return std::move(client_loop).failure();
  std::shared_ptr<TlsContext> tls;
  if (url_.secure()) {
    Result<std::shared_ptr<TlsContext>> context = client_->tls_context();
    if (!context) return std::move(context).failure();
    tls = std::move(*context);
  }
  const WebSocketOptions& set = options();
  outbox_ = std::make_unique<WebSocketOutbox>(static_cast<std::size_t>(set.send_queue_bytes));
  if (!hands_messages_) {
    inbox_ = std::make_unique<WebSocketInbox>(static_cast<std::size_t>(set.receive_queue_bytes),
                                              static_cast<std::size_t>(set.receive_queue_messages), ready_hook_);
  }
  running_ = std::make_shared<RunningWebSocket>(shared_from_this(), *client_loop, std::move(tls));
  const std::shared_ptr<RunningWebSocket> running = running_;
  state_.store(State::connecting, std::memory_order_release);
  if (running->start()) return {};
  running->forget();  // the two hold each other
  end_with(std::make_shared<Error>(ErrorCode::client_closed, Phase::validate, "the runtime is shut down"), false);
  return Failure(ErrorCode::client_closed, Phase::validate, "the runtime is shut down");
}

Status WebSocket::send(Payload kind, std::string_view data, WebSocketReceipt receipt, std::int64_t timeout_ms) {
  if (Status started = require_started(); !started) return started;
  if (data.size() > static_cast<std::size_t>(options().max_message_bytes)) {
    return Failure(ErrorCode::ws_message_too_big, Phase::validate,
                   "the message has more than " + std::to_string(options().max_message_bytes) +
                       " bytes (websocket_max_message_bytes)");
  }
  if (kind == Payload::json) {
    if (Status valid = validate_json(data); !valid) return valid;
  } else if (kind == Payload::text && !is_utf8(data)) {
    return Failure(ErrorCode::invalid_argument, Phase::validate, "the text of the message is not UTF-8");
  }
  const auto type = kind == Payload::binary ? WebSocketMessageType::binary : WebSocketMessageType::text;
  Status added = outbox_->add(type, data, receipt, timeout_ms);
  if (added) {
    running_->ask_to_send();
  } else if (state() == State::closed) {
    // What ended it says more than that it has ended.
    const std::lock_guard lock(mutex_);
    if (error_) added.error().message += ": " + error_->message;
  }
  return added;
}

Status WebSocket::close(std::int64_t code, std::string_view reason) {
  if (Status started = require_started(); !started) return started;
  if (Status valid = validate_close(code, reason); !valid) return valid;
  // Memory first: a close that fails has changed nothing.
  auto wish = std::make_unique<RunningWebSocket::CloseWish>(static_cast<std::uint16_t>(code), std::string(reason));
  close_requested_ = true;
  outbox_->shut();
  State open = State::open;
  state_.compare_exchange_strong(open, State::closing);
  running_->ask_to_close(std::move(wish));
  return {};
}

void WebSocket::cancel() noexcept {
  if (!made_.here() || cancel_requested_.exchange(true) || state() == State::described) return;
  if (inbox_) inbox_->discard();
  running_->ask_to_cancel();
}

void WebSocket::resume() noexcept {
  if (made_.here() && state() != State::described) running_->ask_to_resume();
}

WebSocket::Outcome WebSocket::wait_open(std::int64_t timeout_ms) {
  if (!made_.here()) return Outcome::failed;
  std::unique_lock lock(mutex_);
  const auto ready = [&] { return state() == State::open || state() == State::closed; };
  if (timeout_ms < 0) {
    changed_.wait(lock, ready);
  } else if (!changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), ready)) {
    return Outcome::pending;
  }
  if (state() == State::open) return Outcome::done;
  return ended_open_ ? Outcome::end : ended_as();
}

WebSocket::Outcome WebSocket::wait_closed(std::int64_t timeout_ms) {
  if (!made_.here()) return Outcome::failed;
  std::unique_lock lock(mutex_);
  const auto ready = [&] { return state() == State::closed; };
  if (timeout_ms < 0) {
    changed_.wait(lock, ready);
  } else if (!changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms), ready)) {
    return Outcome::pending;
  }
  return ended_as();
}

WebSocket::Outcome WebSocket::next(std::int64_t timeout_ms) {
  if (!made_.here()) return Outcome::failed;
  if (!inbox_) return wait_closed(timeout_ms);
  bool resume = false;
  const WebSocketInbox::Outcome outcome = inbox_->take(timeout_ms, message_.make(), resume);
  if (resume) running_->ask_to_resume();
  if (outcome == WebSocketInbox::Outcome::message) return Outcome::done;
  if (outcome == WebSocketInbox::Outcome::pending) return Outcome::pending;
  const std::lock_guard lock(mutex_);
  return ended_as();
}

Error WebSocket::error() const {
  if (!made_.here()) {
    return Error(ErrorCode::forked, Phase::validate, "the WebSocket belongs to the parent of this process");
  }
  const std::lock_guard lock(mutex_);
  return error_ ? *error_ : Error(ErrorCode::ws_closed, Phase::none, "the WebSocket is closed");
}

std::shared_ptr<Response> WebSocket::response() const {
  const std::lock_guard lock(mutex_);
  return response_;
}

std::string WebSocket::subprotocol() const {
  const std::lock_guard lock(mutex_);
  return subprotocol_;
}

int WebSocket::close_code() const {
  const std::lock_guard lock(mutex_);
  return close_code_;
}

std::string WebSocket::close_reason() const {
  const std::lock_guard lock(mutex_);
  return close_reason_;
}

std::size_t WebSocket::unsent_count() const {
  const std::lock_guard lock(mutex_);
  return unsent_->size();
}

std::optional<UnsentMessage> WebSocket::take_unsent() {
  const std::lock_guard lock(mutex_);
  if (unsent_->empty()) return std::nullopt;
  UnsentMessage oldest = std::move(unsent_.make().front());
  unsent_.make().pop_front();
  unsent_bytes_ -= queue_cost(oldest.data.size());
  return oldest;
}

void WebSocket::enter(State state) {
  const std::lock_guard lock(mutex_);
  state_.store(state, std::memory_order_release);
  changed_.notify_all();
}

// What waits in the outbox will not be sent. It is taken once: whoever is told may send again.
void WebSocket::set_aside_unsent() noexcept {
  std::array<WebSocketBatch, 2> batches;
  for (WebSocketBatch& batch : batches) {
    if (!outbox_->take(batch)) break;
  }
  std::size_t dropped = 0;
  for (const WebSocketBatch& batch : batches) dropped += keep_unsent(batch);
  for (const WebSocketBatch& batch : batches) {
    for (const OutgoingMessage& message : batch.messages) {
      outbox_->release(message.size);
      message.receipt.settle(ErrorCode::ws_closed);
    }
  }
  if (dropped == 0) return;
  try {
    log(LogLevel::warning, std::to_string(dropped) + " unsent messages of a WebSocket were not asked for and dropped");
  } catch (const std::bad_alloc&) {
    // The line is lost.
  }
}

// The newest are kept, up to what the queue may hold: a program that never asks for them must not grow. Returns how many
// were dropped.
std::size_t WebSocket::keep_unsent(const WebSocketBatch& batch) noexcept {
  const std::lock_guard lock(mutex_);
  std::size_t dropped = 0;
  for (const OutgoingMessage& message : batch.messages) {
    try {
      unsent_.make().push_back({message.type, std::string(batch.data(message))});
      unsent_bytes_ += queue_cost(message.size);
    } catch (const std::bad_alloc&) {
      ++dropped;
    }
  }
  while (unsent_->size() > 1 && unsent_bytes_ > static_cast<std::size_t>(options().send_queue_bytes)) {
    unsent_bytes_ -= queue_cost(unsent_->front().data.size());
    unsent_.make().pop_front();
    ++dropped;
  }
  return dropped;
}

void WebSocket::end_with(std::shared_ptr<const Error> error, bool opened) noexcept {
  const std::lock_guard lock(mutex_);
  ended_open_ = opened;
  error_ = std::move(error);
  state_.store(State::closed, std::memory_order_release);
  changed_.notify_all();
  if (inbox_) inbox_->end();
}

}  // namespace ppn
