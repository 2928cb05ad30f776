#include "client/base_url.hpp"

#include <utility>

#include "base/ascii.hpp"

namespace ppn {
namespace {

Failure config_error(std::string text) {
  return Failure(ErrorCode::config_error, Phase::config, std::move(text));
}

bool is_absolute(std::string_view text) noexcept {
  const std::size_t colon = text.find("://");
  if (colon == text.npos || colon == 0 || !is_alpha(text.front())) return false;
  for (const char c : text.substr(0, colon)) {
    if (!is_alpha(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') return false;
  }
  return true;
}

// localhost, 127.0.0.0/8 and ::1, as parse_url writes them.
bool is_loopback(const Url& url) noexcept {
  if (!url.host_is_ip) return url.host == "localhost";
  return url.host == "::1" || (url.host.starts_with("127.") && url.host.find(':') == std::string::npos);
}

}  // namespace

Result<Url> parse_base_url(std::string_view text) {
  if (text.find_first_of("?#") != text.npos) return config_error("it has a query or a fragment");
  Result<Url> url = parse_url(text);
  if (!url) return config_error(url.error().message);
  if (url->scheme != Scheme::http && url->scheme != Scheme::https) return config_error("it is neither http nor https");
  return url;
}

std::string join_url(std::string_view base, std::string_view path) {
  if (base.empty() || is_absolute(path)) return std::string(path);
  std::string url(base);
  if (path.empty()) return url;
  if (path.front() == '?') return url.append(path);
  if (url.back() != '/') url += '/';
  if (path.front() == '/') path.remove_prefix(1);
  return url.append(path);
}

bool same_origin(const Url& one, const Url& other) noexcept {
  return one.scheme == other.scheme && one.port == other.port && one.host == other.host;
}

bool takes_api_key(const Options& options, const std::optional<Url>& base, const Url& url,
                   const HeaderList& headers) noexcept {
  return !options.api_key.empty() && base && same_origin(url, *base) && !headers.contains(options.api_key_header);
}

Result<std::optional<Url>> base_of(const Options& options) {
  if (options.base_url.empty()) {
    if (options.api_key.empty()) return std::optional<Url>();
    return config_error("api_key: there is no base_url, and the key goes to no other origin");
  }
  Result<Url> base = parse_base_url(options.base_url);
  if (!base) return config_error("base_url: the value can not be used: " + base.error().message);
  if (!options.api_key.empty() && !base->secure() && !is_loopback(*base)) {
    return config_error("api_key: base_url is neither https nor a loopback address: the key could be read on the way");
  }
  return std::optional<Url>(std::move(*base));
}

}  // namespace ppn
