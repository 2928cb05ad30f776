#include "codec/utf8_validator.hpp"

#include "codec/utf8.hpp"

namespace ppn {

bool Utf8Validator::feed(std::string_view piece) noexcept {
  if (failed_) return false;
  while (missing_ != 0 && !piece.empty()) {
    if (!step(static_cast<unsigned char>(piece.front()))) return false;
    piece.remove_prefix(1);
  }
  // What is left behind a valid text is the begin of a character, or it holds an invalid byte among its first four.
  piece.remove_prefix(utf8_prefix(piece));
  for (const char c : piece) {
    if (!step(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

bool Utf8Validator::step(unsigned char byte) noexcept {
  if (missing_ == 0) {
    const Utf8Lead lead = utf8_lead(byte);
    failed_ = !lead.valid;
    missing_ = lead.trailing;
    lower_ = lead.lower;
    upper_ = lead.upper;
    return lead.valid;
  }
  if (byte < lower_ || byte > upper_) {
    failed_ = true;
    return false;
  }
  --missing_;
  lower_ = 0x80;
  upper_ = 0xBF;
  return true;
}

}  // namespace ppn
