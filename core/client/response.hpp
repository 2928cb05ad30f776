// What the server answered, as far as it has arrived.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/attempt_record.hpp"
#include "base/rare.hpp"
#include "codec/headers.hpp"
#include "codec/url.hpp"
#include "http/timings.hpp"
#include "io/transport.hpp"
#include "policy/stream_gaps.hpp"

namespace ppn {

class CallSecrets;

// What a stream leaves behind.
struct StreamReport {
  std::string last_event_id;              // of a stream of events
  std::optional<std::uint64_t> retry_ms;  // of a stream of events
  StreamGaps pace;
  Nanos first_piece = -1;  // after the start of the call; -1 = there was none
};

// Written by the I/O thread until its call has completed, then read by anyone.
struct Response {
  int status = 0;
  int minor_version = 1;
  HeaderList headers;
  Rare<HeaderList> trailers;
  std::string body;              // when it was collected
  std::uint64_t body_bytes = 0;  // arrived, collected or delivered
  bool reused = false;           // the connection had carried a request before
  std::string remote;            // "127.0.0.1:443"
  TlsFacts tls;
  std::uint64_t connection_id = 0;  // of that connection; 0 = not known
  int redirects = 0;                // followed on the way to it
  Url url;                          // that gave it; without redirects only once it is complete
  int attempts = 1;
  int attempt_number = -1;                      // of the one that gave this response, from 0; -1 = the last
  Nanos attempt_began = -1;                     // after the start of the call; -1 = when the one before had ended
  StopReason stop_reason = StopReason::none;    // why a status that is an error was not tried again
  std::vector<AttemptRecord> earlier_attempts;  // before the one that gave this response: see attempt_log.hpp
  Timings timings;
  Rare<StreamReport> stream;  // of a stream that has ended
  // Credentials of its request, to be hidden in texts about it. Null unless such texts may come: of a stream, or of a
  // status of 400 and more.
  std::shared_ptr<const CallSecrets> secrets;
  std::atomic<bool> complete{false};  // nothing above changes any more
};

}  // namespace ppn
