#include "pepperpy/network/observe.h"

#include <memory>
#include <string>
#include <string_view>

#include "boundary.hpp"
#include "client/call_event.hpp"
#include "client/metrics.hpp"
#include "objects.hpp"
#include "user_callbacks.hpp"

using namespace ppn;
using namespace ppn::capi;

struct ppn_call_event {
  const CallEvent& seen;
};

namespace {

class CallbackListener final : public CallListener {
 public:
  CallbackListener(ppn_call_event_fn listener, void* user_data) noexcept : listener_(listener), user_(user_data) {}

  void adopt(ppn_destroy_fn destroy) noexcept { user_.adopt(destroy); }

  // noexcept: a C++ exception out of the user's function ends the process here.
  void on_call_event(const CallEvent& event) noexcept override {
    const ppn_call_event view{event};
    listener_(user_.get(), &view);
  }

 private:
  const ppn_call_event_fn listener_;
  UserData user_;
};

const char* hand_out(std::string_view text, size_t* out_length) noexcept {
  if (out_length != nullptr) *out_length = text.size();
  return text.data() != nullptr ? text.data() : "";
}

const char* text_of(const ppn_call_event* event, std::string_view CallEvent::*text, size_t* out_length) noexcept {
  return hand_out(event != nullptr ? event->seen.*text : std::string_view(), out_length);
}

}  // namespace

int32_t ppn_client_set_event_listener(ppn_client* client, ppn_call_event_fn listener, void* user_data,
                                      ppn_destroy_fn destroy, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    const auto object = in.handle(client, "client");
    if (!in.ok()) return in.failure();
    UserData unused(user_data);
    std::shared_ptr<CallbackListener> made;
    if (listener != nullptr) made = std::make_shared<CallbackListener>(listener, user_data);
    Status set = object->client->set_listener(made);
    if (!set) return set;
    if (made != nullptr) {
      made->adopt(destroy);
    } else {
      unused.adopt(destroy);
    }
    return set;
  });
}

int32_t ppn_call_event_type(const ppn_call_event* event) {
  return event != nullptr ? static_cast<int32_t>(event->seen.type) : -1;
}

// Names are literals.
const char* ppn_call_event_name(const ppn_call_event* event) {
  return event != nullptr ? name_of(event->seen.type).data() : "";
}

uint64_t ppn_call_event_call_id(const ppn_call_event* event) {
  return event != nullptr ? event->seen.call_id : 0;
}

double ppn_call_event_time_ms(const ppn_call_event* event) {
  return event != nullptr ? static_cast<double>(event->seen.at) / static_cast<double>(kMillisecond) : 0;
}

int32_t ppn_call_event_attempt(const ppn_call_event* event) {
  return event != nullptr ? event->seen.attempt : 0;
}

const char* ppn_call_event_method(const ppn_call_event* event, size_t* out_length) {
  return text_of(event, &CallEvent::method, out_length);
}

const char* ppn_call_event_url(const ppn_call_event* event, size_t* out_length) {
  return text_of(event, &CallEvent::url, out_length);
}

int32_t ppn_call_event_status(const ppn_call_event* event) {
  return event != nullptr ? event->seen.status : 0;
}

int32_t ppn_call_event_code(const ppn_call_event* event) {
  return event != nullptr ? static_cast<int32_t>(event->seen.code) : PPN_OK;
}

int64_t ppn_call_event_delay_ms(const ppn_call_event* event) {
  if (event == nullptr || event->seen.delay < 0) return -1;
  return (event->seen.delay + kMillisecond - 1) / kMillisecond;
}

const char* ppn_call_event_delay_source(const ppn_call_event* event) {
  return name_of(event != nullptr ? event->seen.source : DelaySource::none).data();
}

const char* ppn_call_event_detail(const ppn_call_event* event, size_t* out_length) {
  return text_of(event, &CallEvent::detail, out_length);
}

const char* ppn_call_event_remote(const ppn_call_event* event, size_t* out_length) {
  return text_of(event, &CallEvent::remote, out_length);
}

int32_t ppn_call_event_reused(const ppn_call_event* event) {
  return event != nullptr && event->seen.reused ? 1 : 0;
}

uint64_t ppn_call_event_bytes(const ppn_call_event* event) {
  return event != nullptr ? event->seen.bytes : 0;
}

int32_t ppn_client_metrics(ppn_client* client, int32_t format, ppn_buffer** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto object = in.handle(client, "client");
    in.require(format == PPN_METRICS_JSON || format == PPN_METRICS_PROMETHEUS,
               "format is neither PPN_METRICS_JSON nor PPN_METRICS_PROMETHEUS");
    if (!in.ok()) return in.failure();
    std::string text = object->client->metrics_text(format == PPN_METRICS_PROMETHEUS);
    *out = make_handle<ppn_buffer>(BufferObject{std::make_shared<const std::string>(std::move(text))});
    return {};
  });
}
