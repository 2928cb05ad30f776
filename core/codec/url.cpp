#include "codec/url.hpp"

#include <algorithm>
#include <optional>

#include "base/ascii.hpp"
#include "codec/ip_literal.hpp"
#include "codec/redaction.hpp"

namespace ppn {
namespace {

constexpr std::size_t kMaxHostBytes = 2048;
constexpr std::size_t kMaxLabelBytes = 63;  // RFC 1035 2.3.4
constexpr std::size_t kMaxTargetBytes = std::size_t{64} * 1024;

Failure invalid(const char* text) {
  return Failure(ErrorCode::invalid_url, Phase::validate, text);
}

bool is_scheme_text(std::string_view text) noexcept {
  return !text.empty() && is_alpha(text[0]) && std::all_of(text.begin(), text.end(), [](char c) {
    return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  });
}

std::optional<Scheme> find_scheme(std::string_view text) noexcept {
  for (const Scheme scheme : {Scheme::http, Scheme::https, Scheme::ws, Scheme::wss}) {
    if (equals_ignore_case(scheme_name(scheme), text)) return scheme;
  }
  return std::nullopt;
}

std::uint16_t default_port_of(Scheme scheme) noexcept {
  return scheme == Scheme::https || scheme == Scheme::wss ? 443 : 80;
}

// Letters, digits, '-', '_' and single dots. Underscores are no host names (RFC 952), but DNS carries them and
// container networks use them.
Status set_name(std::string_view text, Url& url) {
  std::size_t label = 0;
  for (const char c : text) {
    if (c == '.') {
      if (label == 0) return invalid("the host of the URL has an empty label");
      label = 0;
      url.host += c;
      continue;
    }
    if (!is_alpha(c) && !is_digit(c) && c != '-' && c != '_') {
      return invalid("the host of the URL has a character that names do not have; write other scripts as punycode");
    }
    if (++label > kMaxLabelBytes) return invalid("the host of the URL has a label longer than 63 bytes");
    url.host += ascii_lower(c);
  }
  if (label == 0) return invalid("the host of the URL ends with a dot");
  return {};
}

Status set_host(std::string_view text, Url& url) {
  if (text.empty()) return invalid("the URL has no host");
  if (text.size() > kMaxHostBytes) return invalid("the host of the URL is longer than 2048 bytes");
  if (text.front() == '[') {
    // A zone id (RFC 6874) names an interface of this machine and is refused with everything else that is no address.
    const auto groups = text.back() == ']' ? parse_ipv6(text.substr(1, text.size() - 2)) : std::nullopt;
    if (!groups) return invalid("the brackets in the host of the URL do not hold an IPv6 address");
    url.host = format_ipv6(*groups);
    url.host_is_ip = true;
    return {};
  }
  if (looks_like_ipv4(text)) {
    if (!is_canonical_ipv4(text)) return invalid("the host of the URL is a number but not four decimals from 0 to 255");
    url.host = text;
    url.host_is_ip = true;
    return {};
  }
  return set_name(text, url);
}

Status set_port(std::string_view text, Url& url) {
  if (text.empty()) return {};  // RFC 3986 6.2.3: "host:" means the default port
  unsigned port = 0;
  const bool digits = text.size() <= 5 && std::all_of(text.begin(), text.end(), is_digit);
  if (digits) {
    for (const char c : text) port = port * 10 + static_cast<unsigned>(c - '0');
  }
  if (!digits || text[0] == '0' || port > 65535) return invalid("the port of the URL is not a number from 1 to 65535");
  url.port = static_cast<std::uint16_t>(port);
  return {};
}

Status set_authority(std::string_view text, Url& url) {
  if (text.find('@') != std::string_view::npos) {
    return invalid("the URL has a user name or password; give credentials as options");
  }
  // The colons inside brackets are part of the address.
  const std::size_t bracket = text.find(']');
  const std::size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos && text.find(':', colon + 1) != std::string_view::npos) {
    return invalid("the URL has a second colon behind its host; write IPv6 addresses in brackets");
  }
  const std::string_view host = text.substr(0, colon);
  if (Status status = set_host(host, url); !status) return status;
  return colon == std::string_view::npos ? Status() : set_port(text.substr(colon + 1), url);
}

}  // namespace

std::string_view scheme_name(Scheme scheme) noexcept {
  switch (scheme) {
    case Scheme::http: return "http";
    case Scheme::https: return "https";
    case Scheme::ws: return "ws";
    case Scheme::wss: return "wss";
  }
  return "";
}

bool Url::default_port() const noexcept {
  return port == default_port_of(scheme);
}

std::string Url::authority() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  std::string text = ipv6 ? "[" + host + "]" : host;
  if (!default_port()) text.append(":").append(std::to_string(port));
  return text;
}

std::string Url::origin() const {
  std::string text(scheme_name(scheme));
  text.append("://").append(authority());
  if (default_port()) text.append(":").append(std::to_string(port));
  return text;
}

std::string Url::text() const {
  return std::string(scheme_name(scheme)).append("://").append(authority()).append(target);
}

std::string Url::redacted() const {
  std::string text(scheme_name(scheme));
  text.append("://").append(authority());
  const std::size_t question = target.find('?');
  text.append(target, 0, question);
  if (question == std::string::npos) return text;
  text += '?';
  append_redacted_query(text, std::string_view(target).substr(question + 1));
  return text;
}

Result<Url> parse_url(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) return invalid("the URL has a control character");
    if (c == ' ') return invalid("the URL has a space; write it as %20");
    if (c == '\\') return invalid("the URL has a backslash");
    if (byte > 0x7F) return invalid("the URL has a character outside ASCII; percent-encode it");
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || !is_scheme_text(text.substr(0, colon))) {
    return invalid("the URL does not begin with a scheme such as https://");
  }
  const auto scheme = find_scheme(text.substr(0, colon));
  if (!scheme) {
    return Failure(ErrorCode::unsupported_scheme, Phase::validate,
                   "the scheme of the URL is none of http, https, ws and wss");
  }
  text.remove_prefix(colon + 1);
  if (text.substr(0, 2) != "//") return invalid("the scheme of the URL is not followed by //");
  text.remove_prefix(2);
  text = text.substr(0, text.find('#'));

  Url url;
  url.scheme = *scheme;
  url.port = default_port_of(*scheme);
  const std::size_t authority_end = std::min(text.find_first_of("/?"), text.size());
  if (Status status = set_authority(text.substr(0, authority_end), url); !status) return std::move(status).failure();
  const std::string_view target = text.substr(authority_end);
  if (target.size() > kMaxTargetBytes) return invalid("the path and query of the URL are longer than 64 KiB");
  // RFC 9112 3.2.1: an empty path is sent as "/".
  if (target.empty() || target[0] != '/') url.target = '/';
  url.target.append(target);
  return url;
}

}  // namespace ppn
