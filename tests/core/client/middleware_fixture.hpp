// Middleware made of functions, and a call without a network around which it runs.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/task.hpp"
#include "client/middleware_chain.hpp"
#include "io/event_loop.hpp"
#include "io/wait.hpp"

namespace ppn::test {

using Step = Middleware::Step;
using StepFunction = std::function<Step(MiddlewareContext&)>;

// Writes down that it was called, then does what the test wants.
struct FunctionMiddleware final : Middleware {
  FunctionMiddleware(std::string its_name, std::vector<std::string>& its_log, Kind its_kind)
      : called(std::move(its_name)), log(its_log), of_kind(its_kind) {}

  std::string_view name() const noexcept override { return called; }
  Kind kind() const noexcept override { return of_kind; }
  Step before(MiddlewareContext& context) noexcept override { return step("before", on_before, context); }
  Step after(MiddlewareContext& context) noexcept override { return step("after", on_after, context); }
  Step on_error(MiddlewareContext& context) noexcept override { return step("error", on_failure, context); }
  bool filters_chunks() const noexcept override { return chunk_filter != nullptr; }
  bool filters_events() const noexcept override { return event_filter != nullptr; }
  void on_chunk(MiddlewareContext& context, std::string_view bytes) noexcept override { chunk_filter(context, bytes); }
  void on_event(MiddlewareContext& context, const SseEvent& event) noexcept override { event_filter(context, event); }
  void on_stream_end(MiddlewareContext&, const Error* error) noexcept override {
    log.push_back("end " + called + (error != nullptr ? " " + std::string(describe(error->code).name) : ""));
  }

  Step step(const char* what, const StepFunction& function, MiddlewareContext& context) {
    log.push_back(what + (" " + called));
    return function ? function(context) : Step::done;
  }

  const std::string called;
  std::vector<std::string>& log;
  const Kind of_kind;
  StepFunction on_before;
  StepFunction on_after;
  StepFunction on_failure;
  std::function<void(MiddlewareContext&, std::string_view)> chunk_filter;
  std::function<void(MiddlewareContext&, const SseEvent&)> event_filter;
};

// Writes down what was asked of it.
struct RecordingEditor final : CallEditor {
  Status set_body(std::string bytes) override {
    body = std::move(bytes);
    return {};
  }
  Status set_option(std::string_view name, std::string_view value) override {
    if (name == "bad") return Failure(ErrorCode::config_error, Phase::config, "no such option");
    options.emplace_back(name, value);
    return {};
  }
  Status may_retry() override {
    if (retries) return {};
    return Failure(ErrorCode::body_not_replayable, Phase::middleware, "the body can not be sent again");
  }

  std::optional<std::string> body;
  std::vector<std::pair<std::string, std::string>> options;
  bool retries = true;
};

inline std::shared_ptr<Response> make_response(int status, std::string body = "") {
  auto response = std::make_shared<Response>();
  response->status = status;
  response->body = std::move(body);
  return response;
}

// The code of a status: "OK" or the name of the error.
inline std::string code_of(const Status& status) {
  return status.ok() ? "OK" : std::string(describe(status.error().code).name);
}
template <class Value>
std::string code_of(const Result<Value>& result) {
  return result.ok() ? "OK" : std::string(describe(result.error().code).name);
}
inline std::string code_of(const MiddlewareChain::Outcome& outcome) {
  return outcome.error ? std::string(describe(outcome.error->code).name) : "OK";
}

// A loop that this thread drives, and one call on it.
struct MiddlewareFixture {
  using Kind = Middleware::Kind;

  std::shared_ptr<FunctionMiddleware> add(std::string name, Kind kind = Kind::application) {
    auto middleware = std::make_shared<FunctionMiddleware>(std::move(name), log, kind);
    list->push_back(middleware);
    return middleware;
  }

  MiddlewareChain& chain(Kind kind = Kind::application, int attempt = 0) {
    const bool application = kind == Kind::application;
    chain_ = std::make_unique<MiddlewareChain>(list, kind, loop, request, application ? &editor : nullptr, attributes,
                                               attempt, timeout_ms);
    return *chain_;
  }

  // Runs `body(*this)` as a coroutine on the loop, to its end.
  template <class Body>
  void run(Body body) {
    done = false;
    loop.attach();
    spawn(driven(body));
    while (!done) loop.turn();
    loop.detach();
  }

  // before(), the middle, after(): what a call does with its chain. The middle answers 200 unless `inner` says more.
  MiddlewareChain::Outcome call(MiddlewareChain& around) {
    MiddlewareChain::Outcome outcome;
    run([&](MiddlewareFixture& self) -> Task<> {
      Status admitted = co_await around.before(self.token);
      outcome.response = around.short_circuit();
      if (!admitted) {
        outcome.error = std::move(admitted).failure().take();
      } else if (!outcome.response) {
        self.log.push_back("inner");
        outcome = self.inner ? self.inner() : MiddlewareChain::Outcome{make_response(200, "inner"), nullptr};
      }
      self.retry = co_await around.after(self.token, outcome);
    });
    return outcome;
  }
  MiddlewareChain::Outcome call() { return call(chain()); }

  template <class Body>
  Task<> driven(Body& body) {
    co_await body(*this);
    done = true;
  }

  EventLoop loop;
  Token token{loop};
  RequestMessage request{.method = "GET", .url = *parse_url("http://host.test/path?key=hidden"), .headers = {}};
  RecordingEditor editor;
  std::shared_ptr<Attributes> attributes = std::make_shared<Attributes>();
  std::shared_ptr<MiddlewareList> list = std::make_shared<MiddlewareList>();
  std::vector<std::string> log;
  std::function<MiddlewareChain::Outcome()> inner;
  std::optional<Nanos> retry;
  std::int64_t timeout_ms = 60'000;
  bool done = false;

 private:
  std::unique_ptr<MiddlewareChain> chain_;
};

}  // namespace ppn::test
