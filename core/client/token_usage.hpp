// How many tokens of a model a response says it has used.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ppn {

// "usage" of a JSON body: total_tokens (OpenAI), else input_tokens + output_tokens (Anthropic); usageMetadata.
// totalTokenCount (Google). Nothing when the body says none, is no JSON, or is larger than 1 MiB.
std::optional<std::int64_t> token_usage(std::string_view body);

}  // namespace ppn
