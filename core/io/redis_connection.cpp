#include "io/redis_connection.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <utility>

#include "io/descriptors.hpp"
#include "io/thread.hpp"

namespace ppn {
namespace {

std::string errno_text(int os_errno) {
  return std::generic_category().message(os_errno);
}

bool is_digest(const RedisReply& reply) {
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return reply.kind == RedisReply::Kind::text && reply.text.size() == 40 &&
         std::all_of(reply.text.begin(), reply.text.end(), is_hex);
}

}  // namespace

// A name is looked up on a thread of its own, for getaddrinfo has no deadline.
struct RedisConnection::Lookup {
  std::mutex mutex;  // guards the rest
  Addresses addresses;
  std::string problem;
  bool done = false;

  static void run(Lookup& lookup, const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* list = nullptr;
    const int failure = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, ::freeaddrinfo);
    Addresses found;
    for (const addrinfo* entry = failure == 0 ? list : nullptr; entry != nullptr; entry = entry->ai_next) {
      if (entry->ai_family != AF_INET && entry->ai_family != AF_INET6) continue;
      const Poco::Net::SocketAddress address(entry->ai_addr, static_cast<poco_socklen_t>(entry->ai_addrlen));
      found.emplace_back(address.host(), port);
    }
    const std::lock_guard lock(lookup.mutex);
    lookup.problem = failure != 0 ? ::gai_strerror(failure) : found.empty() ? "no address" : "";
    lookup.addresses = std::move(found);
    lookup.done = true;
  }
};

RedisConnection::RedisConnection(const RedisPlace& place, std::shared_ptr<WakeEvent> wake, Woken woken)
    : place_(place), wake_(std::move(wake)), woken_(std::move(woken)) {}

RedisConnection::~RedisConnection() {
  close();
}

void RedisConnection::close() noexcept {
  reader_.reset();
  if (socket_ < 0) return;
  note_closing(socket_);
  ::close(std::exchange(socket_, -1));
}

bool RedisConnection::usable() const noexcept {
  if (socket_ < 0) return false;
  char byte = 0;
  return ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

RedisConnection::Waited RedisConnection::wait(short events, Nanos deadline, short& seen) {
  for (;;) {
    const WakeEvent::Ended ended = wake_->wait(socket_, events, deadline);
    seen = ended.events;
    if (ended.woken && !woken_()) return Waited::given_up;
    if (seen != 0) return Waited::ready;
    if (!ended.woken || monotonic_now() >= deadline) return Waited::late;
    if (socket_ < 0) return Waited::ready;  // a lookup waits for the event alone
  }
}

RedisConnection::Problem RedisConnection::open(Nanos deadline) {
  close();
  Addresses addresses;
  if (Problem problem = find_addresses(deadline, addresses)) return problem;
  Problem last;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    // One that does not answer leaves the others their share.
    const Nanos now = monotonic_now();
    const Nanos share = (deadline - now) / static_cast<Nanos>(addresses.size() - i);
    last = connect(addresses[i], deadline == kNever ? kNever : now + share);
    if (!last) break;
    close();
  }
  if (!last) last = greet(deadline);
  if (last) close();
  return last;
}

RedisConnection::Problem RedisConnection::find_addresses(Nanos deadline, Addresses& addresses) {
  if (place_.host.empty()) {
    addresses.push_back(unix_address(place_.path));
    return {};
  }
  if (const auto address = numeric_address(place_.host, place_.port)) {
    addresses.push_back(*address);
    return {};
  }
  // One that did not end in time is waited for again, so that there is never more than one.
  if (lookup_ == nullptr) {
    const auto lookup = std::make_shared<Lookup>();
    const bool started =
        start_detached_thread("ppn-redis-dns", [lookup, wake = wake_, host = place_.host, port = place_.port] {
          Lookup::run(*lookup, host, port);
          wake->set();
        });
    if (!started) return "no thread to look up the host";
    lookup_ = lookup;
  }
  for (;;) {
    {
      const std::lock_guard lock(lookup_->mutex);
      if (lookup_->done) break;
    }
    short none = 0;
    const Waited waited = wait(0, deadline, none);
    if (waited == Waited::given_up) return std::string(kGivenUp);
    if (waited == Waited::late) return "no answer about the host in time";
  }
  const auto lookup = std::exchange(lookup_, nullptr);
  addresses = std::move(lookup->addresses);
  if (!lookup->problem.empty()) return "the host: " + lookup->problem;
  return {};
}

RedisConnection::Problem RedisConnection::connect(const Poco::Net::SocketAddress& address, Nanos deadline) {
  socket_ = ::socket(address.af(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0) return errno_text(errno);
  note_opened(socket_);
  const int on = 1;
  if (address.af() != AF_UNIX) ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket_, address.addr(), address.length()) == 0) return {};
  if (errno != EINPROGRESS) return errno_text(errno);
  short seen = 0;
  switch (wait(POLLOUT, deadline, seen)) {
    case Waited::late: return "no connection in time";
    case Waited::given_up: return std::string(kGivenUp);
    case Waited::ready: break;
  }
  int reason = 0;
  socklen_t length = sizeof reason;
  if (::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &reason, &length) != 0) reason = errno;
  if (reason != 0) return errno_text(reason);
  return {};
}

RedisConnection::Problem RedisConnection::greet(Nanos deadline) {
  reader_ = std::make_unique<RedisReader>();
  std::vector<std::vector<std::string_view>> commands;
  if (!place_.password.empty()) {
    commands.push_back({"AUTH"});
    if (!place_.user.empty()) commands.back().push_back(place_.user);
    commands.back().push_back(place_.password.view());
  }
  const std::string database = std::to_string(place_.database);
  if (place_.database != 0) commands.push_back({"SELECT", database});
  // It fails while Redis loads its data, and shows by its answer that this is Redis.
  commands.push_back({"SCRIPT", "LOAD", redis_script()});

  Secret out;
  for (const auto& command : commands)
    append_redis_command(command, [&](std::string_view bytes) { out.append(bytes); });
  std::vector<RedisReply> replies;
  if (Problem problem = exchange_bytes(out.view(), commands.size(), replies, deadline)) return problem;
  for (std::size_t i = 0; i < replies.size(); ++i) {
    if (replies[i].kind == RedisReply::Kind::error) {
      return std::string(commands[i].front()) + " was answered with " + replies[i].code();
    }
  }
  if (!is_digest(replies.back())) return "the answer to SCRIPT LOAD is not one of Redis";
  digest_ = replies.back().text;
  return {};
}

RedisConnection::Problem RedisConnection::exchange(const std::vector<RedisCommand>& commands,
                                                   std::vector<RedisReply>& replies, Nanos deadline) {
  std::string out;
  std::vector<std::string_view> parts;
  for (const RedisCommand& command : commands) {
    parts.assign(command.begin(), command.end());
    append_redis_command(parts, [&](std::string_view bytes) { out += bytes; });
  }
  return exchange_bytes(out, commands.size(), replies, deadline);
}

RedisConnection::Problem RedisConnection::exchange_bytes(std::string_view out, std::size_t count,
                                                         std::vector<RedisReply>& replies, Nanos deadline) {
  replies.clear();
  while (replies.size() < count) {
    short seen = 0;
    const auto wanted = static_cast<short>(out.empty() ? POLLIN : POLLIN | POLLOUT);
    switch (wait(wanted, deadline, seen)) {
      case Waited::late: return "no answer in time";
      case Waited::given_up: return std::string(kGivenUp);
      case Waited::ready: break;
    }
    if ((seen & POLLOUT) != 0 && !out.empty()) {
      const ssize_t sent = ::send(socket_, out.data(), out.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN && errno != EINTR) return errno_text(errno);
      if (sent > 0) out.remove_prefix(static_cast<std::size_t>(sent));
    }
    if ((seen & ~POLLOUT) == 0) continue;
    if (Problem problem = receive()) return problem;
    RedisReply reply;
    while (replies.size() < count && reader_->next(reply)) replies.push_back(std::move(reply));
    if (reader_->failed()) return "an answer that is not one of Redis";
  }
  if (!out.empty() || reader_->unread() > 0) {
    replies.clear();  // which answer belongs to which question is unknown
    return "an answer to nothing that was asked";
  }
  return {};
}

RedisConnection::Problem RedisConnection::receive() {
  std::array<char, 16'384> buffer;
  const ssize_t count = ::recv(socket_, buffer.data(), buffer.size(), 0);
  if (count == 0) return "the connection was closed";
  if (count < 0) {
    if (errno == EAGAIN || errno == EINTR) return {};
    return errno_text(errno);
  }
  reader_->feed({buffer.data(), static_cast<std::size_t>(count)});
  return {};
}

}  // namespace ppn
