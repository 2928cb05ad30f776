#include "pepperpy/network/version.h"

#include <algorithm>
#include <array>
#include <string_view>

int32_t ppn_version_number(void) {
  return PPN_VERSION_NUMBER;
}

const char* ppn_version_string(void) {
  return PPN_VERSION_STRING;
}

int32_t ppn_abi_version(void) {
  return PPN_ABI_VERSION;
}

int32_t ppn_has_feature(const char* name) {
  static constexpr auto features = std::to_array<std::string_view>({"http1", "tls", "sse", "lines", "json"});
  return name != nullptr && std::ranges::find(features, std::string_view(name)) != features.end() ? 1 : 0;
}
