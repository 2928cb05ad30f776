#include "chat_request.hpp"

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <optional>
#include <typeinfo>
#include <utility>

#include "completion.hpp"

namespace ai_server {
namespace {

using Poco::Dynamic::Var;
using ObjectPtr = Poco::JSON::Object::Ptr;
using ArrayPtr = Poco::JSON::Array::Ptr;

ErrorBody invalid(std::string message) {
  return {.message = std::move(message), .code = "invalid_value"};
}

template <class T>
T as(const Var& value) {
  return value.type() == typeid(T) ? value.extract<T>() : T();
}

// A message's text: a string, or the text parts of a list of parts.
std::optional<std::string> text_of(const Var& content) {
  if (content.isString()) return content.extract<std::string>();
  const auto parts = as<ArrayPtr>(content);
  if (!parts) return std::nullopt;
  std::string text;
  for (const Var& entry : *parts) {
    const auto part = as<ObjectPtr>(entry);
    if (!part) return std::nullopt;
    if (part->get("type").isString() && part->getValue<std::string>("type") == "text") {
      if (!part->get("text").isString()) return std::nullopt;
      text += part->getValue<std::string>("text");
    }
  }
  return text;
}

std::optional<ErrorBody> read_messages(const ObjectPtr& body, ChatRequest& request) {
  if (!body->has("messages")) return ErrorBody{.message = "messages is required", .code = "missing_parameter"};
  const auto messages = as<ArrayPtr>(body->get("messages"));
  if (!messages || messages->size() == 0) return invalid("messages must be a list with at least one message");
  for (const Var& entry : *messages) {
    const auto message = as<ObjectPtr>(entry);
    if (!message || !message->get("role").isString()) return invalid("each message must be an object with a role");
    const auto text = text_of(message->get("content"));
    if (!text) return invalid("each message must have content: text, or a list of parts");
    request.prompt_words += count_words(*text);
    if (message->getValue<std::string>("role") == "user") request.last_user_message = *text;
  }
  return std::nullopt;
}

std::optional<ErrorBody> read_flag(const ObjectPtr& object, const char* name, bool& flag) {
  if (!object->has(name) || object->isNull(name)) return std::nullopt;
  if (!object->get(name).isBoolean()) return invalid(std::string(name) + " must be true or false");
  flag = object->getValue<bool>(name);
  return std::nullopt;
}

std::optional<ErrorBody> read_limit(const ObjectPtr& body, const char* name, std::size_t& limit) {
  if (!body->has(name) || body->isNull(name)) return std::nullopt;
  const Var value = body->get(name);
  const bool positive = value.isInteger() && !value.isBoolean() && value > 0;
  if (!positive) return invalid(std::string(name) + " must be a positive integer");
  limit = std::min(limit, static_cast<std::size_t>(value.convert<Poco::UInt64>()));
  return std::nullopt;
}

std::variant<ChatRequest, ErrorBody> read_request(const ObjectPtr& body) {
  ChatRequest request;
  if (body->has("model")) {
    if (!body->get("model").isString()) return invalid("model must be a string");
    request.model = body->getValue<std::string>("model");
  }
  if (auto problem = read_messages(body, request)) return *problem;
  if (auto problem = read_flag(body, "stream", request.stream)) return *problem;
  if (auto problem = read_limit(body, "max_tokens", request.most_tokens)) return *problem;
  if (auto problem = read_limit(body, "max_completion_tokens", request.most_tokens)) return *problem;
  if (const auto stream_options = as<ObjectPtr>(body->get("stream_options"))) {
    if (auto problem = read_flag(stream_options, "include_usage", request.include_usage)) return *problem;
  }
  return request;
}

}  // namespace

std::variant<ChatRequest, ErrorBody> parse_chat_request(const std::string& body) {
  try {
    Poco::JSON::Parser parser;
    const auto object = as<ObjectPtr>(parser.parse(body));
    if (!object) return ErrorBody{.message = "the body must be a JSON object", .code = "invalid_json"};
    return read_request(object);
  } catch (const Poco::Exception&) {
    return ErrorBody{.message = "the body is not valid JSON", .code = "invalid_json"};
  }
}

}  // namespace ai_server
