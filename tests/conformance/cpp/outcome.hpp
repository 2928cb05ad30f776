// What came of one behaviour, and the line of JSON that tells it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <pepperpy/network.hpp>
#include <string>
#include <vector>

namespace conformance {

struct Outcome {
  std::string name;
  std::string run;
  bool is_websocket = false;
  std::string kind = "NONE";
  std::shared_ptr<const ppn::NetworkError> error = {};
  std::shared_ptr<const ppn::Response> response = {};
  std::optional<std::string> chunks = {};
  std::vector<std::string> events = {};  // as JSON, the next two as well
  std::vector<std::string> lines = {};
  std::vector<std::string> messages = {};
  std::string last_event_id = {};
  std::optional<std::chrono::milliseconds> reconnect = {};
  int close_code = 0;
  std::string close_reason = {};
  std::string subprotocol = {};

  // Keeps the error that was thrown, its class, and what had arrived of the response.
  void failed(const ppn::NetworkError& thrown);
  std::string line() const;
};

}  // namespace conformance
