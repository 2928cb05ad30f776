// Pieces of a stream, or messages of a WebSocket, into one buffer.
#pragma once

#include <pepperpy/network.h>

#include <cstdint>
#include <cstring>

#include "streams.hpp"

namespace ppn_bindings {

// The source and the piece that has been taken from it and did not fit yet.
struct Pieces {
  const ppn_event* waiting = nullptr;
};

struct Piece {
  explicit Piece(const ppn_event* piece) noexcept : event(piece) {
    type = ppn_event_type(event, &type_length);
    id = ppn_event_id(event, &id_length);
    data = ppn_event_data(event, &data_length);
  }
  std::size_t size() const noexcept { return 4 + 2 * 8 + 3 * 4 + type_length + id_length + data_length; }
  void write(std::uint8_t* to) const noexcept {
    to = put(to, static_cast<std::int32_t>(size()));
    to = put(to, static_cast<std::int64_t>(ppn_event_index(event)));
    to = put(to, ppn_event_retry_ms(event));
    to = put(to, type, type_length);
    to = put(to, id, id_length);
    put(to, data, data_length);
  }

  const ppn_event* event;
  const char* type = nullptr;
  const char* id = nullptr;
  const char* data = nullptr;
  std::size_t type_length = 0;
  std::size_t id_length = 0;
  std::size_t data_length = 0;

 private:
  template <class Number>
  static std::uint8_t* put(std::uint8_t* to, Number value) noexcept {
    std::memcpy(to, &value, sizeof value);
    return to + sizeof value;
  }
  static std::uint8_t* put(std::uint8_t* to, const char* text, std::size_t length) noexcept {
    to = put(to, static_cast<std::int32_t>(length));
    if (length != 0) std::memcpy(to, text, length);
    return to + length;
  }
};

// `next(&event, error)` looks for a piece without waiting, as ppn_stream_next with timeout 0.
template <class Next>
std::int64_t take_pieces(Pieces& pieces, std::uint8_t* buffer, std::size_t capacity, ppn_error** error, Next next) {
  std::size_t used = 0;
  while (true) {
    if (pieces.waiting == nullptr) {
      const std::int32_t status = next(&pieces.waiting, error);
      if (status == PPN_PENDING) break;
      if (status != PPN_OK) {
        // The end and errors are told again by the next look.
        if (used == 0) return status == PPN_END ? std::int64_t{PPNB_END} : -std::int64_t{status};
        if (error != nullptr) {
          ppn_error_release(*error);
          *error = nullptr;
        }
        break;
      }
    }
    const Piece piece(pieces.waiting);
    if (piece.size() > capacity - used) {
      if (used == 0) return PPNB_TOO_SMALL;
      break;
    }
    piece.write(buffer + used);
    used += piece.size();
    pieces.waiting = nullptr;
  }
  return static_cast<std::int64_t>(used);
}

inline std::int64_t needed_for(const Pieces& pieces) noexcept {
  return pieces.waiting != nullptr ? static_cast<std::int64_t>(Piece(pieces.waiting).size()) : 0;
}

inline ppn_buffer* buffer_of(const char* data, std::size_t length) noexcept {
  ppn_buffer* buffer = nullptr;
  if (data == nullptr) return nullptr;
  ppn_buffer_new(reinterpret_cast<const std::uint8_t*>(data), length, &buffer, nullptr);
  return buffer;
}

}  // namespace ppn_bindings
