#include "environment.hpp"

#include <cstdlib>
#include <utility>

namespace ppn::capi {

const char* variable(const char* name) {
  return std::getenv(name);
}

Result<Options> options_from_environment() {
  Options options;
  auto read = apply_environment(options, variable);
  if (!read.ok()) return std::move(read).failure();
  return options;
}

}  // namespace ppn::capi
