// The model: a deterministic answer to the last message of a conversation. No network, no JSON, no randomness.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ai_server {

struct Completion {
  // Words, each but the first with the space before it: the tokens one after the other are the text.
  std::vector<std::string> tokens;
  bool complete = true;  // false when the limit cut it

  std::string text() const;
};

// The same prompt always gives the same answer. `most_tokens` is at least 1.
Completion complete(std::string_view prompt, std::size_t most_tokens);

// What this model calls a token: a run of anything but white space.
std::size_t count_words(std::string_view text);

// FNV-1a, 64 bits: the same on every machine, unlike std::hash.
std::uint64_t stable_hash(std::string_view text);

}  // namespace ai_server
