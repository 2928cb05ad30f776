// Questions to a RedisGate, and their answers in the thread of the test.
#pragma once

#include <cstdint>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "io/redis_gate.hpp"
#include "support/deadline.hpp"

namespace ppn::test {

struct Dated {
  FleetGate::Answer answer;
  std::int64_t decided_at_us = 0;
};

struct Limit {
  Nanos interval = 3'600 * kSecond;
  std::int64_t burst = 5;
  std::int64_t cost = 1;
};

// All questions first, so that they travel together; then all answers, in the order of the questions.
inline std::vector<Dated> ask_many(RedisGate& gate, const std::string& scope, std::size_t count, Limit limit = {}) {
  std::vector<std::future<Dated>> coming;
  for (std::size_t i = 0; i < count; ++i) {
    const auto promise = std::make_shared<std::promise<Dated>>();
    coming.push_back(promise->get_future());
    gate.ask_dated(scope, limit.cost, limit.interval, limit.burst,
                   [promise](FleetGate::Answer answer, std::int64_t at) {
                     promise->set_value({answer, at});
                   });
  }
  std::vector<Dated> answers;
  for (auto& answer : coming) {
    if (answer.wait_until(default_deadline()) != std::future_status::ready) throw std::runtime_error("no answer");
    answers.push_back(answer.get());
  }
  return answers;
}

inline Dated ask_one(RedisGate& gate, const std::string& scope, Limit limit = {}) {
  return ask_many(gate, scope, 1, limit).front();
}

inline std::string kind_name(const Dated& dated) {
  switch (dated.answer.kind) {
    case FleetGate::Answer::Kind::granted: return "granted";
    case FleetGate::Answer::Kind::wait: return "wait";
    case FleetGate::Answer::Kind::never: return "never";
    case FleetGate::Answer::Kind::unavailable: return "unavailable";
  }
  return "?";
}

// Whether Redis is there after a probe.
inline bool probe(RedisGate& gate) {
  const auto promise = std::make_shared<std::promise<bool>>();
  auto told = promise->get_future();
  gate.probe_now([promise](bool up) { promise->set_value(up); });
  if (told.wait_until(default_deadline()) != std::future_status::ready) throw std::runtime_error("no probe");
  return told.get();
}

// The longest timeout there is, where the test is about something else and the machine may be loaded.
constexpr std::int64_t kPatientMs = 20'000;
// No probe but those that the test asks for.
constexpr std::int64_t kNoProbesMs = 3'600'000;

inline std::shared_ptr<RedisGate> gate_at(const std::string& url, std::int64_t timeout_ms = kPatientMs) {
  auto gate = RedisGate::create(url, timeout_ms, kNoProbesMs);
  if (!gate) throw std::runtime_error(gate.error().message);
  return *gate;
}

}  // namespace ppn::test
