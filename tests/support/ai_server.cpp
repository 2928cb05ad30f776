#include "support/ai_server.hpp"

#include <sstream>
#include <stdexcept>

#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace ppn::test {
namespace {

// The value of the line `name=value`.
std::string value_of(const std::string& text, const std::string& name) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name + "=")) return line.substr(name.size() + 1);
  }
  throw std::runtime_error("the AI server's ready file has no line " + name);
}

}  // namespace

class AiServer::Impl {
 public:
  Impl()
      : process_({.program = PPN_AI_SERVER,
                  .arguments = {"--port", "0", "--plain-port", "0", "--api-key", api_key, "--ca-out", ca_file,
                                "--ready-file", dir_.file("ready")},
                  // A server built with ThreadSanitizer would report Poco's reference counts: Debian's Poco is built
                  // without it, so their order is invisible. The server is a peer here, not what is tested.
                  .environment = {"TSAN_OPTIONS=report_bugs=0"}}) {
    // The line on its output comes after the ready file.
    if (!process_.wait_for_output("ready")) {
      process_.terminate();
      throw std::runtime_error("the AI server did not start: " + process_.errors());
    }
    const std::string ready = read_file(dir_.file("ready"));
    https_port = static_cast<std::uint16_t>(std::stoul(value_of(ready, "https_port")));
    http_port = static_cast<std::uint16_t>(std::stoul(value_of(ready, "http_port")));
  }
  ~Impl() { process_.terminate(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

 private:
  TempDir dir_;

 public:
  const std::string api_key = "test-key";
  const std::string ca_file = dir_.file("ca.pem");
  std::uint16_t https_port = 0;
  std::uint16_t http_port = 0;

 private:
  Process process_;
};

AiServer::AiServer() : impl_(std::make_unique<Impl>()) {}
AiServer::~AiServer() = default;

std::uint16_t AiServer::https_port() const noexcept {
  return impl_->https_port;
}

std::uint16_t AiServer::http_port() const noexcept {
  return impl_->http_port;
}

std::string AiServer::https_url(std::string_view path) const {
  return "https://localhost:" + std::to_string(https_port()) + std::string(path);
}

std::string AiServer::http_url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(http_port()) + std::string(path);
}

const std::string& AiServer::ca_file() const noexcept {
  return impl_->ca_file;
}

const std::string& AiServer::api_key() const noexcept {
  return impl_->api_key;
}

}  // namespace ppn::test
