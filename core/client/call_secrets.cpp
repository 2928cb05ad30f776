#include "client/call_secrets.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/base64.hpp"
#include "base/secret_forms.hpp"
#include "codec/redaction.hpp"

namespace ppn {
namespace {

std::string_view query_of(std::string_view target) noexcept {
  const std::size_t question = target.find('?');
  return question != std::string_view::npos ? target.substr(question + 1) : std::string_view();
}

// The part of a URL between ':' and '@', as it is written.
std::string_view password_of_url(std::string_view url) noexcept {
  const std::size_t slashes = url.find("//");
  if (slashes == std::string_view::npos) return {};
  const std::string_view authority = url.substr(slashes + 2, url.find_first_of("/?#", slashes + 2) - slashes - 2);
  const std::size_t at = authority.rfind('@');
  if (at == std::string_view::npos) return {};
  const std::size_t colon = authority.find(':');
  return colon < at ? authority.substr(colon + 1, at - colon - 1) : authority.substr(0, at);
}

}  // namespace

CallSecrets::CallSecrets(const HeaderList& headers, const Url& url) {
  for (const HeaderField field : headers) {
    if (!is_sensitive_header(field.name)) continue;
    if (equals_ignore_case(field.name, "cookie")) {
      add_cookies(field.value);
    } else {
      add_credentials(field.value);
    }
  }
  for (const std::string_view value : secret_query_values(query_of(url.target))) add(percent_decoded(value));
}

CallSecrets::CallSecrets(const Options& options) {
  add(options.api_key.view());
  add(options.tls.client_key_password.view());
  add(percent_decoded(password_of_url(options.rate_limit.redis_url.view())));
}

std::vector<std::string_view> CallSecrets::views() const {
  std::vector<std::string_view> views(secrets_.size());
  std::ranges::transform(secrets_, views.begin(), &Secret::view);
  return views;
}

std::vector<SecretRegistration> CallSecrets::register_all() const {
  std::vector<SecretRegistration> registered;
  registered.reserve(secrets_.size());
  for (const Secret& secret : secrets_) registered.emplace_back(secret.view());
  return registered;
}

void CallSecrets::add(std::string_view secret) {
  if (secret.size() >= kMinSecretBytes) secrets_.emplace_back(secret);
}

// "Bearer KEY", "Basic BASE64", "Token KEY", or the key alone (RFC 9110 11.4).
void CallSecrets::add_credentials(std::string_view value) {
  const std::size_t space = value.find(' ');
  if (space == std::string_view::npos || !is_token(value.substr(0, space))) return add(value);
  const std::string_view credentials = trim_ows(value.substr(space));
  add(credentials);
  if (!equals_ignore_case(value.substr(0, space), "basic")) return;
  const auto pair = decode_base64(credentials);  // RFC 7617 2
  if (!pair) return;
  const std::size_t colon = pair->view().find(':');
  if (colon != std::string_view::npos) add(pair->view().substr(colon + 1));
}

// "name=value; name=value" (RFC 6265 4.2.1).
void CallSecrets::add_cookies(std::string_view value) {
  while (!value.empty()) {
    const std::size_t end = value.find(';');
    const std::string_view pair = trim_ows(value.substr(0, end));
    add(pair.substr(pair.find('=') + 1));
    value.remove_prefix(end != std::string_view::npos ? end + 1 : value.size());
  }
}

void scrub_error(Error& error, const CallSecrets& secrets) {
  const std::vector<std::string_view> own = secrets.views();
  for (std::string* text : {&error.message, &error.url, &error.provider_code, &error.provider_message,
                            &error.provider_type, &error.request_id}) {
    scrub_in_place(*text, own);
  }
}

}  // namespace ppn
