// What must hold for every input. A fuzzer has found something when the process ends here.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace ppn::fuzz {

inline void check(bool holds, const char* rule) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", rule);
  std::abort();
}

}  // namespace ppn::fuzz
