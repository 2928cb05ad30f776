// TLS sessions for resumption: a handshake that resumes costs half the CPU of a full one.
//
// A session is kept under the name and port it was verified for, inside the context whose trust verified it: what is
// resumed was checked with the same settings for the same name. TLS 1.3 tickets are used once (RFC 8446 C.4).
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>

namespace ppn {

struct TlsSessionDeleter {
  void operator()(SSL_SESSION* session) const noexcept { ::SSL_SESSION_free(session); }
};
using TlsSession = std::unique_ptr<SSL_SESSION, TlsSessionDeleter>;

// Thread: any.
class TlsSessions {
 public:
  // The newest goes first; the oldest of all makes room.
  void keep(const std::string& peer, TlsSession session);
  // A session for `peer`, or null. One of TLS 1.3 leaves the store.
  TlsSession take(const std::string& peer);

  std::size_t size() const;

 private:
  struct Entry {
    std::string peer;
    TlsSession session;
  };

  static constexpr std::size_t kMaxSessions = 256;
  static constexpr std::size_t kMaxPerPeer = 32;  // as many connections may begin at once

  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // newest first
};

}  // namespace ppn
