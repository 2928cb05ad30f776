/* A library of another version, as far as anybody asks before it is refused. */
#include <stdint.h>

__attribute__((visibility("default"))) int32_t CSharp_PepperPyfNetworkfInterop_ppn_version_number___(void) {
  return 9008007;
}
__attribute__((visibility("default"))) int32_t CSharp_PepperPyfNetworkfInterop_ppn_abi_version___(void) {
  return 9;
}
