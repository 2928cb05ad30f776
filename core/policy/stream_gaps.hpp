// How steadily the pieces of a stream came: the first one, and the time between one and the next. Times while the reader
// held the stream up do not count. Pieces that arrived in one read have no time between them.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.hpp"

namespace ppn {

class StreamGaps {
 public:
  // `count` pieces were handed out at `now`.
  void pieces(Nanos now, std::uint64_t count) noexcept {
    if (count == 0) return;
    if (count_ == 0) {
      first_ = now;
    } else {
      note(now - last_);
    }
    if (count > 1) shortest_ = 0;
    count_ += count;
    last_ = now;
  }
  void skip(Nanos paused) noexcept { last_ += paused; }

  std::uint64_t count() const noexcept { return count_; }
  // -1 as long as there is none.
  Nanos first() const noexcept { return count_ > 0 ? first_ : -1; }
  Nanos shortest() const noexcept { return count_ > 1 ? shortest_ : -1; }
  Nanos longest() const noexcept { return count_ > 1 ? longest_ : -1; }
  Nanos mean() const noexcept { return count_ > 1 ? sum_ / static_cast<Nanos>(count_ - 1) : -1; }

 private:
  void note(Nanos gap) noexcept {
    shortest_ = std::min(shortest_, gap);
    longest_ = std::max(longest_, gap);
    sum_ += gap;
  }

  std::uint64_t count_ = 0;
  Nanos first_ = 0;
  Nanos last_ = 0;
  Nanos shortest_ = kNever;
  Nanos longest_ = 0;
  Nanos sum_ = 0;
};

}  // namespace ppn
