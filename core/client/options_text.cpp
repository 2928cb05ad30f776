// Options from and to whole texts: JSON objects and the environment. One by one they go through the table.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "base/ascii.hpp"
#include "base/log.hpp"
#include "base/secret_registry.hpp"
#include "client/call_secrets.hpp"
#include "client/option_definition.hpp"
#include "client/options.hpp"
#include "codec/json.hpp"
#include "codec/redaction.hpp"

namespace ppn {
namespace {

constexpr std::size_t kMaxJsonBytes = std::size_t{1} << 20;

Failure config_error(std::string text) {
  return Failure(ErrorCode::config_error, Phase::config, std::move(text));
}

Result<std::string> text_of_list(const Definition& row, const JsonDocument::Value& list) {
  std::string text;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto item = *list.find("/" + std::to_string(i));
    if (item.type() != JsonDocument::Type::integer) {
      return config_error(std::string(row.name) + ": the JSON array holds something else than integers");
    }
    text.append(i > 0 ? "," : "").append(item.to_text());
  }
  return text;
}

// What JSON says, as set_option takes it. A string may stand for every type, as it does there.
Result<std::string> text_for(const Definition& row, const JsonDocument::Value& value) {
  const auto type = value.type();
  if (type == JsonDocument::Type::string) return std::string(*value.as_string());
  const bool integer = type == JsonDocument::Type::integer;
  const bool fits = (integer && (row.type == "integer" || row.json == JsonForm::integer)) ||
                    ((integer || type == JsonDocument::Type::number) && row.type == "number") ||
                    (type == JsonDocument::Type::boolean && row.type == "boolean");
  if (fits) return value.to_text();
  if (type == JsonDocument::Type::array && row.json == JsonForm::integers) return text_of_list(row, value);
  std::string wanted(row.type);
  if (row.json == JsonForm::integer) wanted += " or integer";
  if (row.json == JsonForm::integers) wanted += " or array of integers";
  return config_error(std::string(row.name) + ": the JSON value is no " + wanted);
}

std::string_view trim(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t\r\n");
  return first == text.npos ? std::string_view() : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// Seconds with an optional unit (ms, s, m), or "none", in whole milliseconds. A time that is not zero never becomes
// zero, for that would mean "no limit".
std::optional<std::int64_t> parse_duration_ms(std::string_view text) {
  if (equals_ignore_case(text, "none")) return 0;
  double unit_ms = 1'000;
  const auto digits = static_cast<std::size_t>(
      std::ranges::find_if_not(text, [](char c) { return is_digit(c) || c == '.'; }) - text.begin());
  const std::string_view unit = text.substr(digits);
  if (equals_ignore_case(unit, "ms")) {
    unit_ms = 1;
  } else if (equals_ignore_case(unit, "m")) {
    unit_ms = 60'000;
  } else if (!unit.empty() && !equals_ignore_case(unit, "s")) {
    return std::nullopt;
  }
  const std::string_view number = text.substr(0, digits);
  if (number.empty() || number.front() == '.' || number.back() == '.') return std::nullopt;
  double value = 0;
  const auto [stop, fault] = std::from_chars(number.data(), number.data() + number.size(), value);
  constexpr double largest = 1e15;  // far beyond the range of every option, and exact
  if (fault != std::errc() || stop != number.data() + number.size() || value * unit_ms > largest) return std::nullopt;
  const auto ms = static_cast<std::int64_t>(std::llround(value * unit_ms));
  return value > 0 ? std::max<std::int64_t>(ms, 1) : 0;
}

std::string_view value_of(const OptionRow& row, const char* (*get)(const char* name)) {
  const char* const variable = row.environment.empty() ? nullptr : get(row.environment.data());
  return trim(variable != nullptr ? variable : "");
}

Status apply_variable(Options& options, const OptionRow& row, std::string_view text) {
  Status status;
  if (row.unit == "ms") {
    const auto ms = parse_duration_ms(text);
    if (!ms || !set_option(options, row.name, std::to_string(*ms)).ok()) {
      status = config_error(std::string(row.name) + ": " + shown(text) +
                            " is no time: seconds such as 30 or 2.5, a number with ms, s or m, or none, in the range " +
                            std::string(row.range) + " of milliseconds");
    }
  } else {
    status = set_option(options, row.name, text);
  }
  if (!status.ok()) status.error().message.insert(0, std::string(row.environment) + ": ");
  return status;
}

const OptionRow& row_called(std::string_view name) noexcept {
  return *std::ranges::find(option_table(), name, &OptionRow::name);
}

// "https://...": such a text may carry user information.
bool is_url(std::string_view text) noexcept {
  const std::size_t scheme = text.find("://");
  return scheme != std::string_view::npos &&
         std::ranges::all_of(text.substr(0, scheme), [](char c) { return is_alpha(c) || is_digit(c) || c == '+'; });
}

}  // namespace

Status set_options_json(Options& options, std::string_view text) {
  auto document = JsonDocument::parse(text, kMaxJsonBytes);
  if (!document.ok()) {
    document.error().phase = Phase::config;
    return std::move(document).failure();
  }
  if (document->root().type() != JsonDocument::Type::object) return config_error("the JSON is no object");
  Options changed = options;
  for (const std::string& name : document->root().names()) {
    const auto row = std::ranges::find(option_definitions(), name, &Definition::name);
    if (row == option_definitions().end()) return set_option(changed, name, "");
    const auto value = text_for(*row, *document->find("/" + name));
    if (!value.ok()) return config_error(value.error().message);
    if (auto status = set_option(changed, name, *value); !status.ok()) return status;
  }
  options = std::move(changed);
  return {};
}

Status apply_environment(Options& options, const char* (*get)(const char* name)) {
  Options changed = options;
  for (const std::string_view name : {"trust_env", "env_lenient"}) {
    const OptionRow& row = row_called(name);
    const std::string_view text = value_of(row, get);
    if (text.empty() || !changed.trust_env) continue;
    if (auto status = apply_variable(changed, row, text); !status.ok()) return status;
  }
  decltype(EnvironmentTrace::rows) rows;
  for (std::size_t i = 0; changed.trust_env && i < option_table().size(); ++i) {
    const OptionRow& row = option_table()[i];
    const std::string_view text = value_of(row, get);
    if (text.empty()) continue;
    auto status = apply_variable(changed, row, text);
    rows.set(i, status.ok());
    if (status.ok()) continue;
    if (!changed.env_lenient || option_definitions()[i].variable != Variable::lenient) return status;
    log(LogLevel::warning, "ignored: " + status.error().message);
  }
  if (rows.any()) changed.environment = {rows, std::make_shared<const Options>(options)};
  options = std::move(changed);
  return {};
}

std::string dump_options(const Options& options) {
  const CallSecrets secrets(options);
  const std::vector<std::string_view> own = secrets.views();
  std::string out = "{";
  for (const OptionRow& row : option_table()) {
    if (out.size() > 1) out += ',';
    append_json_string(out, row.name);
    out += ':';
    const auto text = option_text(options, row.name);
    if (row.type == "text") {
      append_json_string(out, scrub(is_url(*text) ? redact_url(*text) : *text, own));
    } else {
      out += *text;
    }
  }
  return out += '}';
}

}  // namespace ppn
