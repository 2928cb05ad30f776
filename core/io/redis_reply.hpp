// A reply of Redis, as far as the rate limit knows replies.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ppn {

struct RedisReply {
  enum class Kind : std::uint8_t {
    text,     // a status or a string
    error,    // its text begins with a code in capitals
    numbers,  // an array of integers
    other,
  };
  Kind kind = Kind::other;
  std::string text;
  std::vector<std::int64_t> numbers;

  // Of an error: the code and nothing of its text, for a server may quote what it was sent, such as a password.
  std::string code() const;
};

}  // namespace ppn
