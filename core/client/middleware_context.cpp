#include "client/middleware_context.hpp"

#include <algorithm>
#include <utility>

#include "base/secret_registry.hpp"
#include "client/call_secrets.hpp"
#include "codec/utf8.hpp"

namespace ppn {
namespace {

using Lock = std::lock_guard<std::mutex>;

constexpr std::size_t kMaxTextBytes = 4 * 1024;
constexpr std::int64_t kMaxRetryDelayMs = 86'400'000;

Failure invalid_state(const char* text) {
  return Failure(ErrorCode::invalid_state, Phase::middleware, text);
}

Failure invalid_argument(const char* text) {
  return Failure(ErrorCode::invalid_argument, Phase::middleware, text);
}

}  // namespace

std::optional<std::string> Attributes::get(std::string_view name) const {
  const Lock lock(mutex_);
  const auto found = texts_.find(name);
  return found == texts_.end() ? std::nullopt : std::optional(found->second);
}

void Attributes::set(std::string_view name, std::string_view value) {
  const Lock lock(mutex_);
  texts_.insert_or_assign(std::string(name), std::string(value));
}

Error middleware_error(ErrorCode code, const Middleware& middleware, std::string_view text) {
  std::string message = "middleware '" + std::string(middleware.name()) + "': ";
  message += text.substr(0, kMaxTextBytes);
  // An error is one line (base/error.hpp).
  std::ranges::replace_if(
      message, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, ' ');
  return Error(code, Phase::middleware, std::move(message));
}

void MiddlewareContext::open(Scope& scope, const Middleware& middleware, Place place,
                             const MiddlewareOutcome* outcome) {
  const Lock lock(mutex_);
  scope_ = &scope;
  middleware_ = &middleware;
  outcome_ = outcome;
  place_ = place;
  finished_ = false;
  verdict_ = Verdict::none;
  answer_.reset();
  failure_.reset();
  pieces_.clear();
  room_ = 0;
  wait_.reset();
}

bool MiddlewareContext::finished() const {
  const Lock lock(mutex_);
  return finished_;
}

void MiddlewareContext::set_room(std::size_t bytes) {
  const Lock lock(mutex_);
  room_ = bytes;
}

bool MiddlewareContext::close() {
  const Lock lock(mutex_);
  scope_ = nullptr;
  middleware_ = nullptr;
  outcome_ = nullptr;
  return finished_;
}

// A step that is finished may not be touched any more, though the loop has not heard of it.
Status MiddlewareContext::require_open() const {
  if (scope_ != nullptr && !finished_) return {};
  return invalid_state("this step of the middleware is over");
}

Status MiddlewareContext::require_changeable() const {
  if (Status open = require_open(); !open) return open;
  const bool before = place_ == Place::before;
  const bool before_retry =
      (place_ == Place::after || place_ == Place::on_error) && scope_->kind == Middleware::Kind::application;
  if (before || before_retry) return {};
  return invalid_state("the request is sent; it can not be changed any more");
}

Status MiddlewareContext::require_place(bool allowed, const char* what) const {
  if (Status open = require_open(); !open) return open;
  return allowed ? Status() : invalid_state(what);
}

Status MiddlewareContext::require_verdict(bool allowed) const {
  if (Status place = require_place(allowed, "this step can not decide that"); !place) return place;
  const Error* const error = outcome_ != nullptr ? outcome_->error.get() : nullptr;
  if (error != nullptr && error->code == ErrorCode::cancelled) return invalid_state("the call was cancelled");
  return {};
}

Result<std::string> MiddlewareContext::method() const {
  const Lock lock(mutex_);
  if (Status open = require_open(); !open) return std::move(open).failure();
  return scope_->request.method;
}

Result<std::string> MiddlewareContext::url() const {
  const Lock lock(mutex_);
  if (Status open = require_open(); !open) return std::move(open).failure();
  const Url& url = scope_->request.url;
  return std::string(scheme_name(url.scheme)) + "://" + url.authority() + url.target;
}

Result<std::string> MiddlewareContext::url_redacted() const {
  const Lock lock(mutex_);
  if (Status open = require_open(); !open) return std::move(open).failure();
  return scrub(scope_->request.url.redacted(), secrets().views());
}

Result<std::string> MiddlewareContext::origin() const {
  const Lock lock(mutex_);
  if (Status open = require_open(); !open) return std::move(open).failure();
  return scope_->request.url.origin();
}

Result<int> MiddlewareContext::attempt() const {
  const Lock lock(mutex_);
  if (Status open = require_open(); !open) return std::move(open).failure();
  return scope_->attempt;
}

Result<std::optional<std::string>> MiddlewareContext::header(std::string_view name) const {
  const Lock lock(mutex_);
  if (Status open = require_open(); !open) return std::move(open).failure();
  const auto value = scope_->request.headers.find(name);
  return value ? std::optional(std::string(*value)) : std::nullopt;
}

Result<HeaderList> MiddlewareContext::headers() const {
  const Lock lock(mutex_);
  if (Status open = require_open(); !open) return std::move(open).failure();
  return scope_->request.headers;
}

Status MiddlewareContext::set_header(std::string_view name, std::string_view value) {
  const Lock lock(mutex_);
  if (Status state = require_changeable(); !state) return state;
  if (Status valid = validate_header(name, value); !valid) return valid;
  scope_->request.headers.set(name, value);
  return {};
}

Status MiddlewareContext::add_header(std::string_view name, std::string_view value) {
  const Lock lock(mutex_);
  if (Status state = require_changeable(); !state) return state;
  if (Status valid = validate_header(name, value); !valid) return valid;
  scope_->request.headers.add(name, value);
  return {};
}

Status MiddlewareContext::remove_header(std::string_view name) {
  const Lock lock(mutex_);
  if (Status state = require_changeable(); !state) return state;
  scope_->request.headers.remove(name);
  return {};
}

Status MiddlewareContext::set_url(std::string_view url) {
  const Lock lock(mutex_);
  if (Status place = require_place(place_ == Place::before, "the URL is set before the request is sent"); !place) {
    return place;
  }
  Result<Url> parsed = parse_url(url);
  if (!parsed) return std::move(parsed).failure();
  if (parsed->scheme != Scheme::http && parsed->scheme != Scheme::https) {
    return Failure(ErrorCode::unsupported_scheme, Phase::middleware, "a request needs an http or https URL");
  }
  Url& current = scope_->request.url;
  if (scope_->kind == Middleware::Kind::attempt && parsed->origin() != current.origin()) {
    return invalid_argument("an attempt can not go to another origin than its call");
  }
  current = std::move(*parsed);
  return {};
}

Status MiddlewareContext::set_body(std::string bytes) {
  const Lock lock(mutex_);
  const bool allowed = place_ == Place::before && scope_ != nullptr && scope_->editor != nullptr;
  if (Status place = require_place(allowed, "the body is set before a call, not for an attempt"); !place) return place;
  return scope_->editor->set_body(std::move(bytes));
}

Status MiddlewareContext::set_option(std::string_view name, std::string_view value) {
  const Lock lock(mutex_);
  const bool allowed = place_ == Place::before && scope_ != nullptr && scope_->editor != nullptr;
  if (Status place = require_place(allowed, "options are set before a call, not for an attempt"); !place) return place;
  return scope_->editor->set_option(name, value);
}

Result<std::optional<std::string>> MiddlewareContext::attribute(std::string_view name) const {
  const Lock lock(mutex_);
  if (Status open = require_open(); !open) return std::move(open).failure();
  return scope_->attributes->get(name);
}

Status MiddlewareContext::set_attribute(std::string_view name, std::string_view value) {
  const Lock lock(mutex_);
  if (Status open = require_open(); !open) return open;
  scope_->attributes->set(name, value);
  return {};
}

CallSecrets MiddlewareContext::secrets() const {
  return CallSecrets(scope_->request.headers, scope_->request.url);
}

Result<std::shared_ptr<Response>> MiddlewareContext::response() const {
  const Lock lock(mutex_);
  if (Status open = require_open(); !open) return std::move(open).failure();
  if (outcome_ == nullptr || !outcome_->response) return std::shared_ptr<Response>();
  // Whoever makes an error of its status hears no credential of the request. Nobody else writes here meanwhile: the call
  // waits for this middleware.
  Response& response = *outcome_->response;
  if (response.status >= 400 && !response.secrets) response.secrets = std::make_shared<const CallSecrets>(secrets());
  return outcome_->response;
}

Result<std::unique_ptr<Error>> MiddlewareContext::error() const {
  const Lock lock(mutex_);
  if (Status open = require_open(); !open) return std::move(open).failure();
  const Error* const error = outcome_ != nullptr ? outcome_->error.get() : nullptr;
  if (error == nullptr) return std::unique_ptr<Error>();
  // Middleware logs what it sees, and what other middleware has said of the call was not looked at yet.
  auto shown = std::make_unique<Error>(*error);
  scrub_error(*shown, secrets());
  return shown;
}

Status MiddlewareContext::respond(std::shared_ptr<Response> response) {
  const Lock lock(mutex_);
  const bool allowed = place_ != Place::filter && place_ != Place::stream_end;
  if (Status state = require_verdict(allowed); !state) return state;
  if (!response || response->status < 200 || response->status > 599) {
    return invalid_argument("the status of a response must be 200 to 599");
  }
  for (const HeaderField field : response->headers) {
    if (Status valid = validate_field(field.name, field.value); !valid) return valid;
  }
  answer_ = std::move(response);
  verdict_ = Verdict::respond;
  return {};
}

Status MiddlewareContext::judge_failure(ErrorCode code, std::string_view text) {
  if (Status state = require_verdict(place_ != Place::stream_end); !state) return state;
  if (code == ErrorCode::ok || describe(code).code != code) return invalid_argument("the code is no error code");
  failure_ = std::make_unique<Error>(middleware_error(code, *middleware_, text));
  verdict_ = Verdict::fail;
  return {};
}

Status MiddlewareContext::fail(ErrorCode code, std::string_view text) {
  const Lock lock(mutex_);
  return judge_failure(code, text);
}

Status MiddlewareContext::retry_once(std::int64_t delay_ms) {
  const Lock lock(mutex_);
  const bool allowed = (place_ == Place::after || place_ == Place::on_error) && scope_ != nullptr &&
                       scope_->kind == Middleware::Kind::application;
  if (Status state = require_verdict(allowed); !state) return state;
  if (delay_ms < 0 || delay_ms > kMaxRetryDelayMs) {
    return invalid_argument("the delay must be 0 to 86400000 ms");
  }
  if (scope_->retry_used) return invalid_state("the call was made once more before");
  if (scope_->editor != nullptr) {
    if (Status possible = scope_->editor->may_retry(); !possible) return possible;
  }
  retry_delay_ = delay_ms * kMillisecond;
  verdict_ = Verdict::retry;
  return {};
}

Status MiddlewareContext::withdraw() {
  const Lock lock(mutex_);
  if (Status open = require_open(); !open) return open;
  verdict_ = Verdict::none;
  answer_.reset();
  failure_.reset();
  return {};
}

Status MiddlewareContext::finish() {
  const Lock lock(mutex_);
  const bool allowed = place_ != Place::filter && place_ != Place::stream_end;
  if (Status state = require_place(allowed, "a filter can not be pending"); !state) return state;
  finished_ = true;
  // With the lock, so that the chain and with it the loop can not be gone.
  notice_.post();
  return {};
}

bool MiddlewareContext::over() const {
  const Lock lock(mutex_);
  return scope_ == nullptr || finished_;
}

Status MiddlewareContext::require_room(std::size_t bytes) {
  if (Status place = require_place(place_ == Place::filter, "only a filter of a stream emits"); !place) return place;
  const std::size_t needed = bytes + sizeof(FilteredPiece);
  if (needed > room_) {
    static_cast<void>(judge_failure(ErrorCode::middleware_failed, "the filter makes too much of one piece"));
    return invalid_state("the filter makes too much of one piece");
  }
  room_ -= needed;
  return {};
}

Status MiddlewareContext::emit(std::string_view bytes) {
  const Lock lock(mutex_);
  if (Status room = require_room(bytes.size()); !room || bytes.empty()) return room;
  pieces_.emplace_back(bytes);
  return {};
}

Status MiddlewareContext::emit(const SseEvent& event) {
  const Lock lock(mutex_);
  for (const std::string_view text : {event.type, event.data, event.id}) {
    if (!is_utf8(text)) return invalid_argument("the texts of an event must be UTF-8");
  }
  if (Status room = require_room(event.type.size() + event.data.size() + event.id.size()); !room) return room;
  pieces_.emplace_back(event);
  return {};
}

void MiddlewareContext::Notice::post() {
  keep_ = context_.shared_from_this();
  if (!context_.scope_->loop.post(*this)) keep_.reset();  // whoever called finish() holds another reference
}

void MiddlewareContext::Notice::run() noexcept {
  const std::shared_ptr<MiddlewareContext> context = std::move(keep_);
  context->wait_.notify();
}

}  // namespace ppn
