/* A library that says that it has another version than the wrapper was made for. Nothing else of it is ever called. */
#include <stdint.h>

int32_t ppn_version_number(void);

int32_t ppn_version_number(void) {
  return 99002003;
}
