// What the generated setters of options.h share. They go through the table, so that a range stands in one place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pepperpy/network/export.h"

namespace ppn::capi {

std::int32_t set_integer(ppn_config* config, std::string_view name, std::int64_t value, ppn_error** error);
std::int32_t set_number(ppn_config* config, std::string_view name, double value, ppn_error** error);
std::int32_t set_boolean(ppn_config* config, std::string_view name, std::int32_t on, ppn_error** error);
// `parameter` is what the text is called in the header, for the errors about NULL.
std::int32_t set_text(ppn_config* config, std::string_view name, const char* text, std::size_t length,
                      std::string_view parameter, ppn_error** error);

}  // namespace ppn::capi
