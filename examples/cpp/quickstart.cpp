// SPDX-License-Identifier: CC0-1.0. Copy freely.
//
// Ask an AI server which models it has, then for one chat completion, over one client that is linked with
// `pkg-config --cflags --libs pepperpy-network`.
#include <cstdlib>
#include <iostream>
#include <pepperpy/network.hpp>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view usage =
    "usage: quickstart [URL [KEY [CA_FILE]]]\n"
    "  URL      where the API is; default $PEPPERPY_DEMO_URL, else https://localhost:8443\n"
    "  KEY      API key; default $PEPPERPY_DEMO_KEY, else demo-key\n"
    "  CA_FILE  PEM file of the certificates to trust; default $PEPPERPY_DEMO_CA, else the system's\n";

constexpr std::string_view question =
    R"({"model": "demo", "messages": [{"role": "user", "content": "Say something about pepper."}]})";

std::string setting(int argc, char** argv, int index, const char* variable, const char* otherwise) {
  if (argc > index) return argv[index];
  const char* value = std::getenv(variable);
  return value != nullptr ? value : otherwise;
}

// One string of the JSON answer; an HTTP status that is no success is an exception, too.
void show(std::string_view what, const std::string& url, const ppn::Response& response, std::string_view pointer) {
  const std::string text = response.raise_for_status().json().string(pointer);
  std::cout << what << ' ' << url << "\n  " << pointer << " = " << text << '\n';
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
    // The key goes to `base` and nowhere else.
    const ppn::APIClient api(base, key, ppn::NetworkConfig().ca_file(ca_file));
    show("GET", base + "/v1/models", api.get("/v1/models"), "/data/0/id");
    show("POST", base + "/v1/chat/completions", api.post_json("/v1/chat/completions", question),
         "/choices/0/message/content");
    return 0;
  } catch (const ppn::NetworkError& error) {
    std::cerr << "quickstart: " << error.what() << '\n';  // CODE: what happened
    return 1;
  }
}
