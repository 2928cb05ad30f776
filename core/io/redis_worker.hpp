// What a RedisGate shares with its thread, and what the thread does. Only redis_gate.cpp and redis_worker.cpp see it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/process_generation.hpp"
#include "io/redis_connection.hpp"
#include "io/redis_gate.hpp"
#include "io/redis_place.hpp"
#include "io/redis_script.hpp"
#include "io/wake_event.hpp"

namespace ppn {

struct RedisGate::Shared {
  struct Asked {
    RedisQuestion question;
    DatedDone done;
  };

  RedisPlace place;
  Nanos timeout = 0;
  Nanos probe_interval = 0;

  std::atomic<bool> started{false};
  MadeInProcess made;               // written before `started`
  std::shared_ptr<WakeEvent> wake;  // written before `started`

  std::mutex mutex;  // guards what follows
  std::vector<Asked> queue;
  std::vector<DatedDone> beyond;                  // questions that found the queue full
  std::vector<std::function<void(bool)>> probes;  // asked for by probe_now
  bool stopping = false;
  bool ended = false;
  std::condition_variable thread_ended;

  std::atomic<bool> up{true};
  std::atomic<std::uint64_t> asked{0};
  std::atomic<std::uint64_t> granted{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> unavailable{0};
  std::atomic<std::uint64_t> reconnects{0};
};

class RedisGate::Worker {
 public:
  explicit Worker(std::shared_ptr<Shared> shared);

  // Returns when the gate is destroyed. Calls user code without a lock.
  void run();
  // Whether the calling thread is that of `shared`.
  static bool is_on(const Shared& shared) noexcept;

 private:
  using Asked = Shared::Asked;
  using Batch = std::vector<Asked>;

  bool attend();
  void wait_for_work();
  void probe();
  void work(Batch& batch, bool probe_asked) noexcept;
  void ask_all(Batch& batch);
  void ask_some(Asked* first, std::size_t count);
  RedisConnection::Problem load_again(const Asked* first, std::vector<RedisReply>& replies, Nanos deadline);
  bool connected();
  void count_connection() noexcept;
  void go_down(std::string_view why);
  void deliver(Asked& asked, const RedisReply& reply);
  void answer(Asked& asked, const RedisDecision& decision);
  void answer_unavailable(Asked& asked) noexcept;
  void remember_replicas(const std::string& scope, int replicas);

  const std::shared_ptr<Shared> shared_;
  const std::string replica_;
  RedisConnection connection_;
  bool connected_before_ = false;
  bool down_reported_ = false;
  Nanos next_probe_ = kNever;
  // By scope. Forgotten when there are too many of them: the last count of any stays.
  std::unordered_map<std::string, int> replicas_;
  int last_replicas_ = 1;
};

}  // namespace ppn
