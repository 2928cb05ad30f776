// Debian's redis-server as a real peer, on a loopback port and a Unix socket of its own. It keeps nothing on the disk.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace ppn::test {

bool redis_available();

struct RedisOptions {
  std::string password = {};  // of the default user; empty = none is needed
};

class RedisServer {
 public:
  // Returns when it answers; throws std::runtime_error with its messages when it does not come up.
  explicit RedisServer(RedisOptions options = {});
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  std::uint16_t port() const noexcept { return port_; }
  std::string url() const;       // by 127.0.0.1, without password
  std::string unix_url() const;  // by the Unix socket

  // SIGKILL; returns when it has ended.
  void kill();
  // After kill: a new one at the same places, without the data of the old one.
  void restart();
  // SIGSTOP and SIGCONT: connections are taken and nothing is answered.
  void freeze();
  void thaw();

  // What Redis answers to `lines`, each an inline command with "\r\n" behind it.
  std::string answers(std::string_view lines) const;

 private:
  bool start();

  const RedisOptions options_;
  TempDir dir_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Process> process_;
};

}  // namespace ppn::test
