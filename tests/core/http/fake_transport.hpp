// A transport without a socket: what the peer sends and takes is written down by the test.
#pragma once

#include <algorithm>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "io/transport.hpp"

namespace ppn::test {

// What the test holds of a transport that the engine owns.
struct FakePeer {
  std::deque<std::string> incoming = {};                   // one read each; then what `after` says
  IoResult::Kind after = IoResult::Kind::would_block;      // of reads beyond `incoming`
  std::size_t takes = static_cast<std::size_t>(-1);        // bytes that writes still accept
  IoResult::Kind when_full = IoResult::Kind::would_block;  // of writes beyond `takes`
  std::string written = {};
  std::int64_t stall_limit_ms = kStallMs;
  bool disturbed = false;
  bool ended_unseen = false;  // the kernel knows of an end that no event has told yet
  bool closed = false;
  Transport::RestWatcher* watcher = nullptr;

  // As if the kernel had told of bytes or of the end on a connection at rest.
  void disturb() {
    disturbed = true;
    if (watcher != nullptr) watcher->on_rest_disturbed();
  }
};

class FakeTransport final : public Transport {
 public:
  explicit FakeTransport(std::shared_ptr<FakePeer> peer) : peer_(std::move(peer)) {}
  ~FakeTransport() override { peer_->closed = true; }

  IoResult read(std::span<char> out) override {
    if (peer_->incoming.empty()) return fail(peer_->after);
    std::string& next = peer_->incoming.front();
    const std::size_t count = std::min(out.size(), next.size());
    std::memcpy(out.data(), next.data(), count);
    next.erase(0, count);
    if (next.empty()) peer_->incoming.pop_front();
    return {IoResult::Kind::done, count};
  }
  IoResult write(std::string_view first, std::string_view second) override {
    if (peer_->takes == 0) return fail(peer_->when_full);
    const std::size_t count = std::min(peer_->takes, first.size() + second.size());
    peer_->written.append(first.substr(0, count));
    if (count > first.size()) peer_->written.append(second.substr(0, count - first.size()));
    if (peer_->takes != static_cast<std::size_t>(-1)) peer_->takes -= count;
    return {IoResult::Kind::done, count};
  }
  Wait& event() noexcept override { return event_; }
  void rest(RestWatcher* watcher) noexcept override { peer_->watcher = watcher; }
  bool disturbed() noexcept override { return peer_->disturbed; }
  void limit_stall(std::int64_t limit_ms) noexcept override { peer_->stall_limit_ms = limit_ms; }
  void distrust() noexcept override { peer_->disturbed |= peer_->ended_unseen; }
  void release_buffers() noexcept override {}
  const Error& failure() const noexcept override { return failure_; }
  const std::string& remote() const noexcept override { return remote_; }

 private:
  IoResult fail(IoResult::Kind kind) {
    if (kind == IoResult::Kind::reset) failure_ = Error(ErrorCode::connection_reset, Phase::none, "reset");
    if (kind == IoResult::Kind::failed) failure_ = Error(ErrorCode::read_failed, Phase::none, "failed");
    return {kind};
  }

  const std::shared_ptr<FakePeer> peer_;
  Wait event_;
  Error failure_;
  const std::string remote_ = "192.0.2.1:80";
};

}  // namespace ppn::test
