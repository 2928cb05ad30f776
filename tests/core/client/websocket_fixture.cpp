#include "core/client/websocket_fixture.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <mutex>

#include "client/client_loop.hpp"

namespace ppn::test {
namespace {

std::string code_of(const Error* error) {
  return error != nullptr ? std::string(describe(error->code).name) : "OK";
}

void require(const Status& status) {
  if (!status) BOOST_FAIL(status.error().message);
}

}  // namespace

std::vector<std::pair<std::string, std::string>> quick_reconnect() {
  return {
      {"reconnect", "on"}, {"reconnect_attempts", "0"}, {"reconnect_delay_ms", "1"}, {"reconnect_max_delay_ms", "1"}};
}

struct TestSocket::Record {
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  Story story;
  std::vector<std::string> messages;
  std::string error_text;

  void add(std::string entry) {
    const std::lock_guard lock(mutex);
    story.push_back(std::move(entry));
    changed.notify_all();
  }
};

class TestSocket::Recorder final : public WebSocketHandler {
 public:
  Recorder(std::shared_ptr<Record> record, SocketHooks hooks, bool takes_messages)
      : record_(std::move(record)), hooks_(std::move(hooks)), takes_messages_(takes_messages) {}

  // Set before the start.
  WebSocket* socket = nullptr;

  bool wants_messages() const noexcept override { return takes_messages_; }
  void on_open(const std::shared_ptr<Response>& handshake) override {
    record_->add(handshake && handshake->status == 101 ? "open" : "open without handshake");
    if (hooks_.open) hooks_.open(*socket);
  }
  Flow on_message(WebSocketMessageType /*type*/, std::string_view data) override {
    std::size_t count = 0;
    {
      const std::lock_guard lock(record_->mutex);
      record_->messages.emplace_back(data);
      count = record_->messages.size();
    }
    record_->add("message " + std::string(data.substr(0, 40)));
    return hooks_.message ? hooks_.message(*socket, count) : Flow::proceed;
  }
  void on_close(int code, std::string_view reason, const Error* error) override {
    record_->add("close " + std::to_string(code) + " " + std::string(reason) + (reason.empty() ? "" : " ") +
                 code_of(error));
    if (hooks_.close) hooks_.close(*socket);
  }
  Flow on_reconnecting(std::int64_t attempt, std::int64_t /*delay_ms*/, int code, const Error* /*error*/) override {
    record_->add("reconnecting " + std::to_string(attempt) + " " + std::to_string(code));
    return !hooks_.reconnecting || hooks_.reconnecting(*socket, attempt) ? Flow::proceed : Flow::abort;
  }
  void on_terminated(const Error* error) noexcept override {
    if (error != nullptr) {
      const std::lock_guard lock(record_->mutex);
      record_->error_text = error->message;
    }
    if (hooks_.terminated) hooks_.terminated(*socket);
    record_->add("terminated " + code_of(error));
  }

 private:
  const std::shared_ptr<Record> record_;
  const SocketHooks hooks_;
  const bool takes_messages_;
};

TestSocket::TestSocket(const std::shared_ptr<Client>& client, SocketPlan plan) : record_(std::make_shared<Record>()) {
  auto socket = WebSocket::create(client, plan.url);
  if (!socket) BOOST_FAIL(socket.error().message);
  socket_ = std::move(*socket);
  for (const auto& [name, value] : plan.options) require(socket_->set_option("websocket_" + name, value));
  auto recorder = std::make_unique<Recorder>(record_, std::move(plan.hooks), plan.takes_messages);
  recorder->socket = socket_.get();
  std::unique_ptr<WebSocketHandler> handler = std::move(recorder);
  require(socket_->set_handler(handler));
}

TestSocket& TestSocket::start() {
  require(socket_->connect());
  return *this;
}

void TestSocket::send(std::string_view text) {
  require(socket_->send(WebSocket::Payload::text, text, {}, 0));
}

void TestSocket::close(std::int64_t code, std::string_view reason) {
  require(socket_->close(code, reason));
}

std::weak_ptr<WebSocket> TestSocket::forget() {
  const std::weak_ptr<WebSocket> weak = socket_;
  socket_->abandon();
  socket_.reset();
  return weak;
}

bool TestSocket::wait_for(std::string_view entry, int times, Deadline deadline) const {
  std::unique_lock lock(record_->mutex);
  return record_->changed.wait_until(lock, deadline, [&] {
    return std::ranges::count_if(record_->story, [&](const std::string& line) { return line.starts_with(entry); }) >=
           times;
  });
}

bool TestSocket::wait_for_messages(std::size_t count, Deadline deadline) const {
  std::unique_lock lock(record_->mutex);
  return record_->changed.wait_until(lock, deadline, [&] { return record_->messages.size() >= count; });
}

Story TestSocket::finish() const {
  BOOST_REQUIRE_MESSAGE(wait_for("terminated"), "the WebSocket did not end");
  const Story all = story();
  BOOST_TEST(all.back().starts_with("terminated"));
  BOOST_TEST(std::ranges::count_if(all, [](const std::string& line) { return line.starts_with("terminated"); }) == 1);
  // Each connection is opened, then closed, and nothing happens on it outside.
  bool open = false;
  for (const std::string& line : all) {
    if (line == "open") {
      BOOST_TEST(!open);
      open = true;
    } else if (line.starts_with("close ")) {
      BOOST_TEST(open);
      open = false;
    } else {
      BOOST_TEST(open == line.starts_with("message"));
    }
  }
  BOOST_TEST(!open);
  return all;
}

Story TestSocket::story() const {
  const std::lock_guard lock(record_->mutex);
  return record_->story;
}

std::vector<std::string> TestSocket::messages() const {
  const std::lock_guard lock(record_->mutex);
  return record_->messages;
}

std::string TestSocket::error_text() const {
  const std::lock_guard lock(record_->mutex);
  return record_->error_text;
}

void must(const Status& status) noexcept {
  if (status) return;
  std::fprintf(stderr, "in a callback: %s\n", status.error().message.c_str());
  std::abort();
}

LoopState loop_of(const std::shared_ptr<Client>& client) {
  std::promise<LoopState> told;
  EventLoop& loop = (*client->client_loop())->loop();
  loop.submit([&] { told.set_value({loop.watched(), loop.timers(), loop.turns()}); });
  return told.get_future().get();
}

void check_loop_is_empty(const std::shared_ptr<Client>& client) {
  const LoopState state = loop_of(client);
  BOOST_TEST(state.watched == 0U);
  BOOST_TEST(state.timers == 0U);
}

}  // namespace ppn::test
