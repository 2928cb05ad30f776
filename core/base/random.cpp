#include "base/random.hpp"

#include <sys/random.h>

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <string_view>

#include "base/clock.hpp"
#include "base/process_generation.hpp"

namespace ppn {
namespace {

// The kernel gives up to 256 bytes whole, once it has gathered entropy at boot.
template <std::size_t Size>
bool ask_system(std::array<std::uint64_t, Size>& out) noexcept {
  return ::getrandom(out.data(), sizeof out, 0) == static_cast<ssize_t>(sizeof out);
}

// xoshiro256++ (Blackman, Vigna 2019).
class Generator {
 public:
  std::uint64_t next() noexcept {
    const std::uint32_t generation = process_generation().load(std::memory_order_relaxed);
    if (generation != seeded_in_) seed(generation);
    const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

 private:
  void seed(std::uint32_t generation) noexcept {
    seeded_in_ = generation;
    if (ask_system(state_)) return;
    // Without the system's help two processes may agree, two threads may not.
    state_ = {static_cast<std::uint64_t>(monotonic_now()), reinterpret_cast<std::uintptr_t>(this), generation, 1};
  }

  std::array<std::uint64_t, 4> state_{};
  std::uint32_t seeded_in_ = ~std::uint32_t{0};
};

class UnpredictableBits {
 public:
  std::uint32_t next() noexcept {
    const std::uint32_t generation = process_generation().load(std::memory_order_relaxed);
    if (left_ == 0 || generation != asked_in_) refill(generation);
    const std::uint64_t word = batch_[--left_ / 2];
    return static_cast<std::uint32_t>(left_ % 2 == 0 ? word : word >> 32);
  }

 private:
  void refill(std::uint32_t generation) noexcept {
    // Up to 256 bytes are given whole and never refused once the system has started; there is nothing to fall back to.
    while (!ask_system(batch_)) {
    }
    asked_in_ = generation;
    left_ = 2 * batch_.size();
  }

  std::array<std::uint64_t, 32> batch_{};
  std::size_t left_ = 0;  // halves of words that were not given away
  std::uint32_t asked_in_ = 0;
};

}  // namespace

std::uint32_t unpredictable_bits() noexcept {
  thread_local UnpredictableBits bits;
  return bits.next();
}

std::uint64_t random_bits() noexcept {
  thread_local Generator generator;
  return generator.next();
}

double random_unit() noexcept {
  return static_cast<double>(random_bits() >> 11) * 0x1.0p-53;
}

std::string random_uuid() {
  std::array<std::uint64_t, 2> bits{};
  if (!ask_system(bits)) bits = {random_bits(), random_bits()};
  bits[0] = (bits[0] & ~std::uint64_t{0xf000}) | 0x4000;
  bits[1] = (bits[1] & ~(std::uint64_t{3} << 62)) | (std::uint64_t{2} << 62);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t digit = 0; digit < 32; ++digit) {
    if (digit == 8 || digit == 12 || digit == 16 || digit == 20) text += '-';
    const std::uint64_t word = digit < 16 ? bits[0] : bits[1];
    text += kDigits[(word >> (60 - 4 * (digit % 16))) & 0xf];
  }
  return text;
}

}  // namespace ppn
