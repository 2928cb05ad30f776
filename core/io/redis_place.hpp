// Where a Redis server is and how to enter it, from the URL of the options.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace ppn {

struct RedisPlace {
  std::string host;  // a name or an address without brackets; empty = a Unix socket
  std::uint16_t port = 6379;
  std::string path;  // of the Unix socket
  std::string user;  // empty = the default user
  Secret password;   // empty = none is asked for
  int database = 0;

  // "redis://[user:password@]host[:port][/db]", "unix:///path"; user, password and path are percent-decoded.
  // Error: config_error, which repeats no part of the URL.
  static Result<RedisPlace> parse(std::string_view url);
  // "host:port" or the path: for log lines, without user and password.
  std::string to_text() const;
};

}  // namespace ppn
