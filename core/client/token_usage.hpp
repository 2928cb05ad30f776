// How many tokens of a model a response says it has used.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ppn {

// "usage" of a JSON body: total_tokens (OpenAI), else input_tokens + output_tokens (Anthropic); usageMetadata.
// totalTokenCount (Google). Nothing when the body says none, is no JSON, or is larger than 1 MiB.
std::optional<std::int64_t> token_usage(std::string_view body);

// The same of a stream of events, whose parts say it bit by bit: the last chunk of OpenAI, message_start and
// message_delta of Anthropic, response.completed of OpenAI's responses, every chunk of Google. Counts only grow.
class StreamTokenUsage {
 public:
  // The data of one event. Parses only what may hold a usage object.
  void look_at(std::string_view data);
  std::optional<std::int64_t> total() const noexcept;

 private:
  std::optional<std::int64_t> total_;
  std::optional<std::int64_t> input_;
  std::optional<std::int64_t> output_;
};

}  // namespace ppn
