// SPDX-License-Identifier: CC0-1.0. Copy freely.
//
// A conversation over a WebSocket: a question is sent, its answer is printed word by word as the events come, then the
// next question follows over the same connection. An answer that a lost connection has cut is an error here;
// ../c/ws_reconnect.c shows how to go on.
#include <array>
#include <cstdlib>
#include <iostream>
#include <pepperpy/network.hpp>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view usage =
    "usage: ws_chat [URL [KEY [CA_FILE]]]\n"
    "  URL      where the API is; default $PEPPERPY_DEMO_URL, else https://localhost:8443\n"
    "  KEY      API key; default $PEPPERPY_DEMO_KEY, else demo-key\n"
    "  CA_FILE  PEM file of the certificates to trust; default $PEPPERPY_DEMO_CA, else the system's\n";

constexpr std::array<std::string_view, 2> questions{"Say something about pepper.", "And about salt?"};

std::string setting(int argc, char** argv, int index, const char* variable, const char* otherwise) {
  if (argc > index) return argv[index];
  const char* value = std::getenv(variable);
  return value != nullptr ? value : otherwise;
}

// The questions are plain words; others would have to be escaped (RFC 8259 7).
void ask(ppn::WebSocketClient& socket, std::string_view question) {
  std::cout << "> " << question << '\n';
  socket.send_json(R"({"type": "response.create", "input": ")" + std::string(question) + R"("})");
}

void chat(const ppn::APIClient& api) {
  ppn::WebSocketClient socket(api, "/v1/realtime");
  socket.option("websocket_reconnect", "off").connect();
  socket.wait_open();  // throws when there is no connection, and says why
  ask(socket, questions[0]);
  std::size_t answered = 0;
  for (const ppn::WebSocketMessage& message : socket.messages()) {
    const ppn::Json event = message.json();
    const auto type = event.get_or<std::string>("/type", "");
    if (type == "response.output_text.delta") {
      std::cout << event.get<std::string>("/delta") << std::flush;
    } else if (type == "response.completed") {
      std::cout << '\n';
      if (++answered < questions.size()) {
        ask(socket, questions[answered]);
      } else {
        socket.close();
      }
    } else if (type == "error") {
      ppn::throw_error(PPN_E_INVALID_ARGUMENT, event.get<std::string>("/error/message"));
    }  // else a type of no interest: a server may add some
  }
  if (answered < questions.size()) ppn::throw_error(PPN_E_WS_CLOSED, "the server closed before it had answered");
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
    return 0;
  } catch (const ppn::NetworkError& error) {
    std::cout << std::flush;
    std::cerr << "ws_chat: " << error.what() << '\n';
    return 1;
  }
}
