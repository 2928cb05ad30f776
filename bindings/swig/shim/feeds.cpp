#include "feeds.hpp"

#include <cstdint>
#include <memory>
#include <new>
#include <string_view>

#include "notify.hpp"
#include "record_queue.hpp"
#include "records.hpp"

using namespace ppn_bindings;

namespace {

constexpr std::size_t kMaxRecords = 4'096;
constexpr std::size_t kMaxBytes = 1'048'576;

// Never destroyed: a line may come while the process ends.
RecordQueue& log_queue() {
  static RecordQueue* const queue = new RecordQueue(kMaxRecords, kMaxBytes);
  return *queue;
}

void PPN_CALL on_line(void* /*user_data*/, std::int32_t level, const char* text, std::size_t length) {
  try {
    std::string record;
    RecordWriter writer(record);
    writer.int32(level);
    writer.text({text, length});
    if (!log_queue().push(std::move(record))) return;
  } catch (const std::bad_alloc&) {
    return;  // the line is lost
  }
  notify(log_handler, [](LogHandler& handler) { handler.on_ready(); });
}

template <auto kGet>
std::string_view text_of(const ppn_call_event* event) {
  std::size_t length = 0;
  const char* const text = kGet(event, &length);
  return {text, length};
}

struct Listener {
  std::int64_t token;
  std::shared_ptr<RecordQueue> queue;
};

void PPN_CALL on_event(void* user_data, const ppn_call_event* event) {
  const Listener& listener = *static_cast<Listener*>(user_data);
  try {
    std::string record;
    RecordWriter writer(record);
    writer.int32(ppn_call_event_type(event));
    writer.int32(ppn_call_event_attempt(event));
    writer.int32(ppn_call_event_status(event));
    writer.int32(ppn_call_event_code(event));
    writer.int32(ppn_call_event_reused(event));
    writer.int64(static_cast<std::int64_t>(ppn_call_event_call_id(event)));
    writer.int64(ppn_call_event_delay_ms(event));
    writer.int64(static_cast<std::int64_t>(ppn_call_event_bytes(event)));
    writer.float64(ppn_call_event_time_ms(event));
    writer.text(ppn_call_event_name(event));
    writer.text(text_of<ppn_call_event_method>(event));
    writer.text(text_of<ppn_call_event_url>(event));
    writer.text(ppn_call_event_delay_source(event));
    writer.text(text_of<ppn_call_event_detail>(event));
    writer.text(text_of<ppn_call_event_remote>(event));
    if (!listener.queue->push(std::move(record))) return;
  } catch (const std::bad_alloc&) {
    return;
  }
  notify(event_handler, [&](EventHandler& handler) { handler.on_ready(listener.token); });
}

void PPN_CALL on_destroy(void* user_data) {
  const std::unique_ptr<Listener> listener(static_cast<Listener*>(user_data));
  notify(event_handler, [&](EventHandler& handler) { handler.on_released(listener->token); });
}

}  // namespace

std::int32_t ppnb_log_open(std::int32_t level, ppn_error** error) {
  log_queue();
  return level == 0 ? ppn_log_set_sink(PPN_LOG_ERROR, nullptr, nullptr, nullptr, error)
                    : ppn_log_set_sink(level, on_line, nullptr, nullptr, error);
}

std::int64_t ppnb_log_take(std::uint8_t* buffer, std::size_t capacity) {
  return log_queue().take(buffer, capacity);
}

std::int64_t ppnb_log_needed() {
  return log_queue().needed();
}

std::int64_t ppnb_log_dropped() {
  return log_queue().dropped();
}

struct ppnb_events {
  std::shared_ptr<RecordQueue> queue;
};

std::int32_t ppnb_events_open(ppn_client* client, std::int64_t token, ppnb_events** out, ppn_error** error) {
  try {
    auto events = std::make_unique<ppnb_events>();
    events->queue = std::make_shared<RecordQueue>(kMaxRecords, kMaxBytes);
    auto listener = std::make_unique<Listener>(Listener{token, events->queue});
    const std::int32_t status = ppn_client_set_event_listener(client, on_event, listener.get(), on_destroy, error);
    if (status != PPN_OK) return status;
    static_cast<void>(listener.release());
    *out = events.release();
    return PPN_OK;
  } catch (const std::bad_alloc&) {
    return PPN_E_OUT_OF_MEMORY;
  }
}

void ppnb_events_release(ppnb_events* events) {
  delete events;
}

std::int64_t ppnb_events_take(ppnb_events* events, std::uint8_t* buffer, std::size_t capacity) {
  return events->queue->take(buffer, capacity);
}

std::int64_t ppnb_events_needed(const ppnb_events* events) {
  return events->queue->needed();
}

std::int64_t ppnb_events_dropped(const ppnb_events* events) {
  return events->queue->dropped();
}
