#include "environment.hpp"

#include <cstdlib>
#include <utility>

namespace ppn::capi {

Result<Options> options_from_environment() {
  Options options;
  auto read = apply_environment(options, [](const char* name) -> const char* { return std::getenv(name); });
  if (!read.ok()) return std::move(read).failure();
  return options;
}

}  // namespace ppn::capi
