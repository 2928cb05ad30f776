// The local AI server of examples/server as a child process. The build tells its path by the definition PPN_AI_SERVER.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace ppn::test {

class AiServer {
 public:
  // Returns when both ports accept; throws std::runtime_error with the server's own words when they do not.
  AiServer();
  // Ends it with SIGTERM.
  ~AiServer();
  AiServer(const AiServer&) = delete;
  AiServer& operator=(const AiServer&) = delete;

  std::uint16_t https_port() const noexcept;
  std::uint16_t http_port() const noexcept;
  std::string https_url(std::string_view path) const;  // by localhost
  std::string http_url(std::string_view path) const;   // by 127.0.0.1
  const std::string& ca_file() const noexcept;
  const std::string& api_key() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ppn::test
