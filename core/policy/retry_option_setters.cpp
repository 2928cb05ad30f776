#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <variant>

#include "base/ascii.hpp"
#include "policy/retry_options.hpp"

namespace ppn {
namespace {

using Field = std::variant<std::int64_t RetryOptions::*, double RetryOptions::*, bool RetryOptions::*,
                           Jitter RetryOptions::*, StatusSet RetryOptions::*, std::string RetryOptions::*>;

struct Row {
  std::string_view name;
  Field field;
  std::int64_t highest = 0;     // of numbers; the lowest is 0
  std::string_view range = "";  // as text
};

constexpr auto kRows = std::to_array<Row>({
    {"max_retries", &RetryOptions::max_retries, kMaxRetries, "0..10"},
    {"backoff_factor", &RetryOptions::backoff_factor, 3'600, "0..3600"},
    {"max_backoff_ms", &RetryOptions::max_backoff_ms, 86'400'000, "0..86400000"},
    {"backoff_jitter", &RetryOptions::jitter, 0, "equal_down, full, decorrelated, none"},
    {"max_retry_after_ms", &RetryOptions::max_retry_after_ms, 86'400'000, "0..86400000"},
    {"retry_codes", &RetryOptions::retry_codes},
    {"retry_unsafe", &RetryOptions::retry_unsafe, 0, "true/false, yes/no, on/off, 1/0"},
    {"final_error_codes", &RetryOptions::final_error_codes},
});

// Texts that a person can read go into the message; anything else could break the line or hide what it is.
std::string shown(std::string_view text) {
  constexpr std::size_t longest = 64;
  const bool readable =
      text.size() <= longest && std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  return readable ? "'" + std::string(text) + "'" : "the given text";
}

Failure refused(const Row& row, std::string_view value, const std::string& why) {
  return Failure(ErrorCode::config_error, Phase::config, std::string(row.name) + ": " + shown(value) + " " + why);
}

// Neither sign nor blank, "inf" or "nan".
template <class Number>
bool parse_number(std::string_view text, Number& value) noexcept {
  if (text.empty() || !is_digit(text.front()) || !is_digit(text.back())) return false;
  const char* const end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, value);
  return fault == std::errc() && stop == end;
}

template <class Number>
Status assign_number(Number& target, const Row& row, std::string_view text, std::string_view what) {
  Number value = 0;
  if (!parse_number(text, value) || value > static_cast<Number>(row.highest)) {
    return refused(row, text, "is no " + std::string(what) + " of the range " + std::string(row.range));
  }
  target = value;
  return {};
}

Status assign(std::int64_t& target, const Row& row, std::string_view text) {
  return assign_number(target, row, text, "integer");
}

Status assign(double& target, const Row& row, std::string_view text) {
  return assign_number(target, row, text, "number");
}

Status assign(bool& target, const Row& row, std::string_view text) {
  const auto is_one_of = [&](const auto& words) {
    return std::ranges::any_of(words, [&](std::string_view word) { return equals_ignore_case(word, text); });
  };
  const bool is_true = is_one_of(std::to_array<std::string_view>({"1", "true", "yes", "on"}));
  if (!is_true && !is_one_of(std::to_array<std::string_view>({"0", "false", "no", "off"}))) {
    return refused(row, text, "is none of " + std::string(row.range));
  }
  target = is_true;
  return {};
}

Status assign(Jitter& target, const Row& row, std::string_view text) {
  const auto jitter = parse_jitter(text);
  if (!jitter) return refused(row, text, "is none of " + std::string(row.range));
  target = *jitter;
  return {};
}

Status assign(StatusSet& target, const Row& row, std::string_view text) {
  const auto set = StatusSet::parse(text);
  if (!set.ok()) return refused(row, text, set.error().message);
  target = *set;
  return {};
}

Status assign(std::string& target, const Row& row, std::string_view text) {
  constexpr std::size_t longest = 4'096;
  if (text.size() > longest || !std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; })) {
    return refused(row, text, "is no list of codes, separated by commas");
  }
  target = text;
  return {};
}

}  // namespace

Status set_retry_option(RetryOptions& options, std::string_view name, std::string_view value) {
  const auto row = std::ranges::find(kRows, name, &Row::name);
  if (row == kRows.end()) {
    return Failure(ErrorCode::config_error, Phase::config, "a retry policy has no option called " + shown(name));
  }
  return std::visit([&](auto field) { return assign(options.*field, *row, value); }, row->field);
}

}  // namespace ppn
