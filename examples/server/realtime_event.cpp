#include "realtime_event.hpp"

#include <Poco/Exception.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <optional>
#include <typeinfo>
#include <utility>

namespace ai_server {
namespace {

using Poco::Dynamic::Var;
using ObjectPtr = Poco::JSON::Object::Ptr;

ObjectPtr as_object(const Var& value) {
  return value.type() == typeid(ObjectPtr) ? value.extract<ObjectPtr>() : ObjectPtr();
}

std::optional<ErrorBody> read_text(const ObjectPtr& object, const char* name, std::string& text) {
  if (!object->has(name)) return std::nullopt;
  if (!object->get(name).isString()) {
    return ErrorBody{.message = std::string(name) + " must be a string", .code = "invalid_value"};
  }
  text = object->getValue<std::string>(name);
  return std::nullopt;
}

std::optional<ErrorBody> read_limit(const ObjectPtr& object, std::size_t& limit) {
  if (!object->has("max_output_tokens")) return std::nullopt;
  const Var value = object->get("max_output_tokens");
  const bool positive = value.isInteger() && !value.isBoolean() && value > 0;
  if (!positive) return ErrorBody{.message = "max_output_tokens must be a positive integer", .code = "invalid_value"};
  limit = std::min<std::size_t>(4096, value.convert<Poco::UInt64>());
  return std::nullopt;
}

std::variant<SessionUpdate, ErrorBody> read_update(const ObjectPtr& event, RealtimeSession session) {
  const auto changes = as_object(event->get("session"));
  if (!changes) return ErrorBody{.message = "session must be an object", .code = "missing_parameter"};
  if (auto problem = read_text(changes, "model", session.model)) return *problem;
  if (auto problem = read_text(changes, "instructions", session.instructions)) return *problem;
  if (auto problem = read_limit(changes, session.most_tokens)) return *problem;
  return SessionUpdate{std::move(session)};
}

std::variant<ResponseCreate, ErrorBody> read_create(const ObjectPtr& event, const RealtimeSession& session) {
  ResponseCreate create;
  create.most_tokens = session.most_tokens;
  if (!event->has("input")) return ErrorBody{.message = "input is required", .code = "missing_parameter"};
  if (auto problem = read_text(event, "input", create.input)) return *problem;
  if (auto problem = read_limit(event, create.most_tokens)) return *problem;
  return create;
}

template <class Parsed>
RealtimeEvent event_of(Parsed parsed, const std::string& event_id) {
  if (auto* problem = std::get_if<ErrorBody>(&parsed)) return RealtimeProblem{std::move(*problem), event_id};
  return std::move(std::get<0>(parsed));
}

RealtimeEvent read_event(const ObjectPtr& event, const RealtimeSession& session) {
  std::string type;
  std::string event_id;
  if (auto problem = read_text(event, "event_id", event_id)) return RealtimeProblem{*problem, ""};
  if (auto problem = read_text(event, "type", type)) return RealtimeProblem{*problem, event_id};
  if (type == "session.update") return event_of(read_update(event, session), event_id);
  if (type == "response.create") return event_of(read_create(event, session), event_id);
  if (type.empty()) {
    return RealtimeProblem{{.message = "type is required", .code = "missing_parameter"}, event_id};
  }
  return RealtimeProblem{{.message = "there is no event of the type " + type, .code = "unknown_event"}, event_id};
}

}  // namespace

RealtimeEvent parse_realtime_event(const std::string& text, const RealtimeSession& session) {
  try {
    Poco::JSON::Parser parser;
    if (const auto event = as_object(parser.parse(text))) return read_event(event, session);
    return RealtimeProblem{{.message = "an event must be a JSON object", .code = "invalid_json"}, ""};
  } catch (const Poco::Exception&) {
    return RealtimeProblem{{.message = "the event is not valid JSON", .code = "invalid_json"}, ""};
  }
}

}  // namespace ai_server
