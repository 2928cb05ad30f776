#include <Poco/Net/HTTPServerResponse.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <limits>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <variant>

#include "authorization.hpp"
#include "client_secrets.hpp"
#include "completion.hpp"
#include "exchange.hpp"
#include "memory.hpp"
#include "realtime_event.hpp"
#include "routes.hpp"
#include "web_socket.hpp"

namespace ai_server {
namespace {

constexpr std::uint64_t default_token_pause_ms = 30;
constexpr std::uint64_t longest_token_pause_ms = 10'000;
constexpr std::uint64_t longest_silence_ms = 120'000;
constexpr std::size_t most_waiting = 16;  // events that came while an answer is under way
constexpr std::uint64_t no_limit = std::numeric_limits<std::uint64_t>::max();

constexpr int going_away = 1001;

using ObjectPtr = Poco::JSON::Object::Ptr;

struct Manners {
  std::uint64_t pause_ms = 0;
  std::uint64_t messages_left = no_limit;  // before the connection is dropped
  int close_code = 0;                      // 0 = the client closes
};

// One connection. Each function that sends is false when the connection has ended.
class Conversation {
 public:
  Conversation(WebSocket& socket, Manners manners, std::uint64_t number)
      : socket_(socket), manners_(manners), number_(number) {}

  void run() {
    bool goes_on = send("session.created", "session", describe_session());
    while (goes_on) {
      Message message;
      switch (take(message)) {
        case WebSocket::Outcome::message: goes_on = answer(message); break;
        case WebSocket::Outcome::silence: socket_.close(going_away, "nothing was said for two minutes"); return;
        case WebSocket::Outcome::ended: return;
      }
    }
  }

 private:
  WebSocket::Outcome take(Message& message) {
    if (waiting_.empty()) return socket_.receive(longest_silence_ms, message);
    message = std::move(waiting_.front());
    waiting_.pop_front();
    return WebSocket::Outcome::message;
  }

  bool answer(const Message& message) {
    if (message.kind != Opcode::text) {
      return send_problem({{.message = "an event is a text message", .code = "invalid_json"}, ""});
    }
    const auto event = parse_realtime_event(message.data, session_);
    if (const auto* problem = std::get_if<RealtimeProblem>(&event)) return send_problem(*problem);
    if (const auto* create = std::get_if<ResponseCreate>(&event)) return respond(*create);
    session_ = std::get<SessionUpdate>(event).session;
    return send("session.updated", "session", describe_session());
  }

  bool respond(const ResponseCreate& create) {
    const Completion completion = complete(create.input, create.most_tokens);
    const std::string id = next_id("resp", responses_);
    if (!send("response.created", "response", describe_response(id, "in_progress"))) return false;
    for (const std::string& token : completion.tokens) {
      if (!pause()) return false;
      auto event = make_event("response.output_text.delta");
      event->set("response_id", id);
      event->set("delta", token);
      if (!send(event)) return false;
    }
    auto response = describe_response(id, completion.complete ? "completed" : "incomplete");
    auto usage = make_object();
    usage->set("input_tokens", count_words(create.input));
    usage->set("output_tokens", completion.tokens.size());
    usage->set("total_tokens", count_words(create.input) + completion.tokens.size());
    response->set("output_text", completion.text());
    response->set("usage", usage);
    if (!send("response.completed", "response", response)) return false;
    if (manners_.close_code == 0) return true;
    socket_.close(manners_.close_code, "as asked");
    return false;
  }

  // Between two words. What comes meanwhile is answered afterwards, in order; above the limit it is left unread.
  bool pause() {
    Message message;
    while (waiting_.size() < most_waiting) {
      const auto outcome = socket_.receive(manners_.pause_ms, message);
      if (outcome != WebSocket::Outcome::message) return outcome == WebSocket::Outcome::silence;
      waiting_.push_back(std::move(message));
    }
    return true;
  }

  static std::string next_id(const char* prefix, std::uint64_t& count) {
    std::array<char, 48> id{};
    std::snprintf(id.data(), id.size(), "%s_%06llu", prefix, static_cast<unsigned long long>(++count));
    return id.data();
  }

  ObjectPtr make_event(const char* type) {
    auto event = make_object();
    event->set("type", std::string(type));
    event->set("event_id", next_id("event", events_));
    return event;
  }

  ObjectPtr describe_session() const {
    std::uint64_t number = number_ - 1;
    auto session = make_object();
    session->set("id", next_id("sess", number));
    session->set("object", std::string("realtime.session"));
    session->set("model", session_.model);
    session->set("instructions", session_.instructions);
    session->set("max_output_tokens", session_.most_tokens);
    return session;
  }

  static ObjectPtr describe_response(const std::string& id, const char* status) {
    auto response = make_object();
    response->set("id", id);
    response->set("object", std::string("realtime.response"));
    response->set("status", std::string(status));
    return response;
  }

  bool send_problem(const RealtimeProblem& problem) {
    auto error = make_object();
    error->set("type", problem.error.type);
    error->set("code", problem.error.code);
    error->set("message", problem.error.message);
    error->set("event_id", problem.event_id.empty() ? Poco::Dynamic::Var() : Poco::Dynamic::Var(problem.event_id));
    return send("error", "error", error);
  }

  bool send(const char* type, const char* member, const ObjectPtr& content) {
    auto event = make_event(type);
    event->set(member, content);
    return send(event);
  }

  bool send(const ObjectPtr& event) {
    std::ostringstream text;
    event->stringify(text);
    if (!socket_.send_text(text.str())) return false;
    if (manners_.messages_left == no_limit || --manners_.messages_left > 0) return true;
    socket_.drop();
    return false;
  }

  WebSocket& socket_;
  Manners manners_;
  const std::uint64_t number_;
  RealtimeSession session_;
  std::deque<Message> waiting_;
  std::uint64_t events_ = 0;
  std::uint64_t responses_ = 0;
};

// What the connections have in common.
struct Realtime {
  std::string api_key;
  ClientSecrets secrets;
  Memory<std::uint64_t> drops;
  std::atomic<std::uint64_t> sessions{0};
};

std::optional<Manners> read_manners(Exchange& exchange) {
  Manners manners;
  const auto pause_ms = exchange.number("ms", default_token_pause_ms, longest_token_pause_ms);
  if (!pause_ms) return std::nullopt;
  manners.pause_ms = *pause_ms;
  const auto drop = exchange.number("drop", no_limit, 1'000'000, 1);
  if (!drop) return std::nullopt;
  manners.messages_left = *drop;
  const auto code = exchange.number("close", 0, 4999, 1000);
  if (!code) return std::nullopt;
  manners.close_code = static_cast<int>(*code);
  if (manners.close_code != 0 && !may_be_sent(manners.close_code)) {
    exchange.send_error(Status::HTTP_BAD_REQUEST,
                        {.message = "close must be a code that an endpoint may send", .code = "invalid_parameter"});
    return std::nullopt;
  }
  return manners;
}

void converse(Exchange& exchange, Realtime& realtime) {
  const std::string bearer = bearer_of(exchange);
  if (bearer != realtime.api_key && !realtime.secrets.use(bearer)) return refuse_key(exchange);
  auto manners = read_manners(exchange);
  if (!manners) return;
  const auto times = exchange.number("times", no_limit, 1'000'000);
  if (!times) return;
  auto socket = WebSocket::accept(exchange, "realtime");
  if (!socket) return;
  if (manners->messages_left != no_limit) {
    const auto before = realtime.drops.with(exchange.state_key(), 0, [](std::uint64_t& count) { return count++; });
    if (before >= *times) manners->messages_left = no_limit;
  }
  Conversation(*socket, *manners, ++realtime.sessions).run();
}

void issue_secret(Exchange& exchange, Realtime& realtime) {
  if (!authorize(exchange, realtime.api_key)) return;
  auto answer = make_object();
  answer->set("value", realtime.secrets.issue());
  exchange.send_json(Status::HTTP_OK, *answer);
}

}  // namespace

RealtimeRoutes realtime(const std::string& api_key) {
  auto shared = std::make_shared<Realtime>();
  shared->api_key = api_key;
  return {[shared](Exchange& exchange) { converse(exchange, *shared); },
          [shared](Exchange& exchange) { issue_secret(exchange, *shared); }};
}

}  // namespace ai_server
