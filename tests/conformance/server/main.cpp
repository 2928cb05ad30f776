// ppn-scripted-server: plays the behaviours of a file over HTTPS and HTTP until SIGTERM or SIGINT. README.md of the folder
// above says how the file is written.
#include <getopt.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "behaviours.hpp"
#include "listener.hpp"
#include "player.hpp"
#include "support/certificates.hpp"
#include "support/temp_dir.hpp"

namespace {

using namespace ppn;

constexpr const char* usage_text =
    "usage: ppn-scripted-server --behaviours FILE [options]\n"
    "Plays the behaviours of a file (tests/conformance/README.md) over HTTPS and HTTP on 127.0.0.1.\n"
    "  --behaviours FILE  what is played; the path /NAME/RUN/... of a request chooses\n"
    "  --port N           port of HTTPS; 0, the default, lets the system choose\n"
    "  --plain-port N     port of HTTP; the same\n"
    "  --ca-out FILE      where to write the CA certificate (PEM); default: a temporary file\n"
    "  --ready-file F     written once the server listens: https_port=, http_port=, ca=, pid=, one per line\n"
    "  --help             this text\n";

struct Options {
  std::string behaviours;
  std::uint16_t port = 0;
  std::uint16_t plain_port = 0;
  std::string ca_out;
  std::string ready_file;
  bool help = false;
};

std::uint16_t to_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size())
    throw std::invalid_argument("'" + std::string(text) + "' is no port");
  return port;
}

Options parse_options(int argc, char** argv) {
  enum Name : int { behaviours = 1, port, plain_port, ca_out, ready_file, help };
  static constexpr std::array<option, 7> names{{{"behaviours", required_argument, nullptr, behaviours},
                                                {"port", required_argument, nullptr, port},
                                                {"plain-port", required_argument, nullptr, plain_port},
                                                {"ca-out", required_argument, nullptr, ca_out},
                                                {"ready-file", required_argument, nullptr, ready_file},
                                                {"help", no_argument, nullptr, help},
                                                {nullptr, 0, nullptr, 0}}};
  Options options;
  opterr = 0;  // the caller prints
  for (int name = 0; (name = getopt_long(argc, argv, "", names.data(), nullptr)) != -1;) {
    switch (name) {
      case behaviours: options.behaviours = optarg; break;
      case port: options.port = to_port(optarg); break;
      case plain_port: options.plain_port = to_port(optarg); break;
      case ca_out: options.ca_out = optarg; break;
      case ready_file: options.ready_file = optarg; break;
      case help: options.help = true; break;
      default: throw std::invalid_argument(std::string("unknown option or missing value: ") + argv[optind - 1]);
    }
  }
  if (optind < argc) throw std::invalid_argument(std::string("unexpected argument: ") + argv[optind]);
  if (options.behaviours.empty() && !options.help) throw std::invalid_argument("--behaviours is missing");
  return options;
}

// Complete or not there at all: whoever waits for the file never reads half of it.
void write_atomically(const std::string& path, const std::string& content) {
  const std::string draft = path + ".new";
  std::ofstream out(draft, std::ios::binary | std::ios::trunc);
  out << content;
  out.close();
  if (!out) throw std::runtime_error("cannot write " + draft);
  std::filesystem::rename(draft, path);
}

void serve(const Options& options, const sigset_t& ending) {
  conformance::Stage stage(conformance::read_behaviours(options.behaviours));
  test::CertificateFactory certificates;
  const test::CertFiles ca = certificates.make_ca();
  const test::CertFiles leaf = certificates.make_leaf(ca, test::loopback_names());
  conformance::Listener https(options.port, test::make_tls_context(leaf.identity()));
  conformance::Listener http(options.plain_port, nullptr);
  stage.https_base = "https://127.0.0.1:" + std::to_string(https.port());
  stage.http_base = "http://127.0.0.1:" + std::to_string(http.port());
  https.start(stage);
  http.start(stage);

  std::string ca_file = ca.certificate_file;
  if (!options.ca_out.empty()) write_atomically(ca_file = options.ca_out, ca.certificate_pem);
  const std::string ready = "https_port=" + std::to_string(https.port()) +
                            "\nhttp_port=" + std::to_string(http.port()) + "\nca=" + ca_file +
                            "\npid=" + std::to_string(::getpid()) + "\n";
  if (!options.ready_file.empty()) write_atomically(options.ready_file, ready);
  int received = 0;
  while (::sigwait(&ending, &received) != 0) {
  }
}

}  // namespace

int main(int argc, char** argv) {
  // Before the first thread, for threads inherit the mask; a peer that has gone is an error of one write, not the end of
  // the process.
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigaddset(&ending, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const Options options = parse_options(argc, argv);
    if (options.help) {
      std::cout << usage_text;
      return 0;
    }
    serve(options, ending);
    return 0;
  } catch (const std::invalid_argument& error) {
    std::cerr << "ppn-scripted-server: " << error.what() << "\n" << usage_text;
  } catch (const std::exception& error) {
    std::cerr << "ppn-scripted-server: " << error.what() << "\n";
  }
  return 1;
}
