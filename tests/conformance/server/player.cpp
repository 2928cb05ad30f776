#include "player.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "support/request_reader.hpp"
#include "support/websocket_peer.hpp"

namespace ppn::conformance {
namespace {

using test::Io;

// Longer than any client of the tests waits for anything.
constexpr std::chrono::milliseconds patience{120'000};
constexpr std::size_t request_limit = std::size_t{64} << 20;

struct Request {
  std::string bytes;
  std::string_view head;
  std::string_view body;
  std::string_view method;
  std::string name;
  std::string run;
  std::string_view rest;  // of the target, after /NAME/RUN
  std::size_t turn = 0;
  std::string_view key_relation;

  std::string here() const { return "/" + name + "/" + run; }
};

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

// Cuts METHOD /NAME/RUN/rest HTTP/1.1 into its parts.
void take_apart(Request& request) {
  const std::string_view all = request.bytes;
  request.head = all.substr(0, *test::head_size(all));
  request.body = all.substr(request.head.size());
  const std::string_view line = request.head.substr(0, request.head.find("\r\n"));
  request.method = line.substr(0, line.find(' '));
  std::string_view target = line.substr(std::min(line.size(), request.method.size() + 1));
  target = target.substr(0, target.find(' '));
  const std::size_t run = target.find('/', 1);
  request.name = target.substr(0, run).substr(target.empty() ? 0 : 1);
  if (run == target.npos) return;
  const std::size_t rest = target.find_first_of("/?", run + 1);
  request.run = target.substr(run + 1, rest == target.npos ? rest : rest - run - 1);
  if (rest != target.npos) request.rest = target.substr(rest);
}

class Player {
 public:
  Player(Stage& stage, test::Channel& channel) : stage_(stage), channel_(channel) {}

  // False when the connection is over.
  bool play_request();

 private:
  bool read_request(Request& request);
  bool play_step(const Step& step, const Request& request);
  bool send(std::string_view bytes, std::size_t cut);
  bool respond(int status, const std::vector<std::pair<std::string, std::string>>& fields, std::string body,
               const Request& request, std::size_t cut = 0);
  bool echo(const Step& step, const Request& request);
  std::string filled(std::string text, const Request& request) const;

  Stage& stage_;
  test::Channel& channel_;
  std::string inbox_;
  std::optional<test::WebSocketPeer::Impl> frames_;  // once the connection is a WebSocket
};

bool Player::read_request(Request& request) {
  std::optional<std::size_t> size;
  const test::Deadline until = test::after(patience);
  while (!(size = test::request_size(inbox_))) {
    if (inbox_.size() > request_limit || channel_.read_some(inbox_, 16384, until) != Io::done) return false;
  }
  request.bytes = inbox_.substr(0, *size);
  inbox_.erase(0, *size);
  take_apart(request);
  return true;
}

bool Player::play_request() {
  Request request;
  if (!read_request(request)) return false;
  const std::vector<Answer>* const answers = stage_.answers_of(request.name);
  if (answers == nullptr || request.run.empty()) {
    respond(404, {{"Connection", "close"}}, "no behaviour /" + request.name + "/RUN\n", request);
    return false;
  }
  const std::string key = test::header_value(request.head, "Idempotency-Key").value_or("");
  const Stage::Turn turn = stage_.next_turn(request.here(), key);
  request.turn = turn.number;
  request.key_relation = turn.relation;
  if (turn.number >= answers->size()) {
    // More requests than the script has answers for: the outcome shall show it.
    respond(599, {{"Connection", "close"}}, "unexpected request " + std::to_string(turn.number + 1) + "\n", request);
    return false;
  }
  for (const Step& step : (*answers)[turn.number]) {
    if (!play_step(step, request)) return false;
  }
  return !frames_;
}

bool Player::send(std::string_view bytes, std::size_t cut) {
  if (cut == 0) cut = bytes.size();
  for (std::size_t at = 0; at < bytes.size(); at += cut) {
    if (channel_.write_all(bytes.substr(at, cut), test::after(patience)) != Io::done) return false;
  }
  return true;
}

bool Player::respond(int status, const std::vector<std::pair<std::string, std::string>>& fields, std::string body,
                     const Request& request, std::size_t cut) {
  std::string bytes = "HTTP/1.1 " + std::to_string(status) + " Scripted\r\n";
  for (const auto& [name, value] : fields) bytes += name + ": " + filled(value, request) + "\r\n";
  body = filled(std::move(body), request);
  if (status != 204 && status != 304) bytes += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  bytes += "\r\n";
  if (request.method != "HEAD") bytes += body;
  return send(bytes, cut);
}

bool Player::echo(const Step& step, const Request& request) {
  std::string text = std::string(request.method) + " " + std::string(request.rest) + "\n";
  for (const std::string& name : step.names) {
    if (name == "idempotency-key?") {
      text += "idempotency-key: " + std::string(request.key_relation) + "\n";
    } else {
      text += lower(name) + ": " + test::header_value(request.head, name).value_or("(absent)") + "\n";
    }
  }
  text += "\n";
  text += request.body;
  return respond(200, {{"Content-Type", "text/plain"}}, text, request);
}

std::string Player::filled(std::string text, const Request& request) const {
  replace_all(text, "${https}", stage_.https_base);
  replace_all(text, "${http}", stage_.http_base);
  replace_all(text, "${here}", request.here());
  return text;
}

bool Player::play_step(const Step& step, const Request& request) {
  if (step.action >= Step::Action::accept && step.action <= Step::Action::frame && !frames_) {
    frames_.emplace(test::WebSocketPeer::Impl{.record = stage_.record,
                                              .channel = channel_,
                                              .number = 0,
                                              .patience = patience,
                                              .request = request.bytes,
                                              .inbox = std::exchange(inbox_, {})});
  }
  const auto with_frames = [this](auto use) {
    test::WebSocketPeer peer(*frames_);
    try {
      use(peer);
    } catch (const test::WebSocketPeer::Impl::Left&) {
      return false;
    }
    return true;
  };
  switch (step.action) {
    case Step::Action::send: return send(filled(step.bytes, request), step.count);
    case Step::Action::respond: return respond(step.number, step.fields, step.bytes, request, step.count);
    case Step::Action::echo: return echo(step, request);
    case Step::Action::accept:
      return with_frames([&](test::WebSocketPeer& peer) {
        std::string lines;
        for (const auto& [name, value] : step.fields) lines += name + ": " + value + "\r\n";
        peer.accept(lines);
      });
    case Step::Action::echo_messages: return with_frames([](test::WebSocketPeer& peer) { peer.echo(); });
    case Step::Action::read_message: return with_frames([](test::WebSocketPeer& peer) { peer.read_message(); });
    case Step::Action::read_close: return with_frames([](test::WebSocketPeer& peer) { peer.read_close(); });
    case Step::Action::frame:
      return with_frames(
          [&](test::WebSocketPeer& peer) { peer.send_frame(step.number, step.bytes, step.fin, step.rsv); });
    case Step::Action::stall: return channel_.wait_for_departure(test::after(patience)) == Io::done;
    case Step::Action::half_close: channel_.half_close(); return true;
    case Step::Action::close: channel_.close(); return false;
    case Step::Action::close_silently: channel_.close_without_notify(); return false;
    case Step::Action::reset: channel_.reset(); return false;
  }
  return false;
}

}  // namespace

const std::vector<Answer>* Stage::answers_of(std::string_view name) const {
  const auto found = behaviours_.find(name);
  return found == behaviours_.end() ? nullptr : &found->second;
}

Stage::Turn Stage::next_turn(const std::string& name_and_run, const std::string& idempotency_key) {
  const std::lock_guard lock(mutex_);
  Run& run = runs_[name_and_run];
  Turn turn{run.requests++, "absent"};
  if (turn.number == 0) run.idempotency_key = idempotency_key;
  if (!idempotency_key.empty()) {
    turn.relation = turn.number == 0 ? "first" : idempotency_key == run.idempotency_key ? "same" : "other";
  }
  return turn;
}

void play(Stage& stage, test::Channel& channel) {
  Player player(stage, channel);
  while (player.play_request()) {
  }
  channel.close();
}

}  // namespace ppn::conformance
