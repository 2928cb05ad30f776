#include "client/option_checks.hpp"

#include <cstddef>

#include "base/ascii.hpp"
#include "codec/headers.hpp"
#include "codec/url.hpp"
#include "io/address.hpp"
#include "io/resolve_overrides.hpp"
#include "io/tls_pins.hpp"

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

}  // namespace ppn
