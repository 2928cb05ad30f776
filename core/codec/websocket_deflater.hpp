// Compresses the messages that a client sends (RFC 7692 7.2.1).
#pragma once

#include <string>
#include <string_view>

#include "codec/permessage_deflate.hpp"
#include "codec/permessage_deflate_pool.hpp"

namespace ppn {

// For one connection and one thread at a time. With client_no_context_takeover it holds a zlib stream from the first
// piece of a message to its last only.
class WebSocketDeflater {
 public:
  WebSocketDeflater(const DeflateParameters& agreed, int level);

  // Appends the compressed form of the next piece of a message to `out`; the message ends with the piece that is `last`.
  // What each call appends can be the payload of a frame; a piece that is not the last may append nothing, because zlib
  // collects. The frame of the first piece carries RSV1. Messages follow each other in the order of these calls.
  // A piece is below 4 GiB. Throws std::bad_alloc; then the message must not go on, and with context takeover no other may be compressed.
  void compress(std::string_view piece, bool last, std::string& out);

  // Whether a zlib stream is held.
  bool holds_stream() const noexcept { return stream_ != nullptr; }

 private:
  DeflateSettings settings_;
  bool keep_context_;
  bool in_message_ = false;
  PooledDeflate stream_;
};

}  // namespace ppn
