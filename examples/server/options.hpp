// The command line of ppn-ai-server.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace ai_server {

struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;                   // of HTTPS; 0 = the kernel chooses
  std::optional<std::uint16_t> plain_port;  // of HTTP; nothing = no such listener
  std::string ca_out;                       // empty = in a directory of the server's own
  std::string ready_file;                   // empty = none
  std::string api_key;
  bool quiet = false;
  bool help = false;
};

extern const char* const usage_text;

// What the arguments ask for, or one line saying what is wrong with them.
std::variant<Options, std::string> parse_options(int argc, char** argv);

}  // namespace ai_server
