#include "codec/utf8.hpp"

#include "codec/scan.hpp"

namespace ppn {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct Sequence {
  std::size_t size;  // bytes of a valid sequence, else of the maximal subpart that is replaced as one
  bool valid;
};

// Looks at one sequence that begins with a byte above 127.
Sequence read_sequence(const char* at, const char* end) noexcept {
  Utf8Lead lead = utf8_lead(static_cast<unsigned char>(*at));
  if (!lead.valid) return {1, false};
  std::size_t size = 1;
  for (; lead.trailing != 0; --lead.trailing, ++size) {
    if (at + size == end) return {size, false};
    const auto next = static_cast<unsigned char>(at[size]);
    if (next < lead.lower || next > lead.upper) return {size, false};
    lead.lower = 0x80;
    lead.upper = 0xBF;
  }
  return {size, true};
}

// The first byte that is not part of a valid text, or `end`.
const char* skip_valid(const char* at, const char* end) noexcept {
  while (at != end) {
    if (static_cast<unsigned char>(*at) < 0x80) {
      // Texts that are not English mix single ASCII bytes with long runs: try words only when one could fit.
      const char* const run = scan::skip_ascii(at, end);
      at = run == at ? at + 1 : run;
      continue;
    }
    const Sequence sequence = read_sequence(at, end);
    if (!sequence.valid) return at;
    at += sequence.size;
  }
  return end;
}

}  // namespace

std::size_t utf8_prefix(std::string_view text) noexcept {
  return static_cast<std::size_t>(skip_valid(text.data(), text.data() + text.size()) - text.data());
}

bool is_utf8(std::string_view text) noexcept {
  return utf8_prefix(text) == text.size();
}

std::size_t append_utf8_lossy(std::string& out, std::string_view text) {
  std::size_t replacements = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    const char* const valid_end = skip_valid(at, end);
    out.append(at, static_cast<std::size_t>(valid_end - at));
    at = valid_end;
    if (at == end) break;
    out.append(kReplacement);
    ++replacements;
    at += read_sequence(at, end).size;
  }
  return replacements;
}

}  // namespace ppn
