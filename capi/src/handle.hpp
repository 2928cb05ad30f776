// Typed handles over the table: making one, holding a reference while it is used, dropping one.
#pragma once

#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "base/live_objects.hpp"
#include "handle_table.hpp"

namespace ppn::capi {

// Which object stands behind a handle type, and its kind. Specialised beside each object in objects.hpp.
template <class Handle>
struct HandleTraits;

template <class Handle>
using ObjectOf = typename HandleTraits<std::remove_const_t<Handle>>::Object;

template <class Handle>
std::uintptr_t bits_of(Handle* handle) noexcept {
  return reinterpret_cast<std::uintptr_t>(handle);
}

// A new handle with one reference. Throws std::bad_alloc.
template <class Handle>
Handle* make_handle(ObjectOf<Handle> object) {
  using Object = ObjectOf<Handle>;
  static_assert(sizeof(Object) <= kObjectBytes);
  static_assert(alignof(Object) <= 8);
  static_assert(std::is_nothrow_move_constructible_v<Object>);
  const HandleTable::Place place = handle_table().reserve();
  if (place.slot == nullptr) throw std::bad_alloc();
  ::new (static_cast<void*>(place.slot->object.data())) Object(std::move(object));
  live_object_count().fetch_add(1, std::memory_order_relaxed);
  return reinterpret_cast<Handle*>(handle_table().publish(place, HandleTraits<Handle>::kind));
}

template <class Handle>
ObjectOf<Handle>& object_in(HandleSlot& slot) noexcept {
  return *std::launder(reinterpret_cast<ObjectOf<Handle>*>(slot.object.data()));
}

// Without effect on a handle that is NULL or not alive.
template <class Handle>
void drop_reference(Handle* handle) noexcept {
  using Plain = std::remove_const_t<Handle>;
  HandleSlot* const slot = handle_table().release(bits_of(handle), HandleTraits<Plain>::kind);
  if (slot == nullptr) return;
  // The counter is zero already: whatever the destructor calls finds this handle released.
  std::destroy_at(&object_in<Plain>(*slot));
  live_object_count().fetch_sub(1, std::memory_order_relaxed);
  handle_table().recycle(bits_of(handle));
}

// A reference to the object behind a handle, or nothing. While it is held no release on another thread, and none inside
// a callback, can take the object away.
template <class Handle>
class Pinned {
 public:
  using Plain = std::remove_const_t<Handle>;
  using Object = ObjectOf<Handle>;

  Pinned() noexcept = default;
  explicit Pinned(Handle* handle) noexcept
      : handle_(const_cast<Plain*>(handle)),
        slot_(handle_table().acquire(bits_of(handle), HandleTraits<Plain>::kind)) {}
  Pinned(Pinned&& other) noexcept : handle_(other.handle_), slot_(std::exchange(other.slot_, nullptr)) {}
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;
  Pinned& operator=(Pinned&&) = delete;
  ~Pinned() {
    if (slot_ != nullptr) drop_reference(handle_);
  }

  explicit operator bool() const noexcept { return slot_ != nullptr; }
  Object& operator*() const noexcept { return object_in<Plain>(*slot_); }
  Object* operator->() const noexcept { return &object_in<Plain>(*slot_); }
  Plain* handle() const noexcept { return handle_; }

  // Keeps the reference for somebody who drops it later. NULL when there is none.
  Plain* detach() noexcept { return std::exchange(slot_, nullptr) != nullptr ? handle_ : nullptr; }

 private:
  Plain* handle_ = nullptr;
  HandleSlot* slot_ = nullptr;
};

template <class Handle>
std::remove_const_t<Handle>* add_reference(Handle* handle) noexcept {
  return Pinned<Handle>(handle).detach();
}

}  // namespace ppn::capi
