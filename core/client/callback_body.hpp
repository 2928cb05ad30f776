// The body of a request that its user gives piece by piece.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/live_objects.hpp"
#include "client/handler.hpp"
#include "http/body_source.hpp"

namespace ppn {

// Who gives the body. The C ABI implements it. Thread: the I/O thread of the client, never at the same time as a
// function of the call's handler; but for begin(). It is destroyed before on_complete.
class BodyReader {
 public:
  virtual ~BodyReader() = default;

  // The call is about to run. Thread: the one that starts it.
  virtual void begin() noexcept {}
  // Puts up to out.size() bytes into `out` and says how many; 0 is the end of the body. After `pause`, which gives none,
  // it is asked again when the call is resumed.
  virtual Flow read(std::span<char> out, std::size_t& length) = 0;
  virtual bool rewindable() const noexcept = 0;
  // False when the body can not be read from its beginning after all.
  virtual bool rewind() = 0;
};

class CallbackBody final : public BodySource {
 public:
  CallbackBody(std::optional<std::uint64_t> length, std::unique_ptr<BodyReader> reader) noexcept
      : length_(length), reader_(std::move(reader)) {}

  std::optional<std::uint64_t> length() const noexcept override { return length_; }
  void begin() noexcept override { reader_->begin(); }
  // Errors: cancelled (the reader aborts), invalid_argument (it claims more than its buffer takes, or the body has
  // another length than was announced).
  Result<Piece> next() override;
  bool rewindable() const noexcept override { return !touched_ || reader_->rewindable(); }
  Status rewind() override;
  bool calls_user() const noexcept override { return true; }
  bool paused() const noexcept override { return paused_; }
  void resume() noexcept override;

 private:
  Result<Piece> take(std::size_t size);

  const std::optional<std::uint64_t> length_;
  const std::unique_ptr<BodyReader> reader_;
  std::unique_ptr<char[]> buffer_;  // from the first piece on: a piece and the room for its framing
  std::uint64_t given_ = 0;
  bool touched_ = false;  // the reader has given something, or said that there is nothing
  bool paused_ = false;
  bool resumed_ = false;  // inside the read that is under way
  LiveObject live_;
};

}  // namespace ppn
