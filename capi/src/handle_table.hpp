// The one table behind all handles of the C ABI.
//
// A handle is no address: its bits are a mark, the kind of the object, the number of a slot and the generation of that
// slot. A handle that was released, belongs to another type, or never came from here is recognised by comparing bits,
// and no memory of an object that is gone is ever touched.
//
//     bits   63..61  mark: no address of a user process has it, so a stray access faults instead of reading something
//            60..56  kind
//            55..24  generation of the slot
//            23..0   number of the slot
//
// A slot holds one counter word: generation, kind and references. Every change is one compare-and-swap of that word, so
// "is it still alive" and "count one more" can not be torn apart by a release on another thread. Slots never move and
// are never given back to the system.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace ppn::capi {

enum class HandleKind : std::uint8_t {
  client = 1,
  config = 2,
  error = 3,
  request = 4,
  response = 5,
  stream = 6,
  buffer = 7,
  headers = 8,
  json = 9,
  sse_decoder = 10,
  line_decoder = 11,
  retry_policy = 12,
  rate_limiter = 13,
  rate_ticket = 14,
  batch = 17,
  websocket = 18,
  middleware = 15,
  middleware_context = 16,
};

// What every object has to fit into; one slot is one cache line.
inline constexpr std::size_t kObjectBytes = 48;

struct alignas(64) HandleSlot {
  std::atomic<std::uint64_t> state{0};  // generation, kind, references; see handle_table.cpp
  std::atomic<std::uint32_t> next_free{0};
  alignas(8) std::array<std::byte, kObjectBytes> object;
};
static_assert(sizeof(HandleSlot) == 64);

// Thread: any, for every function. Nothing waits but `reserve`, when the table has to grow.
class HandleTable {
 public:
  struct Place {
    HandleSlot* slot = nullptr;
    std::uint32_t index = 0;
  };

  constexpr HandleTable() noexcept = default;
  HandleTable(const HandleTable&) = delete;
  HandleTable& operator=(const HandleTable&) = delete;

  // A slot for a new object. Its `slot` is null when memory or numbers are exhausted.
  Place reserve() noexcept;
  // The slot that reserve() never hands out: for the one error that has to exist when memory does not.
  Place reserved_place() noexcept { return {&first_chunk_.slots[0], 0}; }

  // Makes the object that was constructed in the slot reachable; returns its handle with one reference.
  std::uintptr_t publish(Place place, HandleKind kind) noexcept;

  // Counts one reference more and returns the slot; null when the handle is not alive or of another kind.
  HandleSlot* acquire(std::uintptr_t handle, HandleKind kind) noexcept;
  // Counts one reference less. When it was the last one the caller must destroy the object and call `recycle`: then
  // the slot is returned, otherwise null.
  HandleSlot* release(std::uintptr_t handle, HandleKind kind) noexcept;
  void recycle(std::uintptr_t handle) noexcept;

 private:
  static constexpr std::uint32_t kChunkSlots = 256;
  static constexpr std::uint32_t kChunks = 65'536;

  struct Chunk {
    std::array<HandleSlot, kChunkSlots> slots;
  };

  HandleSlot* at(std::uint32_t index) noexcept;
  bool grow() noexcept;
  void push_free(std::uint32_t first, HandleSlot& last) noexcept;
  Place pop_free() noexcept;

  // Number of the slot + 1 in the low half, 0 = empty; a count of changes in the high half, so that a head which went
  // away and came back is not mistaken for one that stayed.
  std::atomic<std::uint64_t> free_{0};
  std::mutex growing_;
  std::uint32_t chunk_count_ = 0;  // guarded by growing_
  Chunk first_chunk_{};
  std::array<std::atomic<Chunk*>, kChunks> chunks_{};  // [0] stays null: it is first_chunk_
};

// The table of the process. It outlives everything: handles may be released while the process exits.
HandleTable& handle_table() noexcept;

}  // namespace ppn::capi
