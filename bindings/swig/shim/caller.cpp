#include "caller.hpp"

#include <new>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view kOption = "user_agent";

std::string_view built_in() {
  for (std::size_t i = 0; i < ppn_option_count(); ++i) {
    if (ppn_option_name(i) == kOption) return ppn_option_default(i);
  }
  return {};
}

}  // namespace

int32_t ppnb_config_name_caller(ppn_config* config, const char* name, size_t name_length, ppn_error** error) {
  const char* text = nullptr;
  std::size_t length = 0;
  const std::int32_t status = ppn_config_get(config, kOption.data(), kOption.size(), &text, &length, error);
  if (status != PPN_OK || std::string_view(text, length) != built_in()) return status;
  try {
    const std::string value = std::string(text, length) + " " + std::string(name, name_length);
    return ppn_config_set(config, kOption.data(), kOption.size(), value.data(), value.size(), error);
  } catch (const std::bad_alloc&) {
    return PPN_E_OUT_OF_MEMORY;
  }
}
