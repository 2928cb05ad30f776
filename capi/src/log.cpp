#include "pepperpy/network/log.h"

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "boundary.hpp"
#include "objects.hpp"
#include "user_callbacks.hpp"

using namespace ppn;
using namespace ppn::capi;

namespace {

class CallbackSink final : public LogSink {
 public:
  CallbackSink(ppn_log_fn sink, void* user_data) noexcept : sink_(sink), user_(user_data) {}

  void adopt(ppn_destroy_fn destroy) noexcept { user_.adopt(destroy); }

  void write(LogLevel level, std::string_view line) noexcept override {
    try {
      std::string text(line);
      // One line is one line: parts of it may come from a peer.
      std::ranges::replace_if(
          text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
      call(static_cast<int32_t>(level), text);
    } catch (const std::bad_alloc&) {
      // A line that there is no memory for is lost; the call that it tells of goes on.
    }
  }

 private:
  void call(int32_t level, const std::string& text) const noexcept {
    sink_(user_.get(), level, text.c_str(), text.size());
  }

  const ppn_log_fn sink_;
  UserData user_;
};

}  // namespace

int32_t ppn_log_set_sink(int32_t level, ppn_log_fn sink, void* user_data, ppn_destroy_fn destroy, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.require(level >= PPN_LOG_ERROR && level <= PPN_LOG_DEBUG, "level is none of PPN_LOG_ERROR to PPN_LOG_DEBUG");
    in.may_wait();
    if (!in.ok()) return in.failure();
    std::unique_ptr<CallbackSink> replacement;
    UserData unused(user_data);
    if (sink != nullptr) {
      replacement = std::make_unique<CallbackSink>(sink, user_data);  // the last thing that can fail
      replacement->adopt(destroy);
    } else {
      unused.adopt(destroy);
    }
    return set_log_sink(sink != nullptr ? static_cast<LogLevel>(level) : LogLevel::off, std::move(replacement));
  });
}
