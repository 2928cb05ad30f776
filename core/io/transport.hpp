// A connected byte stream that never blocks: plain TCP or TLS over it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "io/wait.hpp"

namespace ppn {

struct IoResult {
  enum class Kind : std::uint8_t {
    done,         // `bytes` > 0 were moved
    would_block,  // wait for the transport's event, then try again
    end,          // the peer closed its side as it should (FIN; over TLS close_notify)
    truncated,    // TLS: the peer closed without close_notify
    reset,        // the peer reset the connection
    failed,       // see failure()
  };
  Kind kind;
  std::size_t bytes = 0;
};

// What a TLS handshake agreed on. Texts are literals.
struct TlsFacts {
  const char* version = "";  // "TLSv1.3"; "" without TLS
  const char* cipher = "";   // "TLS_AES_256_GCM_SHA384"
  bool resumed = false;
  bool verified = false;  // chain, dates and name, now or in the handshake that is resumed
};

// How long the peer may leave bytes unacknowledged, or not read, before the kernel ends the connection.
inline constexpr std::int64_t kStallMs = 30'000;

// After this many bytes without a wait, other connections of the loop get their turn.
inline constexpr std::size_t kTurnBytes = std::size_t{256} * 1024;

// Thread: the loop thread.
class Transport {
 public:
  virtual ~Transport() = default;

  // Moves some bytes. `out` is not empty.
  virtual IoResult read(std::span<char> out) = 0;
  // Moves a prefix of `first` followed by `second`. At least one is not empty.
  virtual IoResult write(std::string_view first, std::string_view second) = 0;

  // Notified when reading or writing may succeed again, or the peer went away.
  virtual Wait& event() noexcept = 0;

  // While the transport rests in a pool nobody waits for its event: then `watcher` learns that the peer closed it or
  // sent bytes nobody asked for. nullptr ends the rest.
  struct RestWatcher {
    virtual void on_rest_disturbed() noexcept = 0;

   protected:
    ~RestWatcher() = default;
  };
  virtual void rest(RestWatcher* watcher) noexcept = 0;
  // Whether something arrived that nobody has read: such a transport may not carry another request.
  virtual bool disturbed() noexcept = 0;
  // The next disturbed() asks the kernel, also when no event told of anything: the end of a connection may have arrived
  // in this turn.
  virtual void distrust() noexcept = 0;

  // Another limit than kStallMs; 0 leaves it to the system, which ends connections to a peer that is gone, but not to
  // one that only does not read.
  virtual void limit_stall(std::int64_t limit_ms) noexcept = 0;

  // Frees memory that a silent connection does not need.
  virtual void release_buffers() noexcept = 0;

  // Details of the last `reset` or `failed`.
  virtual const Error& failure() const noexcept = 0;

  // "127.0.0.1:443"
  virtual const std::string& remote() const noexcept = 0;

  virtual TlsFacts tls() const noexcept { return {}; }
};

}  // namespace ppn
