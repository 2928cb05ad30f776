// The way of a WebSocket, top to bottom: run() -> open() -> conversation -> wait_to_reconnect() -> terminate().
#include "client/running_websocket.hpp"

#include <new>
#include <utility>

#include "base/log.hpp"
#include "base/random.hpp"
#include "client/call_secrets.hpp"
#include "codec/websocket_close.hpp"

namespace ppn {
namespace {

WebSocketReconnectOptions reconnect_options(const RequestOptions& request, bool iterated) {
  const WebSocketOptions& options = request.websocket;
  return {.enabled = options.reconnect == "on" || (options.reconnect == "auto" && iterated),
          .max_attempts = options.reconnect_attempts,
          .delay_ms = options.reconnect_delay_ms,
          .max_delay_ms = options.reconnect_max_delay_ms,
          .max_retry_after_ms = request.retry.max_retry_after_ms,
          .further_codes = parse_close_codes(options.reconnect_codes).value_or(CloseCodeSet())};
}

// Made before it is needed.
const std::shared_ptr<const Error>& no_memory_error() {
  static const auto made =
      std::make_shared<const Error>(ErrorCode::out_of_memory, Phase::none, "no memory for the WebSocket");
  return made;
}

WebSocketEnd no_memory(int code) noexcept {
  return {.code = code, .reason = {}, .error = nullptr, .no_memory = true};
}

}  // namespace

RunningWebSocket::RunningWebSocket(std::shared_ptr<WebSocket> owner, std::shared_ptr<ClientLoop> client_loop,
                                   std::shared_ptr<TlsContext> tls)
    : owner_(std::move(owner)),
      client_loop_(std::move(client_loop)),
      loop_(client_loop_->loop()),
      runtime_(client_loop_->runtime().shared_from_this()),
      tls_(std::move(tls)),
      token_(loop_),
      policy_(reconnect_options(owner_->request_options(), !owner_->has_message_handler())) {
  no_memory_error();
}

RunningWebSocket::~RunningWebSocket() = default;

void RunningWebSocket::begin() noexcept {
  client_loop_->enter(*this);
  if (owner_->cancel_requested_ || client_loop_->closed()) token_.cancel();
  try {
    run();
  } catch (const std::bad_alloc&) {
    terminate(no_memory(0));
  }
}

RootTask RunningWebSocket::run() {
  const std::shared_ptr<RunningWebSocket> self = shared_from_this();  // terminate() drops all other references
  WebSocketEnd end;
  bool again = true;
  while (again) {
    try {
      end = {};
      conversation_ = co_await open(end);
      if (conversation_) {
        // Whoever was told of the connection is told of its end, whatever happens.
        try {
          begin_conversation();
          end = co_await conversation_->run(token_);
        } catch (const std::bad_alloc&) {
          end = no_memory(close_code::kAbnormal);
        }
        end_conversation(end);
      }
      again = co_await wait_to_reconnect(end);
    } catch (const std::bad_alloc&) {
      end = no_memory(end.code);
      again = false;
    }
  }
  terminate(std::move(end));
}

// From the need of a connection to an open one; null when there is none, and `end` says why. What opening takes is gone
// with its frame: a connection may be silent for hours.
Task<std::unique_ptr<WebSocketConversation>> RunningWebSocket::open(WebSocketEnd& end) {
  if (token_.interruption() != ErrorCode::ok || close_wish()) {
    end = stopped();
    co_return nullptr;
  }
  owner_->enter(WebSocket::State::connecting);
  token_.set_deadline(deadline_after(loop_.now(), owner_->options().open_timeout_ms));
  std::shared_ptr<Response> response;
  WebSocketRequest asked = request();
  auto opened = co_await open_websocket(std::move(asked), *client_loop_, token_, response);
  token_.set_deadline(kNever);
  token_.forget_timeout();
  if (response) {
    response->complete = true;
    const std::lock_guard lock(owner_->mutex_);
    owner_->response_ = std::move(response);
  }
  const bool unwanted = token_.interruption() != ErrorCode::ok || close_wish();
  if (unwanted || !opened) {
    end = unwanted ? stopped() : failed(std::move(opened.error()));
    co_return nullptr;
  }
  {
    const std::lock_guard lock(owner_->mutex_);
    owner_->subprotocol_ = std::move(opened->agreement.subprotocol);
  }
  WebSocketConversation::Owner& owner = *this;
  co_return std::make_unique<WebSocketConversation>(owner, loop_, std::move(opened->transport), owner_->options(),
                                                    opened->agreement.deflate, *owner_->outbox_,
                                                    std::move(opened->unread));
}

WebSocketRequest RunningWebSocket::request() {
  const std::lock_guard lock(owner_->mutex_);
  return {.client_options = owner_->client_->options(),
          .base = owner_->client_->base(),
          .options = owner_->options(),
          .url = owner_->url_,
          .headers = owner_->headers_,
          .subprotocols = owner_->subprotocols_,
          .tls = owner_->url_.secure() ? tls_ : nullptr};
}

void RunningWebSocket::begin_conversation() {
  policy_.opened(loop_.now());
  owner_->enter(WebSocket::State::open);
  log(LogLevel::debug, "WebSocket open");
  if (owner_->handler_) owner_->handler_->on_open(owner_->response());
  if (const CloseWish* const wish = close_wish()) start_closing(*wish);
}

void RunningWebSocket::end_conversation(WebSocketEnd& end) {
  const std::unique_ptr<WebSocketConversation> conversation = std::move(conversation_);
  // They keep their place before what was queued later: for the next connection, or for the list of the unsent. What is
  // sent from here on, by on_close too, is meant for the next one.
  owner_->outbox_->put_back(conversation->writer().take_unsent(end.error ? end.error->code : ErrorCode::ws_closed));
  if (!owner_->options().resend_unsent) owner_->set_aside_unsent();
  tell_close(end);
}

void RunningWebSocket::start_closing(const CloseWish& wish) {
  owner_->enter(WebSocket::State::closing);
  conversation_->close(wish.code, wish.reason);
}

void RunningWebSocket::tell_close(WebSocketEnd& end) {
  try {
    log(LogLevel::debug, "WebSocket closed with " + std::to_string(end.code));
    const std::lock_guard lock(owner_->mutex_);
    owner_->close_code_ = end.code;
    owner_->close_reason_ = end.reason;
    if (end.error) {
      end.error->url = owner_->url_.redacted();
      scrub_error(*end.error, CallSecrets(owner_->headers_, owner_->url_));
    }
  } catch (const std::bad_alloc&) {
    end = no_memory(end.code);
  }
  const Error* const error = end.no_memory ? no_memory_error().get() : end.error.get();
  if (owner_->handler_) owner_->handler_->on_close(end.code, end.reason, error);
}

// False: `end` is how it has ended for good.
Task<bool> RunningWebSocket::wait_to_reconnect(WebSocketEnd& end) {
  // A cancel inside on_close is still on its way to the token.
  if (token_.interruption() != ErrorCode::ok || owner_->cancel_requested_ || close_wish()) co_return false;
  // What a connection that was open has ended with is no refusal: its close code decides.
  const bool refused = end.code == 0 && end.error;
  const WebSocketEnding ending{.close_code = end.code,
                               .retryable = refused && end.error->retryable,
                               .server_delay_ms = refused ? end.error->retry_after_ms : -1};
  const WebSocketReconnect::Decision decision = policy_.ended(ending, loop_.now(), random_unit());
  if (decision.verdict == WebSocketReconnect::Verdict::exhausted) {
    const std::string last = end.error ? end.error->message : "closed with " + std::to_string(end.code);
    if (!end.error) end.error = std::make_unique<Error>();
    end.no_memory = false;
    end.error->code = ErrorCode::ws_reconnect_exhausted;
    end.error->attempts = static_cast<std::int32_t>(decision.attempt);
    end.error->message = "given up after " + std::to_string(decision.attempt) + " attempts to reconnect: " + last;
  }
  if (decision.verdict != WebSocketReconnect::Verdict::again) co_return false;
  if (owner_->handler_) {
    owner_->changeable_ = true;
    resumed_.reset();
    held_ = true;  // a resume may come before the handler has returned
    const Flow wish =
        owner_->handler_->on_reconnecting(decision.attempt, decision.delay / kMillisecond, end.code, end.error.get());
    if (wish != Flow::pause) release_handshake();
    if (wish == Flow::abort) co_return false;
  }
  owner_->enter(WebSocket::State::waiting);
  const Nanos due = loop_.now() + decision.delay;
  if (held_) {
    const Nanos patience = deadline_after(due, owner_->options().open_timeout_ms);
    const Wake woken = co_await resumed_.until(token_, patience);
    release_handshake();
    if (woken == Wake::interrupted) {
      end = stopped();
      co_return false;
    }
  }
  if (co_await reconnect_.until(token_, due) == Wake::timeout) co_return true;
  end = stopped();
  co_return false;
}

// Headers and URL of the next handshake stand.
void RunningWebSocket::release_handshake() noexcept {
  held_ = false;
  owner_->changeable_ = false;
}

void RunningWebSocket::terminate(WebSocketEnd end) noexcept {
  const std::shared_ptr<WebSocket> owner = owner_;
  owner->outbox_->shut();
  owner->set_aside_unsent();
  std::shared_ptr<const Error> error;
  try {
    if (!end.no_memory) error = std::move(end.error);
  } catch (const std::bad_alloc&) {
    end.no_memory = true;
  }
  if (end.no_memory) error = no_memory_error();
  owner->end_with(error, end.code != 0);
  if (owner->handler_) {
    owner->handler_->on_terminated(error.get());
    owner->handler_.reset();
  }
  token_.stop();
  client_loop_->leave(*this);
  owner_.reset();
}

// Nobody wants it any more.
WebSocketEnd RunningWebSocket::stopped() {
  if (close_wish()) return {};
  return failed(Error(ErrorCode::cancelled, Phase::none, "the WebSocket was cancelled"));
}

// No connection was made.
WebSocketEnd RunningWebSocket::failed(Error error) {
  {
    const std::lock_guard lock(owner_->mutex_);
    error.url = owner_->url_.redacted();
    scrub_error(error, CallSecrets(owner_->headers_, owner_->url_));
  }
  return {.code = 0, .reason = {}, .error = std::make_unique<Error>(std::move(error))};
}

Flow RunningWebSocket::deliver(WebSocketMessageType type, std::string_view data) {
  if (owner_->cancel_requested_) return Flow::abort;
  delivering_ = true;
  Flow flow =
      owner_->has_message_handler() ? owner_->handler_->on_message(type, data) : owner_->inbox_->add(type, data);
  delivering_ = false;
  if (std::exchange(resume_asked_, false) && flow == Flow::pause) flow = Flow::proceed;
  if (flow != Flow::abort && !owner_->cancel_requested_) return flow;
  token_.cancel();
  return Flow::abort;
}

// What is queued from here on would never be sent, unless there is going to be another connection; then what was queued
// before goes there as well, when it may.
bool RunningWebSocket::on_closing(int code) {
  owner_->enter(WebSocket::State::closing);
  const bool comes_again = policy_.recoverable(code) && !close_wish();
  if (!comes_again) owner_->outbox_->shut();
  return !(comes_again && owner_->options().resend_unsent);
}

void RunningWebSocket::on_round_trip(Nanos time) {
  owner_->ping_us_.store(time / kMicrosecond, std::memory_order_relaxed);
}

void RunningWebSocket::ask_to_send() noexcept {
  if (loop_.in_loop_thread() && delivering_) return;
  notice_.post(Notice::kLook);
}

void RunningWebSocket::ask_to_close(std::unique_ptr<const CloseWish> wish) noexcept {
  {
    const std::lock_guard lock(wish_mutex_);
    if (!wish_) wish_ = std::move(wish);
  }
  notice_.post(Notice::kLook);
}

// Null when nobody has asked; it does not change once somebody has.
const RunningWebSocket::CloseWish* RunningWebSocket::close_wish() {
  const std::lock_guard lock(wish_mutex_);
  return wish_.get();
}

void RunningWebSocket::ask_to_resume() noexcept {
  if (loop_.in_loop_thread() && delivering_) {
    resume_asked_ = true;
  } else {
    notice_.post(Notice::kResume);
  }
}

void RunningWebSocket::cancel_on_loop() noexcept {
  if (owner_) owner_->cancel_requested_ = true;
  token_.cancel();
}

// The notice comes later: what ends inside this call would leave the list that is walked through.
void RunningWebSocket::wind_down() noexcept {
  try {
    if (owner_) static_cast<void>(owner_->close(close_code::kGoingAway, {}));
  } catch (const std::bad_alloc&) {
    ask_to_cancel();
  }
}

void RunningWebSocket::look() {
  const CloseWish* const wish = close_wish();
  if (conversation_ == nullptr) {
    // There is nothing to say goodbye to.
    if (wish) token_.cancel();
    return;
  }
  if (wish && !conversation_->closing()) start_closing(*wish);
  conversation_->look();
}

void RunningWebSocket::on_notice(std::uint8_t asked) noexcept {
  if ((asked & Notice::kBegin) != 0) begin();
  if (!owner_) return;
  if ((asked & Notice::kCancel) != 0) return cancel_on_loop();
  try {
    if ((asked & Notice::kResume) != 0 && conversation_ != nullptr) conversation_->resume();
    if ((asked & (Notice::kResume | Notice::kLook)) != 0) look();
    if ((asked & Notice::kResume) != 0 && held_) resumed_.notify();
  } catch (const std::bad_alloc&) {
    cancel_on_loop();
  }
}

}  // namespace ppn
