#include "client/blocking.hpp"

#include <utility>

#include "base/completion.hpp"
#include "client/inner_handler.hpp"
#include "client/runtime.hpp"

namespace ppn {
namespace {

// Shared by the waiting thread and the handler: the waiter may be gone before the handler is.
struct Awaited {
  Completion completion;
  BlockingOutcome outcome;  // written before the completion
};

class WaitingHandler final : public InnerHandler {
 public:
  WaitingHandler(std::shared_ptr<Awaited> awaited, std::unique_ptr<CallHandler> inner)
      : InnerHandler(std::move(inner)), awaited_(std::move(awaited)) {}

  void on_complete(std::shared_ptr<Response> response, std::unique_ptr<Error> error) noexcept override {
    complete_inner(response, error.get());  // before the waiting thread goes on
    awaited_->outcome = {std::move(response), std::move(error)};
    awaited_->completion.set();
  }

 private:
  const std::shared_ptr<Awaited> awaited_;
};

}  // namespace

BlockingOutcome send_and_wait(Call& call, Delivery delivery, std::unique_ptr<CallHandler> inner) {
  if (Runtime::in_callback_thread()) {
    return {nullptr, std::make_unique<Error>(ErrorCode::would_deadlock, Phase::validate,
                                             "a blocking call inside a callback would wait for itself")};
  }
  const auto awaited = std::make_shared<Awaited>();
  const bool alone = inner == nullptr;
  auto handler = std::make_unique<WaitingHandler>(awaited, std::move(inner));
  Status started = alone ? call.start_alone(delivery, std::move(handler), awaited->completion)
                         : call.start(delivery, std::move(handler));
  if (!started) return {nullptr, std::move(started).failure().take()};
  awaited->completion.wait();
  return std::move(awaited->outcome);
}

}  // namespace ppn
