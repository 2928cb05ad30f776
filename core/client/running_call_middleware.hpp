// What a running call keeps for its middleware.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "client/middleware_chain.hpp"
#include "client/request_message.hpp"
#include "client/running_call.hpp"
#include "client/wire_bytes.hpp"
#include "io/wait.hpp"

namespace ppn {

// The message of one attempt, when it is not that of the call byte for byte.
struct Outgoing {
  Outgoing(const std::shared_ptr<const MiddlewareList>& middleware, EventLoop& loop, const RequestMessage& original,
           std::shared_ptr<Attributes> attributes, int number, std::int64_t timeout_ms);

  RequestMessage message;
  WireBytes wire;
  MiddlewareChain chain;
  bool left = false;  // the chain was gone back through: the response was a redirect
};

// What surrounds all attempts.
struct RunningCall::Around final : CallEditor {
  explicit Around(RunningCall& running);

  Status set_body(std::string bytes) override;
  Status set_option(std::string_view name, std::string_view value) override;
  Status may_retry() override;

  RunningCall& call;
  std::shared_ptr<Attributes> attributes;
  MiddlewareChain chain;
  Wait resumed;  // of a response that is handed over whole
  bool paused = false;
};

}  // namespace ppn
