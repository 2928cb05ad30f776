// Options from and to whole texts: JSON objects and the environment. One by one they go through the table.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "base/ascii.hpp"
#include "base/secret_registry.hpp"
#include "client/call_secrets.hpp"
#include "client/options.hpp"
#include "codec/json.hpp"
#include "codec/redaction.hpp"

namespace ppn {
namespace {

constexpr std::size_t kMaxJsonBytes = std::size_t{1} << 20;

Failure config_error(std::string text) {
  return Failure(ErrorCode::config_error, Phase::config, std::move(text));
}

// What JSON says, as set_option takes it. A string may stand for every type, as it does there.
Result<std::string> text_for(const OptionRow& row, const JsonDocument::Value& value) {
  const auto type = value.type();
  if (type == JsonDocument::Type::string) return std::string(*value.as_string());
  const bool fits = (type == JsonDocument::Type::integer && row.type == "integer") ||
                    (type == JsonDocument::Type::boolean && row.type == "boolean");
  if (!fits) return config_error(std::string(row.name) + ": the JSON value is no " + std::string(row.type));
  return value.to_text();
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

Status apply_variable(Options& options, const OptionRow& row, std::string_view text) {
  if (row.unit == "ms") {
    const auto ms = parse_duration_ms(text);
    if (!ms) return config_error("not seconds such as 30 or 2.5, a number with ms, s or m, or none");
    return set_option(options, row.name, std::to_string(*ms));
  }
  return set_option(options, row.name, text);
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
    const auto row = std::ranges::find(option_table(), name, &OptionRow::name);
    if (row == option_table().end()) return set_option(changed, name, "");
    const auto value = text_for(*row, *document->find("/" + name));
    if (!value.ok()) return config_error(value.error().message);
    if (auto status = set_option(changed, name, *value); !status.ok()) return status;
  }
  options = std::move(changed);
  return {};
}

Status apply_environment(Options& options, const char* (*get)(const char* name)) {
  Options changed = options;
  for (const OptionRow& row : option_table()) {
    if (row.environment.empty()) continue;
    const char* const variable = get(row.environment.data());
    const std::string_view text = trim(variable != nullptr ? variable : "");
    if (text.empty()) continue;
    if (auto status = apply_variable(changed, row, text); !status.ok()) {
      status.error().message.insert(0, std::string(row.environment) + ": ");
      return status;
    }
  }
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
