#include "completion.hpp"

#include <algorithm>
#include <array>

namespace ai_server {
namespace {

constexpr std::size_t words_repeated = 60;

constexpr std::array<std::string_view, 8> remarks{
    "A clear question is half of its answer, and this one is clear.",
    "Small steps in the right order arrive sooner than one large leap.",
    "What can be measured can be improved, so let us begin by measuring.",
    "The short way through is to name the parts and then join them.",
    "Good things travel well: keep the message small and the promise exact.",
    "Patience and a deadline are friends, for each keeps the other honest.",
    "When in doubt, try it on something small and watch closely.",
    "Every long road is a row of short ones, and the first is right here.",
};

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  auto at = text.begin();
  while (true) {
    at = std::find_if_not(at, text.end(), is_space);
    if (at == text.end()) return words;
    const auto end = std::find_if(at, text.end(), is_space);
    words.emplace_back(at, end);
    at = end;
  }
}

}  // namespace

std::string Completion::text() const {
  std::string result;
  for (const auto& token : tokens) result += token;
  return result;
}

std::size_t count_words(std::string_view text) {
  return words_of(text).size();
}

std::uint64_t stable_hash(std::string_view text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return hash;
}

Completion complete(std::string_view prompt, std::size_t most_tokens) {
  std::vector<std::string> asked = words_of(prompt);
  if (asked.size() > words_repeated) {
    asked.resize(words_repeated);
    asked.emplace_back("...");
  }
  std::vector<std::string> words{"You", "said:"};
  if (asked.empty()) asked.emplace_back("(nothing)");
  words.insert(words.end(), asked.begin(), asked.end());
  words.emplace_back("-");
  const auto remark = words_of(remarks[stable_hash(prompt) % remarks.size()]);
  words.insert(words.end(), remark.begin(), remark.end());

  Completion completion;
  completion.complete = words.size() <= most_tokens;
  words.resize(std::min(words.size(), most_tokens));
  for (auto& word : words) completion.tokens.push_back(completion.tokens.empty() ? word : " " + word);
  return completion;
}

}  // namespace ai_server
