// Enumerations by the words that options have for them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "base/ascii.hpp"

namespace ppn {

// The value whose word this is, in any case; `words` are in the order of the values.
template <class Enum, std::size_t Count>
std::optional<Enum> value_of_word(const std::array<std::string_view, Count>& words, std::string_view word) noexcept {
  const auto found = std::ranges::find_if(words, [&](std::string_view one) { return equals_ignore_case(one, word); });
  if (found == words.end()) return std::nullopt;
  return static_cast<Enum>(found - words.begin());
}

}  // namespace ppn
