#include "core/client/engine.hpp"

#include <boost/test/unit_test.hpp>

#include "base/live_objects.hpp"
#include "client/runtime.hpp"

namespace ppn::test {
namespace {

template <class Outcome>
void require(const Outcome& outcome) {
  if (!outcome) BOOST_FAIL(outcome.error().message);
}

}  // namespace

EngineFixture::EngineFixture() {
  BOOST_REQUIRE_EQUAL(live_object_count().load(), 0);
}

EngineFixture::~EngineFixture() {
  BOOST_TEST(Runtime::shutdown().ok());
  BOOST_TEST(live_object_count().load() == 0);
}

std::shared_ptr<Client> make_client(const std::function<void(Options&)>& adjust) {
  Options options;
  options.request.retry.max_retries = 0;  // a fault is to be seen as it is; tests of retries say how many
  if (adjust) adjust(options);
  Result<std::shared_ptr<Client>> client = Client::create(std::move(options));
  require(client);
  return *client;
}

std::string ok_response(std::string_view body, std::string_view fields) {
  std::string text = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  return text.append(fields).append("\r\n").append(body);
}

std::string Outcome::code() const {
  return error ? std::string(describe(error->code).name) : "OK";
}

std::string Outcome::phase() const {
  return error ? std::string(phase_name(error->phase)) : "";
}

std::string Outcome::joined() const {
  std::string all;
  for (const std::string& piece : pieces) all += piece;
  return all;
}

struct TestCall::Record {
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  Outcome outcome;
  bool handler_ended = false;

  template <class Condition>
  bool wait(Deadline deadline, Condition condition) const {
    std::unique_lock lock(mutex);
    return changed.wait_until(lock, deadline, condition);
  }

  template <class Change>
  void change(Change apply) {
    const std::lock_guard lock(mutex);
    apply(outcome);
    changed.notify_all();
  }
};

class TestCall::Recorder final : public CallHandler {
 public:
  Recorder(std::shared_ptr<Record> record, Hooks hooks, bool sees_head)
      : record_(std::move(record)), hooks_(std::move(hooks)), sees_head_(sees_head) {}
  ~Recorder() override {
    record_->change([this](Outcome&) { record_->handler_ended = true; });
  }

  bool wants_head() const noexcept override { return sees_head_; }
  Flow on_head(const std::shared_ptr<Response>& response) override {
    record_->change([&](Outcome& outcome) {
      outcome.response = response;
      ++outcome.heads;
    });
    return hooks_.head ? hooks_.head() : Flow::proceed;
  }
  Flow on_chunk(std::string_view bytes) override { return on_piece(bytes); }
  Flow on_line(std::string_view line) override { return on_piece(line); }
  Flow on_event(const SseEvent& event) override {
    std::size_t count = 0;
    record_->change([&](Outcome& outcome) {
      outcome.events.push_back(
          {std::string(event.type), std::string(event.data), std::string(event.id), event.retry_ms});
      count = outcome.events.size();
    });
    return hooks_.piece ? hooks_.piece(count) : Flow::proceed;
  }
  void on_complete(std::shared_ptr<Response> response, std::unique_ptr<Error> error) noexcept override {
    const auto now = std::chrono::steady_clock::now();
    if (hooks_.complete) hooks_.complete();
    record_->change([&](Outcome& outcome) {
      outcome.response = std::move(response);
      outcome.error = std::move(error);
      outcome.completed_at = now;
      ++outcome.completions;
    });
  }

 private:
  Flow on_piece(std::string_view bytes) {
    std::size_t count = 0;
    record_->change([&](Outcome& outcome) {
      outcome.pieces.emplace_back(bytes);
      count = outcome.pieces.size();
    });
    return hooks_.piece ? hooks_.piece(count) : Flow::proceed;
  }

  const std::shared_ptr<Record> record_;
  const Hooks hooks_;
  const bool sees_head_;
};

TestCall::TestCall(const std::shared_ptr<Client>& client, Request request)
    : delivery_(request.delivery), record_(std::make_shared<Record>()), hooks_(std::move(request.hooks)) {
  Result<std::shared_ptr<Call>> call = Call::create(client, request.method, request.url);
  require(call);
  call_ = *call;
  for (const auto& [name, value] : request.headers) require(call_->set_header(name, value));
  for (const auto& [name, value] : request.options) require(call_->set_option(name, value));
  if (request.body) require(call_->set_body(*request.body));
  if (request.set_body) require(request.set_body(*call_));
}

Status TestCall::try_start(bool sees_head) {
  return call_->start(delivery_, std::make_unique<Recorder>(record_, hooks_, sees_head));
}

TestCall& TestCall::start(bool sees_head) {
  require(try_start(sees_head));
  return *this;
}

bool TestCall::wait_for_head(Deadline deadline) const {
  const Outcome& outcome = record_->outcome;
  record_->wait(deadline, [&] { return outcome.heads > 0 || outcome.completions > 0; });
  return so_far().heads > 0;
}

bool TestCall::wait_for_pieces(std::size_t count, Deadline deadline) const {
  const auto arrived = [count](const Outcome& outcome) {
    return outcome.pieces.size() >= count || outcome.events.size() >= count;
  };
  record_->wait(deadline, [&] { return arrived(record_->outcome) || record_->outcome.completions > 0; });
  return arrived(so_far());
}

bool TestCall::wait_for_end(Deadline deadline) const {
  return record_->wait(deadline, [&] { return record_->outcome.completions > 0; });
}

Outcome TestCall::finish() const {
  BOOST_REQUIRE_MESSAGE(wait_for_end(), "the call did not end");
  const Outcome outcome = so_far();
  BOOST_TEST(outcome.completions == 1);
  return outcome;
}

Outcome TestCall::so_far() const {
  const std::lock_guard lock(record_->mutex);
  return record_->outcome;
}

bool TestCall::handler_ended() const {
  return record_->wait(default_deadline(), [&] { return record_->handler_ended; });
}

Outcome fetch(const std::shared_ptr<Client>& client, Request request) {
  TestCall call(client, std::move(request));
  return call.start().finish();
}

Outcome fetch(const std::shared_ptr<Client>& client, const std::string& url) {
  return fetch(client, Request{.url = url});
}

}  // namespace ppn::test
