#include "base/secret_index.hpp"

#include <algorithm>
#include <utility>

namespace ppn {
namespace {

constexpr std::string_view kHidden = "***";

}  // namespace

std::size_t SecretIndex::bucket_of(const SecretForm& form) noexcept {
  return (form.is_base64() ? kBuckets / 2 : 0) + form.first();
}

// A form of this bucket may begin with its first byte, with a byte that means it, or percent-encoded.
void SecretIndex::note_start(std::size_t bucket) noexcept {
  const bool base64 = bucket >= kBuckets / 2;
  const std::size_t first = bucket % (kBuckets / 2);
  starts_[first] = true;
  starts_['%'] = true;
  if (!base64 && first == ' ') starts_['+'] = true;
  if (base64 && first == '+') starts_['-'] = true;
  if (base64 && first == '/') starts_['_'] = true;
}

void SecretIndex::add(const SecretForms& forms) {
  if (places_.capacity() - places_.size() < forms.all().size()) {
    places_.reserve(2 * places_.size() + forms.all().size());
  }
  for (const SecretForm& form : forms.all()) {
    const std::size_t bucket = bucket_of(form);
    places_.insert(places_.begin() + begins_[bucket + 1], {&form, form.second()});
    for (std::size_t i = bucket + 1; i < begins_.size(); ++i) ++begins_[i];
    note_start(bucket);
  }
}

void SecretIndex::remove(const SecretForms& forms) noexcept {
  for (const SecretForm& form : forms.all()) {
    const std::size_t bucket = bucket_of(form);
    const auto place = std::ranges::find(places_.begin() + begins_[bucket], places_.begin() + begins_[bucket + 1],
                                         &form, &Place::form);
    places_.erase(place);
    for (std::size_t i = bucket + 1; i < begins_.size(); ++i) --begins_[i];
  }
  starts_ = {};
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    if (begins_[bucket] != begins_[bucket + 1]) note_start(bucket);
  }
}

void SecretIndex::find(std::string_view text, std::size_t at, TextRange& widest) const noexcept {
  if (!starts_[static_cast<unsigned char>(text[at])]) return;
  const FirstBytes first(text, at);
  look(first.plain, text, at, widest);
  if (first.decoded != first.plain) look(first.decoded, text, at, widest);
  look(kBuckets / 2 + first.base64, text, at, widest);
  if (first.base64_decoded != first.base64) look(kBuckets / 2 + first.base64_decoded, text, at, widest);
}

void SecretIndex::look(std::size_t bucket, std::string_view text, std::size_t at, TextRange& widest) const noexcept {
  // Most forms that begin alike are told apart by their second byte, if neither is one of those that may mean another.
  constexpr std::string_view ambiguous = "%+-_";
  const char second = text.size() - at < 2 ? '\0' : text[at + 1];
  const bool certain = ambiguous.find(text[at]) == std::string_view::npos && second != '\0' &&
                       ambiguous.find(second) == std::string_view::npos;
  for (std::size_t i = begins_[bucket]; i < begins_[bucket + 1]; ++i) {
    if (certain && places_[i].second != second) continue;
    TextRange found;
    if (!places_[i].form->stands_at(text, at, found)) continue;
    widest = {std::min(widest.begin, found.begin), std::max(widest.end, found.end)};
  }
}

// Secrets that overlap or touch become one "***": what is left of the second would be a part of it.
bool hide_secrets(std::string_view text, const SecretIndex* registered, const SecretIndex* own, std::string& out) {
  std::string result;
  std::size_t copied = 0;
  TextRange hidden{0, 0};
  const auto flush = [&] {
    if (hidden.begin == hidden.end) return;
    result.append(text.substr(copied, hidden.begin - copied)).append(kHidden);
    copied = hidden.end;
  };
  for (std::size_t at = 0; at < text.size(); ++at) {
    TextRange found{at, at};
    if (registered != nullptr) registered->find(text, at, found);
    if (own != nullptr) own->find(text, at, found);
    if (found.begin == found.end) continue;
    if (hidden.begin != hidden.end && found.begin <= hidden.end) {
      hidden = {std::min(hidden.begin, found.begin), std::max(hidden.end, found.end)};
    } else {
      flush();
      hidden = found;
    }
  }
  flush();
  if (copied == 0) return false;
  result.append(text.substr(copied));
  out = std::move(result);
  return true;
}

}  // namespace ppn
