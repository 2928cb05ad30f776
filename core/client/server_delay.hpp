// The delay that a response asks for.
#pragma once

#include <optional>

#include "base/clock.hpp"
#include "codec/headers.hpp"
#include "policy/retry_after.hpp"

namespace ppn {

inline std::optional<ServerDelay> server_delay_of(const HeaderList& headers) noexcept {
  return server_delay({.retry_after_ms = headers.find("retry-after-ms"),
                       .retry_after = headers.find("retry-after"),
                       .date = headers.find("date")},
                      wall_now_ms());
}

}  // namespace ppn
