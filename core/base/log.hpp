// The process-wide log sink. Without a sink a log line costs one relaxed load.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string_view>

#include "base/result.hpp"

namespace ppn {

enum class LogLevel : int { off = 0, error = 1, warning = 2, info = 3, debug = 4 };

// Receives lines without secrets. The destructor ends the user's data.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(LogLevel level, std::string_view line) noexcept = 0;
};

// Replaces the sink and waits until calls of the old one have returned; the old one is destroyed before this returns.
// Error: would_deadlock inside a sink.
Status set_log_sink(LogLevel level, std::unique_ptr<LogSink> sink);

// Whether the calling thread is inside a sink, so that replacing it would wait for itself.
bool in_log_sink() noexcept;

bool log_enabled(LogLevel level) noexcept;
// Text must be free of secrets: URLs by Url::redacted, never header values. What slips through is looked for once more:
// registered secrets and what looks like a credential (secret_registry.hpp).
void log(LogLevel level, std::string_view line) noexcept;

}  // namespace ppn
