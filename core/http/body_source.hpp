// The body of a request, piece by piece: what an Exchange sends behind the head.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace ppn {

// The largest piece that is read from a file or a callback, and so the memory that such a body costs.
inline constexpr std::size_t kBodyPieceBytes = 64 * 1024;

// Thread: the loop thread, but for the constructors, length() and begin().
class BodySource {
 public:
  // Bytes as they go to the wire, chunk framing included. Valid until the next call of next() or rewind().
  struct Piece {
    enum class Kind {
      bytes,   // some bytes; none only when it is the last piece
      paused,  // nothing now: ask again, at once unless paused()
    };
    Kind kind = Kind::bytes;
    std::string_view bytes = {};
    bool last = false;  // the body ends with these bytes
  };

  virtual ~BodySource() = default;

  // Without a length the body goes in chunks (RFC 9112 7.1).
  virtual std::optional<std::uint64_t> length() const noexcept = 0;
  // The call is about to run. Thread: the one that starts it.
  virtual void begin() noexcept {}
  // Not to be called after the last piece or after an error. Errors are of phase `send`.
  virtual Result<Piece> next() = 0;

  // Whether the body can be sent from its beginning: also when nothing of it was read yet.
  virtual bool rewindable() const noexcept { return true; }
  // Error: body_not_replayable.
  virtual Status rewind() = 0;

  // Whether two requests may send it at the same time.
  virtual bool shareable() const noexcept { return false; }

  // Whether next() and rewind() run code of the user.
  virtual bool calls_user() const noexcept { return false; }

  // Whether next() waits for resume().
  virtual bool paused() const noexcept { return false; }
  // Ends a pause, also the one that a running next() is about to begin.
  virtual void resume() noexcept {}
};

// Bytes in memory that somebody owns, in one piece.
class MemoryBody final : public BodySource {
 public:
  MemoryBody(std::shared_ptr<const void> owner, std::string_view bytes) noexcept
      : owner_(std::move(owner)), bytes_(bytes) {}

  std::optional<std::uint64_t> length() const noexcept override { return bytes_.size(); }
  Result<Piece> next() override { return Piece{.bytes = bytes_, .last = true}; }
  Status rewind() override { return {}; }
  bool shareable() const noexcept override { return true; }

 private:
  const std::shared_ptr<const void> owner_;
  const std::string_view bytes_;
};

}  // namespace ppn
