#include "policy/termination_profile.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>

#include "base/ascii.hpp"
#include "policy/words.hpp"

namespace ppn {
namespace {

constexpr std::array<std::string_view, 5> kProfiles{"none", "openai", "openai_responses", "anthropic", "custom"};

bool is_listed(std::string_view list, std::string_view name) noexcept {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    if (trim_ows(list.substr(0, comma)) == name) return true;
    list.remove_prefix(comma == list.npos ? list.size() : comma + 1);
  }
  return false;
}

std::string_view trim_spaces(std::string_view text) noexcept {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

struct NamedStatus {
  std::string_view name;
  int status;
};

// Types of Anthropic and OpenAI, the statuses of Google's RPC, and codes that say the same as a type.
constexpr auto kStatuses = std::to_array<NamedStatus>({
    {"api_error", 500},
    {"authentication_error", 401},
    {"billing_error", 402},
    {"deadline_exceeded", 504},
    {"insufficient_quota", 429},
    {"internal", 500},
    {"invalid_api_key", 401},
    {"invalid_argument", 400},
    {"invalid_request_error", 400},
    {"not_found", 404},
    {"not_found_error", 404},
    {"overloaded_error", 529},
    {"permission_denied", 403},
    {"permission_error", 403},
    {"rate_limit_error", 429},
    {"rate_limit_exceeded", 429},
    {"request_too_large", 413},
    {"requests", 429},
    {"resource_exhausted", 429},
    {"server_error", 500},
    {"timeout_error", 504},
    {"tokens", 429},
    {"unauthenticated", 401},
    {"unavailable", 503},
});

int status_of_name(std::string_view name) noexcept {
  const auto same = [name](const NamedStatus& row) { return equals_ignore_case(row.name, name); };
  const auto found = std::ranges::find_if(kStatuses, same);
  return found == kStatuses.end() ? 0 : found->status;
}

int status_of_number(std::string_view code) noexcept {
  int status = 0;
  const char* const end = code.data() + code.size();
  const auto [stop, fault] = std::from_chars(code.data(), end, status);
  return fault == std::errc() && stop == end && status >= 400 && status <= 599 ? status : 0;
}

}  // namespace

std::string_view name_of(StreamProfile profile) noexcept {
  return kProfiles[static_cast<std::size_t>(profile)];
}

std::optional<StreamProfile> parse_stream_profile(std::string_view text) noexcept {
  return value_of_word<StreamProfile>(kProfiles, text);
}

TerminationProfile TerminationProfile::of(const StreamOptions& options) {
  TerminationProfile profile;
  switch (options.profile) {
    case StreamProfile::none: break;
    case StreamProfile::openai:
      profile.sentinel = "[DONE]";
      profile.error_events = "error";
      profile.error_member = true;
      break;
    case StreamProfile::openai_responses:
      profile.terminal_events = "response.completed,response.failed,response.incomplete";
      profile.error_events = "error";
      profile.error_member = true;
      break;
    case StreamProfile::anthropic:
      profile.terminal_events = "message_stop";
      profile.error_events = "error";
      break;
    case StreamProfile::custom: profile.error_member = true; break;
  }
  if (!options.sentinel.empty()) profile.sentinel = options.sentinel;
  if (!options.terminal_events.empty()) profile.terminal_events = options.terminal_events;
  if (!options.error_events.empty()) profile.error_events = options.error_events;
  profile.require_terminal = options.require_terminal;
  return profile;
}

EventRole TerminationProfile::role_of(std::string_view type, std::string_view data) const noexcept {
  // Longer data can not be it, whatever it holds; most events end here.
  if (!sentinel.empty() && data.size() >= sentinel.size() && data.size() <= sentinel.size() + 64 &&
      trim_spaces(data) == trim_spaces(sentinel)) {
    return EventRole::sentinel;
  }
  if (is_listed(error_events, type)) return EventRole::error;
  return is_listed(terminal_events, type) ? EventRole::terminal : EventRole::ordinary;
}

int status_of_stream_error(std::string_view type, std::string_view code) noexcept {
  for (const std::string_view name : {type, code}) {
    if (const int status = status_of_name(name); status != 0) return status;
  }
  return status_of_number(code);
}

}  // namespace ppn
