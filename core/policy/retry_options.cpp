#include "policy/retry_options.hpp"

#include <algorithm>
#include <charconv>

#include "base/ascii.hpp"
#include "policy/words.hpp"

namespace ppn {
namespace {

constexpr std::array<std::string_view, 4> kJitters{"equal_down", "full", "decorrelated", "none"};
constexpr std::array<std::string_view, 3> kBudgetModes{"ratio", "tokens", "off"};

Failure no_statuses() {
  return Failure(ErrorCode::config_error, Phase::config, "is no list of statuses from 400 to 599, such as 429,503");
}

}  // namespace

Result<StatusSet> StatusSet::parse(std::string_view text) {
  StatusSet set;
  if (trim_ows(text).empty()) return set;
  for (bool last = false; !last;) {
    const std::size_t comma = text.find(',');
    const std::string_view item = trim_ows(text.substr(0, comma));
    int status = 0;
    const auto [stop, fault] = std::from_chars(item.data(), item.data() + item.size(), status);
    const bool is_whole = fault == std::errc() && stop == item.data() + item.size() && item.size() == 3;
    if (!is_whole || status < kFirst || status > kLast) {
      return no_statuses();
    }
    set.insert(status);
    last = comma == text.npos;
    if (!last) text.remove_prefix(comma + 1);
  }
  return set;
}

std::string StatusSet::to_text() const {
  std::string text;
  for (int status = kFirst; status <= kLast; ++status) {
    if (!contains(status)) continue;
    if (!text.empty()) text += ',';
    text += std::to_string(status);
  }
  return text;
}

std::optional<Jitter> parse_jitter(std::string_view word) noexcept {
  return value_of_word<Jitter>(kJitters, word);
}

std::string_view name_of(Jitter jitter) noexcept {
  return kJitters[static_cast<std::size_t>(jitter)];
}

std::optional<BudgetMode> parse_budget_mode(std::string_view word) noexcept {
  return value_of_word<BudgetMode>(kBudgetModes, word);
}

std::string_view name_of(BudgetMode mode) noexcept {
  return kBudgetModes[static_cast<std::size_t>(mode)];
}

}  // namespace ppn
