// One connection to a server, between and during exchanges.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/linked_list.hpp"
#include "codec/http1_decoder.hpp"
#include "io/transport.hpp"

namespace ppn {

struct Connection;

// Where a connection rests between exchanges.
class RestingPlace {
 public:
  // The peer closed it, or sent bytes that nobody asked for. The connection may be destroyed inside the call.
  virtual void on_disturbed(Connection& connection) noexcept = 0;

 protected:
  ~RestingPlace() = default;
};

// Thread: the loop thread.
struct Connection final : Linked<struct OfOrigin>, Linked<struct AtRest>, private Transport::RestWatcher {
  Connection(std::unique_ptr<Transport> carried_by, const Http1Limits& limits)
      : transport(std::move(carried_by)), decoder(limits) {}
  ~Connection() {
    if (place_ != nullptr) transport->rest(nullptr);
  }

  // nullptr ends the rest.
  void rest(RestingPlace* place) noexcept {
    place_ = place;
    transport->rest(place != nullptr ? this : nullptr);
  }
  RestingPlace* resting_place() const noexcept { return place_; }

  // Frees memory that a silent body does not need.
  void release_buffers() noexcept {
    transport->release_buffers();
    decoder.release_memory();
  }

  std::unique_ptr<Transport> transport;
  Http1Decoder decoder;
  const std::uint64_t id = next_id();  // in this process, from 1
  std::uint64_t exchanges = 0;         // begun on this connection
  Nanos expires = kNever;              // not to be used for another exchange after this point
  Nanos idle_until = kNever;           // while it rests
  // What the server said with Keep-Alive (RFC 2068 19.7.1.1, still sent today).
  std::int64_t keep_alive_timeout_ms = -1;
  std::int64_t keep_alive_max = -1;  // further exchanges

 private:
  static std::uint64_t next_id() noexcept {
    static std::atomic<std::uint64_t> made{0};
    return made.fetch_add(1, std::memory_order_relaxed) + 1;
  }
  void on_rest_disturbed() noexcept override {
    if (transport->disturbed()) place_->on_disturbed(*this);
  }

  RestingPlace* place_ = nullptr;
};

}  // namespace ppn
