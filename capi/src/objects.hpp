// What stands behind each handle type.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "client/batch.hpp"
#include "client/call.hpp"
#include "client/client.hpp"
#include "client/middleware.hpp"
#include "client/options.hpp"
#include "client/pull_stream.hpp"
#include "client/rate_limiter.hpp"
#include "client/rate_permit.hpp"
#include "client/response.hpp"
#include "client/websocket.hpp"
#include "codec/fed_decoder.hpp"
#include "codec/headers.hpp"
#include "codec/json.hpp"
#include "codec/line_decoder.hpp"
#include "codec/sse_decoder.hpp"
#include "event.hpp"
#include "handle.hpp"
#include "pepperpy/network/export.h"
#include "policy/retry_options.hpp"
#include "user_callbacks.hpp"

namespace ppn {
class MiddlewareContext;
class TokenRefresh;
}  // namespace ppn

namespace ppn::capi {

class UserMiddleware;

struct ConfigObject {
  struct State {
    Options options;
    std::string text;  // what ppn_config_get and ppn_config_dump handed out last
  };
  std::unique_ptr<State> state;
};

struct ClientObject {
  std::shared_ptr<Client> client;
};

struct ErrorObject {
  std::shared_ptr<const Error> error;
  Error* made = nullptr;  // the same when its user made it, and may change it
};

struct RequestObject {
  RequestObject(std::shared_ptr<Call> described) noexcept : call(std::move(described)) {}
  RequestObject(RequestObject&& other) noexcept
      : call(std::move(other.call)), callbacks(std::move(other.callbacks)), begun(other.begun.load()) {}

  std::shared_ptr<Call> call;
  std::unique_ptr<UserCallbacks> callbacks;  // until the call begins, which takes them along
  std::atomic<bool> begun{false};            // one of start, send and stream_open has been called
};

// A parsed text and everything of it that was handed out, by its pointer: texts live as long as the handle, and asking
// twice costs nothing more.
struct JsonTexts {
  JsonDocument document;
  std::map<std::string, std::string, std::less<>> strings;
  std::map<std::string, std::string, std::less<>> texts;
};

struct JsonObject {
  std::unique_ptr<JsonTexts> json;
};

struct ResponseObject {
  std::shared_ptr<const Response> response;
  std::unique_ptr<JsonTexts> json;                      // of the body; null until it is asked for
  mutable std::unique_ptr<const std::string> url = {};  // as text; null until it is asked for
};

// The requests of a batch, by their index, until their results are handed out.
struct BatchRequests {
  std::vector<Pinned<ppn_request>> handles;
};

struct BatchObject {
  std::shared_ptr<Batch> batch;
  std::shared_ptr<BatchRequests> requests;
};

struct BufferObject {
  std::shared_ptr<const std::string> bytes;
};

struct HeadersObject {
  std::unique_ptr<HeaderList> list;
};

struct SseDecoderObject {
  struct State {
    FedDecoder<SseDecoder> fed;
    ppn_event piece = {};  // of the last ppn_sse_decoder_next
    std::string last_id;   // of the last ppn_sse_decoder_last_event_id
  };
  std::unique_ptr<State> state;
};

struct LineDecoderObject {
  struct State {
    FedDecoder<LineDecoder> fed;
    ppn_event piece = {};  // of the last ppn_line_decoder_next
    std::uint64_t lines = 0;
    bool finished = false;
    bool last_line_given = false;  // the one without its LF
  };
  std::unique_ptr<State> state;
};

struct RetryPolicyObject {
  std::unique_ptr<RetryOptions> options;
};

struct StreamObject {
  struct Handed {
    ppn_event piece;      // of the last ppn_stream_next
    std::string last_id;  // of the last ppn_stream_last_event_id
  };
  std::shared_ptr<PullStream> stream;
  std::unique_ptr<Handed> handed;
};

struct WebSocketObject {
  struct State {
    explicit State(std::shared_ptr<WebSocket> opened) : socket(std::move(opened)) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
      *silenced = true;
      socket->abandon();
    }

    const std::shared_ptr<WebSocket> socket;
    const std::shared_ptr<std::atomic<bool>> silenced = std::make_shared<std::atomic<bool>>(false);  // no callbacks
    ppn_event message;        // of the last ppn_websocket_next
    std::string subprotocol;  // what was handed out last
    std::string close_reason;
  };
  std::unique_ptr<State> state;
};

struct RateLimiterObject {
  std::shared_ptr<RateLimiter> limiter;
  std::shared_ptr<RateAnnouncer> announcer;
};

struct RateTicketObject {
  std::shared_ptr<RatePermit> permit;
};

struct MiddlewareObject {
  std::shared_ptr<Middleware> middleware;
  UserMiddleware* callbacks;  // the middleware, when it has callbacks
  TokenRefresh* refresh;      // the middleware, when it renews a token
};

struct MiddlewareContextObject {
  // What was handed out last, by function.
  struct Texts {
    std::string method;
    std::string url;
    std::string url_redacted;
    std::string header;
    std::string attribute;
  };
  std::shared_ptr<MiddlewareContext> context;
  std::unique_ptr<Texts> texts;
};

template <>
struct HandleTraits<ppn_config> {
  using Object = ConfigObject;
  static constexpr HandleKind kind = HandleKind::config;
};
template <>
struct HandleTraits<ppn_client> {
  using Object = ClientObject;
  static constexpr HandleKind kind = HandleKind::client;
};
template <>
struct HandleTraits<ppn_error> {
  using Object = ErrorObject;
  static constexpr HandleKind kind = HandleKind::error;
};
template <>
struct HandleTraits<ppn_request> {
  using Object = RequestObject;
  static constexpr HandleKind kind = HandleKind::request;
};
template <>
struct HandleTraits<ppn_response> {
  using Object = ResponseObject;
  static constexpr HandleKind kind = HandleKind::response;
};
template <>
struct HandleTraits<ppn_stream> {
  using Object = StreamObject;
  static constexpr HandleKind kind = HandleKind::stream;
};

template <>
struct HandleTraits<ppn_buffer> {
  using Object = BufferObject;
  static constexpr HandleKind kind = HandleKind::buffer;
};
template <>
struct HandleTraits<ppn_headers> {
  using Object = HeadersObject;
  static constexpr HandleKind kind = HandleKind::headers;
};
template <>
struct HandleTraits<ppn_json> {
  using Object = JsonObject;
  static constexpr HandleKind kind = HandleKind::json;
};
template <>
struct HandleTraits<ppn_sse_decoder> {
  using Object = SseDecoderObject;
  static constexpr HandleKind kind = HandleKind::sse_decoder;
};
template <>
struct HandleTraits<ppn_line_decoder> {
  using Object = LineDecoderObject;
  static constexpr HandleKind kind = HandleKind::line_decoder;
};
template <>
struct HandleTraits<ppn_retry_policy> {
  using Object = RetryPolicyObject;
  static constexpr HandleKind kind = HandleKind::retry_policy;
};
template <>
struct HandleTraits<ppn_rate_limiter> {
  using Object = RateLimiterObject;
  static constexpr HandleKind kind = HandleKind::rate_limiter;
};
template <>
struct HandleTraits<ppn_rate_ticket> {
  using Object = RateTicketObject;
  static constexpr HandleKind kind = HandleKind::rate_ticket;
};

template <>
struct HandleTraits<ppn_websocket> {
  using Object = WebSocketObject;
  static constexpr HandleKind kind = HandleKind::websocket;
};

template <>
struct HandleTraits<ppn_batch> {
  using Object = BatchObject;
  static constexpr HandleKind kind = HandleKind::batch;
};

template <>
struct HandleTraits<ppn_middleware> {
  using Object = MiddlewareObject;
  static constexpr HandleKind kind = HandleKind::middleware;
};
template <>
struct HandleTraits<ppn_middleware_context> {
  using Object = MiddlewareContextObject;
  static constexpr HandleKind kind = HandleKind::middleware_context;
};

}  // namespace ppn::capi
