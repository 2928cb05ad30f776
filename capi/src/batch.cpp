#include "pepperpy/network/batch.h"

#include <memory>
#include <new>
#include <utility>

#include "boundary.hpp"
#include "lent.hpp"
#include "objects.hpp"
#include "request_callbacks.hpp"
#include "user_callbacks.hpp"

using namespace ppn;
using namespace ppn::capi;

namespace {

struct Functions {
  ppn_batch_result_fn result;
  ppn_batch_progress_fn progress;
  ppn_batch_complete_fn complete;
};

// Hands what a batch tells to the callbacks of its user. All of it is noexcept: an exception of a user ends here.
class BatchCallbacks final : public BatchObserver {
 public:
  BatchCallbacks(std::shared_ptr<BatchRequests> requests, Functions functions, void* user_data)
      : requests_(std::move(requests)), call_(functions), user_(user_data) {}

  void adopt(ppn_destroy_fn destroy) noexcept { user_.adopt(destroy); }

  bool takes_results() const noexcept override { return call_.result != nullptr; }

  void on_result(std::size_t index, BatchResult result) noexcept override {
    const Pinned<ppn_request> request = std::move(requests_->handles[index]);
    const Lent<ppn_response> response(lend(result.response));
    const Lent<ppn_error> error(result.error != nullptr     ? lend_error(std::move(result.error))
                                : response.get() == nullptr ? out_of_memory_error()
                                                            : nullptr);
    call_.result(user_.get(), index, request.handle(), response.get(), error.get());
  }

  void on_progress(std::size_t done, std::size_t total) noexcept override {
    if (call_.progress != nullptr) call_.progress(user_.get(), done, total);
  }

  void on_complete() noexcept override {
    if (call_.complete != nullptr) call_.complete(user_.get());
  }

 private:
  static ppn_error* lend_error(std::shared_ptr<const Error> error) noexcept {
    try {
      return make_handle<ppn_error>(ErrorObject{std::move(error)});
    } catch (const std::bad_alloc&) {
      return out_of_memory_error();
    }
  }

  const std::shared_ptr<BatchRequests> requests_;
  const Functions call_;
  UserData user_;
};

}  // namespace

int32_t ppn_batch_new(ppn_batch** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    if (!in.ok()) return in.failure();
    *out = make_handle<ppn_batch>(BatchObject{std::make_shared<Batch>(), std::make_shared<BatchRequests>()});
    return {};
  });
}

ppn_batch* ppn_batch_acquire(ppn_batch* batch) {
  return acquire(batch);
}

void ppn_batch_release(ppn_batch* batch) {
  release(batch);
}

int32_t ppn_batch_add(ppn_batch* batch, ppn_request* request, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(batch, "batch");
    const auto added = in.handle(request, "request");
    if (!in.ok()) return in.failure();
    if (Status state = object->batch->require_described(); !state) return state;
    auto& handles = object->requests->handles;
    if (handles.size() == handles.capacity()) handles.reserve(2 * handles.size() + 8);
    if (added->begun.exchange(true)) return begun_before();
    const Delivery delivery = delivery_for(added->callbacks.get());
    auto inner = added->callbacks != nullptr ? take_callbacks(added) : nullptr;
    Status status = object->batch->add(added->call, delivery, std::move(inner));
    if (status) handles.emplace_back(request);
    return status;
  });
}

int32_t ppn_batch_set_concurrency(ppn_batch* batch, int64_t requests, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(batch, "batch");
    return in.ok() ? object->batch->set_concurrency(requests) : in.failure();
  });
}

int32_t ppn_batch_set_timeout_ms(ppn_batch* batch, int64_t timeout_ms, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(batch, "batch");
    return in.ok() ? object->batch->set_timeout_ms(timeout_ms) : in.failure();
  });
}

int32_t ppn_batch_set_fail_fast(ppn_batch* batch, int32_t fail_fast, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(batch, "batch");
    in.require(fail_fast == 0 || fail_fast == 1, "fail_fast is neither 0 nor 1");
    return in.ok() ? object->batch->set_fail_fast(fail_fast == 1) : in.failure();
  });
}

int32_t ppn_batch_set_callbacks(ppn_batch* batch, ppn_batch_result_fn on_result, ppn_batch_progress_fn on_progress,
                                ppn_batch_complete_fn on_complete, void* user_data, ppn_destroy_fn destroy,
                                ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(batch, "batch");
    if (!in.ok()) return in.failure();
    auto callbacks =
        std::make_unique<BatchCallbacks>(object->requests, Functions{on_result, on_progress, on_complete}, user_data);
    BatchCallbacks& adopting = *callbacks;
    Status set = object->batch->set_observer(std::move(callbacks));
    if (set) adopting.adopt(destroy);
    return set;
  });
}

int32_t ppn_batch_run(ppn_batch* batch, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(batch, "batch");
    in.may_wait();
    return in.ok() ? object->batch->run() : in.failure();
  });
}

int32_t ppn_batch_start(ppn_batch* batch, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(batch, "batch");
    return in.ok() ? object->batch->start() : in.failure();
  });
}

int32_t ppn_batch_cancel(ppn_batch* batch) {
  return boundary(nullptr, [&](Arguments& in) -> Status {
    const auto object = in.handle(batch, "batch");
    if (!in.ok()) return in.failure();
    object->batch->cancel();
    return {};
  });
}

size_t ppn_batch_count(const ppn_batch* batch) {
  return read(batch, size_t{0}, [](const BatchObject& object) { return object.batch->size(); });
}

size_t ppn_batch_done(const ppn_batch* batch) {
  return read(batch, size_t{0}, [](const BatchObject& object) { return object.batch->done(); });
}

int32_t ppn_batch_result(const ppn_batch* batch, size_t index, ppn_response** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto object = in.handle(batch, "batch");
    if (!in.ok()) return in.failure();
    auto result = object->batch->result(index);
    if (!result) return std::move(result).failure();
    if (result->response == nullptr && result->error == nullptr) throw std::bad_alloc();
    if (result->response != nullptr) {
      *out = make_handle<ppn_response>(ResponseObject{std::move(result->response), nullptr});
    }
    return result->error != nullptr ? Status(Failure(Error(*result->error))) : Status();
  });
}
