// zlib streams for messages that are compressed by themselves. Making one costs more than a small message, so each
// thread keeps the last few that were given back; a connection between two messages holds none.
#pragma once

#include <memory>

struct z_stream_s;

namespace ppn {

struct DeflateSettings {
  int window_bits = 15;
  int level = 1;

  bool operator==(const DeflateSettings&) const = default;
};

// Give a stream back to the pool of the calling thread; a full pool frees one.
struct DeflateReturn {
  DeflateSettings settings;
  void operator()(z_stream_s* stream) const noexcept;
};
struct InflateReturn {
  void operator()(z_stream_s* stream) const noexcept;
};

using PooledDeflate = std::unique_ptr<z_stream_s, DeflateReturn>;
using PooledInflate = std::unique_ptr<z_stream_s, InflateReturn>;

// A raw deflate stream without history. Throws std::bad_alloc.
PooledDeflate take_deflate(const DeflateSettings& settings);
PooledInflate take_inflate(int window_bits);

}  // namespace ppn
