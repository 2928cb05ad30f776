// What the decoders that are used alone share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "arguments.hpp"

namespace ppn::capi {

// The ranges of the options of the same names.
inline constexpr std::int64_t kMostBytes = std::int64_t{1} << 30;
inline constexpr std::int64_t kMostFields = 1'000'000;

// 0 leaves the default of the core in `limit`.
inline void take_limit(Arguments& in, std::int64_t value, std::int64_t most, std::string_view rule,
                       std::size_t& limit) {
  in.require(value >= 0 && value <= most, rule);
  if (in.ok() && value != 0) limit = static_cast<std::size_t>(value);
}

inline Failure too_much_waits() {
  return Failure(ErrorCode::invalid_state, Phase::validate,
                 "too many bytes wait to be decoded; take what they hold before more is fed");
}

}  // namespace ppn::capi
