/** @file buffer.hpp
 *  Bytes that are counted. Part of <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_BUFFER_HPP
#define PEPPERPY_NETWORK_CPP_BUFFER_HPP

#include <pepperpy/network.h>

#include <string_view>
#include <utility>

#include "error.hpp"
#include "handle.hpp"

namespace ppn {
inline namespace api_v0 {

/** Bytes that never change: a body of many requests that exists once (Request::body), or the body of a response that
 *  outlives it (Response::body_buffer). Thread: any. Blocks: never. Since 0.1. */
class Buffer {
 public:
  /** With a copy of bytes. */
  explicit Buffer(std::string_view bytes) {
    detail::call(ppn_buffer_new, detail::bytes_of(bytes), bytes.size(), handle_.out());
  }
  /** Takes over a reference. */
  explicit Buffer(detail::BufferHandle handle) noexcept : handle_(std::move(handle)) {}

  /** Another owner of the same bytes. */
  Buffer share() const noexcept { return Buffer(handle_.share()); }

  /** A view that lives as long as this object or another owner. */
  std::string_view view() const noexcept {
    const uint8_t* const bytes = ppn_buffer_data(handle());
    return bytes != nullptr ? std::string_view(reinterpret_cast<const char*>(bytes), size()) : std::string_view();
  }
  size_t size() const noexcept { return ppn_buffer_length(handle()); }

  /** The handle for calls into the C ABI; it stays this object's. */
  ppn_buffer* handle() const noexcept { return handle_.get(); }

 private:
  detail::BufferHandle handle_;
};

}  // namespace api_v0
}  // namespace ppn

#endif
