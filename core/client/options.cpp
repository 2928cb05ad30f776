// Values of the option table, one at a time: from and to text.
#include "client/options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "base/ascii.hpp"
#include "client/option_definition.hpp"

namespace ppn {
namespace {

// Where the value of a row lies. Only what is not constant is ever written to.
template <class Value>
Value& value_at(Options& options, OfRequest<Value> way) noexcept {
  return way(options.request);
}
template <class Value>
Value& value_at(Options& options, OfClient<Value> way) noexcept {
  return way(options);
}
template <class Way>
const auto& value_at(const Options& options, Way way) noexcept {
  return value_at(const_cast<Options&>(options), way);
}

Failure refused(const Definition& row, std::string_view value, std::string_view why) {
  const std::string what = row.sight == Sight::open ? shown(value) : "the value";
  return Failure(ErrorCode::config_error, Phase::config, std::string(row.name) + ": " + what + " " + std::string(why));
}

// Digits with at most one fraction and one exponent: neither sign nor blank, "inf" or "nan".
std::optional<double> parse_number(std::string_view text) {
  if (text.empty() || !is_digit(text.front()) || !is_digit(text.back())) return std::nullopt;
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, value);
  if (fault != std::errc() || stop != end) return std::nullopt;
  return value;
}

Status assign(std::int64_t& target, const Definition& row, std::string_view text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, value);
  // "-0" is 0 for from_chars, and a mistake for everybody else.
  if (fault != std::errc() || stop != end || text.front() == '-' ||
      value < static_cast<std::int64_t>(row.range.lowest) || value > static_cast<std::int64_t>(row.range.highest)) {
    return refused(row, text, "is no integer of the range " + std::string(row.range.text));
  }
  target = value;
  return {};
}

Status assign(double& target, const Definition& row, std::string_view text) {
  const auto value = parse_number(text);
  if (!value || *value < row.range.lowest || *value > row.range.highest) {
    return refused(row, text, "is no number of the range " + std::string(row.range.text));
  }
  target = *value;
  return {};
}

Status assign(bool& target, const Definition& row, std::string_view text) {
  static constexpr auto words_for_true = std::to_array<std::string_view>({"1", "true", "yes", "on"});
  static constexpr auto words_for_false = std::to_array<std::string_view>({"0", "false", "no", "off"});
  const auto is_text = [&](std::string_view word) { return equals_ignore_case(word, text); };
  const bool is_true = std::ranges::any_of(words_for_true, is_text);
  if (!is_true && std::ranges::none_of(words_for_false, is_text)) {
    return refused(row, text, "is none of true/false, yes/no, on/off, 1/0");
  }
  target = is_true;
  return {};
}

Status assign(std::string& target, const Definition& row, std::string_view text) {
  if (const std::string why = row.complaint(text); !why.empty()) return refused(row, text, why);
  target = text;
  return {};
}

Status assign(Secret& target, const Definition& row, std::string_view text) {
  if (const std::string why = row.complaint(text); !why.empty()) return refused(row, text, why);
  target = Secret(text);
  return {};
}

// Texts with a form of their own. Their parsers say what the form is.
template <class Value>
requires requires {
  Value::parse(std::string_view());
}
Status assign(Value& target, const Definition& row, std::string_view text) {
  auto value = Value::parse(text);
  if (!value.ok()) return refused(row, text, value.error().message);
  target = *value;
  return {};
}

Status assign_word(auto& target, const Definition& row, std::string_view text, auto value) {
  if (!value) return refused(row, text, "is none of " + std::string(row.range.text));
  target = *value;
  return {};
}
Status assign(Jitter& target, const Definition& row, std::string_view text) {
  return assign_word(target, row, text, parse_jitter(text));
}
Status assign(StreamProfile& target, const Definition& row, std::string_view text) {
  return assign_word(target, row, text, parse_stream_profile(text));
}
Status assign(BudgetMode& target, const Definition& row, std::string_view text) {
  return assign_word(target, row, text, parse_budget_mode(text));
}
Status assign(LimitMode& target, const Definition& row, std::string_view text) {
  return assign_word(target, row, text, parse_limit_mode(text));
}
Status assign(FleetFallback& target, const Definition& row, std::string_view text) {
  return assign_word(target, row, text, parse_fleet_fallback(text));
}
Status assign(NetworkPolicy& target, const Definition& row, std::string_view text) {
  return assign_word(target, row, text, parse_network_policy(text));
}

std::string print(std::int64_t value) {
  return std::to_string(value);
}
std::string print(double value) {
  return number_text(value);
}
std::string print(bool value) {
  return value ? "true" : "false";
}
std::string print(const std::string& value) {
  return value;
}
std::string print(const Secret& value) {
  return value.empty() ? "" : "***";
}
std::string print(const auto& value) {
  if constexpr (requires { value.to_text(); }) {
    return value.to_text();
  } else {
    return std::string(name_of(value));
  }
}

std::string text_of(const Options& options, const Definition& row) {
  return std::visit([&](auto way) { return print(value_at(options, way)); }, row.field);
}

const Definition* find_definition(std::string_view name) noexcept {
  const auto definitions = option_definitions();
  const auto row = std::ranges::find(definitions, name, &Definition::name);
  return row != definitions.end() ? &*row : nullptr;
}

std::size_t index_of(const Definition& row) noexcept {
  return static_cast<std::size_t>(&row - option_definitions().data());
}

Failure unknown(std::string_view name) {
  return Failure(ErrorCode::config_error, Phase::config, "there is no option called " + shown(name));
}

}  // namespace

std::string shown(std::string_view text) {
  constexpr std::size_t longest = 64;
  const bool readable =
      text.size() <= longest && std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  return readable ? "'" + std::string(text) + "'" : "the given text";
}

std::string number_text(double value) {
  std::array<char, 32> digits;
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  return {digits.data(), result.ptr};
}

void forget_environment(Options& options) {
  const EnvironmentTrace trace = std::exchange(options.environment, {});
  for (const Definition& row : option_definitions()) {
    if (!trace.before || !trace.rows.test(index_of(row))) continue;
    std::visit([&](auto way) { value_at(options, way) = value_at(*trace.before, way); }, row.field);
  }
}

Status set_option(Options& options, std::string_view name, std::string_view value) {
  const Definition* const row = find_definition(name);
  if (row == nullptr) return unknown(name);
  Status set = std::visit([&](auto way) { return assign(value_at(options, way), *row, value); }, row->field);
  if (!set.ok()) return set;
  options.environment.rows.reset(index_of(*row));
  if (!options.trust_env && options.environment.before) forget_environment(options);
  return set;
}

Status set_request_option(RequestOptions& options, std::string_view name, std::string_view value) {
  const Definition* const row = find_definition(name);
  if (row == nullptr) return unknown(name);
  return std::visit(
      [&](auto way) -> Status {
        if constexpr (is_of_request(decltype(way)())) {
          return assign(way(options), *row, value);
        } else {
          return Failure(ErrorCode::config_error, Phase::config,
                         std::string(name) + ": this option belongs to the client and can not be set for one request");
        }
      },
      row->field);
}

Result<std::string> option_text(const Options& options, std::string_view name) {
  const Definition* const row = find_definition(name);
  if (row == nullptr) return unknown(name);
  return text_of(options, *row);
}

const std::string& option_default(const OptionRow& row) {
  static const std::vector<std::string>& defaults = *new std::vector<std::string>([] {
    std::vector<std::string> texts;
    for (const Definition& one : option_definitions()) texts.push_back(text_of(Options(), one));
    return texts;
  }());
  return defaults[index_of(*find_definition(row.name))];
}

}  // namespace ppn
