// Raw loopback sockets with deadlines: the ground under the scripted server, and a plain client for tests of the tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "support/deadline.hpp"

namespace ppn::test {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  ~UniqueFd() { reset(); }
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(std::exchange(other.fd_, -1));
    return *this;
  }

  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  void reset(int fd = -1) noexcept;

 private:
  int fd_ = -1;
};

enum class Loopback { ipv4, ipv6 };

// A listening, non-blocking socket; the kernel chooses the port when it is 0. Throws std::system_error.
UniqueFd listen_on_loopback(Loopback family = Loopback::ipv4, std::uint16_t port = 0);
std::uint16_t port_of(int socket_fd);

// A connected, non-blocking socket. Throws std::system_error, ETIMEDOUT at the deadline.
UniqueFd connect_to_loopback(std::uint16_t port, Deadline deadline, Loopback family = Loopback::ipv4);

// False when the deadline passed first. `events` as of poll(2); errors and hang-ups count as ready.
bool wait_until_ready(int fd, short events, Deadline deadline);

// Sends everything or throws std::system_error.
void send_all(int fd, std::string_view bytes, Deadline deadline);

// What arrives until `limit` bytes, the end of the stream or a reset.
struct Received {
  std::string bytes;
  bool ended = false;  // the peer closed in order
  bool reset = false;  // the peer reset the connection
};
Received receive_until_end(int fd, Deadline deadline, std::size_t limit = std::size_t{64} << 20);

}  // namespace ppn::test
