#include "client/websocket_opening.hpp"

#include <array>
#include <cstring>
#include <utility>

#include "base/ascii.hpp"
#include "base/random.hpp"
#include "client/base_url.hpp"
#include "client/status_error.hpp"
#include "client/wire_bytes.hpp"
#include "codec/http1_encoder.hpp"
#include "http/exchange.hpp"
#include "policy/websocket_reconnect.hpp"

namespace ppn {
namespace {

constexpr std::size_t kRefusalBytes = std::size_t{64} * 1024;

constexpr auto kHandshakeHeaders =
    std::to_array<std::string_view>({"upgrade", "sec-websocket-key", "sec-websocket-version", "sec-websocket-protocol",
                                     "sec-websocket-extensions", "sec-websocket-accept"});

std::string fresh_key() {
  std::array<std::uint8_t, 16> random;
  for (std::size_t i = 0; i < random.size(); i += sizeof(std::uint32_t)) {
    const std::uint32_t bits = unpredictable_bits();
    std::memcpy(&random[i], &bits, sizeof bits);
  }
  return make_websocket_key(random);
}

DeflateOptions deflate_options(const WebSocketOptions& options) {
  return {.client_no_context_takeover = !options.deflate_context_takeover,
          .server_no_context_takeover = !options.deflate_context_takeover,
          .client_max_window_bits = static_cast<int>(options.deflate_client_max_window_bits),
          .server_max_window_bits = static_cast<int>(options.deflate_server_max_window_bits),
          .level = static_cast<int>(options.deflate_level),
          .min_bytes = static_cast<std::size_t>(options.deflate_min_bytes)};
}

// ws and wss are http and https until the connection is open.
Url as_http(Url url) {
  url.scheme = url.secure() ? Scheme::https : Scheme::http;
  return url;
}

std::string joined(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) list.append(list.empty() ? "" : ", ").append(word);
  return list;
}

void encode(const WebSocketRequest& request, const std::string& key, const DeflateOptions* deflate, WireBytes& wire) {
  const Options& client = request.client_options;
  HeaderList headers = request.headers;
  if (!client.user_agent.empty() && !headers.contains("user-agent")) headers.add("User-Agent", client.user_agent);
  headers.add("Connection", "Upgrade");
  headers.add("Upgrade", "websocket");
  headers.add("Sec-WebSocket-Version", "13");
  headers.add("Sec-WebSocket-Key", key);
  if (!request.subprotocols.empty()) headers.add("Sec-WebSocket-Protocol", joined(request.subprotocols));
  if (deflate != nullptr) headers.add("Sec-WebSocket-Extensions", deflate_offer(*deflate));
  const Url url = as_http(request.url);
  append_request_head(wire.text(), "GET", url, headers, {});
  if (takes_api_key(client, request.base, url, headers)) {
    wire.add_key_and_body(client.api_key_header, client.api_key_scheme, client.api_key.view(), {});
  }
}

Error refusal(const Response& response) {
  Error error = status_error(response, response.body);
  error.code = ErrorCode::ws_handshake;
  error.phase = Phase::first_byte;
  error.retryable = is_passing_refusal(response.status);
  error.message = "no WebSocket: " + error.message;
  return error;
}

// One opening under way.
class Opening {
 public:
  Opening(const WebSocketRequest& request, ClientLoop& client_loop, Token& token, std::shared_ptr<Response>& response)
      : request_(request), client_loop_(client_loop), token_(token), response_(response) {}

  Task<Result<OpenedWebSocket>> run();

 private:
  Task<Status> ask();
  Task<Status> read_refusal();
  Failure interrupted(Phase phase);
  Failure broken(Error error);
  void receive_head(ResponseHead head);

  const WebSocketRequest& request_;
  ClientLoop& client_loop_;
  Token& token_;
  std::shared_ptr<Response>& response_;
  std::unique_ptr<Connection> connection_;
  WireBytes wire_;
  std::optional<Exchange> exchange_;
  ConnectTimes times_;
};

Task<Result<OpenedWebSocket>> Opening::run() {
  Target target{
      .host = request_.url.host, .host_is_ip = request_.url.host_is_ip, .port = request_.url.port, .tls = request_.tls};
  auto dialed = co_await client_loop_.dialer().dial(target, token_, times_);
  if (!dialed) {
    const ErrorCode stopped_by = token_.interruption();
    if (stopped_by != ErrorCode::ok) co_return interrupted(times_.phase);
    co_return std::move(dialed).failure();
  }
  connection_ = std::move(*dialed);

  const std::string key = fresh_key();
  const DeflateOptions wanted = deflate_options(request_.options);
  const DeflateOptions* const deflate = request_.options.deflate ? &wanted : nullptr;
  encode(request_, key, deflate, wire_);
  if (Status asked = co_await ask(); !asked) co_return std::move(asked).failure();
  wire_.wipe();

  ResponseHead head = exchange_->take_head();
  const WebSocketOffer offer{.key = key, .subprotocols = request_.subprotocols, .deflate = deflate};
  auto agreement = check_websocket_response(head, offer);
  receive_head(std::move(head));
  if (response_->status != 101) {
    if (Status read = co_await read_refusal(); !read) co_return std::move(read).failure();
    co_return Failure(refusal(*response_));
  }
  if (!agreement) co_return std::move(agreement).failure();
  OpenedWebSocket opened{
      .transport = nullptr, .agreement = std::move(*agreement), .unread = std::string(exchange_->unread())};
  exchange_.reset();
  opened.transport = std::move(connection_->transport);
  co_return std::move(opened);
}

// Sends the request and waits for the head of the answer.
Task<Status> Opening::ask() {
  Exchange& exchange = exchange_.emplace(*connection_, client_loop_.loop(), wire_, Exchange::Upgrade{});
  Exchange::Step step = exchange.send();
  while (step == Exchange::Step::blocked || step == Exchange::Step::yield) {
    if (co_await connection_->transport->event().until(token_, kNever) != Wake::ready) {
      co_return interrupted(Phase::send);
    }
    step = exchange.send();
  }
  if (step == Exchange::Step::done) step = exchange.receive();
  // Interim responses may be long, but not without end: there is no need to give turns away.
  while (step == Exchange::Step::blocked || step == Exchange::Step::yield) {
    if (step == Exchange::Step::blocked &&
        co_await connection_->transport->event().until(token_, kNever) != Wake::ready) {
      co_return interrupted(Phase::first_byte);
    }
    step = exchange.receive();
  }
  if (step != Exchange::Step::head) co_return broken(exchange.error());
  co_return Status();
}

// As much of the body as helps to understand the refusal. One that does not come to its end is taken as far as it got.
Task<Status> Opening::read_refusal() {
  Exchange::Step step = exchange_->receive();
  while (step == Exchange::Step::data || step == Exchange::Step::blocked) {
    if (step == Exchange::Step::data) {
      const std::string_view data = exchange_->data();
      response_->body.append(data.substr(0, kRefusalBytes - response_->body.size()));
      response_->body_bytes = response_->body.size();
      if (response_->body.size() == kRefusalBytes) break;
    } else if (co_await connection_->transport->event().until(token_, kNever) != Wake::ready) {
      if (token_.interruption() == ErrorCode::cancelled) co_return interrupted(Phase::body);
      break;
    }
    step = exchange_->receive();
  }
  co_return Status();
}

void Opening::receive_head(ResponseHead head) {
  auto response = std::make_shared<Response>();
  response->status = head.status;
  response->minor_version = head.minor_version;
  response->headers = std::move(head.headers);
  response->headers.shrink_to_fit();  // kept for as long as the WebSocket is open
  response->remote = connection_->transport->remote();
  response->tls = connection_->transport->tls();
  response->connection_id = connection_->id;
  response->timings.set(Span::dns, times_.dns);
  response->timings.set(Span::connect, times_.connect);
  response->timings.set(Span::tls, times_.tls);
  response_ = std::move(response);
}

Failure Opening::interrupted(Phase phase) {
  if (token_.interruption() == ErrorCode::cancelled) {
    return Failure(ErrorCode::cancelled, phase, "the WebSocket was cancelled");
  }
  const bool connected = connection_ != nullptr;
  Error error(connected ? ErrorCode::ws_handshake : ErrorCode::connect_timeout, phase,
              std::string(connected ? "no answer to the handshake" : "no connection") + " within " +
                  std::to_string(request_.options.open_timeout_ms) + " ms (websocket_open_timeout_ms)");
  error.retryable = true;
  return Failure(std::move(error));
}

Failure Opening::broken(Error error) {
  error.message = "no WebSocket: " + error.message;
  const bool wrong = error.code == ErrorCode::http_protocol || error.code == ErrorCode::headers_too_large;
  error.retryable = exchange_->cut_off() || !wrong;
  error.code = ErrorCode::ws_handshake;
  return Failure(std::move(error));
}

}  // namespace

Status validate_websocket_header(std::string_view name, std::string_view value) {
  for (const std::string_view own : kHandshakeHeaders) {
    if (!equals_ignore_case(own, name)) continue;
    return Failure(ErrorCode::invalid_header, Phase::validate,
                   "header '" + std::string(own) + "' is set by the library and cannot be given");
  }
  return validate_header(name, value);
}

Task<Result<OpenedWebSocket>> open_websocket(WebSocketRequest request, ClientLoop& client_loop, Token& token,
                                             std::shared_ptr<Response>& response) {
  Opening opening(request, client_loop, token, response);
  co_return co_await opening.run();
}

}  // namespace ppn
