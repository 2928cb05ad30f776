// What a program may watch of a call while it runs: one small record for each step.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/attempt_record.hpp"
#include "base/clock.hpp"
#include "base/error_code.hpp"

namespace ppn {

// A field of CallEvent is set for the types that name it; `call_id`, `at`, `attempt`, `method` and `url` for all.
enum class CallEventType : std::uint8_t {
  begin,            // the call has reached its loop
  attempt,          // an attempt begins
  rate_limit_wait,  // it has to wait for the limiter: delay, detail (the scope)
  breaker,          // the breaker changed, or refused: detail (its state), code
  connect,          // there is a connection: remote, reused
  sent,             // the request is written: bytes
  first_byte,       // the head of the response is there: status
  first_event,      // the first piece of a stream was handed out
  attempt_end,      // status, code, bytes (of the body)
  retry,            // another attempt follows: delay, source, status, code
  hedge,            // a second request was sent beside the first: delay
  end,              // status, code, bytes (of the body), detail (why there was no further attempt, or empty)
};

std::string_view name_of(CallEventType type) noexcept;  // "rate_limit_wait"

// A view: valid until the listener returns. Texts are free of secrets.
struct CallEvent {
  CallEventType type = CallEventType::begin;
  std::uint64_t call_id = 0;     // counts the calls of a client, from 1
  Nanos at = 0;                  // since the call began
  int attempt = 0;               // the number of the attempt, from 0
  std::string_view method = {};  // "_OTHER" for one that HTTP does not define
  std::string_view url = {};     // redacted
  int status = 0;                // 0 = no response
  ErrorCode code = ErrorCode::ok;
  Nanos delay = -1;  // -1 = none
  DelaySource source = DelaySource::none;
  std::string_view detail = {};
  std::string_view remote = {};  // "127.0.0.1:443"
  bool reused = false;           // the connection had carried a request before
  std::uint64_t bytes = 0;
};

// Thread: the I/O thread of the client. It must not block.
class CallListener {
 public:
  virtual ~CallListener() = default;
  virtual void on_call_event(const CallEvent& event) noexcept = 0;
};

// A method as logs, events and metrics name it: "_OTHER" unless HTTP defines it, since anything may stand there
// (SEMANTICS 3.7.5).
std::string_view shown_method(std::string_view method) noexcept;

}  // namespace ppn
