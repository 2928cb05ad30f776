// ppn-ai-server: starts, says where it listens, and serves until SIGTERM or SIGINT.
#include <Poco/Exception.h>
#include <Poco/Net/NetSSL.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <variant>

#include "options.hpp"
#include "server.hpp"

namespace {

namespace fs = std::filesystem;

// Complete or not there at all: whoever waits for the file never reads half of it.
void write_atomically(const fs::path& path, const std::string& content) {
  const fs::path draft = path.string() + ".new";
  std::ofstream out(draft, std::ios::binary | std::ios::trunc);
  out << content;
  out.close();
  if (!out) throw std::runtime_error("cannot write " + draft.string());
  fs::rename(draft, path);
}

// Holds the CA certificate when the user named no place for it.
class OwnDirectory {
 public:
  ~OwnDirectory() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }

  const fs::path& create() {
    std::string pattern = (fs::temp_directory_path() / "ppn-ai-server-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::system_error(errno, std::generic_category(), pattern);
    return path_ = pattern;
  }

 private:
  fs::path path_;
};

std::string base_url(const std::string& scheme, const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return scheme + "://" + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

void announce(const ai_server::Options& options, const ai_server::Server& server, const std::string& ca_file) {
  const auto http_port = server.http_port();
  if (!options.ready_file.empty()) {
    std::string text = "https_port=" + std::to_string(server.https_port()) + "\n";
    if (http_port) text += "http_port=" + std::to_string(*http_port) + "\n";
    write_atomically(options.ready_file, text + "ca=" + ca_file + "\npid=" + std::to_string(::getpid()) + "\n");
  }
  if (options.quiet) return;
  std::cout << "ready: " << base_url("https", options.host, server.https_port());
  if (http_port) std::cout << " " << base_url("http", options.host, *http_port);
  std::cout << " ca=" << ca_file << " pid=" << ::getpid() << std::endl;
}

void wait_for_end(const sigset_t& signals) {
  int received = 0;
  while (::sigwait(&signals, &received) != 0) {
  }
}

int serve(const ai_server::Options& options, const sigset_t& ending) {
  OwnDirectory own;
  const ai_server::Server server(options);
  const std::string ca_file = options.ca_out.empty() ? (own.create() / "ca.pem").string() : options.ca_out;
  write_atomically(ca_file, server.ca_pem());
  announce(options, server, ca_file);
  wait_for_end(ending);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto parsed = ai_server::parse_options(argc, argv);
  if (const auto* problem = std::get_if<std::string>(&parsed)) {
    std::cerr << "ppn-ai-server: " << *problem << "\n" << ai_server::usage_text;
    return 1;
  }
  const auto& options = std::get<ai_server::Options>(parsed);
  if (options.help) {
    std::cout << ai_server::usage_text;
    return 0;
  }

  // Before the first thread, for threads inherit the mask: these two are waited for, and a peer that has gone is an
  // error of one write, not the end of the process.
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  Poco::Net::initializeSSL();
  int status = 1;
  try {
    status = serve(options, ending);
  } catch (const Poco::Exception& error) {
    std::cerr << "ppn-ai-server: " << error.displayText() << "\n";
  } catch (const std::exception& error) {
    std::cerr << "ppn-ai-server: " << error.what() << "\n";
  }
  Poco::Net::uninitializeSSL();
  return status;
}
