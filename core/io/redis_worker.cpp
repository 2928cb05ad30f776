#include "io/redis_worker.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <new>

#include "base/log.hpp"

namespace ppn {
namespace {

// Redis decides some 100 questions in a millisecond; a pipeline of this many fits well into the shortest timeout.
constexpr std::size_t kPipeline = 256;
constexpr std::size_t kMaxScopes = 10'000;

thread_local const void* this_thread_serves = nullptr;

// Not a process id: containers have the same ones.
std::string random_name() {
  std::array<unsigned char, 16> bytes{};
  static_cast<void>(::getrandom(bytes.data(), bytes.size(), 0));
  std::string name;
  for (const unsigned char byte : bytes) {
    name += "0123456789abcdef"[byte >> 4];
    name += "0123456789abcdef"[byte & 15];
  }
  return name;
}

}  // namespace

RedisGate::Worker::Worker(std::shared_ptr<Shared> shared)
    : shared_(std::move(shared)),
      replica_(random_name()),
      connection_(shared_->place, shared_->wake, [this] { return attend(); }) {}

bool RedisGate::Worker::is_on(const Shared& shared) noexcept {
  return this_thread_serves == &shared;
}

void RedisGate::Worker::run() {
  this_thread_serves = shared_.get();
  Batch batch;
  std::vector<std::function<void(bool)>> probes;
  while (attend()) {
    {
      const std::lock_guard lock(shared_->mutex);
      batch.swap(shared_->queue);
      probes.swap(shared_->probes);
    }
    work(batch, !probes.empty());
    batch.clear();
    for (const auto& done : probes) done(shared_->up.load(std::memory_order_relaxed));
    probes.clear();
    wait_for_work();
  }
  {
    const std::lock_guard lock(shared_->mutex);
    batch.swap(shared_->queue);
  }
  for (Asked& asked : batch) answer_unavailable(asked);
  connection_.close();
  const std::lock_guard lock(shared_->mutex);
  shared_->ended = true;
  shared_->thread_ended.notify_all();
}

// Answers what needs no Redis, also while the connection waits for it. False when the gate is destroyed.
bool RedisGate::Worker::attend() {
  shared_->wake->clear();
  Batch refused;
  std::vector<DatedDone> beyond;
  bool stopping = false;
  {
    const std::lock_guard lock(shared_->mutex);
    beyond.swap(shared_->beyond);
    if (!shared_->up.load(std::memory_order_relaxed)) refused.swap(shared_->queue);
    stopping = shared_->stopping;
  }
  for (Asked& asked : refused) answer_unavailable(asked);
  for (DatedDone& done : beyond) {
    Asked asked{{}, std::move(done)};
    answer_unavailable(asked);
  }
  return !stopping;
}

void RedisGate::Worker::wait_for_work() {
  {
    const std::lock_guard lock(shared_->mutex);
    if (!shared_->queue.empty() || !shared_->beyond.empty() || !shared_->probes.empty() || shared_->stopping) return;
  }
  static_cast<void>(shared_->wake->wait(-1, 0, next_probe_));
}

void RedisGate::Worker::work(Batch& batch, bool probe_asked) noexcept {
  try {
    ask_all(batch);
    if (!shared_->up.load(std::memory_order_relaxed) && (probe_asked || monotonic_now() >= next_probe_)) probe();
  } catch (const std::bad_alloc&) {
    connection_.close();  // it may stand in the middle of an answer
  }
  for (Asked& asked : batch) {
    if (asked.done) answer_unavailable(asked);
  }
}

void RedisGate::Worker::probe() {
  next_probe_ = monotonic_now() + shared_->probe_interval;
  if (connection_.open(monotonic_now() + shared_->timeout)) {
    next_probe_ = monotonic_now() + shared_->probe_interval;
    return;
  }
  count_connection();
  next_probe_ = kNever;
  shared_->up.store(true, std::memory_order_relaxed);
}

void RedisGate::Worker::ask_all(Batch& batch) {
  for (Asked& asked : batch) {
    if (const auto decision = decide_alone(asked.question)) answer(asked, *decision);
  }
  std::erase_if(batch, [](const Asked& asked) { return !asked.done; });
  for (std::size_t i = 0; i < batch.size(); i += kPipeline) ask_some(&batch[i], std::min(kPipeline, batch.size() - i));
}

void RedisGate::Worker::ask_some(Asked* first, std::size_t count) {
  std::vector<RedisReply> replies;
  if (connected()) {
    const Nanos deadline = monotonic_now() + shared_->timeout;
    std::vector<RedisCommand> commands;
    for (std::size_t i = 0; i < count; ++i) {
      commands.push_back(redis_command(first[i].question, connection_.digest(), replica_));
    }
    auto problem = connection_.exchange(commands, replies, deadline);
    if (!problem) problem = load_again(first, replies, deadline);
    if (problem) go_down(*problem);
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (i < replies.size()) {
      deliver(first[i], replies[i]);
    } else {
      answer_unavailable(first[i]);
    }
  }
}

// Redis forgets its scripts by SCRIPT FLUSH and by a failover.
RedisConnection::Problem RedisGate::Worker::load_again(const Asked* first, std::vector<RedisReply>& replies,
                                                       Nanos deadline) {
  std::vector<std::size_t> places;
  std::vector<RedisCommand> commands{{"SCRIPT", "LOAD", std::string(redis_script())}};
  for (std::size_t i = 0; i < replies.size(); ++i) {
    if (replies[i].kind != RedisReply::Kind::error || replies[i].code() != "NOSCRIPT") continue;
    places.push_back(i);
    commands.push_back(redis_command(first[i].question, connection_.digest(), replica_));
  }
  if (places.empty()) return {};
  std::vector<RedisReply> again;
  auto problem = connection_.exchange(commands, again, deadline);
  for (std::size_t i = 1; i < again.size(); ++i) replies[places[i - 1]] = std::move(again[i]);
  return problem;
}

bool RedisGate::Worker::connected() {
  if (!shared_->up.load(std::memory_order_relaxed)) return false;
  // Redis closes idle connections, and nothing is wrong with it then.
  if (connection_.usable()) return true;
  if (const auto problem = connection_.open(monotonic_now() + shared_->timeout)) {
    go_down(*problem);
    return false;
  }
  count_connection();
  return true;
}

void RedisGate::Worker::count_connection() noexcept {
  if (std::exchange(connected_before_, true)) shared_->reconnects.fetch_add(1, std::memory_order_relaxed);
}

void RedisGate::Worker::go_down(std::string_view why) {
  connection_.close();
  next_probe_ = monotonic_now() + shared_->probe_interval;
  if (!shared_->up.exchange(false, std::memory_order_relaxed)) return;
  if (why == RedisConnection::kGivenUp) return;
  // Once for each time that it was there: a server that takes connections but no questions would fill the log.
  if (std::exchange(down_reported_, true)) return;
  log(LogLevel::warning, "redis at " + shared_->place.to_text() + " can not be asked for rate limits: " +
                             std::string(why) + "; the fallback applies until it answers");
}

void RedisGate::Worker::deliver(Asked& asked, const RedisReply& reply) {
  const auto decision = redis_decision(asked.question, reply);
  if (decision) {
    if (std::exchange(down_reported_, false)) {
      log(LogLevel::info, "redis at " + shared_->place.to_text() + " answers again");
    }
    remember_replicas(asked.question.scope, decision->answer.replicas);
    return answer(asked, *decision);
  }
  // A key that somebody else uses spoils its own scope alone.
  const bool own_fault = reply.kind == RedisReply::Kind::error && reply.code() == "WRONGTYPE";
  if (!own_fault) {
    go_down(reply.kind == RedisReply::Kind::error ? "the script was answered with " + reply.code()
                                                  : "the answer is not one of the script");
  }
  answer_unavailable(asked);
}

void RedisGate::Worker::answer(Asked& asked, const RedisDecision& decision) {
  const bool granted = decision.answer.kind == Answer::Kind::granted;
  (granted ? shared_->granted : shared_->refused).fetch_add(1, std::memory_order_relaxed);
  const DatedDone done = std::exchange(asked.done, nullptr);
  done(decision.answer, decision.decided_at_us);
}

void RedisGate::Worker::answer_unavailable(Asked& asked) noexcept {
  shared_->unavailable.fetch_add(1, std::memory_order_relaxed);
  Answer none;
  const auto known = replicas_.find(asked.question.scope);
  none.replicas = known != replicas_.end() ? known->second : last_replicas_;
  const DatedDone done = std::exchange(asked.done, nullptr);
  done(none, 0);
}

void RedisGate::Worker::remember_replicas(const std::string& scope, int replicas) {
  last_replicas_ = replicas;
  const auto known = replicas_.find(scope);
  if (known != replicas_.end()) {
    known->second = replicas;
    return;
  }
  if (replicas_.size() >= kMaxScopes) replicas_.clear();
  replicas_.emplace(scope, replicas);
}

}  // namespace ppn
