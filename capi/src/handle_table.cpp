#include "handle_table.hpp"

#include <new>

namespace ppn::capi {
namespace {

// The counter word: generation 63..32, kind 31..27, references 26..0.
constexpr std::uint64_t kReferences = 0x07ff'ffff;
constexpr unsigned kKindShift = 27;
constexpr unsigned kGenerationShift = 32;

// The handle; see handle_table.hpp.
constexpr std::uint64_t kMark = std::uint64_t{2} << 61;
constexpr std::uint64_t kMarkMask = std::uint64_t{7} << 61;
constexpr std::uint64_t kKindMask = 0x1f;
constexpr unsigned kHandleKindShift = 56;
constexpr unsigned kHandleGenerationShift = 24;
constexpr std::uint32_t kIndexMask = 0xff'ffff;

static_assert(sizeof(std::uintptr_t) == 8, "handles need 64 bits");

constexpr std::uint64_t word_of(std::uint32_t generation, std::uint64_t kind, std::uint64_t references) noexcept {
  return std::uint64_t{generation} << kGenerationShift | kind << kKindShift | references;
}

constexpr std::uint32_t generation_of_handle(std::uintptr_t handle) noexcept {
  return static_cast<std::uint32_t>(handle >> kHandleGenerationShift);
}

constexpr std::uint32_t index_of_handle(std::uintptr_t handle) noexcept {
  return static_cast<std::uint32_t>(handle) & kIndexMask;
}

// The word of a live object of this handle without its references.
constexpr std::uint64_t live_word(std::uintptr_t handle, HandleKind kind) noexcept {
  return word_of(generation_of_handle(handle), static_cast<std::uint64_t>(kind), 0);
}

constexpr bool looks_like(std::uintptr_t handle, HandleKind kind) noexcept {
  return (handle & kMarkMask) == kMark &&
         ((handle >> kHandleKindShift) & kKindMask) == static_cast<std::uint64_t>(kind);
}

// Constant-initialised and without a destructor that does anything: there is no order of start and exit to get wrong.
constinit HandleTable table;

}  // namespace

HandleTable& handle_table() noexcept {
  return table;
}

HandleTable::Place HandleTable::reserve() noexcept {
  Place place = pop_free();
  while (place.slot == nullptr && grow()) place = pop_free();
  return place;
}

std::uintptr_t HandleTable::publish(Place place, HandleKind kind) noexcept {
  const auto generation =
      static_cast<std::uint32_t>(place.slot->state.load(std::memory_order_relaxed) >> kGenerationShift);
  const auto kind_bits = static_cast<std::uint64_t>(kind);
  place.slot->state.store(word_of(generation, kind_bits, 1), std::memory_order_release);
  return kMark | kind_bits << kHandleKindShift | std::uint64_t{generation} << kHandleGenerationShift | place.index;
}

HandleSlot* HandleTable::acquire(std::uintptr_t handle, HandleKind kind) noexcept {
  if (!looks_like(handle, kind)) return nullptr;
  HandleSlot* const slot = at(index_of_handle(handle));
  if (slot == nullptr) return nullptr;
  const std::uint64_t live = live_word(handle, kind);
  std::uint64_t word = slot->state.load(std::memory_order_relaxed);
  do {
    const std::uint64_t references = word & kReferences;
    if (word - references != live || references == 0 || references == kReferences) return nullptr;
  } while (!slot->state.compare_exchange_weak(word, word + 1, std::memory_order_acquire, std::memory_order_relaxed));
  return slot;
}

HandleSlot* HandleTable::release(std::uintptr_t handle, HandleKind kind) noexcept {
  if (!looks_like(handle, kind)) return nullptr;
  HandleSlot* const slot = at(index_of_handle(handle));
  if (slot == nullptr) return nullptr;
  const std::uint64_t live = live_word(handle, kind);
  std::uint64_t word = slot->state.load(std::memory_order_relaxed);
  do {
    const std::uint64_t references = word & kReferences;
    if (word - references != live || references == 0) return nullptr;
  } while (!slot->state.compare_exchange_weak(word, word - 1, std::memory_order_acq_rel, std::memory_order_relaxed));
  return (word & kReferences) == 1 ? slot : nullptr;
}

void HandleTable::recycle(std::uintptr_t handle) noexcept {
  const std::uint32_t index = index_of_handle(handle);
  HandleSlot& slot = *at(index);
  slot.state.store(word_of(generation_of_handle(handle) + 1, 0, 0), std::memory_order_relaxed);
  push_free(index, slot);
}

HandleSlot* HandleTable::at(std::uint32_t index) noexcept {
  if (index < kChunkSlots) return &first_chunk_.slots[index];
  Chunk* const chunk = chunks_[index / kChunkSlots].load(std::memory_order_acquire);
  return chunk == nullptr ? nullptr : &chunk->slots[index % kChunkSlots];
}

bool HandleTable::grow() noexcept {
  const std::lock_guard lock(growing_);
  // Another thread may have grown the table while this one waited.
  if (static_cast<std::uint32_t>(free_.load(std::memory_order_acquire)) != 0) return true;
  if (chunk_count_ == kChunks) return false;
  Chunk* const chunk = chunk_count_ == 0 ? &first_chunk_ : new (std::nothrow) Chunk{};
  if (chunk == nullptr) return false;
  const std::uint32_t base = chunk_count_ * kChunkSlots;
  const std::uint32_t first = chunk_count_ == 0 ? 1 : 0;  // slot 0 is the reserved one
  for (std::uint32_t i = first; i + 1 < kChunkSlots; ++i) {
    chunk->slots[i].next_free.store(base + i + 2, std::memory_order_relaxed);
  }
  if (chunk_count_ != 0) chunks_[chunk_count_].store(chunk, std::memory_order_release);
  ++chunk_count_;
  push_free(base + first, chunk->slots[kChunkSlots - 1]);
  return true;
}

void HandleTable::push_free(std::uint32_t first, HandleSlot& last) noexcept {
  std::uint64_t head = free_.load(std::memory_order_relaxed);
  std::uint64_t wanted = 0;
  do {
    last.next_free.store(static_cast<std::uint32_t>(head), std::memory_order_relaxed);
    wanted = ((head >> 32) + 1) << 32 | (first + 1);
  } while (!free_.compare_exchange_weak(head, wanted, std::memory_order_release, std::memory_order_relaxed));
}

HandleTable::Place HandleTable::pop_free() noexcept {
  std::uint64_t head = free_.load(std::memory_order_acquire);
  while (static_cast<std::uint32_t>(head) != 0) {
    const std::uint32_t index = static_cast<std::uint32_t>(head) - 1;
    HandleSlot* const slot = at(index);
    const std::uint64_t wanted = ((head >> 32) + 1) << 32 | slot->next_free.load(std::memory_order_relaxed);
    if (free_.compare_exchange_weak(head, wanted, std::memory_order_acquire, std::memory_order_acquire)) {
      return {slot, index};
    }
  }
  return {};
}

}  // namespace ppn::capi
