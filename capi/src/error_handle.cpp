#include "error_handle.hpp"

#include <exception>
#include <memory>
#include <new>
#include <utility>

#include "client/call_secrets.hpp"
#include "objects.hpp"

namespace ppn::capi {
namespace {

// Constructed in the reserved slot with the first use. Its texts fit into std::string itself and the pointer to it
// counts nothing, so nothing is allocated. The first reference is never dropped.
std::uintptr_t immortal_out_of_memory() noexcept {
  static const Error error(ErrorCode::out_of_memory, Phase::none, "out of memory");
  static const std::uintptr_t handle = [] {
    const HandleTable::Place place = handle_table().reserved_place();
    ::new (static_cast<void*>(place.slot->object.data()))
        ErrorObject{std::shared_ptr<const Error>(std::shared_ptr<const Error>(), &error)};
    return handle_table().publish(place, HandleKind::error);
  }();
  return handle;
}

}  // namespace

ppn_error* out_of_memory_error() noexcept {
  return add_reference(reinterpret_cast<ppn_error*>(immortal_out_of_memory()));
}

ppn_error* make_error(Error&& error) noexcept {
  try {
    scrub_error(error);
    return make_handle<ppn_error>(ErrorObject{std::make_shared<const Error>(std::move(error))});
  } catch (const std::bad_alloc&) {
    return out_of_memory_error();
  }
}

std::int32_t give_error(ppn_error** out, Error&& error) noexcept {
  const auto code = static_cast<std::int32_t>(error.code);
  if (out != nullptr) *out = make_error(std::move(error));
  return code;
}

std::int32_t give_current_exception(ppn_error** out) noexcept {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    if (out != nullptr) *out = out_of_memory_error();
    return PPN_E_OUT_OF_MEMORY;
  } catch (...) {
    // Its text may hold anything, so it is not repeated.
  }
  try {
    return give_error(out, Error(ErrorCode::internal, Phase::none, "an exception reached the boundary of the library"));
  } catch (const std::bad_alloc&) {
    if (out != nullptr) *out = out_of_memory_error();
    return PPN_E_OUT_OF_MEMORY;
  }
}

}  // namespace ppn::capi
