// UTF-8 that arrives in pieces: an invalid byte is found with the piece that brings it.
#pragma once

#include <cstdint>
#include <string_view>

namespace ppn {

class Utf8Validator {
 public:
  // Whether what was fed so far can still become a valid text. False is final until reset().
  bool feed(std::string_view piece) noexcept;
  // Whether what was fed so far is a valid text: no character is left unfinished.
  bool complete() const noexcept { return missing_ == 0; }
  void reset() noexcept { *this = Utf8Validator(); }

 private:
  bool step(unsigned char byte) noexcept;

  std::uint8_t missing_ = 0;  // bytes that the character under way still needs
  std::uint8_t lower_ = 0;    // bounds of the next of them
  std::uint8_t upper_ = 0;
  bool failed_ = false;
};

}  // namespace ppn
