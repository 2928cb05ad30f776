// Handlers that write down what they are told, and the records that cross the boundary, read as a binding reads them.
#pragma once

#include <condition_variable>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "capi/capi.hpp"
#include "shim/caller.hpp"
#include "shim/calls.hpp"
#include "shim/describe.hpp"
#include "shim/feeds.hpp"
#include "shim/handlers.hpp"
#include "shim/middleware.hpp"
#include "shim/streams.hpp"
#include "shim/uploads.hpp"
#include "shim/websockets.hpp"
#include "support/deadline.hpp"

namespace ppn::test {

// Everything that handlers were told, one line each, in order.
class Notes final : public CallHandler, public MiddlewareHandler {
 public:
  Notes();
  ~Notes() override;
  Notes(const Notes&) = delete;
  Notes& operator=(const Notes&) = delete;

  void add(const std::string& line);
  std::vector<std::string> all();
  void wait_for(const std::string& line);
  // Until `times` lines are equal to `line`.
  void wait_for(const std::string& line, std::size_t times);

  // What a step does; by default it is finished at once.
  std::function<void(std::int32_t step, ppn_middleware_context*)> in_step;
  std::function<void(ppn_middleware*)> in_refresh;
  std::function<void()> in_reconnecting = [] {};
  std::function<void(ppn_response*)> in_complete = [](ppn_response*) {};

  void on_complete(std::int64_t token, std::int64_t index, std::int32_t status, ppn_response* response,
                   ppn_error* error) override;
  void on_step(std::int64_t token, std::int32_t step, ppn_middleware_context* context) override;
  void on_refresh(std::int64_t token, ppn_middleware* middleware) override;
  void on_released(std::int64_t token) override;

 private:
  struct Streams;
  struct WebSockets;
  struct Logs;
  struct Events;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  std::unique_ptr<Streams> streams_;
  std::unique_ptr<WebSockets> websockets_;
  std::unique_ptr<Logs> logs_;
  std::unique_ptr<Events> events_;
};

// The fields of a record, in order.
class Fields {
 public:
  explicit Fields(std::string bytes) : bytes_(std::move(bytes)) {}
  std::int32_t int32() { return number<std::int32_t>(); }
  std::int64_t int64() { return number<std::int64_t>(); }
  double float64() { return number<double>(); }
  std::string text() {
    const auto length = static_cast<std::size_t>(int32());
    BOOST_REQUIRE(length <= bytes_.size() - at_);
    at_ += length;
    return bytes_.substr(at_ - length, length);
  }
  bool at_end() const { return at_ == bytes_.size(); }

 private:
  template <class Number>
  Number number() {
    Number value{};
    BOOST_REQUIRE(sizeof value <= bytes_.size() - at_);
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
    return value;
  }

  std::string bytes_;
  std::size_t at_ = 0;
};

// Checks nothing: handlers use it, on threads that Boost.Test must not be called on.
inline std::string text_of(ppn_buffer* given) {
  const Buffer buffer(given);
  return buffer.get() != nullptr ? bytes_of(buffer.get()) : "(none)";
}

// The records of one take, each with its length checked and gone.
inline std::vector<Fields> records_of(const std::string& bytes) {
  std::vector<Fields> records;
  for (std::size_t at = 0; at < bytes.size();) {
    std::int32_t length = 0;
    BOOST_REQUIRE(bytes.size() - at >= sizeof length);
    std::memcpy(&length, bytes.data() + at, sizeof length);
    BOOST_REQUIRE(length >= 4);
    BOOST_REQUIRE(static_cast<std::size_t>(length) <= bytes.size() - at);
    records.emplace_back(bytes.substr(at + 4, static_cast<std::size_t>(length) - 4));
    at += static_cast<std::size_t>(length);
  }
  return records;
}

}  // namespace ppn::test
