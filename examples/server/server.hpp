// The listeners, their certificate and their threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "options.hpp"

namespace ai_server {

class Server {
 public:
  // Listens when it returns. Throws Poco::Exception or std::runtime_error when it cannot.
  explicit Server(const Options& options);
  // Ends every connection, whatever it waits for, and joins every thread.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t https_port() const;
  std::optional<std::uint16_t> http_port() const;
  // The certificate that clients have to trust.
  const std::string& ca_pem() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ai_server
