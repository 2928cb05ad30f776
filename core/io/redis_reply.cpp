#include "io/redis_reply.hpp"

#include <algorithm>
#include <cstddef>

namespace ppn {

std::string RedisReply::code() const {
  constexpr std::ptrdiff_t kLongest = 20;
  const auto end = std::find_if(text.begin(), text.end(), [](char c) { return c < 'A' || c > 'Z'; });
  const auto length = end - text.begin();
  return length == 0 || length > kLongest ? "an error" : std::string(text.begin(), end);
}

}  // namespace ppn
