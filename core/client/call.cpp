#include "client/call.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "client/base_url.hpp"
#include "client/client_loop.hpp"
#include "client/file_body.hpp"
#include "client/idempotency.hpp"
#include "client/running_call.hpp"
#include "client/trace_middleware.hpp"
#include "codec/json.hpp"

namespace ppn {
namespace {

// A body up to this size travels with the head: one system call, one TLS record.
constexpr std::size_t kSmallBody = 8 * 1024;

// The trace is the outermost, so that nothing leaves without it.
std::shared_ptr<const MiddlewareList> traced(const MiddlewareList* others) {
  auto list = std::make_shared<MiddlewareList>();
  list->push_back(make_trace_middleware());
  if (others != nullptr) list->insert(list->end(), others->begin(), others->end());
  return list;
}

}  // namespace

Call::Call(std::shared_ptr<Client> client, std::string_view method, Url url)
    : client_(std::move(client)), message_{.method = std::string(method), .url = std::move(url), .headers = {}} {}

Call::~Call() = default;

Result<std::shared_ptr<Call>> Call::create(std::shared_ptr<Client> client, std::string_view method,
                                           std::string_view url) {
  if (client->closed()) return Failure(ErrorCode::client_closed, Phase::validate, "the client is closed");
  if (Status valid = validate_method(method); !valid) return std::move(valid).failure();
  const std::string& base = client->options().base_url;
  Result<Url> parsed = base.empty() ? parse_url(url) : parse_url(join_url(base, url));
  if (!parsed) return std::move(parsed).failure();
  if (parsed->scheme != Scheme::http && parsed->scheme != Scheme::https) {
    return Failure(ErrorCode::unsupported_scheme, Phase::validate, "a request needs an http or https URL");
  }
  return std::shared_ptr<Call>(new Call(std::move(client), method, std::move(*parsed)));
}

Status Call::require_described() const {
  if (!started()) return {};
  return Failure(ErrorCode::invalid_state, Phase::validate, "the request is started; it can not be changed any more");
}

Status Call::set_header(std::string_view name, std::string_view value) {
  if (Status state = require_described(); !state) return state;
  if (Status valid = validate_header(name, value); !valid) return valid;
  message_.headers.set(name, value);
  return {};
}

Status Call::add_header(std::string_view name, std::string_view value) {
  if (Status state = require_described(); !state) return state;
  if (Status valid = validate_header(name, value); !valid) return valid;
  message_.headers.add(name, value);
  return {};
}

Status Call::set_headers(const HeaderList& headers) {
  if (Status state = require_described(); !state) return state;
  for (const HeaderField field : headers) {
    if (Status valid = validate_header(field.name, field.value); !valid) return valid;
  }
  message_.headers.merge(headers);
  return {};
}

Status Call::set_body(std::string_view bytes) {
  if (Status state = require_described(); !state) return state;
  body_.assign(bytes);
  source_.reset();
  has_body_ = true;
  return {};
}

Status Call::set_body_file(const std::string& path) {
  if (Status state = require_described(); !state) return state;
  Result<std::unique_ptr<FileBody>> file = FileBody::open(path);
  if (!file) return std::move(file).failure();
  return set_source(std::move(*file));
}

Status Call::set_body_reader(std::optional<std::uint64_t> length, std::unique_ptr<BodyReader> reader) {
  if (Status state = require_described(); !state) return state;
  return set_source(std::make_unique<CallbackBody>(length, std::move(reader)));
}

Status Call::set_body(std::shared_ptr<const std::string> bytes) {
  if (Status state = require_described(); !state) return state;
  const std::string_view view = *bytes;
  return set_source(std::make_unique<MemoryBody>(std::move(bytes), view));
}

Status Call::set_source(std::unique_ptr<BodySource> source) {
  source_ = std::move(source);
  body_.clear();
  has_body_ = true;
  return {};
}

Status Call::set_json(std::string_view text) {
  if (Status state = require_described(); !state) return state;
  if (Status valid = validate_json(text); !valid) return valid;
  if (!message_.headers.contains("content-type")) message_.headers.add("Content-Type", "application/json");
  return set_body(text);
}

Status Call::set_option(std::string_view name, std::string_view value) {
  if (Status state = require_described(); !state) return state;
  return change_option(name, value);
}

Status Call::set_retry(const RetryOptions& options) {
  if (Status state = require_described(); !state) return state;
  auto changed = std::make_unique<RequestOptions>(request_options());
  changed->retry = options;
  own_options_ = std::move(changed);
  return {};
}

void Call::replace_body(std::string bytes) {
  body_ = std::move(bytes);
  source_.reset();
  has_body_ = true;
}

Status Call::change_option(std::string_view name, std::string_view value) {
  auto changed = std::make_unique<RequestOptions>(request_options());
  Status set = set_request_option(*changed, name, value);
  if (set) own_options_ = std::move(changed);
  return set;
}

// Middleware and the request itself come before these: they only fill gaps (SEMANTICS 3.6).
void Call::add_default_headers(Delivery delivery) {
  const auto add_missing = [this](std::string_view name, std::string_view value) {
    if (!message_.headers.contains(name)) message_.headers.add(name, value);
  };
  message_.headers.reserve(message_.headers.size() + 4, 256);
  if (!client_->options().user_agent.empty()) add_missing("User-Agent", client_->options().user_agent);
  if (delivery != Delivery::events) return add_missing("Accept", "*/*");
  add_missing("Accept", "text/event-stream");
  add_missing("Cache-Control", "no-store");
  // Gateways that compress hold events back until a block is full.
  add_missing("Accept-Encoding", "identity");
}

bool Call::takes_key(const RequestMessage& message) const noexcept {
  return takes_api_key(client_->options(), client_->base(), message.url, message.headers);
}

void Call::finish_message(Delivery delivery) {
  add_default_headers(delivery);
  mint_idempotency_key(message_.headers, message_.method, request_options().idempotency_header);
  if (body_.size() > kSmallBody) {
    const auto owner = std::make_shared<const std::string>(std::exchange(body_, {}));
    source_ = std::make_unique<MemoryBody>(owner, *owner);
  }
  if (source_ && !source_->length()) {
    framing_.kind = RequestFraming::chunked;
  } else if (has_body_) {
    framing_ = {.kind = RequestFraming::length, .content_length = source_ ? *source_->length() : body_.size()};
  }
  const std::string body = std::exchange(body_, {});
  encode(message_, body, wire_);
  wire_body_bytes_ = body.size();
}

void Call::encode(const RequestMessage& message, std::string_view body, WireBytes& wire) const {
  encode(message, framing_, takes_key(message), body, wire);
}

void Call::encode(const RequestMessage& message, RequestFraming framing, bool with_key, std::string_view body,
                  WireBytes& wire) const {
  std::string& text = wire.text();
  text.reserve(512 + body.size());
  append_request_head(text, message.method, message.url, message.headers, framing);
  if (with_key) {
    const Options& options = client_->options();
    wire.add_key_and_body(options.api_key_header, options.api_key_scheme, options.api_key.view(), body);
  } else {
    text += body;
  }
}

void Call::encode_again(const RequestMessage& message, WireBytes& wire) const {
  WireBytes fresh;
  encode(message, wire_body(), fresh);
  wire = std::move(fresh);
}

void Call::encode_redirected(const RequestMessage& message, bool with_body, bool may_take_key, WireBytes& wire) const {
  encode(message, with_body ? framing_ : RequestFraming(), may_take_key && takes_key(message),
         with_body ? wire_body() : std::string_view(), wire);
}

std::string_view Call::wire_body() const noexcept {
  const std::string_view encoded = wire_;
  return encoded.substr(encoded.size() - wire_body_bytes_);
}

std::int64_t Call::expect_ms() const noexcept {
  const RequestOptions& options = request_options();
  if (!options.expect_continue || framing_.kind == RequestFraming::none) return 0;
  if (framing_.kind == RequestFraming::length) {
    const auto least = static_cast<std::uint64_t>(std::max<std::int64_t>(options.expect_continue_min_bytes, 1));
    if (framing_.content_length < least) return 0;
  }
  return options.expect_continue_timeout_ms;
}

Status Call::start(Delivery delivery, std::unique_ptr<CallHandler> handler) {
  auto running = prepare(delivery, std::move(handler), false);
  return running ? hand_over(*running) : std::move(running).failure();
}

Status Call::start_alone(Delivery delivery, std::unique_ptr<CallHandler> handler, const Completion& complete) {
  const bool lone = (!source_ || !source_->calls_user()) && !client_->calls_user();
  auto running = prepare(delivery, std::move(handler), lone);
  if (!running) return std::move(running).failure();
  return lone && (*running)->drive(complete) ? Status() : hand_over(*running);
}

Result<std::shared_ptr<RunningCall>> Call::prepare(Delivery delivery, std::unique_ptr<CallHandler> handler, bool lone) {
  State expected = State::described;
  if (!state_.compare_exchange_strong(expected, State::starting)) {
    return Failure(ErrorCode::invalid_state, Phase::validate, "the request was started before");
  }
  if (cancel_requested_) {
    return refuse({ErrorCode::invalid_state, Phase::validate, "the request was cancelled before it was started"});
  }
  Result<std::shared_ptr<ClientLoop>> client_loop = client_->client_loop();
  if (!client_loop) return refuse(std::move(client_loop).failure());
  std::shared_ptr<TlsContext> tls;
  if (message_.url.secure()) {
    Result<std::shared_ptr<TlsContext>> context = client_->tls_context();
    if (!context) return refuse(std::move(context).failure());
    tls = std::move(*context);
  }
  std::shared_ptr<const MiddlewareList> middleware = client_->middleware();
  if (request_options().send_trace_context) middleware = traced(middleware.get());
  // Middleware may still change it.
  if (!middleware) finish_message(delivery);
  running_ = std::make_shared<RunningCall>(shared_from_this(), *client_loop, std::move(tls), delivery,
                                           std::move(handler), std::move(middleware), lone);
  state_ = State::running;
  return running_;
}

Status Call::hand_over(const std::shared_ptr<RunningCall>& running) {
  if (running->start()) return {};
  running->forget();  // the two hold each other
  return refuse({ErrorCode::client_closed, Phase::validate, "the runtime is shut down"});
}

Failure Call::refuse(Failure failure) noexcept {
  state_ = State::failed_to_start;
  source_.reset();
  return failure;
}

// begin() looks at cancel_requested_, and here it is set before state_ is read: one of the two sees the other.
void Call::cancel() noexcept {
  if (cancel_requested_.exchange(true) || state_.load() != State::running) return;
  running_->request_cancel();
}

void Call::resume() noexcept {
  if (state_.load() != State::running) return;
  // Never inside this function: the callbacks that follow must not nest in the one that calls it.
  if (running_->loop().in_loop_thread() && running_->resume_before_pause()) return;
  running_->request_resume();
}

}  // namespace ppn
