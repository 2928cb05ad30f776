#include "io/redis_script.hpp"

#include <algorithm>

namespace ppn {
namespace {

// Numbers of Lua are doubles, exact up to 2^53: nanoseconds since 1970 are beyond that, so a time is a pair of
// microseconds and nanoseconds, and nothing is ever rounded. Numbers become texts by %.0f, for tostring has 14 digits.
//
// The state is "tat_us tat_ns decided_us". The last one shows that the clock of Redis was set back: then the debt is
// moved with it, or everybody would wait for as long as the clock went back.
//
// KEYS  state, replicas
// ARGV  cost * T in us and ns, burst * T in us and ns, name of the replica
// Reply granted, time left or time to wait in us and ns, reset in us and ns, replicas, now in us
constexpr std::string_view kScript = R"lua(
local limit = 9007199254740991
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local cost_us, cost_ns = tonumber(ARGV[1]), tonumber(ARGV[2])
local burst_us, burst_ns = tonumber(ARGV[3]), tonumber(ARGV[4])

local function save(us, ns)
  local ms = math.ceil((us - now + (ns > 0 and 1 or 0)) / 1000)
  redis.call('SET', KEYS[1], string.format('%.0f %.0f %.0f', us, ns, now), 'PX', string.format('%.0f', math.max(1, ms)))
end

local stored = redis.pcall('GET', KEYS[1])
if type(stored) == 'table' then
  return redis.error_reply('WRONGTYPE the key of a rate limit holds something else')
end
local tat_us, tat_ns = now, 0
if stored then
  local us, ns, at = string.match(stored, '^(%d+) (%d+) (%d+)$')
  us, ns, at = tonumber(us), tonumber(ns), tonumber(at)
  if not us or us > limit or ns > 999 or at > us then
    return redis.error_reply('WRONGTYPE the key of a rate limit holds something else')
  end
  if at > now then
    us = us - (at - now)
    save(us, ns)
  end
  if us >= now then
    tat_us, tat_ns = us, ns
  end
end

local new_us, new_ns = tat_us + cost_us, tat_ns + cost_ns
if new_ns > 999 then
  new_us, new_ns = new_us + 1, new_ns - 1000
end
local allow_us, allow_ns = new_us - burst_us, new_ns - burst_ns
if allow_ns < 0 then
  allow_us, allow_ns = allow_us - 1, allow_ns + 1000
end
local granted = allow_us < now or (allow_us == now and allow_ns == 0)
local span_us, span_ns = allow_us - now, allow_ns
if granted then
  tat_us, tat_ns = new_us, new_ns
  save(tat_us, tat_ns)
  span_us, span_ns = now - allow_us, -allow_ns
  if span_ns < 0 then
    span_us, span_ns = span_us - 1, span_ns + 1000
  end
end

local seen = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[5]) or -1)
if seen > now or now - seen >= 1000000 then
  redis.call('ZADD', KEYS[2], string.format('%.0f', now), ARGV[5])
  redis.call('PEXPIRE', KEYS[2], 10000)
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now - 10000000))

return {granted and 1 or 0, span_us, span_ns, tat_us - now, tat_ns, redis.call('ZCARD', KEYS[2]), now}
)lua";

// 71 years: with a sum of three such spans every number of the script stays exact.
constexpr std::int64_t kMaxSpanUs = std::int64_t{1} << 51;
constexpr std::int64_t kMaxExact = std::int64_t{1} << 53;
constexpr std::int64_t kNanosPerMicro = 1'000;

struct Span {
  std::int64_t us = 0;
  std::int64_t ns = 0;
};

// A burst that takes longer to refill than kMaxSpanUs is made smaller, never larger.
Span span_of(std::int64_t units, Nanos interval) {
  const __int128 ns = static_cast<__int128>(units) * interval;
  if (ns >= static_cast<__int128>(kMaxSpanUs) * kNanosPerMicro) return {kMaxSpanUs, 0};
  return {static_cast<std::int64_t>(ns / kNanosPerMicro), static_cast<std::int64_t>(ns % kNanosPerMicro)};
}

// One hash tag makes one slot of a cluster hold both keys, so the scope must have no braces of its own, and not be empty.
std::string key_of(std::string_view scope) {
  std::string key = "ppn:rl:{";
  for (const char c : scope) {
    switch (c) {
      case '{': key += "%7B"; break;
      case '}': key += "%7D"; break;
      case '%': key += "%25"; break;
      default: key += c;
    }
  }
  if (scope.empty()) key += '%';
  return key += '}';
}

}  // namespace

std::string_view redis_script() noexcept {
  return kScript;
}

std::optional<RedisDecision> decide_alone(const RedisQuestion& question) {
  RedisDecision decision;
  if (question.emission_interval <= 0) {
    decision.answer.kind = FleetGate::Answer::Kind::granted;
    decision.answer.remaining = question.burst;
    return decision;
  }
  const bool fits = question.cost <= question.burst && question.burst > 0;
  if (fits && span_of(question.cost, question.emission_interval).us < kMaxSpanUs) return std::nullopt;
  decision.answer.kind = FleetGate::Answer::Kind::never;
  return decision;
}

RedisCommand redis_command(const RedisQuestion& question, std::string_view digest, std::string_view replica) {
  const Span cost = span_of(std::max<std::int64_t>(question.cost, 0), question.emission_interval);
  const Span burst = span_of(question.burst, question.emission_interval);
  const std::string key = key_of(question.scope);
  return {"EVALSHA",
          std::string(digest),
          "2",
          key,
          key + ":replicas",
          std::to_string(cost.us),
          std::to_string(cost.ns),
          std::to_string(burst.us),
          std::to_string(burst.ns),
          std::string(replica)};
}

std::optional<RedisDecision> redis_decision(const RedisQuestion& question, const RedisReply& reply) {
  if (reply.kind != RedisReply::Kind::numbers || reply.numbers.size() != 7) return std::nullopt;
  const auto& n = reply.numbers;
  const auto is_span = [&](std::size_t at) {
    return n[at] >= 0 && n[at] < kMaxExact && n[at + 1] >= 0 && n[at + 1] < kNanosPerMicro;
  };
  if (n[0] < 0 || n[0] > 1 || !is_span(1) || !is_span(3) || n[5] < 1 || n[6] < 0) return std::nullopt;
  const Nanos span = n[1] * kNanosPerMicro + n[2];
  RedisDecision decision;
  FleetGate::Answer& answer = decision.answer;
  const bool granted = n[0] == 1;
  answer.kind = granted ? FleetGate::Answer::Kind::granted : FleetGate::Answer::Kind::wait;
  answer.wait = granted ? 0 : span;
  answer.reset = n[3] * kNanosPerMicro + n[4];
  answer.remaining = granted ? span / question.emission_interval
                             : std::max<std::int64_t>(0, question.cost - 1 - (span - 1) / question.emission_interval);
  answer.replicas = static_cast<int>(std::min<std::int64_t>(n[5], 1'000'000));
  decision.decided_at_us = n[6];
  return decision;
}

}  // namespace ppn
