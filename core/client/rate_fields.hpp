// What a response says about rate limits, read from its header fields.
#pragma once

#include <optional>

#include "codec/headers.hpp"
#include "policy/rate_observation.hpp"

namespace ppn {

// `retry_after`: the delay of the Retry-After field, when the response has one.
RateObservation rate_observation_of(int status, const HeaderList& headers, std::optional<Nanos> retry_after) noexcept;
// The same with a Retry-After in seconds or as a time.
RateObservation rate_observation_of(int status, const HeaderList& headers) noexcept;

}  // namespace ppn
