// Debian's httpbin on gunicorn as a real peer (plain HTTP/1.1, chunked bodies, redirects, delays): /get, /post,
// /status/CODE, /stream/N, /drip, /delay/N and the rest of https://httpbin.org, on a loopback port of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "support/process.hpp"

namespace ppn::test {

bool httpbin_available();

class HttpbinServer {
 public:
  // Returns when it answers; throws std::runtime_error with gunicorn's messages when it does not come up.
  HttpbinServer();
  ~HttpbinServer();
  HttpbinServer(const HttpbinServer&) = delete;
  HttpbinServer& operator=(const HttpbinServer&) = delete;

  std::string url(std::string_view path) const;  // by 127.0.0.1

 private:
  std::uint16_t port_ = 0;
  std::unique_ptr<Process> process_;
};

}  // namespace ppn::test
