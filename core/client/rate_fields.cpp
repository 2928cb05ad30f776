#include "client/rate_fields.hpp"

#include "client/server_delay.hpp"
#include "policy/rate_headers.hpp"

namespace ppn {
RateObservation rate_observation_of(int status, const HeaderList& headers, std::optional<Nanos> retry_after) noexcept {
  RateHeaders fields;
  for (const HeaderField field : headers) fields.field(field.name, field.value);
  if (!fields.any() && !retry_after) return {};
  return fields.finish(status, retry_after, wall_now_ms());
}

RateObservation rate_observation_of(int status, const HeaderList& headers) noexcept {
  const auto asked = server_delay_of(headers);
  return rate_observation_of(status, headers, asked ? std::optional(asked->delay) : std::nullopt);
}

}  // namespace ppn
