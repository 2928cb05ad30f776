// The hook of a user who knows better than the policy whether a call is to be tried again (SEMANTICS 3.1.8).
#pragma once

#include <memory>
#include <string_view>

#include "base/attempt_record.hpp"
#include "client/response.hpp"
#include "policy/retry_policy.hpp"

namespace ppn {

// Thread: the loop thread of the client; any loop thread, one at a time for each call. It must not block.
class RetryDecider {
 public:
  struct Question {
    const AttemptRecord& attempt;
    std::shared_ptr<Response> response;  // its head; null without one
    std::string_view body;               // what has arrived of it, up to 64 KiB
    const RetryDecision& by_default;
  };

  virtual ~RetryDecider() = default;
  virtual DeciderAnswer decide(const Question& question) noexcept = 0;
};

}  // namespace ppn
