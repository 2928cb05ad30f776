// Options: the same bytes as JSON, as a variable of each row, and as its value by name. What is refused changes nothing
// and says why; what is accepted prints as a text that sets the same value again.
#include <algorithm>
#include <string>

#include "base/error_code.hpp"
#include "client/base_url.hpp"
#include "client/options.hpp"
#include "fuzz/check.hpp"

using namespace ppn;
using namespace ppn::fuzz;

namespace {

// The one variable that is set; apply_environment takes a plain function.
struct Variable {
  std::string_view name;
  std::string value;
} variable;

const char* get_variable(const char* name) {
  return variable.name == name ? variable.value.c_str() : nullptr;
}

const std::string& default_dump() {
  static const std::string text = dump_options(Options());
  return text;
}

void check_refusal(const Status& status, const Options& options) {
  check(status.error().code == ErrorCode::config_error || status.error().code == ErrorCode::json_parse,
        "a refusal is named");
  check(!status.error().message.empty() && status.error().message.size() < 1'000, "a refusal says why, in one line");
  check(std::ranges::all_of(status.error().message, [](char c) { return c >= ' ' && c <= '~'; }),
        "a refusal is printable");
  check(dump_options(options) == default_dump(), "a refusal changes nothing");
}

// Each row that is not secret prints as what sets it again.
void check_round_trip(const Options& options) {
  Options again;
  for (const OptionRow& row : option_table()) {
    const auto text = option_text(options, row.name);
    check(text.ok(), "every row prints");
    if (row.secret) continue;
    check(set_option(again, row.name, *text).ok(), "what is printed is accepted");
    check(*option_text(again, row.name) == *text, "what is accepted prints the same again");
  }
  Options from_json;
  Options shown = options;
  shown.api_key.wipe();
  shown.rate_limit.redis_url.wipe();
  const std::string dump = dump_options(shown);
  // A text may hold what JSON has to replace.
  const bool ascii = std::ranges::all_of(dump, [](char c) { return c >= 0; });
  const Status read = set_options_json(from_json, dump);
  check(!ascii || read.ok(), "a dump is accepted");
  check(!ascii || dump_options(from_json) == dump, "a dump prints the same again");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Options by_json;
  if (const Status set = set_options_json(by_json, text); set.ok()) {
    check_round_trip(by_json);
  } else {
    check_refusal(set, by_json);
  }

  // The first byte chooses a row, the rest is its value.
  if (size == 0) return 0;
  const OptionRow& row = option_table()[data[0] % option_table().size()];
  const std::string_view value = text.substr(1);
  Options by_name;
  if (const Status set = set_option(by_name, row.name, value); set.ok()) {
    check_round_trip(by_name);
    if (row.type != "text")
      check(value.find_first_of(" \t\r\n+-") == value.npos || row.type == "number", "no sign, no space");
  } else {
    check_refusal(set, by_name);
  }
  RequestOptions of_request;
  const Status set = set_request_option(of_request, row.name, value);
  check(!set.ok() || row.per_request, "a request takes its own options alone");
  check(!row.per_request || set.ok() == set_option(by_name, row.name, value).ok(),
        "a request takes what a client takes");

  if (row.environment.empty()) return 0;
  variable = {row.environment, std::string(value.substr(0, value.find('\0')))};
  Options by_variable;
  if (const Status read = apply_environment(by_variable, get_variable); read.ok()) {
    check_round_trip(by_variable);
    const bool trusted = by_variable.trust_env;
    check(set_option(by_variable, "trust_env", "false").ok(), "trust can be withdrawn");
    check(!trusted || *option_text(by_variable, row.name) == (row.name == "trust_env" ? "false" : option_default(row)),
          "without trust the default is back");
  } else {
    check(read.error().message.starts_with(row.environment), "a refusal names the variable");
    check_refusal(read, by_variable);
  }
  return 0;
}
