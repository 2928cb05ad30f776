/** @file runtime.hpp
 *  What is there once per process: the runtime with its threads, and the log sink. Part of <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_RUNTIME_HPP
#define PEPPERPY_NETWORK_CPP_RUNTIME_HPP

#include <pepperpy/network.h>

#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include "error.hpp"

namespace ppn {
inline namespace api_v0 {

/** End the runtime: requests under way are cancelled and still complete, connections are closed, threads are joined.
 *  The next request starts a new one. Optional.
 *  Throws UsageError (PPN_E_WOULD_DEADLOCK: called inside a lambda). Thread: any. Blocks: until lambdas that are
 *  running have returned. Since 0.1. */
inline void shutdown() {
  detail::call(ppn_runtime_shutdown);
}

/** Set the number of I/O threads, 1 (default) to 64. Each client, with its connections and lambdas, belongs to one of
 *  them; clients take turns. One thread serves more than 100,000 requests a second, so raise it for many busy clients
 *  only.
 *  Throws ConfigError (out of range), UsageError (PPN_E_INVALID_STATE: a request was made and the runtime was not shut
 *  down since). Thread: any. Blocks: never. Since 0.1. */
inline void set_io_threads(int32_t count) {
  detail::call(ppn_runtime_set_io_threads, count);
}

/** Set what each I/O thread, the only threads that run lambdas, does first and last, for example to attach itself to a
 *  virtual machine: `on_start()` and `on_stop()`, once on each, possibly on several at once. They replace the hooks
 *  before, and end (with what they hold) when they are replaced, after the threads that run them. They must not block.
 *  What a hook throws is dropped, for there is nobody to tell, and its thread goes on.
 *  Throws UsageError (PPN_E_INVALID_STATE: a request was made and the runtime was not shut down since). Thread: any.
 *  Blocks: never. Since 0.1. */
template <class OnStart, class OnStop>
void set_thread_hooks(OnStart on_start, OnStop on_stop) {
  static_assert(std::is_invocable_v<OnStart&> && std::is_invocable_v<OnStop&>, "a hook takes nothing");
  using Hooks = std::pair<OnStart, OnStop>;
  const ppn_thread_fn start = [](void* user_data) {
    try {
      static_cast<Hooks*>(user_data)->first();
    } catch (...) {
    }
  };
  const ppn_thread_fn stop = [](void* user_data) {
    try {
      static_cast<Hooks*>(user_data)->second();
    } catch (...) {
    }
  };
  const ppn_destroy_fn destroy = [](void* user_data) { delete static_cast<Hooks*>(user_data); };
  auto owned = std::make_unique<Hooks>(std::move(on_start), std::move(on_stop));
  detail::call(ppn_runtime_set_thread_hooks, start, stop, static_cast<void*>(owned.get()), destroy);
  static_cast<void>(owned.release());  // the library's own from here on
}

/** Remove the hooks. Throws and blocks as set_thread_hooks. Since 0.1. */
inline void clear_thread_hooks() {
  detail::call(ppn_runtime_set_thread_hooks, ppn_thread_fn{nullptr}, ppn_thread_fn{nullptr},
               static_cast<void*>(nullptr), ppn_destroy_fn{nullptr});
}

/** Objects of the library that are alive, for tests of leaks: see ppn_debug_live_objects. Since 0.1. */
inline int64_t live_objects() noexcept {
  return ppn_debug_live_objects();
}

/** A sink gets its level and everything above. */
enum class LogLevel : int32_t {
  error = PPN_LOG_ERROR,
  warning = PPN_LOG_WARNING,
  info = PPN_LOG_INFO,
  debug = PPN_LOG_DEBUG
};

/** Send the log lines of the process to `sink(LogLevel level, std::string_view line)`, which replaces the sink before.
 *  The sink runs on any thread, possibly on several at once, and must not call this library. A line whose sink throws
 *  is lost, for there is nobody to tell.
 *  Throws UsageError (PPN_E_INVALID_ARGUMENT, PPN_E_WOULD_DEADLOCK: called inside a sink). Thread: any. Blocks: while
 *  the old sink runs. Since 0.1. */
template <class Sink>
void set_log_sink(LogLevel level, Sink sink) {
  static_assert(std::is_invocable_v<Sink&, LogLevel, std::string_view>, "a sink takes LogLevel and std::string_view");
  const ppn_log_fn write = [](void* user_data, int32_t of_line, const char* text, size_t length) {
    try {
      (*static_cast<Sink*>(user_data))(static_cast<LogLevel>(of_line), std::string_view(text, length));
    } catch (...) {
    }
  };
  const ppn_destroy_fn destroy = [](void* user_data) { delete static_cast<Sink*>(user_data); };
  auto owned = std::make_unique<Sink>(std::move(sink));
  detail::call(ppn_log_set_sink, static_cast<int32_t>(level), write, static_cast<void*>(owned.get()), destroy);
  static_cast<void>(owned.release());  // the library's own from here on
}

/** Switch logging off; the sink has ended when this returns. Throws and blocks as set_log_sink. Since 0.1. */
inline void clear_log_sink() {
  detail::call(ppn_log_set_sink, int32_t{PPN_LOG_ERROR}, ppn_log_fn{nullptr}, static_cast<void*>(nullptr),
               ppn_destroy_fn{nullptr});
}

}  // namespace api_v0
}  // namespace ppn

#endif
