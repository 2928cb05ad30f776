#include "codec/permessage_deflate_pool.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

namespace ppn {
namespace {

// What a thread keeps at most: 512 KiB of deflate state and 160 KiB of inflate state.
constexpr std::size_t kKeptDeflates = 2;
constexpr std::size_t kKeptInflates = 4;

void free_deflate(z_stream* stream) noexcept {
  deflateEnd(stream);
  delete stream;
}

void free_inflate(z_stream* stream) noexcept {
  inflateEnd(stream);
  delete stream;
}

struct Pool {
  struct Deflate {
    z_stream* stream = nullptr;
    DeflateSettings settings;
  };
  std::array<Deflate, kKeptDeflates> deflates;
  std::array<z_stream*, kKeptInflates> inflates{};

  Pool() = default;
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool();
};

// Trivial, so that it can be asked when the pool of an ending thread is gone.
thread_local bool pool_gone = false;

Pool::~Pool() {
  pool_gone = true;
  for (Deflate& kept : deflates) {
    if (kept.stream != nullptr) free_deflate(kept.stream);
  }
  for (z_stream* const kept : inflates) {
    if (kept != nullptr) free_inflate(kept);
  }
}

Pool* local_pool() noexcept {
  thread_local Pool pool;
  return &pool;
}

z_stream* new_deflate(const DeflateSettings& settings) {
  auto stream = std::make_unique<z_stream>();
  // zlib can not make a raw stream with a window of 256 bytes, and with the next larger one matches could reach too far
  // back. Matches of run-length encoding have a distance of 1, which lies in every window.
  const bool smallest = settings.window_bits == 8;
  const int bits = smallest ? 9 : settings.window_bits;
  // Hash tables as large as the window: 256 KiB in all at 15 bits, 4 KiB at 9.
  const int memory_level = std::max(1, bits - 7);
  if (deflateInit2(stream.get(), settings.level, Z_DEFLATED, -bits, memory_level,
                   smallest ? Z_RLE : Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  return stream.release();
}

}  // namespace

void DeflateReturn::operator()(z_stream_s* stream) const noexcept {
  if (pool_gone) return free_deflate(stream);
  // The latest first; the oldest goes, so that settings nobody uses any more make room.
  auto& kept = local_pool()->deflates;
  std::rotate(kept.begin(), kept.end() - 1, kept.end());
  if (kept.front().stream != nullptr) free_deflate(kept.front().stream);
  kept.front() = {stream, settings};
}

void InflateReturn::operator()(z_stream_s* stream) const noexcept {
  if (!pool_gone) {
    for (z_stream*& place : local_pool()->inflates) {
      if (place != nullptr) continue;
      place = stream;
      return;
    }
  }
  free_inflate(stream);
}

PooledDeflate take_deflate(const DeflateSettings& settings) {
  if (!pool_gone) {
    for (Pool::Deflate& kept : local_pool()->deflates) {
      if (kept.stream == nullptr || kept.settings != settings) continue;
      z_stream* const stream = std::exchange(kept.stream, nullptr);
      deflateReset(stream);
      return PooledDeflate(stream, DeflateReturn{settings});
    }
  }
  return PooledDeflate(new_deflate(settings), DeflateReturn{settings});
}

PooledInflate take_inflate(int window_bits) {
  if (!pool_gone) {
    for (z_stream*& kept : local_pool()->inflates) {
      if (kept == nullptr) continue;
      z_stream* const stream = std::exchange(kept, nullptr);
      inflateReset2(stream, -window_bits);  // fails for nothing between 8 and 15
      return PooledInflate(stream);
    }
  }
  auto stream = std::make_unique<z_stream>();
  if (inflateInit2(stream.get(), -window_bits) != Z_OK) throw std::bad_alloc();
  return PooledInflate(stream.release());
}

}  // namespace ppn
