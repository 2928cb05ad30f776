#include "user_body.hpp"

#include "flow.hpp"

namespace ppn::capi {
namespace {

// noexcept as the trampolines of CallbackAdapter: a C++ exception out of a user's callback ends the process here.

std::int32_t call(ppn_read_fn read, void* user_data, ppn_request* request, std::span<char> out,
                  std::size_t& length) noexcept {
  return read(user_data, request, reinterpret_cast<std::uint8_t*>(out.data()), out.size(), &length);
}

std::int32_t call(ppn_rewind_fn rewind, void* user_data, ppn_request* request) noexcept {
  return rewind(user_data, request);
}

}  // namespace

Flow UserBody::read(std::span<char> out, std::size_t& length) {
  return flow_of(call(read_, user_.get(), handle_, out, length), *(*request_)->call);
}

bool UserBody::rewind() {
  return call(rewind_, user_.get(), handle_) == 0;
}

}  // namespace ppn::capi
