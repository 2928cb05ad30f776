/** @file version.hpp
 *  Whether the library that runs is the one that the program was compiled for. Part of <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_VERSION_HPP
#define PEPPERPY_NETWORK_CPP_VERSION_HPP

#include <pepperpy/network.h>

#include <string>
#include <string_view>

#include "error.hpp"

namespace ppn {
inline namespace api_v0 {

/** The version of the library that runs, such as "0.1.0". Since 0.1. */
inline std::string_view library_version() noexcept {
  return ppn_version_string();
}

/** Whether the library that runs has a feature; ppn_has_feature lists the names. Since 0.1. */
inline bool has_feature(const std::string& name) noexcept {
  return ppn_has_feature(name.c_str()) != 0;
}

namespace detail {

inline void require_version(int32_t header_number, int32_t header_abi, int32_t library_number, int32_t library_abi) {
  constexpr int32_t major = 1'000'000;
  if (header_number / major == library_number / major && header_abi == library_abi) return;
  fail(PPN_E_ABI_MISMATCH, "the program was compiled for version " + std::to_string(header_number) + ", ABI " +
                               std::to_string(header_abi) + ", and runs with version " +
                               std::to_string(library_number) + ", ABI " + std::to_string(library_abi));
}

}  // namespace detail

/** Compares the header with the library: the major version and the ABI have to be the same. Each configuration and
 *  client does so when it is made.
 *  Throws UsageError (PPN_E_ABI_MISMATCH). Thread: any. Blocks: never. Since 0.1. */
inline void check_version() {
  detail::require_version(PPN_VERSION_NUMBER, PPN_ABI_VERSION, ppn_version_number(), ppn_abi_version());
}

}  // namespace api_v0
}  // namespace ppn

#endif
