#include "policy/rate_headers.hpp"

#include <algorithm>
#include <initializer_list>
#include <span>

#include "base/ascii.hpp"
#include "policy/rate_reset.hpp"
#include "policy/structured_items.hpp"
#include "policy/wide.hpp"

namespace ppn {
namespace {

using Dimension = RateObservation::Dimension;

constexpr Nanos kMinute = 60 * kSecond;  // what "requests" and "tokens" of the vendors count in

// The rest of `text` after `prefix`, or nothing.
std::optional<std::string_view> after(std::string_view text, std::string_view prefix) noexcept {
  if (!equals_ignore_case(text.substr(0, prefix.size()), prefix)) return std::nullopt;
  return text.substr(prefix.size());
}

// Whether `a` lets its client send less than `b` from here on.
bool tighter(const Dimension& a, const Dimension& b) noexcept {
  if (a.remaining < 0 || a.reset < 0) return false;
  if (b.remaining < 0 || b.reset < 0) return true;
  if (a.exhausted() != b.exhausted()) return a.exhausted();
  if (a.exhausted()) return a.reset > b.reset;
  return static_cast<Wide>(a.reset) * b.remaining > static_cast<Wide>(b.reset) * a.remaining;
}

// What is left comes from the tighter of the two, the limit from the slower.
void combine(Dimension& all, const Dimension& one) noexcept {
  if (tighter(one, all) || (all.remaining < 0 && all.reset < 0)) {
    all.remaining = one.remaining;
    all.reset = one.reset;
  }
  if (one.limit <= 0 || one.window <= 0) return;
  const bool slower = static_cast<Wide>(one.limit) * all.window < static_cast<Wide>(all.limit) * one.window;
  if (all.limit > 0 && !slower) return;
  all.limit = one.limit;
  all.window = one.window;
}

std::optional<Nanos> seconds(std::int64_t count) noexcept {
  constexpr std::int64_t most = 1'000'000'000;
  if (count < 0 || count > most) return std::nullopt;
  return count * kSecond;
}

// One member of RateLimit or RateLimit-Policy.
struct Member {
  std::string_view name;
  std::optional<std::int64_t> quantity;  // r or q
  std::optional<Nanos> time;             // t or w
  std::string_view unit = "requests";
};

class Members {
 public:
  // False when any line is malformed, which spoils the whole field, or when there are too many.
  bool read(std::span<const std::string_view> lines, std::string_view quantity, std::string_view time) noexcept {
    count_ = 0;
    for (const std::string_view line : lines) {
      StructuredItems items(line);
      while (const auto name = items.next_item()) {
        if (count_ == members_.size()) return false;
        Member& member = members_[count_++];
        member = {};
        member.name = *name;
        while (const auto parameter = items.next_parameter()) {
          if (!take(member, *parameter, quantity, time)) return false;
        }
      }
      if (items.malformed()) return false;
    }
    return std::all_of(begin(), end(), [](const Member& member) { return member.quantity.has_value(); });
  }
  const Member* begin() const noexcept { return members_.data(); }
  const Member* end() const noexcept { return members_.data() + count_; }

 private:
  static bool take(Member& member, const StructuredItems::Parameter& parameter, std::string_view quantity,
                   std::string_view time) noexcept {
    const std::int64_t* const integer = std::get_if<std::int64_t>(&parameter.value);
    if (parameter.name == quantity) {
      if (integer == nullptr || *integer < 0) return false;
      member.quantity = *integer;
    } else if (parameter.name == time) {
      if (integer == nullptr || !(member.time = seconds(*integer))) return false;
    } else if (parameter.name == "qu") {
      const StructuredString* const unit = std::get_if<StructuredString>(&parameter.value);
      if (unit == nullptr) return false;
      member.unit = unit->text;
    }
    return true;  // parameters that are not known are nobody's business
  }

  std::array<Member, 16> members_;
  std::size_t count_ = 0;
};

Dimension* dimension_of(RateObservation& seen, std::string_view unit) noexcept {
  if (unit == "requests") return &seen.requests;
  return unit == "tokens" ? &seen.tokens : nullptr;
}

}  // namespace

void RateHeaders::look_at(std::string_view name, std::string_view value) noexcept {
  value = trim_ows(value);
  if (const auto rest = after(name, "x-ratelimit-")) {
    openai_field(*rest, value);
  } else if (const auto anthropic = after(name, "anthropic-ratelimit-")) {
    anthropic_field(*anthropic, value);
  } else if (const auto draft = after(name, "ratelimit")) {
    if (!draft->empty() && !equals_ignore_case(*draft, "-policy")) {
      if (draft->front() == '-') generic_field(draft->substr(1), value);
      return;
    }
    any_ = true;
    Lines& field = draft->empty() ? limit_ : policy_;
    if (field.count < kMostLines) field.lines[field.count] = value;
    ++field.count;
  }
}

bool RateHeaders::put(Source source, std::string_view part, std::string_view value) noexcept {
  Triple& triple = triples_[source];
  if (equals_ignore_case(part, "limit")) {
    triple.limit = value;
  } else if (equals_ignore_case(part, "remaining")) {
    triple.remaining = value;
  } else if (equals_ignore_case(part, "reset")) {
    triple.reset = value;
  } else {
    return false;
  }
  any_ = true;
  return true;
}

void RateHeaders::generic_field(std::string_view rest, std::string_view value) noexcept {
  static_cast<void>(put(generic, rest, value));
}

void RateHeaders::openai_field(std::string_view rest, std::string_view value) noexcept {
  const std::size_t dash = rest.find('-');
  if (dash == std::string_view::npos) return generic_field(rest, value);
  const std::string_view part = rest.substr(0, dash);
  const std::string_view what = rest.substr(dash + 1);
  if (equals_ignore_case(what, "requests")) put(openai_requests, part, value);
  if (equals_ignore_case(what, "tokens")) put(openai_tokens, part, value);
  if (equals_ignore_case(what, "requests_usage_based")) put(usage_requests, part, value);
  if (equals_ignore_case(what, "tokens_usage_based")) put(usage_tokens, part, value);
}

void RateHeaders::anthropic_field(std::string_view rest, std::string_view value) noexcept {
  const std::size_t dash = rest.rfind('-');
  if (dash == std::string_view::npos) return;
  const std::string_view what = rest.substr(0, dash);
  const std::string_view part = rest.substr(dash + 1);
  if (equals_ignore_case(what, "requests")) put(anthropic_requests, part, value);
  if (equals_ignore_case(what, "tokens")) put(anthropic_tokens, part, value);
  if (equals_ignore_case(what, "input-tokens")) put(anthropic_input, part, value);
  if (equals_ignore_case(what, "output-tokens")) put(anthropic_output, part, value);
}

RateObservation RateHeaders::finish(int status, std::optional<Nanos> retry_after,
                                    std::int64_t wall_now_ms) const noexcept {
  RateObservation seen;
  const auto read = [&](Source source, Nanos window) {
    const Triple& triple = triples_[source];
    Dimension dimension;
    if (const auto limit = parse_rate_count(triple.limit)) {
      if (*limit <= 0) return Dimension{};  // Azure sends -1 and 0 for "none": the others mean nothing either
      dimension.limit = *limit;
      dimension.window = window;
    }
    if (const auto remaining = parse_rate_count(triple.remaining)) {
      if (*remaining < 0) return Dimension{};
      dimension.remaining = *remaining;
    }
    if (const auto reset = parse_rate_reset(triple.reset, wall_now_ms)) dimension.reset = *reset;
    return dimension;
  };

  // The draft says most exactly what it means, then the vendors; the generic names stand for requests when nobody else
  // spoke of them.
  Members limits;
  Members policies;
  const bool has_policies = policy_.count > 0 && policy_.count <= kMostLines &&
                            policies.read(std::span(policy_.lines).first(policy_.count), "q", "w");
  const bool has_limits = limit_.count > 0 && limit_.count <= kMostLines &&
                          limits.read(std::span(limit_.lines).first(limit_.count), "r", "t");
  if (has_policies) {
    for (const Member& policy : policies) {
      Dimension* const dimension = dimension_of(seen, policy.unit);
      if (dimension == nullptr || *policy.quantity <= 0) continue;
      combine(*dimension, {.limit = *policy.quantity, .window = policy.time.value_or(-1)});
    }
  }
  if (has_limits) {
    for (const Member& limit : limits) {
      std::string_view unit = "requests";
      bool means_nothing = false;
      if (has_policies) {
        for (const Member& policy : policies) {
          if (policy.name != limit.name) continue;
          unit = policy.unit;
          means_nothing = *policy.quantity <= 0;
        }
      }
      Dimension* const dimension = dimension_of(seen, unit);
      if (dimension == nullptr || means_nothing) continue;
      combine(*dimension, {.remaining = *limit.quantity, .reset = limit.time.value_or(-1)});
    }
  }
  for (const Source source : {openai_requests, usage_requests, anthropic_requests}) {
    combine(seen.requests, read(source, kMinute));
  }
  for (const Source source : {openai_tokens, usage_tokens, anthropic_tokens})
    combine(seen.tokens, read(source, kMinute));
  // Their limits count other things than the sum that a call reserves; that they are empty holds all the same.
  for (const Source source : {anthropic_input, anthropic_output}) combine(seen.tokens, read(source, -1));
  if (seen.requests == Dimension{}) seen.requests = read(generic, -1);

  if (retry_after) {
    if (seen.requests.exhausted()) seen.requests.reset = *retry_after;
    if (seen.tokens.exhausted()) seen.tokens.reset = *retry_after;
  }
  if (status == 429 || status == 503) {
    if (retry_after) {
      seen.freeze = *retry_after;
    } else if (const auto reset = seen.exhausted_reset()) {
      seen.freeze = *reset;
    } else if (status == 429 && seen.requests.remaining < 0 && seen.requests.reset >= 0) {
      seen.freeze = seen.requests.reset;  // a 429 that says when, and not how many are left: none
    }
  }
  return seen;
}

}  // namespace ppn
