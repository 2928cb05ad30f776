// Absolute URLs of requests: split, checked, and kept byte for byte where the server gets to see them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ppn {

enum class Scheme { http, https, ws, wss };

// The name as it stands in a URL, without "://".
std::string_view scheme_name(Scheme scheme) noexcept;

struct Url {
  Scheme scheme = Scheme::http;
  std::string host;  // lower case; IPv6 in its canonical text (RFC 5952) without brackets
  bool host_is_ip = false;
  std::uint16_t port = 0;  // the port to connect to, also when the text had none
  // Path and query byte for byte: signatures cover the exact text, so nothing is decoded, encoded or resolved.
  // Never empty; the fragment is not part of it.
  std::string target;

  bool secure() const noexcept { return scheme == Scheme::https || scheme == Scheme::wss; }
  bool default_port() const noexcept;
  std::string authority() const;  // value of the Host header: brackets for IPv6, port only when not the default
  std::string origin() const;     // "https://host:port", always with the port
  std::string text() const;       // the whole of it, secrets included
  std::string redacted() const;   // for logs and errors: values of secret query parameters replaced
};

// Fails with invalid_url or unsupported_scheme, phase `validate`. Texts of these errors never repeat the URL.
//
// Refused rather than repaired, because two programs that repair differently see two different servers: control bytes,
// spaces, backslashes, bytes outside ASCII, userinfo, names with empty labels or labels of more than 63 bytes, IPv4 that
// is not four plain decimals, zone ids, and ports that are not 1 to 65535 without sign or leading zero. Hosts are at most
// 2048 bytes, path and query 64 KiB. What stands in path and query is the server's business: a '%' without two digits,
// dot segments, "//" and an empty query are sent as they are.
Result<Url> parse_url(std::string_view text);

// A URI reference such as "../x?y" or "//host/x", seen from `base` (RFC 3986 5.2). The path loses its dot segments, and
// what no URL may hold as it is but servers write all the same (spaces, UTF-8) is percent-encoded in path and query. The
// fragment, that of `base` included, is never sent and so not kept. Errors: those of parse_url.
Result<Url> resolve_url(const Url& base, std::string_view reference);

}  // namespace ppn
