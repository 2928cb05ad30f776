// What every test of the client needs: a runtime that ends with the case, clients, and calls whose whole story is
// recorded.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/call.hpp"
#include "client/client.hpp"
#include "client/handler.hpp"
#include "client/options.hpp"
#include "support/deadline.hpp"

namespace ppn::test {

// The fixture of a suite: shuts the runtime down after the case and checks that nothing is left behind.
struct EngineFixture {
  EngineFixture();
  ~EngineFixture();
};

std::shared_ptr<Client> make_client(const std::function<void(Options&)>& adjust = {});

// "HTTP/1.1 200 OK" with Content-Length; `fields` are whole header lines, each with its CRLF.
std::string ok_response(std::string_view body, std::string_view fields = "");

struct RecordedEvent {
  std::string type = {};
  std::string data = {};
  std::string id = {};
  std::optional<std::uint64_t> retry_ms = {};
};

// All that a handler was told.
struct Outcome {
  std::shared_ptr<Response> response = {};
  std::shared_ptr<Error> error = {};
  int heads = 0;
  int completions = 0;
  std::vector<std::string> pieces = {};  // chunks or lines
  std::vector<RecordedEvent> events = {};
  std::chrono::steady_clock::time_point completed_at = {};

  std::string code() const;   // "OK" or the name of the error
  std::string phase() const;  // of the error, "" without one
  int status() const { return response ? response->status : 0; }
  std::string body() const { return response ? response->body : std::string(); }
  bool reused() const { return response && response->reused; }
  std::string joined() const;  // the pieces in one
};

// Hooks run on the I/O thread, inside the callback, after it was recorded.
struct Hooks {
  std::function<Flow()> head = {};
  std::function<Flow(std::size_t count)> piece = {};  // pieces so far, this one included
  std::function<void()> complete = {};
};

struct Request {
  std::string url;
  std::string method = "GET";
  Delivery delivery = Delivery::collect;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::optional<std::string> body = {};
  std::function<Status(Call&)> set_body = {};  // any other body
  std::vector<std::pair<std::string, std::string>> options = {};
  Hooks hooks = {};
};

// One call and its record.
class TestCall {
 public:
  // Describes the call; every step must succeed.
  TestCall(const std::shared_ptr<Client>& client, Request request);

  // `sees_head`: whether the handler asks for the head, which rules out a second attempt after it.
  Status try_start(bool sees_head = true);
  // try_start() that must succeed.
  TestCall& start(bool sees_head = true);
  void cancel() { call_->cancel(); }
  void resume() { call_->resume(); }
  const std::shared_ptr<Call>& call() const { return call_; }

  // Each returns false when the deadline passed first, or the call ended without it.
  bool wait_for_head(Deadline deadline = default_deadline()) const;
  bool wait_for_pieces(std::size_t count, Deadline deadline = default_deadline()) const;
  bool wait_for_end(Deadline deadline = default_deadline()) const;
  // The end of the call, which must come.
  Outcome finish() const;
  // As far as it has got.
  Outcome so_far() const;
  // Waits until the handler is destroyed.
  bool handler_ended() const;

 private:
  struct Record;
  class Recorder;

  std::shared_ptr<Call> call_;
  Delivery delivery_;
  std::shared_ptr<Record> record_;
  Hooks hooks_;
};

// Starts a call and waits for its end.
Outcome fetch(const std::shared_ptr<Client>& client, Request request);
Outcome fetch(const std::shared_ptr<Client>& client, const std::string& url);

}  // namespace ppn::test
