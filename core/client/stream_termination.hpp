// The end of a stream of events as its provider says it: markers, and errors inside a response of status 200
// (SEMANTICS 3.4.5).
#pragma once

#include <memory>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "codec/sse_decoder.hpp"
#include "policy/termination_profile.hpp"

namespace ppn {

class StreamTermination {
 public:
  explicit StreamTermination(TerminationProfile profile) : profile_(std::move(profile)) {}

  enum class Verdict {
    go_on,  // an event like any other
    last,   // the same, and no other follows
    end,    // the end marker, which is no event
    error,  // take_error()
  };
  Verdict look_at(const SseEvent& event);
  std::unique_ptr<Error> take_error() noexcept { return std::move(error_); }

  bool wants_marker() const noexcept { return profile_.wants_marker(); }

 private:
  TerminationProfile profile_;
  std::unique_ptr<Error> error_;
};

// Whether `data` is a JSON object with a member "error" that says something.
bool is_error_object(std::string_view data);

// stream_error_event with what JSON text `data` says, and the status that it stands for.
Error stream_error(std::string_view data);

}  // namespace ppn
