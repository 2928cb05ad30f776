// Lists of items with parameters, the part of structured fields (RFC 9651) that rate limit fields are made of: every
// member is a string, its parameters are of any type.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace ppn {

// A value of a parameter. Strings are views of what stands between the quotes; escapes are not resolved.
struct StructuredString {
  std::string_view text;
};
struct StructuredOther {};  // token, decimal, boolean, date, byte sequence, display string
using StructuredValue = std::variant<std::int64_t, StructuredString, StructuredOther>;

// Reads one list, member by member: next_item(), then next_parameter() until it has none left.
class StructuredItems {
 public:
  explicit StructuredItems(std::string_view field) noexcept;

  // The string of the next member; nothing at the end, or when the list is malformed.
  std::optional<std::string_view> next_item() noexcept;

  struct Parameter {
    std::string_view name;
    StructuredValue value;
  };
  // The next parameter of the member; nothing when there is none left, or when it is malformed.
  std::optional<Parameter> next_parameter() noexcept;

  // Then nothing that was read may be used (RFC 9651 4.2). To be asked when next_item() has returned nothing.
  bool malformed() const noexcept { return malformed_; }

 private:
  std::nullopt_t fail() noexcept {
    malformed_ = true;
    return std::nullopt;
  }
  bool take(char expected) noexcept;
  void skip_spaces() noexcept;
  std::optional<std::string_view> take_string() noexcept;
  std::optional<std::string_view> take_key() noexcept;
  std::optional<StructuredValue> take_value() noexcept;
  std::optional<StructuredValue> take_number() noexcept;
  bool take_token() noexcept;
  bool take_bytes() noexcept;
  bool take_display_string() noexcept;

  std::string_view rest_;
  bool malformed_ = false;
  bool begun_ = false;
};

}  // namespace ppn
