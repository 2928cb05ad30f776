/** @file event.hpp
 *  One event of a stream of events. Part of <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_EVENT_HPP
#define PEPPERPY_NETWORK_CPP_EVENT_HPP

#include <pepperpy/network.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "handle.hpp"
#include "json.hpp"

namespace ppn {
inline namespace api_v0 {

/** An event of a text/event-stream (WHATWG HTML 9.2): a view, valid until the next step of its stream or decoder, or
 *  the return of its lambda, also when it was copied. Blocks: never. Since 0.1. */
class Event {
 public:
  explicit Event(const ppn_event* event = nullptr) noexcept : event_(event) {}

  std::string_view data() const noexcept { return text(ppn_event_data); }
  /** The data as JSON. Throws ProtocolError (PPN_E_JSON_PARSE). */
  Json json() const { return Json::parse(data()); }
  /** "message" unless the server named another. */
  std::string_view type() const noexcept { return text(ppn_event_type); }
  /** The last event id as of this event; empty when there is none. */
  std::string_view id() const noexcept { return text(ppn_event_id); }
  /** The reconnection time that came with this event. */
  std::optional<std::chrono::milliseconds> retry() const noexcept {
    return detail::duration_of(ppn_event_retry_ms(event_));
  }
  /** The number of the event in its stream, from 0. */
  uint64_t index() const noexcept { return ppn_event_index(event_); }

 private:
  std::string_view text(const char*(PPN_CALL* part)(const ppn_event*, size_t*)) const noexcept {
    size_t length = 0;
    const char* const bytes = part(event_, &length);
    return std::string_view(bytes, length);
  }

  const ppn_event* event_;
};

}  // namespace api_v0
}  // namespace ppn

#endif
