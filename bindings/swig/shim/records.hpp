// The form in which several values cross at once. Little-endian, without gaps: numbers as they are (4 or 8 bytes), a text
// as its length in 4 bytes and its bytes.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace ppn_bindings {

// Appends values to a string.
class RecordWriter {
 public:
  explicit RecordWriter(std::string& to) noexcept : to_(to) {}

  void int32(std::int32_t value) { raw(&value, sizeof value); }
  void int64(std::int64_t value) { raw(&value, sizeof value); }
  void float64(double value) { raw(&value, sizeof value); }
  void text(std::string_view value) {
    int32(static_cast<std::int32_t>(value.size()));
    to_.append(value);
  }

 private:
  static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "values cross as they lie in memory");
  void raw(const void* value, std::size_t size) { to_.append(static_cast<const char*>(value), size); }

  std::string& to_;
};

}  // namespace ppn_bindings
