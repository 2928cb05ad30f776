// A handle for the length of one callback; the user may acquire it to keep it.
#pragma once

#include "handle.hpp"

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

}  // namespace ppn::capi
