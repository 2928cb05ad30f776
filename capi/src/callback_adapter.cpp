#include "callback_adapter.hpp"

#include <new>
#include <utility>

#include "error_handle.hpp"
#include "flow.hpp"
#include "lent.hpp"

namespace ppn::capi {
namespace {

// The trampolines are noexcept: a C++ exception out of a user's callback ends the process at this line, always, instead
// of unwinding the event loop sometimes.

std::int32_t call(const UserCallbacks& callbacks, ppn_request* request, ppn_response* response) noexcept {
  return callbacks.on_headers(callbacks.user.get(), request, response);
}

std::int32_t call(const UserCallbacks& callbacks, ppn_request* request, std::string_view bytes) noexcept {
  return callbacks.on_data(callbacks.user.get(), request, reinterpret_cast<const std::uint8_t*>(bytes.data()),
                           bytes.size());
}

std::int32_t call(const UserCallbacks& callbacks, ppn_request* request, const ppn_event& event) noexcept {
  return callbacks.on_event(callbacks.user.get(), request, &event);
}

std::int32_t call_with_line(const UserCallbacks& callbacks, ppn_request* request, std::string_view line) noexcept {
  return callbacks.on_line(callbacks.user.get(), request, line.data(), line.size());
}

void call(const UserCallbacks& callbacks, ppn_request* request, ppn_response* response,
          const ppn_error* error) noexcept {
  callbacks.on_complete(callbacks.user.get(), request, response, error);
}

// NULL when there is no response, or no memory for its handle.
ppn_response* lend(const std::shared_ptr<Response>& response) noexcept {
  if (response == nullptr) return nullptr;
  try {
    return make_handle<ppn_response>(ResponseObject{response, nullptr});
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

}  // namespace

Delivery delivery_for(const UserCallbacks* callbacks) noexcept {
  if (callbacks != nullptr && callbacks->on_event != nullptr) return Delivery::events;
  if (callbacks != nullptr && callbacks->on_line != nullptr) return Delivery::lines;
  if (callbacks != nullptr && callbacks->on_data != nullptr) return Delivery::chunks;
  return Delivery::collect;
}

Flow CallbackAdapter::on_head(const std::shared_ptr<Response>& response) {
  if (callbacks_->on_headers == nullptr) return Flow::proceed;
  const Lent<ppn_response> lent(lend(response));
  if (lent.get() == nullptr) return Flow::abort;
  return flow_of(call(*callbacks_, request_.handle(), lent.get()), call_);
}

Flow CallbackAdapter::on_chunk(std::string_view bytes) {
  return flow_of(call(*callbacks_, request_.handle(), bytes), call_);
}

Flow CallbackAdapter::on_line(std::string_view line) {
  return flow_of(call_with_line(*callbacks_, request_.handle(), line), call_);
}

Flow CallbackAdapter::on_event(const SseEvent& event) {
  return flow_of(call(*callbacks_, request_.handle(), view_of(event)), call_);
}

void CallbackAdapter::on_complete(std::shared_ptr<Response> response, std::unique_ptr<Error> error) noexcept {
  if (callbacks_->on_complete == nullptr) return;
  const Lent<ppn_response> lent_response(lend(response));
  // Neither a response nor an error would read as a success without a response.
  const bool lost = lent_response.get() == nullptr && error == nullptr;
  const Lent<ppn_error> lent_error(error != nullptr ? make_error(std::move(*error))
                                   : lost           ? out_of_memory_error()
                                                    : nullptr);
  call(*callbacks_, request_.handle(), lent_response.get(), lent_error.get());
}

}  // namespace ppn::capi
