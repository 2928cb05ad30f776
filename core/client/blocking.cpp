#include "client/blocking.hpp"

#include <new>
#include <utility>

#include "base/completion.hpp"
#include "client/runtime.hpp"

namespace ppn {
namespace {

// Shared by the waiting thread and the handler: the waiter may be gone before the handler is.
struct Awaited {
  Completion completion;
  BlockingOutcome outcome;  // written before the completion
};

std::unique_ptr<Error> copy_if_possible(const Error* error) noexcept {
  try {
    return error != nullptr ? std::make_unique<Error>(*error) : nullptr;
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

class WaitingHandler final : public CallHandler {
 public:
  WaitingHandler(std::shared_ptr<Awaited> awaited, std::unique_ptr<CallHandler> inner)
      : awaited_(std::move(awaited)), inner_(std::move(inner)) {}

  bool wants_head() const noexcept override { return inner_ && inner_->wants_head(); }
  Flow on_head(const std::shared_ptr<Response>& response) override {
    return inner_ ? inner_->on_head(response) : Flow::proceed;
  }
  Flow on_chunk(std::string_view bytes) override { return inner_ ? inner_->on_chunk(bytes) : Flow::proceed; }
  Flow on_line(std::string_view line) override { return inner_ ? inner_->on_line(line) : Flow::proceed; }
  Flow on_event(const SseEvent& event) override { return inner_ ? inner_->on_event(event) : Flow::proceed; }
  void on_complete(std::shared_ptr<Response> response, std::unique_ptr<Error> error) noexcept override {
    if (inner_) {
      std::unique_ptr<Error> copy = copy_if_possible(error.get());
      // Without memory for the copy the user gets neither, which says so.
      const bool lost = error && !copy;
      inner_->on_complete(lost ? nullptr : response, std::move(copy));
      inner_.reset();  // the user's data has ended when the waiting thread goes on
    }
    awaited_->outcome = {std::move(response), std::move(error)};
    awaited_->completion.set();
  }

 private:
  const std::shared_ptr<Awaited> awaited_;
  std::unique_ptr<CallHandler> inner_;
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
