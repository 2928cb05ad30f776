#include "io/redis_place.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "io/address.hpp"

namespace ppn {
namespace {

constexpr std::string_view kTcpScheme = "redis://";
constexpr std::string_view kTlsScheme = "rediss://";
constexpr std::string_view kUnixScheme = "unix://";
constexpr std::size_t kMaxHost = 253;  // RFC 1035, 2.3.4, without the last dot
constexpr int kMaxDatabase = 65'535;

Failure refusal(std::string_view why) {
  return Failure(ErrorCode::config_error, Phase::config, "the Redis URL " + std::string(why));
}

// All of `text` is one decimal number of [0, most].
std::optional<int> number(std::string_view text, int most) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc() || stop != end || text.front() == '-' || value > most) return std::nullopt;
  return value;
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Into a Secret even where the text is none, so that there is one decoder (RFC 3986, 2.1).
std::optional<Secret> decoded(std::string_view text) {
  Secret result;
  while (!text.empty()) {
    char c = text.front();
    std::size_t taken = 1;
    if (c == '%') {
      const int high = text.size() < 3 ? -1 : hex_digit(text[1]);
      const int low = text.size() < 3 ? -1 : hex_digit(text[2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      taken = 3;
    }
    if (c == '\0') return std::nullopt;
    result.append(std::string_view(&c, 1));
    text.remove_prefix(taken);
  }
  return result;
}

bool is_host_name(std::string_view host) noexcept {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_';
  };
  return !host.empty() && host.size() <= kMaxHost && std::all_of(host.begin(), host.end(), allowed);
}

Status read_credentials(std::string_view text, RedisPlace& place) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return refusal("names a user without a password");
  const auto user = decoded(text.substr(0, colon));
  auto password = decoded(text.substr(colon + 1));
  if (!user || !password) return refusal("has a user or password with a wrong percent-encoding");
  if (password->empty()) return refusal("has an empty password");
  place.user = user->view();
  place.password = std::move(*password);
  return {};
}

Status read_authority(std::string_view text, RedisPlace& place) {
  std::string_view rest = text;
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos) return refusal("has an address without its closing bracket");
    place.host = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    if (place.host.find(':') == std::string::npos || !numeric_address(place.host, 1)) {
      return refusal("has no IPv6 address between its brackets");
    }
  } else {
    place.host = rest.substr(0, rest.find(':'));
    rest.remove_prefix(place.host.size());
    if (!is_host_name(place.host)) return refusal("has no valid host");
  }
  if (rest.empty()) return {};
  if (!rest.starts_with(':')) return refusal("has something between host and port");
  const auto port = rest.size() == 1 ? std::nullopt : number(rest.substr(1), 65'535);
  if (!port || *port == 0) return refusal("has no valid port");
  place.port = static_cast<std::uint16_t>(*port);
  return {};
}

Result<RedisPlace> parse_tcp(std::string_view rest) {
  RedisPlace place;
  const std::size_t slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  // The last @, for a password that was not encoded; a host has none.
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    if (Status read = read_credentials(authority.substr(0, at), place); !read) return std::move(read).failure();
    authority.remove_prefix(at + 1);
  }
  if (Status read = read_authority(authority, place); !read) return std::move(read).failure();
  if (slash != std::string_view::npos && slash + 1 < rest.size()) {
    const auto database = number(rest.substr(slash + 1), kMaxDatabase);
    if (!database) return refusal("has no valid number of a database after the host");
    place.database = *database;
  }
  return place;
}

Result<RedisPlace> parse_unix(std::string_view rest) {
  RedisPlace place;
  const auto path = decoded(rest);
  if (!path || !rest.starts_with('/') || rest.size() == 1) return refusal("needs an absolute path: unix:///path");
  place.path = path->view();
  if (place.path.size() > kMaxUnixPath) return refusal("has a path that is too long for a Unix socket");
  return place;
}

}  // namespace

Result<RedisPlace> RedisPlace::parse(std::string_view url) {
  const auto is_odd = [](char c) { return c <= ' ' || c == '\x7F'; };
  if (std::any_of(url.begin(), url.end(), is_odd))
    return refusal("holds spaces, control characters or bytes above 127");
  if (url.starts_with(kTlsScheme)) return refusal("asks for TLS, which is not supported");
  // Before a user or a path, a client of another kind would read options there.
  if (url.find_first_of("?#") != std::string_view::npos)
    return refusal("has a query or a fragment; write them encoded");
  if (url.starts_with(kTcpScheme)) return parse_tcp(url.substr(kTcpScheme.size()));
  if (url.starts_with(kUnixScheme)) return parse_unix(url.substr(kUnixScheme.size()));
  return refusal("begins neither with redis:// nor with unix:///");
}

std::string RedisPlace::to_text() const {
  if (host.empty()) return path;
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

}  // namespace ppn
