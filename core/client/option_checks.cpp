#include "client/option_checks.hpp"

#include <algorithm>
#include <cstddef>

#include "base/ascii.hpp"
#include "client/address_rules.hpp"
#include "client/base_url.hpp"
#include "codec/headers.hpp"
#include "codec/url.hpp"
#include "io/address.hpp"
#include "io/resolve_overrides.hpp"
#include "io/tls_pins.hpp"
#include "policy/websocket_reconnect.hpp"

namespace ppn {

std::string check_path(std::string_view text) {
  constexpr std::size_t longest = 4'095;  // PATH_MAX of Linux without its zero
  if (text.size() > longest) return "is no path: it is longer than 4095 bytes";
  return text.find('\0') == text.npos ? "" : "is no path: it holds a zero byte";
}

std::string check_pem(std::string_view text) {
  constexpr std::size_t longest = 4 << 20;
  if (text.size() > longest) return "is longer than 4 MiB";
  return text.find('\0') == text.npos ? "" : "is no PEM text: it holds a zero byte";
}

std::string check_password(std::string_view text) {
  constexpr std::size_t longest = 1'023;  // what OpenSSL takes
  return text.size() > longest ? "is longer than 1023 bytes" : "";
}

std::string check_pins(std::string_view text) {
  constexpr std::size_t longest = 64 << 10;
  if (text.size() > longest) return "is longer than 64 KiB";
  return PublicKeyPins::parse(text).ok() ? "" : "is no list of sha256//BASE64, separated by commas";
}

std::string check_tls_version(std::string_view text) {
  return text == "1.2" || text == "1.3" ? "" : "is neither 1.2 nor 1.3";
}

std::string check_server_name(std::string_view text) {
  if (text.empty()) return "";
  const auto url = parse_url("https://" + std::string(text) + "/");
  const bool plain = url.ok() && !url->host_is_ip && !text.ends_with('.') && equals_ignore_case(url->host, text);
  return plain ? "" : "is no host name";
}

std::string check_user_agent(std::string_view text) {
  constexpr std::size_t longest = 1'024;
  if (text.size() > longest) return "is longer than 1024 bytes";
  return is_header_value(text) ? "" : "is no valid header value (RFC 9110 5.5)";
}

std::string check_resolve(std::string_view text) {
  constexpr std::size_t longest = 64 << 10;
  if (text.size() > longest) return "is longer than 64 KiB";
  const auto overrides = ResolveOverrides::parse(text);
  return overrides ? "" : "can not be used: " + overrides.error().message;
}

std::string check_unix_socket(std::string_view text) {
  if (text.size() > kMaxUnixPath) return "is no path of a Unix socket: it is longer than 107 bytes";
  return text.find('\0') == text.npos ? "" : "is no path: it holds a zero byte";
}

std::string check_addresses(std::string_view text) {
  constexpr std::size_t longest = 64 << 10;
  if (text.size() > longest) return "is longer than 64 KiB";
  const auto rules = parse_address_rules(text);
  return rules ? "" : "can not be used: " + rules.error().message;
}

std::string check_final_error_codes(std::string_view text) {
  constexpr std::size_t longest = 4 << 10;
  const bool visible = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  return text.size() <= longest && visible ? "" : "is no list of codes in ASCII, of at most 4 KiB";
}

std::string check_own_header(std::string_view text) {
  if (text.empty()) return "";
  constexpr std::size_t longest = 256;
  return text.size() <= longest && validate_header(text, "x").ok()
             ? ""
             : "is no name of a header that a request may set (RFC 9110 5.1)";
}

std::string check_sentinel(std::string_view text) {
  constexpr std::size_t longest = 256;
  if (text.size() > longest) return "is longer than 256 bytes";
  const bool line = std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; });
  if (!line) return "holds a control character";
  return text.starts_with(' ') || text.ends_with(' ') ? "has a space at an end" : "";
}

std::string check_event_types(std::string_view text) {
  constexpr std::size_t longest = 4 << 10;
  const bool visible = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  return text.size() <= longest && visible ? "" : "is no list of event types in ASCII, of at most 4 KiB";
}

std::string check_scope(std::string_view text) {
  constexpr std::size_t longest = 256;
  if (text.size() > longest) return "is longer than 256 bytes";
  const bool plain = std::ranges::none_of(text, [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; });
  return plain ? "" : "holds a control character";
}

// redis://[USER:PASSWORD@]HOST[:PORT][/DB] or unix:///PATH
std::string check_redis_url(std::string_view text) {
  constexpr std::string_view scheme = "redis://";
  constexpr std::string_view socket = "unix://";
  if (text.empty()) return "";
  if (text.starts_with(socket)) {
    text.remove_prefix(socket.size());
    return text.starts_with('/') ? check_unix_socket(text) : "names no path after unix://";
  }
  if (!text.starts_with(scheme)) return "begins with neither redis:// nor unix:///";
  constexpr std::size_t longest = 4 << 10;
  if (text.size() > longest) return "is longer than 4 KiB";
  text.remove_prefix(scheme.size());
  if (const std::size_t at = text.rfind('@'); at != text.npos) text.remove_prefix(at + 1);
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string_view database = text.substr(std::min(slash + 1, text.size()));
  constexpr std::size_t most_digits = 5;
  const bool number = database.size() <= most_digits && std::ranges::all_of(database, is_digit);
  const auto address = parse_url("http://" + std::string(text.substr(0, slash)) + "/");
  return number && address.ok() && address->target == "/" ? "" : "is no redis://[USER:PASSWORD@]HOST[:PORT][/DB]";
}

std::string check_base_url(std::string_view text) {
  if (text.empty()) return "";
  const auto base = parse_base_url(text);
  return base.ok() ? "" : "can not be used: " + base.error().message;
}

std::string check_api_key(std::string_view text) {
  constexpr std::size_t longest = 16 << 10;
  if (text.size() > longest) return "is longer than 16 KiB";
  if (text == "***") return "is what a dump shows instead of the key";
  return is_header_value(text) ? "" : "is no valid header value (RFC 9110 5.5)";
}

std::string check_api_key_header(std::string_view text) {
  return text.empty() ? "is empty" : check_own_header(text);
}

std::string check_api_key_scheme(std::string_view text) {
  constexpr std::size_t longest = 256;
  const bool word = text.empty() || (text.size() <= longest && is_token(text));
  return word ? "" : "is no name of an authentication scheme (RFC 9110 11.1)";
}

std::string check_reconnect(std::string_view text) {
  return text == "auto" || text == "on" || text == "off" ? "" : "is none of auto, on and off";
}

std::string check_reconnect_codes(std::string_view text) {
  return parse_close_codes(text) ? "" : "is no list of close codes from 4000 to 4999";
}

}  // namespace ppn
