#include "io/resolver.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "base/ascii.hpp"
#include "io/thread.hpp"

namespace ppn {
namespace {

constexpr int kMaxThreads = 4;
constexpr std::size_t kMaxQueued = 10'000;

bool numeric_address(const std::string& host, std::uint16_t port, Addresses& out) {
  sockaddr_in v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    out.emplace_back(reinterpret_cast<const sockaddr*>(&v4), static_cast<poco_socklen_t>(sizeof v4));
    return true;
  }
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    out.emplace_back(reinterpret_cast<const sockaddr*>(&v6), static_cast<poco_socklen_t>(sizeof v6));
    return true;
  }
  return false;
}

// Returns 0 or an EAI_ number.
int look_up(const std::string& host, std::uint16_t port, Addresses& out) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int outcome = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (outcome != 0) return outcome;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    if (entry->ai_family == AF_INET || entry->ai_family == AF_INET6) {
      out.emplace_back(entry->ai_addr, static_cast<poco_socklen_t>(entry->ai_addrlen));
    }
  }
  ::freeaddrinfo(list);
  return out.empty() ? EAI_NONAME : 0;
}

}  // namespace

// One question. The call that asked may be gone when the answer comes: then `wait` is null.
struct Resolver::Query {
  std::string host;
  std::uint16_t port = 0;
  EventLoop* loop = nullptr;
  Addresses addresses;  // written by the resolver thread, read by the loop after the answer was submitted
  int outcome = 0;
  bool answered = false;  // loop thread
  Wait* wait = nullptr;   // loop thread
};

// What the threads need. It outlives the resolver while one of them is inside getaddrinfo.
struct Resolver::Shared {
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<std::shared_ptr<Query>> queue;
  int threads = 0;
  int idle = 0;
  bool stopping = false;
};

Resolver::Resolver() : shared_(std::make_shared<Shared>()) {}

Resolver::~Resolver() {
  const std::lock_guard lock(shared_->mutex);
  shared_->stopping = true;
  shared_->queue.clear();
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
    lock.unlock();
    query->outcome = look_up(query->host, query->port, query->addresses);
    lock.lock();
    // The loop lives as long as the resolver, and the resolver has not stopped while the lock is held.
    if (shared->stopping) return;
    query->loop->submit([query] {
      query->answered = true;
      if (query->wait != nullptr) query->wait->notify();
    });
  }
}

Task<Result<Addresses>> Resolver::resolve(std::string host, std::uint16_t port, Token& token, Nanos deadline) {
  Addresses numeric;
  if (numeric_address(host, port, numeric)) co_return numeric;

  Wait wait;
  const auto query = std::make_shared<Query>();
  query->host = std::move(host);
  query->port = port;
  query->loop = &token.loop();
  query->wait = &wait;
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->queue.size() >= kMaxQueued) {
      co_return Failure(ErrorCode::dns_failed, Phase::dns, "too many names wait to be resolved");
    }
    shared_->queue.push_back(query);
    // An idle thread that was woken still counts as idle until it runs, so compare with all that waits.
    if (shared_->queue.size() > static_cast<std::size_t>(shared_->idle) && shared_->threads < kMaxThreads) {
      if (start_detached_thread("ppn-dns", [shared = shared_] { work(shared); })) ++shared_->threads;
    }
    if (shared_->threads == 0) {
      shared_->queue.pop_back();
      co_return Failure(ErrorCode::dns_failed, Phase::dns, "no thread could be started to resolve a name");
    }
    shared_->wake.notify_one();
  }

  Wake wake = Wake::ready;
  while (!query->answered && wake == Wake::ready) wake = co_await wait.until(token, deadline);
  query->wait = nullptr;
  if (wake == Wake::timeout) {
    co_return Failure(ErrorCode::dns_timeout, Phase::dns, "resolving " + query->host + " took too long");
  }
  if (wake == Wake::interrupted) co_return Failure(token.interruption(), Phase::dns, "resolving " + query->host);
  if (query->outcome != 0) {
    co_return Failure(ErrorCode::dns_failed, Phase::dns, query->host + ": " + ::gai_strerror(query->outcome));
  }
  co_return std::move(query->addresses);
}

Result<ResolveOverrides> ResolveOverrides::parse(std::string_view text) {
  const auto refuse = [] {
    return Failure(ErrorCode::config_error, Phase::config,
                   "resolve takes host:port:address entries, separated by commas, with numeric addresses");
  };
  ResolveOverrides overrides;
  while (!text.empty()) {
    const std::string_view entry = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), entry.size() + 1));
    const std::size_t host_end = entry.find(':');
    const std::size_t port_end = host_end == entry.npos ? entry.npos : entry.find(':', host_end + 1);
    if (host_end == 0 || port_end == entry.npos) return refuse();
    const std::string_view port_text = entry.substr(host_end + 1, port_end - host_end - 1);
    std::uint16_t port = 0;
    const auto [end, problem] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
    if (problem != std::errc{} || end != port_text.data() + port_text.size() || port == 0) return refuse();
    std::string_view address = entry.substr(port_end + 1);
    if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
      address = address.substr(1, address.size() - 2);
    }
    Addresses parsed;
    if (!numeric_address(std::string(address), port, parsed)) return refuse();
    overrides.entries_.push_back({std::string(entry.substr(0, host_end)), port, parsed.front()});
  }
  return overrides;
}

const Poco::Net::SocketAddress* ResolveOverrides::find(std::string_view host, std::uint16_t port) const noexcept {
  for (const Entry& entry : entries_) {
    if (entry.port == port && equals_ignore_case(entry.host, host)) return &entry.address;
  }
  return nullptr;
}

}  // namespace ppn
