// One accepted connection of a ScriptedServer: bare TCP at first, TLS after handshake(). Every wait also ends when the
// server stops.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "support/deadline.hpp"
#include "support/socket.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace ppn::test {

enum class Io { done, ended, failed, timed_out, stopped };

class Channel {
 public:
  // `stop_fd` becomes readable, for good, when the server ends.
  Channel(UniqueFd socket, int stop_fd);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  Io handshake(ssl_ctx_st* context, Deadline deadline);
  // Appends what has arrived, at least one byte and at most `most`.
  Io read_some(std::string& into, std::size_t most, Deadline deadline);
  Io write_all(std::string_view bytes, Deadline deadline);
  // Until the peer has closed or reset, without reading.
  Io wait_for_departure(Deadline deadline);

  // With the next bytes that are written.
  Io update_keys();
  Io renegotiate(Deadline deadline);

  void half_close();
  void close();
  void close_without_notify();
  void reset();

  // Why the last call failed, for people.
  const std::string& reason() const noexcept { return reason_; }

 private:
  struct SslDeleter {
    void operator()(ssl_st* ssl) const noexcept;
  };

  Io wait(short events, Deadline deadline);
  Io fail_by_errno(int error);
  // The wait that a TLS call asked for, or how the connection ended.
  Io after_tls(int result, Deadline deadline);
  void drop_unread();

  UniqueFd socket_;
  int stop_fd_;
  std::unique_ptr<ssl_st, SslDeleter> ssl_;
  std::string reason_;
};

}  // namespace ppn::test
