// Redaction: a secret is planted in an arbitrary text in every form, and no form of it is left. What is hidden once stays
// as it is.
//
// Input: length of the secret, the secret, the text around it.
#include <algorithm>
#include <string>
#include <string_view>

#include "base/secret_registry.hpp"
#include "codec/redaction.hpp"
#include "fuzz/check.hpp"
#include "support/encodings.hpp"

using namespace ppn;
using namespace ppn::fuzz;
using namespace ppn::test;

namespace {

constexpr std::size_t kShortest = 8;

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

void check_nothing_left(std::string_view shown, std::string_view secret) {
  for (const std::string& form : forms_of(secret)) check(!holds(shown, form), "no form of a secret is left");
  for (const std::string& core : base64_cores(secret)) check(!holds(shown, core), "no base64 of a secret is left");
}

// Some bytes of the secret encoded, as the bits of `chosen` say.
std::string partly_encoded(std::string_view secret, std::string_view chosen) {
  std::string out;
  for (std::size_t i = 0; i < secret.size(); ++i) {
    const unsigned bits = chosen.empty() ? 0 : static_cast<unsigned char>(chosen[i % chosen.size()]);
    if ((bits & 1U) == 0) {
      out += secret[i];
    } else {
      out += percent_encoded(secret.substr(i, 1), (bits & 2U) != 0 ? Hex::upper : Hex::lower);
    }
  }
  return out;
}

void check_urls(std::string_view secret, std::string_view around) {
  const std::string value = url_encoded(secret);
  std::string host;
  std::ranges::copy_if(around, std::back_inserter(host), [](char c) { return c >= 'a' && c <= 'z'; });
  if (holds(host + " https example api_key Signature token REDACTED", value)) return;  // it stands there anyway
  // Whatever stands around them: user information, and the values of parameters with the names of secrets.
  for (const std::string& url : {"https://" + value + ":" + value + "@" + host + ".example/p",
                                 "https://" + host + ".example/p?a=b&api_key=" + value + "&c=d",
                                 "//x:" + value + "@" + host + "?Signature=" + value + ";token=" + value}) {
    const std::string shown = redact_url(url);
    check(!holds(shown, value), "no secret of a URL is left");
    check(redact_url(shown) == shown, "a redacted URL stays as it is");
  }
  const std::string any = redact_url(around);
  check(redact_url(any) == any, "a redacted text stays as it is");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.empty()) return 0;
  const std::size_t length = kShortest + static_cast<unsigned char>(input[0]) % 64;
  if (input.size() < 1 + length) return 0;
  const std::string_view secret = input.substr(1, length);
  const std::string_view around = input.substr(1 + length);
  check_urls(secret, around.substr(0, std::min<std::size_t>(around.size(), 256)));
  static_cast<void>(is_sensitive_header(secret));
  // A part of the secret that reads like its replacement could stand beside one.
  if (holds(secret, "*")) return 0;

  const std::string_view before = around.substr(0, around.size() / 2);
  const std::string_view after = around.substr(around.size() / 2);
  std::string text(before);
  for (const std::string& form : forms_of(secret)) text.append(form).append(after.substr(0, 5));
  text += partly_encoded(secret, around);
  for (const Alphabet alphabet : {Alphabet::standard, Alphabet::url_safe}) {
    text += base64(std::string(before.substr(0, 7)) + std::string(secret) + std::string(after.substr(0, 7)), alphabet);
    text += ' ';
  }
  text += after;

  const SecretRegistration registered(secret);
  const std::string shown = scrub(text);
  check_nothing_left(shown, secret);
  check(scrub(shown) == shown, "a text without secrets stays as it is");
  std::string storage;
  check(scrub(text, storage) == shown, "both ways to hide are one");
  const std::string_view own[] = {secret};
  check(scrub(text, own) == shown, "a secret of the call is hidden like a registered one");
  return 0;
}
