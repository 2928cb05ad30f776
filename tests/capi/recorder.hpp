// Callbacks that write down what they see, and do on the way what a test asks for.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "capi/capi.hpp"
#include "support/deadline.hpp"

namespace ppn::test {

struct Seen {
  int headers = 0;
  int pieces = 0;
  int completions = 0;
  int destroyed = 0;
  bool destroyed_before_complete = false;
  bool overlapped = false;  // two callbacks at the same time
  int32_t head_status = 0;
  std::string data;                 // of all chunks
  std::vector<std::string> events;  // data of each event
  std::vector<std::string> lines;
  int32_t code = -1;   // PPN_OK for a completion without error
  int32_t status = 0;  // of the response of the completion
  std::string body;
  std::string message;
};

class Recorder {
 public:
  // What a callback does before it returns. Set before the request is started.
  std::function<int32_t(ppn_request*, ppn_response*)> in_headers = [](auto...) { return PPN_CB_CONTINUE; };
  std::function<int32_t(ppn_request*)> in_piece = [](auto...) { return PPN_CB_CONTINUE; };
  std::function<void(ppn_request*, ppn_response*, const ppn_error*)> in_complete = [](auto...) {};
  std::function<void()> in_destroy = [] {};

  // Callbacks for a body that is collected.
  int32_t install(ppn_request* request, ppn_error** error = nullptr) {
    return ppn_request_set_callbacks(request, on_headers, nullptr, on_complete, this, on_destroy, error);
  }
  int32_t install_for_data(ppn_request* request, ppn_error** error = nullptr) {
    return ppn_request_set_callbacks(request, on_headers, on_data, on_complete, this, on_destroy, error);
  }
  int32_t install_for_events(ppn_request* request) {
    const int32_t code = install(request);
    return code != PPN_OK ? code : ppn_request_set_event_callback(request, on_event, nullptr);
  }
  int32_t install_for_lines(ppn_request* request) {
    const int32_t code = install(request);
    return code != PPN_OK ? code : ppn_request_set_line_callback(request, on_line, nullptr);
  }

  Seen seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  // False when the deadline passed first.
  bool wait_for(const std::function<bool(const Seen&)>& reached, Deadline deadline = default_deadline()) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, deadline, [&] { return reached(seen_); });
  }
  // The end of everything: after destroy nothing touches this object any more.
  Seen wait_for_end() {
    BOOST_REQUIRE(wait_for([](const Seen& seen) { return seen.destroyed > 0; }));
    return seen();
  }

 private:
  // Marks a callback that runs.
  class Inside {
   public:
    explicit Inside(Recorder& recorder) : recorder_(recorder) {
      recorder_.note([&](Seen& seen) { seen.overlapped |= recorder_.inside_++ > 0; });
    }
    ~Inside() {
      recorder_.note([&](Seen&) { --recorder_.inside_; });
    }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;

   private:
    Recorder& recorder_;
  };

  template <class Change>
  void note(Change&& change) {
    const std::lock_guard lock(mutex_);
    change(seen_);
    changed_.notify_all();
  }

  static int32_t on_headers(void* user, ppn_request* request, ppn_response* response) {
    Recorder& self = *static_cast<Recorder*>(user);
    const Inside inside(self);
    self.note([&](Seen& seen) {
      ++seen.headers;
      seen.head_status = ppn_response_status(response);
    });
    return self.in_headers(request, response);
  }
  static int32_t on_data(void* user, ppn_request* request, const uint8_t* data, size_t length) {
    Recorder& self = *static_cast<Recorder*>(user);
    const Inside inside(self);
    self.note([&](Seen& seen) {
      ++seen.pieces;
      seen.data.append(reinterpret_cast<const char*>(data), length);
    });
    return self.in_piece(request);
  }
  static int32_t on_event(void* user, ppn_request* request, const ppn_event* event) {
    Recorder& self = *static_cast<Recorder*>(user);
    const Inside inside(self);
    self.note([&](Seen& seen) {
      ++seen.pieces;
      seen.events.push_back(data_of(event));
    });
    return self.in_piece(request);
  }
  static int32_t on_line(void* user, ppn_request* request, const char* line, size_t length) {
    Recorder& self = *static_cast<Recorder*>(user);
    const Inside inside(self);
    self.note([&](Seen& seen) {
      ++seen.pieces;
      seen.lines.emplace_back(line, length);
    });
    return self.in_piece(request);
  }
  static void on_complete(void* user, ppn_request* request, ppn_response* response, const ppn_error* error) {
    Recorder& self = *static_cast<Recorder*>(user);
    const Inside inside(self);
    self.in_complete(request, response, error);
    self.note([&](Seen& seen) {
      ++seen.completions;
      seen.code = ppn_error_code(error);
      seen.status = ppn_response_status(response);
      seen.body = body_of(response);
      seen.message = ppn_error_message(error);
    });
  }
  static void on_destroy(void* user) {
    Recorder& self = *static_cast<Recorder*>(user);
    self.in_destroy();
    self.note([&](Seen& seen) {
      ++seen.destroyed;
      seen.destroyed_before_complete = seen.completions == 0;
      seen.overlapped |= self.inside_ > 0;
    });
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int inside_ = 0;
  Seen seen_;
};

}  // namespace ppn::test
