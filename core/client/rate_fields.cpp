#include "client/rate_fields.hpp"

#include <algorithm>
#include <string_view>

#include "base/ascii.hpp"
#include "client/server_delay.hpp"
#include "policy/rate_headers.hpp"

namespace ppn {

namespace {

// Most responses say nothing about rates, and their names show it at once.
bool may_tell_of_rates(std::string_view name) noexcept {
  constexpr std::string_view kWord = "ratelimit";
  const std::size_t dash = name.find('-');
  const std::size_t begin = name.size() > 0 && (name.front() | 0x20) == 'r' ? 0 : dash == name.npos ? dash : dash + 1;
  return begin < name.size() && equals_ignore_case(name.substr(begin, kWord.size()), kWord);
}

}  // namespace

RateObservation rate_observation_of(int status, const HeaderList& headers, std::optional<Nanos> retry_after) noexcept {
  const auto tells = [](HeaderField field) { return may_tell_of_rates(field.name); };
  if (!retry_after && std::none_of(headers.begin(), headers.end(), tells)) return {};
  RateHeaders fields;
  for (const HeaderField field : headers) fields.field(field.name, field.value);
  if (!fields.any() && !retry_after) return {};
  return fields.finish(status, retry_after, wall_now_ms());
}

RateObservation rate_observation_of(int status, const HeaderList& headers) noexcept {
  // Only a refusal can freeze.
  const auto asked = status >= 400 ? server_delay_of(headers) : std::nullopt;
  return rate_observation_of(status, headers, asked ? std::optional(asked->delay) : std::nullopt);
}

}  // namespace ppn
