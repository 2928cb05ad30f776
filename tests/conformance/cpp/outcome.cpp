#include "outcome.hpp"

#include <utility>

#include "encoding.hpp"

namespace conformance {
namespace {

template <class Exception>
bool is(const ppn::NetworkError& error) {
  return dynamic_cast<const Exception*>(&error) != nullptr;
}

// The class of what was thrown, the most derived first.
std::string kind_of(const ppn::NetworkError& error) {
  using Test = bool (*)(const ppn::NetworkError&);
  static const std::pair<Test, const char*> kinds[] = {
      {is<ppn::ConfigError>, "CONFIG"},
      {is<ppn::UsageError>, "USAGE"},
      {is<ppn::ConnectionError>, "CONNECTION"},
      {is<ppn::TlsError>, "TLS"},
      {is<ppn::TimeoutError>, "TIMEOUT"},
      {is<ppn::ProtocolError>, "PROTOCOL"},
      {is<ppn::BadRequestError>, "BAD_REQUEST"},
      {is<ppn::AuthenticationError>, "AUTHENTICATION"},
      {is<ppn::PermissionDeniedError>, "PERMISSION_DENIED"},
      {is<ppn::NotFoundError>, "NOT_FOUND"},
      {is<ppn::ConflictError>, "CONFLICT"},
      {is<ppn::UnprocessableError>, "UNPROCESSABLE"},
      {is<ppn::TooManyRequestsError>, "TOO_MANY_REQUESTS"},
      {is<ppn::ServerError>, "SERVER"},
      {is<ppn::StatusError>, "STATUS"},
      {is<ppn::StreamError>, "STREAM"},
      {is<ppn::WebSocketError>, "WEBSOCKET"},
      {is<ppn::CancelledError>, "CANCELLED"},
      {is<ppn::RateLimitError>, "RATE_LIMIT"},
      {is<ppn::CircuitOpenError>, "CIRCUIT_OPEN"},
  };
  for (const auto& [test, name] : kinds) {
    if (test(error)) return name;
  }
  return "NETWORK";
}

std::string joined(const std::vector<std::string>& elements) {
  std::string out = "[";
  for (const std::string& element : elements) out += (out.size() > 1 ? "," : "") + element;
  return out + "]";
}

std::string fields(const ppn::ResponseFields& list) {
  std::vector<std::string> pairs;
  for (const auto& field : list) pairs.push_back(joined({json_string(field.name), json_string(field.value)}));
  return joined(pairs);
}

// A JSON object that grows.
class Members {
 public:
  void add(const char* name, const std::string& json) {
    text_ += (text_.size() > 1 ? ",\"" : "\"") + std::string(name) + "\":" + json;
  }
  void text(const char* name, std::string_view value) { add(name, json_string(value)); }
  void number(const char* name, int64_t value) { add(name, std::to_string(value)); }
  std::string ended() const { return text_ + "}"; }

 private:
  std::string text_ = "{";
};

int64_t ms_of(const std::optional<std::chrono::milliseconds>& time) {
  return time ? time->count() : -1;
}

void add_error(Members& line, const Outcome& outcome) {
  ppn::ErrorDetails none;
  none.code = PPN_OK;
  const ppn::ErrorDetails& error = outcome.error ? outcome.error->details() : none;
  static constexpr const char* sent[] = {"none", "partial", "full"};
  line.text("code", ppn_code_name(error.code));
  line.text("kind", outcome.kind);
  line.text("phase", error.phase);
  line.add("retryable", error.retryable ? "true" : "false");
  line.number("retry_after_ms", ms_of(error.retry_after));
  line.text("sent", sent[static_cast<int>(error.sent)]);
  line.number("error_status", error.status);
  line.number("stream_status", error.stream_status);
  line.text("provider_code", error.provider_code);
  line.text("provider_type", error.provider_type);
  line.text("provider_message", error.provider_message);
  line.text("request_id", error.request_id);
}

void add_attempts(Members& line, const Outcome& outcome) {
  int attempts = 0;
  std::vector<ppn::Attempt> log;
  if (!outcome.is_websocket && outcome.error) {
    attempts = outcome.error->attempts();
    log = outcome.error->attempt_log();
  } else if (!outcome.is_websocket && outcome.response) {
    attempts = outcome.response->attempts();
    log = outcome.response->attempt_log();
  }
  std::vector<std::string> codes;
  for (const ppn::Attempt& attempt : log) codes.push_back(json_string(ppn_code_name(attempt.code)));
  line.number("attempts", attempts);
  line.add("attempt_codes", joined(codes));
}

void add_response(Members& line, const Outcome& outcome) {
  const auto& response = outcome.response;
  const bool has_fields = response && !outcome.is_websocket;
  line.number("status", response ? response->status() : 0);
  line.add("headers", has_fields ? fields(response->headers()) : "[]");
  line.add("trailers", has_fields ? fields(response->trailers()) : "[]");
  const std::string_view collected = response ? response->body() : std::string_view();
  line.add("body", json_base64(outcome.chunks ? *outcome.chunks : collected));
}

}  // namespace

void Outcome::failed(const ppn::NetworkError& thrown) {
  error = std::make_shared<const ppn::NetworkError>(thrown);  // copies share what is inside
  kind = kind_of(thrown);
  // That of a WebSocket was asked for before.
  if (error->response() != nullptr && !is_websocket) response = {error, error->response()};
}

std::string Outcome::line() const {
  Members line;
  line.text("name", name);
  line.text("run", run);
  add_error(line, *this);
  add_attempts(line, *this);
  add_response(line, *this);
  line.add("events", joined(events));
  line.add("lines", joined(lines));
  line.add("messages", joined(messages));
  line.text("last_event_id", last_event_id);
  line.number("reconnect_ms", ms_of(reconnect));
  line.number("close_code", close_code);
  line.text("close_reason", close_reason);
  line.text("subprotocol", subprotocol);
  return line.ended();
}

}  // namespace conformance
