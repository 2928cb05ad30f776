// Every route of the server. README.md says what each answers.
#pragma once

#include <functional>
#include <string>

namespace ai_server {

class Exchange;

// chat.cpp
void list_models(Exchange& exchange);
void complete_chat(Exchange& exchange, const std::string& api_key);

// realtime.cpp: events over a WebSocket, and the keys that open one connection each
struct RealtimeRoutes {
  std::function<void(Exchange&)> converse;
  std::function<void(Exchange&)> issue_secret;
};
RealtimeRoutes realtime(const std::string& api_key);

// echo.cpp
void echo(Exchange& exchange);

// pace.cpp: answers that take their time or their space
void answer_slowly(Exchange& exchange);
void drip(Exchange& exchange);
void send_bytes(Exchange& exchange);

// flaky.cpp and limited.cpp: answers that depend on the requests before; each call makes a memory of its own
std::function<void(Exchange&)> flaky();
std::function<void(Exchange&)> limited();

// faults.cpp: answers that are not what they announce
void truncate(Exchange& exchange);
void stall(Exchange& exchange);

}  // namespace ai_server
