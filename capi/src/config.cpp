#include "pepperpy/network/config.h"

#include <string>

#include "boundary.hpp"
#include "client/options.hpp"
#include "client/presets.hpp"
#include "environment.hpp"
#include "objects.hpp"

using namespace ppn;
using namespace ppn::capi;

namespace {

Status hand_out(Result<Options> options, ppn_config** out) {
  if (!options.ok()) return std::move(options).failure();
  auto state = std::make_unique<ConfigObject::State>();
  state->options = std::move(*options);
  *out = make_handle<ppn_config>(ConfigObject{std::move(state)});
  return {};
}

void hand_out(ConfigObject& config, std::string text, const char** out, size_t* out_length) {
  config.state->text = std::move(text);
  *out = config.state->text.c_str();
  if (out_length != nullptr) *out_length = config.state->text.size();
}

// Texts of the table are zero-terminated literals.
const char* text_of_row(size_t index, std::string_view OptionRow::*text) {
  const auto rows = option_table();
  return index < rows.size() ? (rows[index].*text).data() : nullptr;
}

int32_t mark_of_row(size_t index, bool OptionRow::*mark) {
  const auto rows = option_table();
  return index < rows.size() && rows[index].*mark ? 1 : 0;
}

}  // namespace

int32_t ppn_config_new(ppn_config** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    return in.ok() ? hand_out(options_from_environment(), out) : in.failure();
  });
}

int32_t ppn_config_new_request_manager(const char* base_url, size_t base_url_length, int64_t timeout_ms,
                                       int64_t max_retries, ppn_config** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto url = in.text(base_url, base_url_length, "base_url");
    return in.ok() ? hand_out(request_manager_options(url, timeout_ms, max_retries, variable), out) : in.failure();
  });
}

int32_t ppn_config_new_api_client(const char* base_url, size_t base_url_length, const char* api_key,
                                  size_t api_key_length, ppn_config** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto url = in.text(base_url, base_url_length, "base_url");
    const auto key = in.text(api_key, api_key_length, "api_key");
    return in.ok() ? hand_out(api_client_options(url, key, variable), out) : in.failure();
  });
}

ppn_config* ppn_config_acquire(ppn_config* config) {
  return acquire(config);
}

void ppn_config_release(ppn_config* config) {
  release(config);
}

int32_t ppn_config_set(ppn_config* config, const char* name, size_t name_length, const char* value, size_t value_length,
                       ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(config, "config");
    const auto name_text = in.text(name, name_length, "name");
    const auto value_text = in.text(value, value_length, "value");
    return in.ok() ? set_option(object->state->options, name_text, value_text) : in.failure();
  });
}

int32_t ppn_config_set_json(ppn_config* config, const char* text, size_t length, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(config, "config");
    const auto json = in.text(text, length, "text");
    return in.ok() ? set_options_json(object->state->options, json) : in.failure();
  });
}

int32_t ppn_config_get(ppn_config* config, const char* name, size_t name_length, const char** out, size_t* out_length,
                       ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    in.optional_out(out_length);
    const auto object = in.handle(config, "config");
    const auto name_text = in.text(name, name_length, "name");
    if (!in.ok()) return in.failure();
    auto value = option_text(object->state->options, name_text);
    if (!value.ok()) return std::move(value).failure();
    hand_out(*object, std::move(*value), out, out_length);
    return {};
  });
}

int32_t ppn_config_dump(ppn_config* config, const char** out, size_t* out_length, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    in.optional_out(out_length);
    const auto object = in.handle(config, "config");
    if (!in.ok()) return in.failure();
    hand_out(*object, dump_options(object->state->options), out, out_length);
    return {};
  });
}

size_t ppn_option_count(void) {
  return option_table().size();
}

const char* ppn_option_name(size_t index) {
  return text_of_row(index, &OptionRow::name);
}

const char* ppn_option_type(size_t index) {
  return text_of_row(index, &OptionRow::type);
}

const char* ppn_option_unit(size_t index) {
  return text_of_row(index, &OptionRow::unit);
}

const char* ppn_option_default(size_t index) {
  return guarded(static_cast<const char*>(nullptr), [&]() -> const char* {
    const auto rows = option_table();
    return index < rows.size() ? option_default(rows[index]).c_str() : nullptr;
  });
}

const char* ppn_option_range(size_t index) {
  return text_of_row(index, &OptionRow::range);
}

const char* ppn_option_environment(size_t index) {
  return text_of_row(index, &OptionRow::environment);
}

int32_t ppn_option_is_per_request(size_t index) {
  return mark_of_row(index, &OptionRow::per_request);
}

int32_t ppn_option_is_secret(size_t index) {
  return mark_of_row(index, &OptionRow::secret);
}

const char* ppn_option_help(size_t index) {
  return text_of_row(index, &OptionRow::help);
}
