// The rate limit as Redis decides it: one script, its arguments and its answer (SEMANTICS 3.2.1, 3.2.6).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fleet_gate.hpp"
#include "io/redis_reply.hpp"

namespace ppn {

using RedisCommand = std::vector<std::string>;

struct RedisQuestion {
  std::string scope;
  std::int64_t cost = 1;
  Nanos emission_interval = 0;  // one unit of cost is worth this much time
  std::int64_t burst = 1;
};

struct RedisDecision {
  FleetGate::Answer answer;
  std::int64_t decided_at_us = 0;  // by the clock of Redis
};

std::string_view redis_script() noexcept;

// What needs no Redis: a cost that can never fit, and a rate without limit.
std::optional<RedisDecision> decide_alone(const RedisQuestion& question);

// EVALSHA of the script, known to Redis as `digest`. `replica` names who asks.
RedisCommand redis_command(const RedisQuestion& question, std::string_view digest, std::string_view replica);

// Nothing when the reply is not one of the script.
std::optional<RedisDecision> redis_decision(const RedisQuestion& question, const RedisReply& reply);

}  // namespace ppn
