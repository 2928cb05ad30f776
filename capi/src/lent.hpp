// Handles for the length of one callback; the user may acquire them to keep them.
#pragma once

#include <memory>
#include <new>

#include "client/response.hpp"
#include "handle.hpp"
#include "objects.hpp"

namespace ppn::capi {

template <class Handle>
class Lent {
 public:
  explicit Lent(Handle* handle) noexcept : handle_(handle) {}
  Lent(const Lent&) = delete;
  Lent& operator=(const Lent&) = delete;
  ~Lent() { drop_reference(handle_); }

  Handle* get() const noexcept { return handle_; }

 private:
  Handle* handle_;
};

// NULL when there is no response, or no memory for its handle.
inline ppn_response* lend(const std::shared_ptr<Response>& response) noexcept {
  if (response == nullptr) return nullptr;
  try {
    return make_handle<ppn_response>(ResponseObject{response, nullptr});
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

}  // namespace ppn::capi
