// The header fields in which servers tell of their rate limits, of every family that is in use (SEMANTICS 3.2.5):
//
//     RateLimit, RateLimit-Policy                             structured fields of the IETF draft
//     x-ratelimit-{limit,remaining,reset}-{requests,tokens}   OpenAI and its like, also with _usage_based
//     anthropic-ratelimit-*-{limit,remaining,reset}           of requests, tokens, input-tokens, output-tokens
//     x-ratelimit-{limit,remaining,reset}, ratelimit-{...}    anybody else
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "policy/rate_observation.hpp"

namespace ppn {

// Fed with the fields of one response, which must live until finish().
class RateHeaders {
 public:
  void field(std::string_view name, std::string_view value) noexcept {
    if (name.size() < kShortestName) return;
    // Almost every field ends here.
    switch (name.front() | 0x20) {
      case 'r':
      case 'x':
      case 'a': look_at(name, value); break;
      default: break;
    }
  }

  // Whether any of them was a field of a rate limit.
  bool any() const noexcept { return any_; }

  // `retry_after`: of the Retry-After field. `wall_now_ms`: since 1970, as the server would say.
  RateObservation finish(int status, std::optional<Nanos> retry_after, std::int64_t wall_now_ms) const noexcept;

 private:
  static constexpr std::size_t kShortestName = std::string_view("RateLimit").size();
  static constexpr std::size_t kMostLines = 4;

  // The texts of one family for one thing that is counted; null = not sent.
  struct Triple {
    std::string_view limit;
    std::string_view remaining;
    std::string_view reset;
  };
  // The lines of one structured field, which are one list together.
  struct Lines {
    std::array<std::string_view, kMostLines> lines;
    std::size_t count = 0;  // more than kMostLines: the field is not read
  };
  enum Source : std::uint8_t {
    openai_requests,
    openai_tokens,
    usage_requests,
    usage_tokens,
    anthropic_requests,
    anthropic_tokens,
    anthropic_input,
    anthropic_output,
    generic,
    kSources,
  };

  void look_at(std::string_view name, std::string_view value) noexcept;
  void generic_field(std::string_view rest, std::string_view value) noexcept;
  void openai_field(std::string_view rest, std::string_view value) noexcept;
  void anthropic_field(std::string_view rest, std::string_view value) noexcept;
  bool put(Source source, std::string_view part, std::string_view value) noexcept;

  std::array<Triple, kSources> triples_;
  Lines limit_;
  Lines policy_;
  bool any_ = false;
};

}  // namespace ppn
