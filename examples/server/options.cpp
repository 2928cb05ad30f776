#include "options.hpp"

#include <Poco/Net/IPAddress.h>
#include <getopt.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <string_view>

namespace ai_server {

const char* const usage_text =
    "usage: ppn-ai-server [options]\n"
    "A local AI server for demonstrations and tests: HTTPS with its own throw-away CA, on a loopback address.\n"
    "  --port N         port of HTTPS; 0, the default, lets the system choose\n"
    "  --plain-port N   serve plain HTTP as well, on this port; 0 lets the system choose\n"
    "  --host ADDRESS   loopback address to listen on; default 127.0.0.1\n"
    "  --ca-out FILE    where to write the CA certificate (PEM); default: a temporary file, named in the ready line\n"
    "  --api-key KEY    key that chat completions ask for; default $PEPPERPY_DEMO_KEY, else demo-key\n"
    "  --ready-file F   written once the server listens: https_port=, http_port=, ca=, pid=, one per line\n"
    "  --quiet          no line on standard output\n"
    "  --help           this text\n";

namespace {

std::optional<std::uint16_t> to_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

// The server's certificates and keys protect nobody: it must never be reached from another machine.
bool is_loopback(const std::string& host) {
  Poco::Net::IPAddress address;
  return Poco::Net::IPAddress::tryParse(host, address) && address.isLoopback();
}

enum Name : int { port = 1, plain_port, host, ca_out, api_key, ready_file, quiet, help };

constexpr std::array<option, 9> names{{{"port", required_argument, nullptr, port},
                                       {"plain-port", required_argument, nullptr, plain_port},
                                       {"host", required_argument, nullptr, host},
                                       {"ca-out", required_argument, nullptr, ca_out},
                                       {"api-key", required_argument, nullptr, api_key},
                                       {"ready-file", required_argument, nullptr, ready_file},
                                       {"quiet", no_argument, nullptr, quiet},
                                       {"help", no_argument, nullptr, help},
                                       {nullptr, 0, nullptr, 0}}};

std::string default_api_key() {
  const char* key = std::getenv("PEPPERPY_DEMO_KEY");
  return key != nullptr && *key != '\0' ? key : "demo-key";
}

}  // namespace

std::variant<Options, std::string> parse_options(int argc, char** argv) {
  Options options;
  options.api_key = default_api_key();
  opterr = 0;  // the caller prints
  int name = 0;
  while ((name = getopt_long(argc, argv, "", names.data(), nullptr)) != -1) {
    const std::string value = optarg != nullptr ? optarg : "";
    switch (name) {
      case port: {
        const auto number = to_port(value);
        if (!number) return "--port: '" + value + "' is no port";
        options.port = *number;
        break;
      }
      case plain_port:
        options.plain_port = to_port(value);
        if (!options.plain_port) return "--plain-port: '" + value + "' is no port";
        break;
      case host:
        if (!is_loopback(value)) return "--host: '" + value + "' is no loopback address";
        options.host = value;
        break;
      case ca_out: options.ca_out = value; break;
      case api_key:
        if (value.empty()) return std::string("--api-key: the key is empty");
        options.api_key = value;
        break;
      case ready_file: options.ready_file = value; break;
      case quiet: options.quiet = true; break;
      case help: options.help = true; break;
      default: return std::string("unknown option or missing value: ") + argv[optind - 1];
    }
  }
  if (optind < argc) return std::string("unexpected argument: ") + argv[optind];
  return options;
}

}  // namespace ai_server
