// The callbacks of a user and the data that travels with them.
#pragma once

#include <utility>

#include "pepperpy/network/request.h"

namespace ppn::capi {

// Data of a user. It stays the user's until `adopt`, which comes when nothing can fail any more; from then on it is
// ended exactly once, wherever the last owner lets go of it.
class UserData {
 public:
  explicit UserData(void* data) noexcept : data_(data) {}
  UserData(UserData&& other) noexcept : data_(other.data_), destroy_(std::exchange(other.destroy_, nullptr)) {}
  UserData(const UserData&) = delete;
  UserData& operator=(const UserData&) = delete;
  UserData& operator=(UserData&&) = delete;
  // A destructor is noexcept: a C++ exception out of the user's function ends the process here and unwinds nothing.
  ~UserData() {
    if (destroy_ != nullptr) destroy_(data_);
  }

  void* get() const noexcept { return data_; }
  void adopt(ppn_destroy_fn destroy) noexcept { destroy_ = destroy; }

 private:
  void* data_;
  ppn_destroy_fn destroy_ = nullptr;
};

struct UserCallbacks {
  ppn_headers_fn on_headers = nullptr;
  ppn_data_fn on_data = nullptr;
  ppn_event_fn on_event = nullptr;
  ppn_line_fn on_line = nullptr;
  ppn_complete_fn on_complete = nullptr;
  UserData user{nullptr};
};

}  // namespace ppn::capi
