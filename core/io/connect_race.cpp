#include "io/connect_race.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace ppn {
namespace {

constexpr Nanos kAttemptDelay = 250 * kMillisecond;  // RFC 8305 8
constexpr std::size_t kMaxInFlight = 6;
constexpr std::size_t kMaxNamed = 4;  // addresses in the text of an error

using Attempts = std::vector<std::unique_ptr<TcpTransport>>;

// What became of the attempts that failed, for one error about all of them.
class Failures {
 public:
  void add(const Error& error) {
    ++count_;
    last_errno_ = error.os_errno;
    if (count_ <= kMaxNamed) text_ += (text_.empty() ? "" : "; ") + error.message;
  }

  Failure take() {
    std::string text = "connecting to " + text_;
    if (count_ > kMaxNamed) text += "; and " + std::to_string(count_ - kMaxNamed) + " more";
    Error error(ErrorCode::connect_failed, Phase::connect, std::move(text));
    error.os_errno = last_errno_;
    return Failure(std::move(error));
  }

 private:
  std::size_t count_ = 0;
  int last_errno_ = 0;
  std::string text_;
};

// The first attempt that has connected, or null; those that failed are dropped.
std::unique_ptr<TcpTransport> winner_of(Attempts& attempts, Failures& failures) {
  for (std::size_t i = 0; i < attempts.size();) {
    switch (attempts[i]->connecting()) {
      case TcpTransport::Connecting::connected: return std::move(attempts[i]);
      case TcpTransport::Connecting::pending: ++i; break;
      case TcpTransport::Connecting::failed:
        failures.add(attempts[i]->failure());
        attempts.erase(attempts.begin() + static_cast<std::ptrdiff_t>(i));
        break;
    }
  }
  return nullptr;
}

}  // namespace

Addresses interleave_families(const Addresses& addresses) {
  Addresses ordered;
  if (addresses.empty()) return ordered;
  Addresses other;
  Addresses first;
  for (const auto& address : addresses) (address.af() == addresses.front().af() ? first : other).push_back(address);
  for (std::size_t i = 0; i < std::max(first.size(), other.size()); ++i) {
    if (i < first.size()) ordered.push_back(first[i]);
    if (i < other.size()) ordered.push_back(other[i]);
  }
  return ordered;
}

Task<Result<std::unique_ptr<TcpTransport>>> race_connect(Addresses addresses, Token& token, Nanos deadline) {
  EventLoop& loop = token.loop();
  const Addresses ordered = interleave_families(addresses);
  Wait progress;  // before the attempts, which notify it
  Attempts attempts;
  Failures failures;
  std::size_t next = 0;
  Nanos next_attempt = loop.now();

  for (;;) {
    const bool may_start = next < ordered.size() && attempts.size() < kMaxInFlight;
    if (may_start && (attempts.empty() || loop.now() >= next_attempt)) {
      auto begun = TcpTransport::begin_connect(ordered[next++], loop, progress);
      next_attempt = loop.now() + kAttemptDelay;
      if (begun) {
        attempts.push_back(std::move(*begun));
      } else {
        failures.add(begun.error());
      }
      continue;
    }
    if (attempts.empty()) co_return failures.take();

    const Nanos wake_at = may_start ? std::min(deadline, next_attempt) : deadline;
    const Wake wake = co_await progress.until(token, wake_at);
    if (wake == Wake::interrupted) {
      co_return Failure(token.interruption(), Phase::connect, "connecting to " + attempts.front()->remote());
    }
    const std::size_t before = attempts.size();
    if (auto winner = winner_of(attempts, failures)) co_return std::move(winner);
    if (attempts.size() < before) next_attempt = loop.now();  // one has failed: do not wait for the next
    if (loop.now() >= deadline) {
      co_return Failure(ErrorCode::connect_timeout, Phase::connect,
                        "connecting to " + ordered.front().toString() + " took too long");
    }
  }
}

}  // namespace ppn
