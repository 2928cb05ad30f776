/** @file body_reader.hpp
 *  From the callbacks that give the body of a request to lambdas. Part of <pepperpy/network.hpp>; nothing here is for
 *  users, who meet Request::body_reader.
 */
#ifndef PEPPERPY_NETWORK_CPP_BODY_READER_HPP
#define PEPPERPY_NETWORK_CPP_BODY_READER_HPP

#include <pepperpy/network.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "callbacks.hpp"
#include "error.hpp"
#include "thrown.hpp"

namespace ppn {
inline namespace api_v0 {
namespace detail {

/** The lambdas that give one body. The library owns it from install on and ends it by its destroy callback. */
struct BodyReader {
  Function<std::optional<std::size_t>, char*, std::size_t> read;
  Function<void> rewind;
  std::shared_ptr<Thrown> thrown;

  static void install(std::unique_ptr<BodyReader> reader, std::optional<uint64_t> length, ppn_request* request) {
    constexpr auto limit = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
    if (length && *length > limit) fail(PPN_E_INVALID_ARGUMENT, "the length of the body does not fit into 63 bits");
    call(ppn_request_set_body_callback, request, length ? static_cast<int64_t>(*length) : int64_t{-1},
         ppn_read_fn{give}, reader->rewind ? begin_again : ppn_rewind_fn{nullptr}, static_cast<void*>(reader.get()),
         ppn_destroy_fn{destroy});
    static_cast<void>(reader.release());  // the library's own from here on
  }

 private:
  static int32_t PPN_CALL give(void* user_data, ppn_request*, uint8_t* buffer, size_t capacity,
                               size_t* out_length) noexcept {
    BodyReader& self = *static_cast<BodyReader*>(user_data);
    try {
      const std::optional<std::size_t> given = self.read(reinterpret_cast<char*>(buffer), capacity);
      if (!given) return PPN_CB_PAUSE;
      *out_length = *given;
      return PPN_CB_CONTINUE;
    } catch (...) {
      self.thrown->keep();
      return PPN_CB_ABORT;
    }
  }

  static int32_t PPN_CALL begin_again(void* user_data, ppn_request*) noexcept {
    BodyReader& self = *static_cast<BodyReader*>(user_data);
    try {
      self.rewind();
      return 0;
    } catch (...) {
      self.thrown->keep();
      return 1;
    }
  }

  static void PPN_CALL destroy(void* user_data) noexcept { delete static_cast<BodyReader*>(user_data); }
};

}  // namespace detail
}  // namespace api_v0
}  // namespace ppn

#endif
