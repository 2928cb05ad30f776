// SPDX-License-Identifier: CC0-1.0. Copy freely.
//
// A chat completion whose tokens are read by a loop, each as it arrives. The library stops reading the socket while the
// loop is busy, and leaving the loop early closes the connection. A stream without its [DONE] was cut short, however well
// the connection ended: that is an error here.
#include <cstdlib>
#include <iostream>
#include <pepperpy/network.hpp>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view usage =
    "usage: chat_stream [URL [KEY [CA_FILE]]]\n"
    "  URL      where the API is; default $PEPPERPY_DEMO_URL, else https://localhost:8443\n"
    "  KEY      API key; default $PEPPERPY_DEMO_KEY, else demo-key\n"
    "  CA_FILE  PEM file of the certificates to trust; default $PEPPERPY_DEMO_CA, else the system's\n";

constexpr std::string_view question =
    R"({"model": "demo", "stream": true, "messages": [{"role": "user", "content": "Say something about pepper."}]})";

std::string setting(int argc, char** argv, int index, const char* variable, const char* otherwise) {
  if (argc > index) return argv[index];
  const char* value = std::getenv(variable);
  return value != nullptr ? value : otherwise;
}

void chat(const ppn::APIClient& api) {
  bool finished = false;
  for (const ppn::Event& event : api.request("POST", "/v1/chat/completions").json(question).events()) {
    if (event.data() == "[DONE]") {
      finished = true;
    } else {
      std::cout << event.json().get_or<std::string>("/choices/0/delta/content", "") << std::flush;
    }
  }
  if (!finished) {
    ppn::ErrorDetails cut;
    cut.code = PPN_E_STREAM_TRUNCATED;
    throw ppn::StreamError(cut);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "--help") {
    std::cout << usage;
    return 0;
  }
  if (argc > 4 || (argc > 1 && argv[1][0] == '-')) {
    std::cerr << usage;
    return 1;
  }
  const std::string base = setting(argc, argv, 1, "PEPPERPY_DEMO_URL", "https://localhost:8443");
  const std::string key = setting(argc, argv, 2, "PEPPERPY_DEMO_KEY", "demo-key");
  const std::string ca_file = setting(argc, argv, 3, "PEPPERPY_DEMO_CA", "");
  try {
    chat(ppn::APIClient(base, key, ppn::NetworkConfig().ca_file(ca_file)));
    std::cout << '\n';
    return 0;
  } catch (const ppn::NetworkError& error) {
    std::cout << std::endl;
    std::cerr << "chat_stream: " << error.what() << '\n';
    return 1;
  }
}
