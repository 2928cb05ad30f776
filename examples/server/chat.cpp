#include <Poco/JSON/Array.h>
#include <Poco/Net/HTTPServerResponse.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <ostream>
#include <string>
#include <variant>

#include "authorization.hpp"
#include "chat_request.hpp"
#include "completion.hpp"
#include "exchange.hpp"
#include "routes.hpp"

namespace ai_server {
namespace {

constexpr std::uint64_t default_token_pause_ms = 30;
constexpr std::uint64_t longest_token_pause_ms = 10'000;

using ObjectPtr = Poco::JSON::Object::Ptr;

ObjectPtr usage_of(const ChatRequest& request, const Completion& completion) {
  const std::size_t answered = completion.tokens.size();
  auto usage = make_object();
  usage->set("prompt_tokens", request.prompt_words);
  usage->set("completion_tokens", answered);
  usage->set("total_tokens", request.prompt_words + answered);
  return usage;
}

// What a whole answer and each piece of a streamed one have in common. The same prompt has the same id.
ObjectPtr envelope(const ChatRequest& request, const char* kind) {
  std::array<char, 32> id{};
  std::snprintf(id.data(), id.size(), "chatcmpl-%016llx",
                static_cast<unsigned long long>(stable_hash(request.last_user_message)));
  auto body = make_object();
  body->set("id", std::string(id.data()));
  body->set("object", std::string(kind));
  body->set("created", static_cast<Poco::Int64>(std::time(nullptr)));
  body->set("model", request.model);
  return body;
}

// `content` is the member "message" or "delta"; an empty reason is null: there is more to come.
void add_choice(Poco::JSON::Object& body, const char* member, const ObjectPtr& content, const std::string& reason) {
  auto choice = make_object();
  choice->set("index", 0);
  choice->set(member, content);
  choice->set("finish_reason", reason.empty() ? Poco::Dynamic::Var() : Poco::Dynamic::Var(reason));
  Poco::JSON::Array::Ptr choices = new Poco::JSON::Array;
  choices->add(choice);
  body.set("choices", choices);
}

std::string finish_reason(const Completion& completion) {
  return completion.complete ? "stop" : "length";
}

void answer_whole(Exchange& exchange, const ChatRequest& request, const Completion& completion) {
  auto message = make_object();
  message->set("role", std::string("assistant"));
  message->set("content", completion.text());
  auto body = envelope(request, "chat.completion");
  add_choice(*body, "message", message, finish_reason(completion));
  body->set("usage", usage_of(request, completion));
  exchange.send_json(Status::HTTP_OK, *body);
}

// One event in one chunk: each can be seen the moment it is made.
void send_event(std::ostream& out, const ObjectPtr& data) {
  out << "data: ";
  data->stringify(out);
  out << "\n\n" << std::flush;
}

void send_piece(std::ostream& out, const ChatRequest& request, const ObjectPtr& delta, const std::string& reason) {
  auto piece = envelope(request, "chat.completion.chunk");
  add_choice(*piece, "delta", delta, reason);
  send_event(out, piece);
}

void answer_streamed(Exchange& exchange, const ChatRequest& request, const Completion& completion) {
  const auto pause_ms = exchange.number("ms", default_token_pause_ms, longest_token_pause_ms);
  if (!pause_ms) return;
  std::ostream& out = exchange.begin_stream("text/event-stream");
  auto role = make_object();
  role->set("role", std::string("assistant"));
  role->set("content", std::string());
  send_piece(out, request, role, "");
  for (const std::string& token : completion.tokens) {
    if (!out || (*pause_ms > 0 && !exchange.pause(*pause_ms))) return;
    auto delta = make_object();
    delta->set("content", token);
    send_piece(out, request, delta, "");
  }
  send_piece(out, request, make_object(), finish_reason(completion));
  if (request.include_usage) {
    auto last = envelope(request, "chat.completion.chunk");
    last->set("choices", Poco::JSON::Array::Ptr(new Poco::JSON::Array));
    last->set("usage", usage_of(request, completion));
    send_event(out, last);
  }
  out << "data: [DONE]\n\n" << std::flush;
}

}  // namespace

void list_models(Exchange& exchange) {
  Poco::JSON::Array::Ptr models = new Poco::JSON::Array;
  for (const char* id : {"pepper-mini", "pepper-large"}) {
    auto model = make_object();
    model->set("id", std::string(id));
    model->set("object", std::string("model"));
    model->set("created", 1'700'000'000);
    model->set("owned_by", std::string("pepperpy"));
    models->add(model);
  }
  auto list = make_object();
  list->set("object", std::string("list"));
  list->set("data", models);
  exchange.send_json(Status::HTTP_OK, *list);
}

void complete_chat(Exchange& exchange, const std::string& api_key) {
  if (!authorize(exchange, api_key)) return;
  const auto parsed = parse_chat_request(exchange.body());
  if (const auto* problem = std::get_if<ErrorBody>(&parsed)) {
    return exchange.send_error(Status::HTTP_BAD_REQUEST, *problem);
  }
  const auto& request = std::get<ChatRequest>(parsed);
  const Completion completion = complete(request.last_user_message, request.most_tokens);
  if (request.stream) return answer_streamed(exchange, request, completion);
  answer_whole(exchange, request, completion);
}

}  // namespace ai_server
