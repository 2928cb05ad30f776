#include "client/rate_fields.hpp"

#include <chrono>

#include "policy/rate_headers.hpp"
#include "policy/rate_reset.hpp"

namespace ppn {
namespace {

std::int64_t wall_now_ms() noexcept {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since_1970).count();
}

}  // namespace

RateObservation rate_observation_of(int status, const HeaderList& headers, std::optional<Nanos> retry_after) noexcept {
  RateHeaders fields;
  for (const HeaderField field : headers) fields.field(field.name, field.value);
  if (!fields.any() && !retry_after) return {};
  return fields.finish(status, retry_after, wall_now_ms());
}

RateObservation rate_observation_of(int status, const HeaderList& headers) noexcept {
  const auto retry_after = headers.find("Retry-After");
  return rate_observation_of(status, headers,
                             retry_after ? parse_rate_reset(*retry_after, wall_now_ms()) : std::nullopt);
}

}  // namespace ppn
