// The body of a chat completion request, checked.
#pragma once

#include <cstddef>
#include <string>
#include <variant>

#include "exchange.hpp"

namespace ai_server {

struct ChatRequest {
  std::string model = "pepper-mini";  // any name is served
  std::string last_user_message;
  std::size_t prompt_words = 0;  // of all messages
  std::size_t most_tokens = 4096;
  bool stream = false;
  bool include_usage = false;
};

// The request, or what is wrong with it.
std::variant<ChatRequest, ErrorBody> parse_chat_request(const std::string& body);

}  // namespace ai_server
