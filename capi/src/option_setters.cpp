#include "option_setters.hpp"

#include <string>

#include "boundary.hpp"
#include "client/options.hpp"
#include "objects.hpp"

namespace ppn::capi {

std::int32_t set_integer(ppn_config* config, std::string_view name, std::int64_t value, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(config, "config");
    return in.ok() ? set_option(object->state->options, name, std::to_string(value)) : in.failure();
  });
}

// Infinity and what is no number print as words, which the table refuses.
std::int32_t set_number(ppn_config* config, std::string_view name, double value, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(config, "config");
    return in.ok() ? set_option(object->state->options, name, number_text(value)) : in.failure();
  });
}

// 0 and 1 are words of the table; every other number is refused by it.
std::int32_t set_boolean(ppn_config* config, std::string_view name, std::int32_t on, ppn_error** error) {
  return set_integer(config, name, on, error);
}

std::int32_t set_text(ppn_config* config, std::string_view name, const char* text, std::size_t length,
                      std::string_view parameter, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(config, "config");
    const auto value = in.text_or_empty(text, length, parameter);
    return in.ok() ? set_option(object->state->options, name, value) : in.failure();
  });
}

}  // namespace ppn::capi
