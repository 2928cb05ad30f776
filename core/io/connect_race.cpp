#include "io/connect_race.hpp"

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "io/attempt_schedule.hpp"

namespace ppn {
namespace {

constexpr Nanos kFullQueueDelay = 10 * kMillisecond;
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

Task<Result<std::unique_ptr<TcpTransport>>> race_connect(Addresses addresses, Token& token, Nanos deadline) {
  EventLoop& loop = token.loop();
  AttemptSchedule schedule(addresses);
  Wait progress;  // before the attempts, which notify it
  Attempts attempts;
  Failures failures;

  for (;;) {
    while (const auto* const address = schedule.next(loop.now())) {
      auto begun = TcpTransport::begin_connect(*address, loop, progress);
      if (begun) {
        attempts.push_back(std::move(*begun));
      } else {
        failures.add(begun.error());
        schedule.failed(loop.now());
      }
    }
    if (schedule.exhausted()) co_return failures.take();

    const Wake wake = co_await progress.until(token, std::min(deadline, schedule.wake_at()));
    if (wake == Wake::interrupted) {
      co_return Failure(token.interruption(), Phase::connect, "connecting to " + attempts.front()->remote());
    }
    const std::size_t before = attempts.size();
    if (auto winner = winner_of(attempts, failures)) co_return std::move(winner);
    for (std::size_t i = attempts.size(); i < before; ++i) schedule.failed(loop.now());
    if (loop.now() >= deadline) {
      co_return Failure(ErrorCode::connect_timeout, Phase::connect,
                        "connecting to " + schedule.first().toString() + " took too long");
    }
  }
}

Task<Result<std::unique_ptr<TcpTransport>>> connect_unix(Poco::Net::SocketAddress address, Token& token,
                                                         Nanos deadline) {
  const EventLoop& loop = token.loop();
  for (;;) {
    auto outcome = co_await race_connect(Addresses(1, address), token, deadline);
    if (outcome || outcome.error().os_errno != EAGAIN) co_return outcome;
    Wait pause;
    const Wake wake = co_await pause.until(token, std::min(deadline, loop.now() + kFullQueueDelay));
    if (wake == Wake::interrupted) {
      co_return Failure(token.interruption(), Phase::connect, "connecting to " + address.toString());
    }
    if (loop.now() >= deadline) {
      co_return Failure(ErrorCode::connect_timeout, Phase::connect,
                        "connecting to " + address.toString() + ": the queue of the listener stayed full");
    }
  }
}

}  // namespace ppn
