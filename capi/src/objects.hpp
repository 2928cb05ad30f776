// What stands behind each handle type.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "client/call.hpp"
#include "client/client.hpp"
#include "client/options.hpp"
#include "client/pull_stream.hpp"
#include "client/response.hpp"
#include "codec/json.hpp"
#include "event.hpp"
#include "handle.hpp"
#include "pepperpy/network/export.h"
#include "user_callbacks.hpp"

namespace ppn::capi {

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
};

struct RequestObject {
  RequestObject(std::shared_ptr<Call> described) noexcept : call(std::move(described)) {}
  RequestObject(RequestObject&& other) noexcept
      : call(std::move(other.call)), callbacks(std::move(other.callbacks)), begun(other.begun.load()) {}

  std::shared_ptr<Call> call;
  std::unique_ptr<UserCallbacks> callbacks;  // until the call begins, which takes them along
  std::atomic<bool> begun{false};            // one of start, send and stream_open has been called
};

struct ResponseObject {
  // The parsed body and every text of it that was handed out, by its pointer: texts live as long as the response, and
  // asking twice costs nothing more.
  struct Json {
    JsonDocument document;
    std::map<std::string, std::string, std::less<>> strings;
    std::map<std::string, std::string, std::less<>> texts;
  };
  std::shared_ptr<const Response> response;
  std::unique_ptr<Json> json;  // null until it is asked for
};

struct StreamObject {
  struct Handed {
    ppn_event piece;      // of the last ppn_stream_next
    std::string last_id;  // of the last ppn_stream_last_event_id
  };
  std::shared_ptr<PullStream> stream;
  std::unique_ptr<Handed> handed;
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

}  // namespace ppn::capi
