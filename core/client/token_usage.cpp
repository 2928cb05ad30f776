#include "client/token_usage.hpp"

#include <algorithm>

#include "codec/json.hpp"

namespace ppn {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 20;

std::optional<std::int64_t> count_at(const JsonDocument& document, std::string_view pointer) {
  const auto value = document.find(pointer);
  const auto count = value ? value->as_int64() : std::nullopt;
  return count && *count >= 0 ? count : std::nullopt;
}

}  // namespace

std::optional<std::int64_t> token_usage(std::string_view body) {
  if (body.size() > kMaxBytes || body.find('{') == body.npos) return std::nullopt;
  const auto document = JsonDocument::parse(body, kMaxBytes);
  if (!document) return std::nullopt;
  for (const char* const total : {"/usage/total_tokens", "/usageMetadata/totalTokenCount"}) {
    if (const auto count = count_at(*document, total)) return count;
  }
  const auto input = count_at(*document, "/usage/input_tokens");
  const auto output = count_at(*document, "/usage/output_tokens");
  if (!input && !output) return std::nullopt;
  constexpr std::int64_t kMost = std::int64_t{1} << 60;  // two of them can be added
  return std::min(input.value_or(0), kMost) + std::min(output.value_or(0), kMost);
}

}  // namespace ppn
