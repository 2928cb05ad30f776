#include "client/token_usage.hpp"

#include <algorithm>
#include <string>

#include "codec/json.hpp"

namespace ppn {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 20;

std::optional<std::int64_t> count_at(const JsonDocument& document, std::string_view pointer) {
  const auto value = document.find(pointer);
  const auto count = value ? value->as_int64() : std::nullopt;
  return count && *count >= 0 ? count : std::nullopt;
}

constexpr std::int64_t kMost = std::int64_t{1} << 60;  // two of them can be added

void grow(std::optional<std::int64_t>& known, std::optional<std::int64_t> count) noexcept {
  if (count) known = std::max(known.value_or(0), std::min(*count, kMost));
}

// Most events of a stream say "usage": null, or nothing.
bool may_hold_usage(std::string_view data) noexcept {
  if (data.find("\"usageMetadata\"") != data.npos) return true;
  constexpr std::string_view name = "\"usage\"";
  for (std::size_t at = data.find(name); at != data.npos; at = data.find(name, at + 1)) {
    const std::size_t value = data.find_first_not_of(" \t:", at + name.size());
    if (value != data.npos && data[value] == '{') return true;
  }
  return false;
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
  return std::min(input.value_or(0), kMost) + std::min(output.value_or(0), kMost);
}

void StreamTokenUsage::look_at(std::string_view data) {
  if (data.size() > kMaxBytes || !may_hold_usage(data)) return;
  const auto document = JsonDocument::parse(data, kMaxBytes);
  if (!document) return;
  grow(total_, count_at(*document, "/usageMetadata/totalTokenCount"));
  for (const std::string place : {"/usage", "/message/usage", "/response/usage"}) {
    grow(total_, count_at(*document, place + "/total_tokens"));
    grow(input_, count_at(*document, place + "/input_tokens"));
    grow(output_, count_at(*document, place + "/output_tokens"));
  }
}

std::optional<std::int64_t> StreamTokenUsage::total() const noexcept {
  if (total_) return total_;
  if (!input_ && !output_) return std::nullopt;
  return input_.value_or(0) + output_.value_or(0);
}

}  // namespace ppn
