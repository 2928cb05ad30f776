#include "notes.hpp"

#include <algorithm>

namespace ppn::test {

struct Notes::Streams final : StreamHandler {
  explicit Streams(Notes& to) : notes(to) {}
  void on_ready(std::int64_t token) override { notes.add("ready " + std::to_string(token)); }
  void on_writable(std::int64_t token, std::int64_t generation) override {
    notes.add("writable " + std::to_string(token) + " " + std::to_string(generation));
  }
  Notes& notes;
};

struct Notes::WebSockets final : WebSocketHandler {
  explicit WebSockets(Notes& to) : notes(to) {}
  void on_ready(std::int64_t token) override { notes.add("message " + std::to_string(token)); }
  void on_open(std::int64_t token, ppn_response* handshake) override {
    const Response head(handshake);
    notes.add("open " + std::to_string(token) + " " + std::to_string(ppn_response_status(head.get())));
  }
  void on_close(std::int64_t token, std::int32_t code, ppn_buffer* reason, ppn_error* error) override {
    const ErrorHandle why(error);
    notes.add("close " + std::to_string(token) + " " + std::to_string(code) + " " + text_of(reason) + " " +
              ppn_code_name(ppn_error_code(why.get())));
  }
  void on_reconnecting(std::int64_t token, std::int64_t attempt, std::int64_t, std::int32_t code,
                       ppn_error* error) override {
    const ErrorHandle why(error);
    notes.in_reconnecting();
    notes.add("reconnecting " + std::to_string(token) + " " + std::to_string(attempt) + " " + std::to_string(code));
  }
  void on_terminated(std::int64_t token, ppn_error* error) override {
    const ErrorHandle why(error);
    notes.add("terminated " + std::to_string(token) + " " + ppn_code_name(ppn_error_code(why.get())));
  }
  void on_sent(std::int64_t token, std::int32_t status) override {
    notes.add("sent " + std::to_string(token) + " " + ppn_code_name(status));
  }
  Notes& notes;
};

struct Notes::Logs final : LogHandler {
  explicit Logs(Notes& to) : notes(to) {}
  void on_ready() override { notes.add("log"); }
  Notes& notes;
};

struct Notes::Events final : EventHandler {
  explicit Events(Notes& to) : notes(to) {}
  void on_ready(std::int64_t token) override { notes.add("event " + std::to_string(token)); }
  void on_released(std::int64_t token) override { notes.add("events released " + std::to_string(token)); }
  Notes& notes;
};

Notes::Notes()
    : streams_(std::make_unique<Streams>(*this)),
      websockets_(std::make_unique<WebSockets>(*this)),
      logs_(std::make_unique<Logs>(*this)),
      events_(std::make_unique<Events>(*this)) {
  ppnb_set_call_handler(this);
  ppnb_set_middleware_handler(this);
  ppnb_set_stream_handler(streams_.get());
  ppnb_set_websocket_handler(websockets_.get());
  ppnb_set_log_handler(logs_.get());
  ppnb_set_event_handler(events_.get());
}

Notes::~Notes() {
  BOOST_TEST(ppnb_stop_handlers(60'000) == 1);
}

void Notes::add(const std::string& line) {
  const std::lock_guard lock(mutex_);
  lines_.push_back(line);
  changed_.notify_all();
}

std::vector<std::string> Notes::all() {
  const std::lock_guard lock(mutex_);
  return lines_;
}

void Notes::wait_for(const std::string& line) {
  wait_for(line, 1);
}

void Notes::wait_for(const std::string& line, std::size_t times) {
  std::unique_lock lock(mutex_);
  const auto there = [&] { return static_cast<std::size_t>(std::count(lines_.begin(), lines_.end(), line)) >= times; };
  BOOST_REQUIRE_MESSAGE(changed_.wait_until(lock, default_deadline(), there), line);
}

void Notes::on_complete(std::int64_t token, std::int64_t index, std::int32_t status, ppn_response* response,
                        ppn_error* error) {
  const Response head(response);
  const ErrorHandle why(error);
  in_complete(response);
  add("complete " + std::to_string(token) + " " + std::to_string(index) + " " + ppn_code_name(status) + " " +
      std::to_string(ppn_response_status(response)) + " " + ppn_code_name(ppn_error_code(error)));
}

void Notes::on_step(std::int64_t token, std::int32_t step, ppn_middleware_context* context) {
  add("step " + std::to_string(token) + " " + std::to_string(step));
  if (in_step) {
    in_step(step, context);
  } else {
    ppn_middleware_context_finish(context, nullptr);
    ppn_middleware_context_release(context);
  }
}

void Notes::on_refresh(std::int64_t token, ppn_middleware* middleware) {
  add("refresh " + std::to_string(token));
  if (in_refresh) in_refresh(middleware);
  ppn_middleware_release(middleware);
}

void Notes::on_released(std::int64_t token) {
  add("released " + std::to_string(token));
}

}  // namespace ppn::test
