#include "pepperpy/network/buffer.h"

#include <memory>
#include <string>

#include "boundary.hpp"
#include "objects.hpp"

using namespace ppn;
using namespace ppn::capi;

int32_t ppn_buffer_new(const uint8_t* data, size_t length, ppn_buffer** out, ppn_error** error) {
  return boundary(error, [&](Arguments& in) -> Status {
    in.out(out, "out");
    const auto bytes = in.bytes(data, length, "data");
    if (!in.ok()) return in.failure();
    *out = make_handle<ppn_buffer>(BufferObject{std::make_shared<const std::string>(bytes)});
    return {};
  });
}

ppn_buffer* ppn_buffer_acquire(ppn_buffer* buffer) {
  return acquire(buffer);
}

void ppn_buffer_release(ppn_buffer* buffer) {
  release(buffer);
}

const uint8_t* ppn_buffer_data(const ppn_buffer* buffer) {
  return read(buffer, static_cast<const uint8_t*>(nullptr),
              [](const BufferObject& object) { return reinterpret_cast<const uint8_t*>(object.bytes->c_str()); });
}

size_t ppn_buffer_length(const ppn_buffer* buffer) {
  return read(buffer, size_t{0}, [](const BufferObject& object) { return object.bytes->size(); });
}
