// Whole calls with middleware made of functions.
#pragma once

#include <boost/test/unit_test.hpp>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/client/answers.hpp"
#include "core/client/engine.hpp"
#include "core/client/middleware_fixture.hpp"

namespace ppn::test {

using MiddlewareLog = std::vector<std::string>;

// The log is written by the I/O thread until a call has completed, and read after that.
struct MiddlewareCalls : EngineFixture {
  std::shared_ptr<FunctionMiddleware> add(std::string name, Middleware::Kind kind = Middleware::Kind::application) {
    auto middleware = std::make_shared<FunctionMiddleware>(std::move(name), log, kind);
    client->add_middleware(middleware);
    return middleware;
  }

  MiddlewareLog log;
  std::shared_ptr<Client> client = make_client([](Options& options) {
    options.request.retry.max_retries = 2;
    options.request.retry.backoff_factor = 0.001;
    options.request.timeout_ms = 10'000;
  });
};

inline StepFunction responding(int status, std::string body) {
  return [=](MiddlewareContext& context) {
    static_cast<void>(context.respond(make_response(status, body)));
    return Step::done;
  };
}

inline StepFunction failing(ErrorCode code) {
  return [=](MiddlewareContext& context) {
    static_cast<void>(context.fail(code, "on purpose"));
    return Step::done;
  };
}

inline StepFunction retrying_once() {
  return [](MiddlewareContext& context) {
    static_cast<void>(context.retry_once(0));
    return Step::done;
  };
}

// Keeps the context of a step that stays pending.
class Pending {
 public:
  StepFunction step() {
    return [this](MiddlewareContext& context) {
      context_.set_value(context.shared_from_this());
      return Step::pending;
    };
  }
  std::shared_ptr<MiddlewareContext> wait() { return context_.get_future().get(); }

 private:
  std::promise<std::shared_ptr<MiddlewareContext>> context_;
};

inline void check_log(const MiddlewareLog& log, const MiddlewareLog& expected) {
  BOOST_TEST(log == expected, boost::test_tools::per_element());
}

}  // namespace ppn::test
