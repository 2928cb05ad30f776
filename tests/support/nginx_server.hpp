// Debian's nginx as a real peer, plain and TLS, on loopback ports of its own.
//
//   /json           130 bytes of JSON, GET and HEAD
//   /files/NAME     what add_file put there, with Content-Length, ETag and ranges
//   /drip/NAME      the same files as text/event-stream, one kilobyte a second
//   /gzip/NAME      the same files, compressed when the client accepts gzip (chunked then)
//   /status/CODE    an empty answer with that status: 204, 400, 401, 403, 404, 409, 422, 429, 500, 502, 503, 504
//   /redirect/CODE  to /json, by 301, 302, 303, 307, 308
//   /session        over TLS: "TLSv1.3 r" when the session was resumed, "TLSv1.3 ." when not; then it closes
//   /close          one JSON answer, then the connection is closed
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "support/certificates.hpp"

namespace ppn::test {

bool nginx_available();

struct NginxOptions {
  CertFiles certificate = {};  // empty: made anew for loopback_names(), with its own CA
  int keepalive_timeout_s = 75;
  int keepalive_requests = 1'000'000;
};

class NginxServer {
 public:
  // Returns when it answers; throws std::runtime_error with nginx's error log when it does not come up.
  explicit NginxServer(NginxOptions options = {});
  ~NginxServer();
  NginxServer(const NginxServer&) = delete;
  NginxServer& operator=(const NginxServer&) = delete;

  std::uint16_t http_port() const noexcept;
  std::uint16_t https_port() const noexcept;
  std::string http_url(std::string_view path) const;   // by 127.0.0.1
  std::string https_url(std::string_view path) const;  // by localhost
  // The CA to trust; empty when the certificate came with the options.
  std::string ca_file() const;
  // The body of /json.
  static std::string_view json_body();

  void add_file(std::string_view name, std::string_view content);
  std::string error_log() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ppn::test
