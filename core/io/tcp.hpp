// A non-blocking connection in a Poco socket handle, driven by our own loop: TCP, or a Unix socket, which is the same
// stream without a network.
#pragma once

#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>

#include <memory>
#include <string>

#include "base/live_objects.hpp"
#include "base/process_generation.hpp"
#include "base/rare_error.hpp"
#include "base/result.hpp"
#include "io/event_loop.hpp"
#include "io/transport.hpp"
#include "io/wait.hpp"

namespace ppn {

class TcpTransport final : public Transport, private Watcher {
 public:
  // Begins to connect to one address; `progress` is notified until connecting() has an answer, and must live as long.
  // The socket is close-on-exec; TCP is without delay (TCP_NODELAY), with keepalive probes and TCP_USER_TIMEOUT.
  // Error: connect_failed.
  static Result<std::unique_ptr<TcpTransport>> begin_connect(const Poco::Net::SocketAddress& address, EventLoop& loop,
                                                             Wait& progress);
  enum class Connecting { pending, connected, failed };
  // After `connected` the transport is ready for use; after `failed`, failure() says why.
  Connecting connecting();
  ~TcpTransport() override;

  TcpTransport(const TcpTransport&) = delete;
  TcpTransport& operator=(const TcpTransport&) = delete;

  IoResult read(std::span<char> out) override;
  IoResult write(std::string_view first, std::string_view second) override;
  Wait& event() noexcept override { return event_; }
  void rest(RestWatcher* watcher) noexcept override { rest_watcher_ = watcher; }
  bool disturbed() noexcept override;
  void distrust() noexcept override { readable_ = true; }
  void limit_stall(std::int64_t limit_ms) noexcept override;
  void release_buffers() noexcept override {}
  const Error& failure() const noexcept override { return failure_.get(); }
  const std::string& remote() const noexcept override { return remote_; }
  // False in a child of fork.
  bool made_here() const noexcept { return made_.here(); }

 private:
  TcpTransport(EventLoop& loop, const Poco::Net::StreamSocket& socket, const Poco::Net::SocketAddress& address,
               Wait& progress);

  void on_events(std::uint32_t epoll_events) noexcept override;
  IoResult fail(ErrorCode code, int os_errno);

  EventLoop& loop_;
  Poco::Net::StreamSocket socket_;
  const int descriptor_;
  EventLoop::WatchId watch_ = EventLoop::kNoWatch;
  // What the kernel last said; true means "try". Edge-triggered events set them, EAGAIN clears them.
  bool readable_ = false;
  bool writable_ = false;
  bool peer_closed_ = false;  // FIN or error seen: a short read does not mean that the socket is empty
  bool write_failed_ = false;
  Wait* progress_;  // while connecting
  Wait event_;
  RestWatcher* rest_watcher_ = nullptr;
  RareError failure_;
  std::string remote_;
  MadeInProcess made_;
  LiveObject live_;
};

}  // namespace ppn
