// Replays behaviours.json through the C++ wrapper: one line of JSON for each behaviour. FORMAT.md says what is done and
// what the lines hold.
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <pepperpy/network.hpp>
#include <string>
#include <string_view>

#include "cpp/encoding.hpp"
#include "cpp/outcome.hpp"

namespace {

using conformance::json_base64;
using conformance::json_string;
using conformance::Outcome;
using ppn::Json;

struct Stage {
  Json script;
  std::string https_base;
  std::string http_base;
  std::string ca_file;
};

std::string bytes_of(const Json& script, const std::string& pointer) {
  return script.contains(pointer + "/base64") ? conformance::from_base64(script.string(pointer + "/base64"))
                                              : script.string(pointer);
}

template <class Use>
void for_each(const Json& script, const std::string& list, Use use) {
  const std::size_t count = script.contains(list) ? script.size(list) : 0;
  for (std::size_t i = 0; i < count; ++i) use(list + "/" + std::to_string(i));
}

// Names and values, in order.
template <class Use>
void for_each_pair(const Json& script, const std::string& list, Use use) {
  for_each(script, list, [&](const std::string& at) { use(script.string(at + "/0"), script.string(at + "/1")); });
}

class Replay {
 public:
  Replay(const Stage& stage, const std::string& behaviour, Outcome& outcome)
      : stage_(stage), script_(stage.script), at_(behaviour + "/request"), outcome_(outcome) {}

  void play() {
    const std::string kind = script_.get_or<std::string>(at_ + "/kind", "unary");
    outcome_.is_websocket = kind == "websocket";
    ppn::NetworkConfig config;
    config.set("ca_file", stage_.ca_file);
    const auto set = [&](const std::string& name, const std::string& value) { config.set(name, value); };
    for_each_pair(script_, "/common_options", set);
    for_each_pair(script_, at_ + "/options", set);
    const ppn::StreamingClient client(config);
    if (outcome_.is_websocket) return converse(client);
    ppn::Request request = described(client);
    if (kind == "unary") {
      outcome_.response = std::make_shared<const ppn::Response>(request.send());
      if (script_.get_or(at_ + "/raise_for_status", false)) outcome_.response->raise_for_status();
    } else if (kind == "events") {
      read(request.events(), [&](const ppn::Event& event) { take(event); });
    } else if (kind == "lines") {
      read(request.lines(), [&](std::string_view line) { outcome_.lines.push_back(json_string(line)); });
    } else {
      outcome_.chunks.emplace();
      read(request.stream(), [&](std::string_view bytes) { outcome_.chunks->append(bytes); });
    }
  }

 private:
  std::string url() const {
    if (script_.contains(at_ + "/url")) return script_.string(at_ + "/url");
    std::string base =
        script_.get_or<std::string>(at_ + "/base", "https") == "http" ? stage_.http_base : stage_.https_base;
    if (outcome_.is_websocket) base.replace(0, std::string_view("http").size(), "ws");
    return base + "/" + outcome_.name + "/" + outcome_.run + script_.get_or<std::string>(at_ + "/path", "");
  }

  ppn::Request described(const ppn::HTTPClient& client) const {
    ppn::Request request = client.request(script_.get_or<std::string>(at_ + "/method", "GET"), url());
    for_each_pair(script_, at_ + "/headers",
                  [&](const auto& name, const auto& value) { request.add_header(name, value); });
    for_each_pair(script_, at_ + "/request_options",
                  [&](const auto& name, const auto& value) { request.option(name, value); });
    if (script_.contains(at_ + "/json")) {
      request.json(script_.string(at_ + "/json"));
    } else if (script_.contains(at_ + "/body")) {
      request.body(bytes_of(script_, at_ + "/body"));
    }
    return request;
  }

  void take(const ppn::Event& event) {
    outcome_.events.push_back("{\"type\":" + json_string(event.type()) + ",\"data\":" + json_string(event.data()) +
                              ",\"id\":" + json_string(event.id()) +
                              ",\"retry_ms\":" + std::to_string(event.retry() ? event.retry()->count() : -1) + "}");
  }

  template <class Stream, class Use>
  void read(Stream stream, Use use) {
    const auto look = [&] {
      outcome_.last_event_id = stream.last_event_id();
      outcome_.reconnect = stream.retry();
    };
    try {
      for (const auto& piece : stream) use(piece);
    } catch (const ppn::NetworkError&) {
      look();
      throw;
    }
    look();
    outcome_.response = std::make_shared<const ppn::Response>(stream.response());
  }

  void converse(const ppn::HTTPClient& client) {
    ppn::WebSocketClient socket(client, url());
    for_each_pair(script_, at_ + "/headers", [&](const auto& name, const auto& value) { socket.header(name, value); });
    for_each(script_, at_ + "/websocket/subprotocols",
             [&](const std::string& at) { socket.subprotocol(script_.string(at)); });
    socket.connect();
    try {
      socket.wait_open();
      for_each(script_, at_ + "/websocket/actions", [&](const std::string& at) { act(socket, at); });
      while (receive(socket)) {
      }
      socket.wait_closed();
    } catch (const ppn::NetworkError&) {
      look(socket);
      throw;
    }
    look(socket);
  }

  void act(ppn::WebSocketClient& socket, const std::string& at) {
    if (script_.contains(at + "/send")) socket.send_text(bytes_of(script_, at + "/send"));
    if (script_.contains(at + "/send_binary")) socket.send_binary(bytes_of(script_, at + "/send_binary"));
    if (script_.contains(at + "/send_json")) socket.send_json(script_.string(at + "/send_json"));
    for (auto left = script_.get_or<int64_t>(at + "/receive", 0); left > 0 && receive(socket); --left) {
    }
    if (script_.contains(at + "/close")) {
      socket.close(static_cast<int32_t>(script_.integer(at + "/close")),
                   script_.get_or<std::string>(at + "/reason", ""));
    }
  }

  bool receive(ppn::WebSocketClient& socket) {
    const auto message = socket.next();
    if (!message) return false;
    const bool is_text = message->kind() == ppn::MessageKind::text;
    outcome_.messages.push_back(is_text ? "[\"text\"," + json_string(message->data()) + "]"
                                        : "[\"binary\"," + json_base64(message->data()) + "]");
    return true;
  }

  void look(const ppn::WebSocketClient& socket) {
    outcome_.close_code = socket.close_code();
    outcome_.close_reason = socket.close_reason();
    outcome_.subprotocol = socket.chosen_subprotocol();
    try {
      outcome_.response = std::make_shared<const ppn::Response>(socket.response());
    } catch (const ppn::UsageError&) {
      // No answer has come.
    }
  }

  const Stage& stage_;
  const Json& script_;
  const std::string at_;
  Outcome& outcome_;
};

std::string read_file(const char* name) {
  std::ifstream in(name, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void replay_all(const Stage& stage) {
  const char* const only = std::getenv("PPN_CONFORMANCE_ONLY");
  for (std::size_t i = 0; i < stage.script.size("/behaviours"); ++i) {
    const std::string at = "/behaviours/" + std::to_string(i);
    Outcome outcome;
    outcome.name = stage.script.string(at + "/name");
    outcome.run = "cpp-" + std::to_string(::getpid()) + "-" + std::to_string(i);
    if (only != nullptr && outcome.name != only) continue;
    try {
      Replay(stage, at, outcome).play();
    } catch (const ppn::NetworkError& error) {
      outcome.failed(error);
    }
    std::cout << outcome.line() << std::endl;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: conformance_cpp BEHAVIOURS HTTPS_BASE HTTP_BASE CA_FILE\n";
    return 2;
  }
  try {
    replay_all({Json::parse(read_file(argv[1])), argv[2], argv[3], argv[4]});
    ppn::shutdown();
  } catch (const std::exception& error) {
    std::cerr << "conformance_cpp: " << error.what() << "\n";
    return 1;
  }
  if (ppn::live_objects() == 0) return 0;
  std::cerr << "conformance_cpp: " << ppn::live_objects() << " objects are still alive\n";
  return 1;
}
