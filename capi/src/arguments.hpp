// Checks the arguments of one exported function and remembers the first thing that is wrong with them.
//
//   const auto object = in.handle(client, "client");
//   const auto url = in.text(text, length, "url");
//   if (!in.ok()) return in.failure();
//
// What a check returns may be used only when ok(). Every `out` is cleared by its check, so that functions leave NULL or
// 0 behind whatever fails later.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.hpp"
#include "handle.hpp"
#include "pepperpy/network/export.h"

namespace ppn::capi {

class Arguments {
 public:
  // NULL: invalid_argument. Released, or never a handle of this type: invalid_state.
  template <class Handle>
  Pinned<Handle> handle(Handle* handle, std::string_view name) {
    Pinned<Handle> object(handle);
    if (!object) refuse_handle(handle == nullptr, name);
    return object;
  }
  // NULL is allowed and gives an empty Pinned.
  template <class Handle>
  Pinned<Handle> optional_handle(Handle* handle, std::string_view name) {
    return handle == nullptr ? Pinned<Handle>() : this->handle(handle, name);
  }

  template <class Value>
  void out(Value* out, std::string_view name) {
    if (out == nullptr) {
      refuse_null(name);
    } else {
      *out = Value{};
    }
  }
  template <class Value>
  static void optional_out(Value* out) noexcept {
    if (out != nullptr) *out = Value{};
  }

  // The one place that knows PPN_AUTO_LENGTH.
  std::string_view text(const char* text, std::size_t length, std::string_view name);
  // The same where the empty text means something: NULL with length 0 is that.
  std::string_view text_or_empty(const char* text, std::size_t length, std::string_view name);
  std::string_view bytes(const std::uint8_t* data, std::size_t length, std::string_view name);

  template <class Function>
  void callback(Function* function, std::string_view name) {
    if (function == nullptr) refuse_null(name);
  }
  void require(bool condition, std::string_view message);
  // A time to wait: -1, 0 or milliseconds. More than a year is a year: added to a clock it could overflow.
  std::int64_t wait_ms(std::int64_t timeout_ms);
  // Functions that wait must not be called where waiting would wait for itself: in a callback or in a log sink.
  void may_wait();
  // The same for functions that take what is there: with timeout 0 they only look, which a callback may.
  void may_take(std::int64_t timeout_ms);

  bool ok() const noexcept { return first_ == nullptr; }
  Failure failure() { return Failure(std::move(first_)); }

 private:
  void refuse_handle(bool null, std::string_view name);
  void refuse_null(std::string_view name);
  void refuse(ErrorCode code, std::string_view name, std::string_view what);

  std::unique_ptr<Error> first_;
};

}  // namespace ppn::capi
