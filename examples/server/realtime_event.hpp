// What a client of the realtime route sends, checked.
#pragma once

#include <cstddef>
#include <string>
#include <variant>

#include "exchange.hpp"

namespace ai_server {

// Each member is what the event set, or what it was before.
struct RealtimeSession {
  std::string model = "pepper-mini";  // any name is served
  std::string instructions;
  std::size_t most_tokens = 4096;
};

struct SessionUpdate {
  RealtimeSession session;
};

struct ResponseCreate {
  std::string input;
  std::size_t most_tokens = 4096;
};

struct RealtimeProblem {
  ErrorBody error;
  std::string event_id;  // of the client's event; empty when it gave none
};

using RealtimeEvent = std::variant<SessionUpdate, ResponseCreate, RealtimeProblem>;

RealtimeEvent parse_realtime_event(const std::string& text, const RealtimeSession& session);

}  // namespace ai_server
