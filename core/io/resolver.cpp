#include "io/resolver.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <list>
#include <map>
#include <mutex>
#include <new>
#include <system_error>
#include <utility>

#include "base/ascii.hpp"
#include "io/thread.hpp"

namespace ppn {
namespace {

constexpr int kMaxThreads = 4;
constexpr std::size_t kMaxQueued = 10'000;
constexpr std::size_t kMaxCached = 1'000;

DnsAnswer ask_system(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  DnsAnswer answer;
  answer.failure = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (answer.failure != 0) {
    if (answer.failure == EAI_SYSTEM) answer.os_errno = errno;
    return answer;
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, ::freeaddrinfo);
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family == AF_INET || entry->ai_family == AF_INET6) {
      const Poco::Net::SocketAddress address(entry->ai_addr, static_cast<poco_socklen_t>(entry->ai_addrlen));
      answer.addresses.push_back(address.host());
    }
  }
  if (answer.addresses.empty()) answer.failure = EAI_NONAME;
  return answer;
}

Error dns_error(const DnsAnswer& answer, const std::string& host) {
  const std::string why =
      answer.os_errno != 0 ? std::generic_category().message(answer.os_errno) : ::gai_strerror(answer.failure);
  Error error(ErrorCode::dns_failed, Phase::dns, "resolving " + host + ": " + why);
  error.os_errno = answer.os_errno;
  // The others are about the name, or permanent in the words of the name server.
  error.retryable = answer.failure == EAI_AGAIN || answer.failure == EAI_SYSTEM || answer.failure == EAI_MEMORY;
  return error;
}

Result<Addresses> result_of(const DnsAnswer& answer, const std::string& host, std::uint16_t port) {
  if (answer.failure != 0) return Failure(dns_error(answer, host));
  Addresses addresses;
  addresses.reserve(answer.addresses.size());
  for (const auto& address : answer.addresses) addresses.emplace_back(address, port);
  return addresses;
}

}  // namespace

// One call that waits. The call may be gone when the answer comes: then `wait` is null.
struct Resolver::Asker final : EventLoop::Work {
  Asker(EventLoop& on, Wait& waiting) noexcept : loop(on), wait(&waiting) {}
  void run() noexcept override {
    const std::shared_ptr<Asker> self = std::move(keep);
    answered = true;
    if (wait != nullptr) wait->notify();
  }
  void discard() noexcept override { const std::shared_ptr<Asker> self = std::move(keep); }

  EventLoop& loop;
  std::shared_ptr<const DnsAnswer> answer;  // written before the post, read by the loop after it
  std::shared_ptr<Asker> keep;              // while posted
  bool answered = false;                    // loop thread
  Wait* wait;                               // loop thread
};

// All of it is guarded by the mutex.
struct Resolver::Query {
  std::string host;
  std::map<std::uint64_t, std::shared_ptr<Asker>> askers;  // by ticket: first come, first told
  std::list<std::shared_ptr<Query>>::iterator place;       // in the queue
  bool queued = false;
};

// What the threads need. It outlives the resolver while one of them is inside a lookup.
struct Resolver::Shared {
  Shared(Lookup ask_system_for, Clock time) : lookup(std::move(ask_system_for)), clock(time) {
    DnsAnswer answer;
    answer.failure = EAI_MEMORY;
    no_memory = std::make_shared<const DnsAnswer>(std::move(answer));
  }

  const Lookup lookup;
  const Clock clock;
  std::shared_ptr<const DnsAnswer> no_memory;

  std::mutex mutex;  // guards the rest
  std::condition_variable wake;
  DnsCache cache{kMaxCached};
  std::map<std::string, std::shared_ptr<Query>, std::less<>> queries;  // queued or begun, by host
  std::list<std::shared_ptr<Query>> queue;
  std::uint64_t next_ticket = 1;  // 0 is nobody
  std::uint64_t lookups = 0;
  int threads = 0;
  int idle = 0;
  bool stopping = false;

  void start_thread(const std::shared_ptr<Shared>& self) noexcept {
    try {
      if (start_detached_thread("ppn-dns", [self] { work(self); })) ++threads;
    } catch (const std::bad_alloc&) {
      // Another thread may be there, and the next question tries again.
    }
  }

  std::shared_ptr<const DnsAnswer> ask(const std::string& host) const noexcept {
    try {
      return std::make_shared<const DnsAnswer>(lookup(host));
    } catch (const std::exception&) {
      return no_memory;
    }
  }

  void store(const std::string& host, const std::shared_ptr<const DnsAnswer>& answer) noexcept {
    try {
      cache.store(host, answer, clock());
    } catch (const std::bad_alloc&) {
      // The askers get it all the same.
    }
  }
};

// The part of one asker in a query; ends with it.
class Resolver::Question {
 public:
  explicit Question(std::shared_ptr<Shared> shared) noexcept : shared_(std::move(shared)) {}
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  ~Question() {
    if (asker_) asker_->wait = nullptr;
    if (!query_) return;
    const std::lock_guard lock(shared_->mutex);
    query_->askers.erase(ticket_);
    if (!query_->queued || !query_->askers.empty()) return;
    // Nobody wants to know any more, and nobody has begun to ask.
    query_->queued = false;
    shared_->queue.erase(query_->place);
    shared_->queries.erase(query_->host);
  }

  // Joins the query for `host`, or begins one. The mutex is held.
  Status ask(const std::string& host, EventLoop& loop, Wait& wait) {
    asker_ = std::make_shared<Asker>(loop, wait);
    if (const auto known = shared_->queries.find(host); known != shared_->queries.end()) {
      query_ = known->second;
    } else if (Status begun = begin(host); !begun) {
      return begun;
    }
    // An idle thread that was woken still counts as idle until it runs, so compare with all that waits.
    if (shared_->queue.size() > static_cast<std::size_t>(shared_->idle) && shared_->threads < kMaxThreads) {
      shared_->start_thread(shared_);
    }
    if (shared_->threads == 0) {
      return Failure(ErrorCode::dns_failed, Phase::dns, "resolving " + host + ": no thread could be started");
    }
    ticket_ = shared_->next_ticket++;
    query_->askers.emplace(ticket_, asker_);
    return {};
  }

  // nullptr until it came. Loop thread.
  const DnsAnswer* answer() const noexcept { return asker_->answered ? asker_->answer.get() : nullptr; }

 private:
  Status begin(const std::string& host) {
    std::list<std::shared_ptr<Query>>& queue = shared_->queue;
    if (queue.size() >= kMaxQueued) {
      return Failure(ErrorCode::dns_failed, Phase::dns, "resolving " + host + ": too many names wait to be resolved");
    }
    auto query = std::make_shared<Query>();
    query->host = host;
    query->place = queue.insert(queue.end(), query);
    query->queued = true;
    query_ = std::move(query);  // from here on the destructor takes it back
    shared_->queries.emplace(host, query_);
    shared_->wake.notify_one();
    return {};
  }

  const std::shared_ptr<Shared> shared_;
  std::shared_ptr<Query> query_;
  std::shared_ptr<Asker> asker_;
  std::uint64_t ticket_ = 0;
};

Resolver::Resolver() : Resolver(ask_system) {}

Resolver::Resolver(Lookup lookup, Clock clock) : shared_(std::make_shared<Shared>(std::move(lookup), clock)) {}

Resolver::~Resolver() {
  const std::lock_guard lock(shared_->mutex);
  shared_->stopping = true;
  shared_->wake.notify_all();
}

void Resolver::work(std::shared_ptr<Shared> shared) {
  std::unique_lock lock(shared->mutex);
  for (;;) {
    ++shared->idle;
    shared->wake.wait(lock, [&] { return shared->stopping || !shared->queue.empty(); });
    --shared->idle;
    if (shared->stopping) return;
    const std::shared_ptr<Query> query = std::move(shared->queue.front());
    shared->queue.pop_front();
    query->queued = false;
    ++shared->lookups;
    lock.unlock();
    const auto answer = shared->ask(query->host);
    lock.lock();
    // The loops live as long as the resolver, and the resolver has not stopped while the lock is held.
    if (shared->stopping) return;
    shared->store(query->host, answer);
    shared->queries.erase(query->host);
    for (const auto& [ticket, asker] : std::exchange(query->askers, {})) {
      asker->answer = answer;
      asker->keep = asker;
      if (!asker->loop.post(*asker)) asker->discard();
    }
  }
}

Task<Result<Addresses>> Resolver::resolve(std::string host, std::uint16_t port, DnsMaxAge max_age, Token& token,
                                          Nanos deadline) {
  if (auto numeric = numeric_address(host, port)) co_return Addresses(1, *numeric);
  std::ranges::transform(host, host.begin(), ascii_lower);

  Wait wait;
  Question question(shared_);
  {
    const std::lock_guard lock(shared_->mutex);
    if (const auto known = shared_->cache.find(host, max_age, shared_->clock())) {
      co_return result_of(*known, host, port);
    }
    if (Status asked = question.ask(host, token.loop(), wait); !asked) co_return std::move(asked).failure();
  }

  Wake wake = Wake::ready;
  while (question.answer() == nullptr && wake == Wake::ready) wake = co_await wait.until(token, deadline);
  if (wake == Wake::timeout) {
    co_return Failure(ErrorCode::dns_timeout, Phase::dns, "resolving " + host + " took too long");
  }
  if (wake == Wake::interrupted) co_return Failure(token.interruption(), Phase::dns, "resolving " + host);
  co_return result_of(*question.answer(), host, port);
}

void Resolver::forget(std::string_view host) {
  std::string name(host);
  std::ranges::transform(name, name.begin(), ascii_lower);
  const std::lock_guard lock(shared_->mutex);
  shared_->cache.forget(name);
}

std::uint64_t Resolver::lookups() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->lookups;
}

}  // namespace ppn
