#include "policy/retry_options.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace ppn {
namespace {

constexpr auto kJitters = std::to_array({Jitter::equal_down, Jitter::full, Jitter::decorrelated, Jitter::none});
constexpr auto kBudgetModes = std::to_array({BudgetMode::ratio, BudgetMode::tokens, BudgetMode::off});

template <class List>
auto find_named(const List& list, std::string_view text) noexcept -> std::optional<typename List::value_type> {
  const auto found = std::ranges::find(list, text, [](auto value) { return name_of(value); });
  return found != list.end() ? std::optional(*found) : std::nullopt;
}

// Three digits; 0 for anything else.
int parse_status(std::string_view text) noexcept {
  if (text.size() != 3 || !std::ranges::all_of(text, is_digit)) return 0;
  return (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
}

}  // namespace

Result<StatusSet> StatusSet::parse(std::string_view text) {
  StatusSet set;
  if (trim_ows(text).empty()) return set;
  for (;;) {
    const std::size_t comma = text.find(',');
    const int status = parse_status(trim_ows(text.substr(0, comma)));
    if (status < kFirst || status > kLast) {
      return Failure(ErrorCode::config_error, Phase::config,
                     "is no list of HTTP statuses from 400 to 599, such as 429,503");
    }
    set.insert(status);
    if (comma == text.npos) return set;
    text.remove_prefix(comma + 1);
  }
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

std::string_view name_of(Jitter jitter) noexcept {
  switch (jitter) {
    case Jitter::equal_down: return "equal_down";
    case Jitter::full: return "full";
    case Jitter::decorrelated: return "decorrelated";
    case Jitter::none: return "none";
  }
  return "none";
}

std::string_view name_of(BudgetMode mode) noexcept {
  switch (mode) {
    case BudgetMode::ratio: return "ratio";
    case BudgetMode::tokens: return "tokens";
    case BudgetMode::off: return "off";
  }
  return "off";
}

std::optional<Jitter> parse_jitter(std::string_view text) noexcept {
  return find_named(kJitters, text);
}

std::optional<BudgetMode> parse_budget_mode(std::string_view text) noexcept {
  return find_named(kBudgetModes, text);
}

}  // namespace ppn
