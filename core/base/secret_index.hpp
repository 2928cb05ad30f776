// Many secrets looked for in one pass over a text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret_forms.hpp"

namespace ppn {

// The forms by their first byte, so that a place of a text is compared with few of them. It holds pointers: what was
// added stays where it is until it is removed.
class SecretIndex {
 public:
  void add(const SecretForms& forms);  // without memory nothing changes
  void remove(const SecretForms& forms) noexcept;

  // Widens `widest` to all that has to be hidden because of forms that begin at `at`.
  void find(std::string_view text, std::size_t at, TextRange& widest) const noexcept;

 private:
  static constexpr std::size_t kBuckets = 512;  // plain forms, then base64

  struct Place {
    const SecretForm* form;
    char second;  // byte of the form
  };

  static std::size_t bucket_of(const SecretForm& form) noexcept;
  void note_start(std::size_t bucket) noexcept;
  void look(std::size_t bucket, std::string_view text, std::size_t at, TextRange& widest) const noexcept;

  std::vector<Place> places_;                         // by bucket
  std::array<std::uint32_t, kBuckets + 1> begins_{};  // of each bucket in places_
  std::array<bool, 256> starts_{};                    // bytes at which a form may begin
};

// `text` with "***" in the place of what either index knows; null = knows nothing. False, and `out` untouched, when there
// is nothing to hide.
bool hide_secrets(std::string_view text, const SecretIndex* registered, const SecretIndex* own, std::string& out);

}  // namespace ppn
