// The guard around every exported function.
//
// boundary(error, body)      for functions that return a status: clears *error, runs the body, turns its failure or an
//                            exception into a code and an error object.
// guarded(fallback, body)    for functions that return a value and can not say why there is none.
// read(handle, fallback, f)  the same for a value of one object: `fallback` for NULL and for released handles.
//
// Both let pthread_cancel and pthread_exit unwind through (POSIX threads of GCC do that by an exception of their own
// that must not be swallowed), and both keep errno.
#pragma once

#include <cxxabi.h>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "arguments.hpp"
#include "base/result.hpp"
#include "error_handle.hpp"
#include "handle.hpp"
#include "pepperpy/network/error.h"

namespace ppn::capi {

class ErrnoKeeper {
 public:
  ErrnoKeeper() noexcept : kept_(errno) {}
  ErrnoKeeper(const ErrnoKeeper&) = delete;
  ErrnoKeeper& operator=(const ErrnoKeeper&) = delete;
  ~ErrnoKeeper() { errno = kept_; }

 private:
  int kept_;
};

inline std::int32_t code_of_success(const Status&) noexcept {
  return PPN_OK;
}
// Functions with more than one good outcome (PPN_END, PPN_PENDING) name it.
inline std::int32_t code_of_success(const Result<std::int32_t>& result) noexcept {
  return *result;
}

// `body` takes Arguments& and returns Status or Result<int32_t>.
template <class Body>
std::int32_t boundary(ppn_error** error, Body&& body) {
  const ErrnoKeeper keeper;
  if (error != nullptr) *error = nullptr;
  try {
    Arguments in;
    auto result = std::forward<Body>(body)(in);
    return result.ok() ? code_of_success(result) : give_error(error, std::move(result.error()));
  } catch (const abi::__forced_unwind&) {
    throw;
  } catch (...) {
    return give_current_exception(error);
  }
}

template <class Value, class Body>
Value guarded(Value fallback, Body&& body) {
  const ErrnoKeeper keeper;
  try {
    return std::forward<Body>(body)();
  } catch (const abi::__forced_unwind&) {
    throw;
  } catch (...) {
    return fallback;
  }
}

template <class Value, class Handle, class Read>
Value read(Handle* handle, Value fallback, Read&& read_object) {
  return guarded(fallback, [&]() -> Value {
    const Pinned<Handle> object(handle);
    return object ? Value(std::forward<Read>(read_object)(*object)) : fallback;
  });
}

// acquire and release are the same for every type; releasing runs destructors that may end users' data.
template <class Handle>
std::remove_const_t<Handle>* acquire(Handle* handle) noexcept {
  return add_reference(handle);
}

template <class Handle>
void release(Handle* handle) noexcept {
  const ErrnoKeeper keeper;
  drop_reference(handle);
}

}  // namespace ppn::capi
