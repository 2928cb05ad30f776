// HTTP/1.1 responses from bytes (RFC 9112). Knows no socket: bytes in, one step at a time out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/rare.hpp"
#include "base/rare_error.hpp"
#include "codec/headers.hpp"
#include "codec/http1_block.hpp"
#include "codec/http1_chunked.hpp"
#include "codec/http1_types.hpp"

namespace ppn {

// Use: begin(), then next() until it returns `need_input` (read more from the peer) or one of the last two steps.
//
//   begin -> (interim)* -> head -> (data)* -> end        `failed` is possible everywhere and is final until begin()
//
// Between steps the decoder keeps no reference to the input.
class Http1Decoder {
 public:
  enum class Step {
    need_input,  // the input is used up
    interim,     // head() is a 1xx response; the real one follows
    head,        // head() is the response; for 101 see begin()
    data,        // data() is a piece of the body
    end,         // the message is complete; bytes after it stay in the input
    failed,      // error() says why
  };

  explicit Http1Decoder(const Http1Limits& limits = {});

  // The next response on this connection; keeps the memory of the last one. With `upgrade_asked`, 101 is a final response
  // without a body, after which the input belongs to the new protocol (RFC 9110 15.2.2).
  void begin(bool head_request, bool upgrade_asked = false);

  Step next(std::string_view& input);  // consumes from the front of `input`

  // The peer closed its side in order: `end` when the message is complete by that, else `failed` with
  // connection_closed (nothing of a response came), http_protocol (within a head) or body_truncated.
  Step end_of_input();

  // Until begin() or release_memory().
  const ResponseHead& head() const noexcept { return heads_->head; }
  ResponseHead take_head() { return std::move(heads_->head); }
  std::string_view data() const noexcept { return data_; }  // a slice of the input of that call
  Rare<HeaderList> take_trailers() noexcept { return std::move(trailers_); }

  // After `end`: HTTP allows another request on this connection. Bytes left over are the caller's to notice.
  bool keep_alive() const noexcept { return persistent_ && state_ == State::done; }
  bool close_delimited() const noexcept { return state_ == State::until_close || ended_by_close_; }
  std::uint64_t body_bytes() const noexcept { return body_bytes_; }
  std::optional<std::uint64_t> content_length() const noexcept { return content_length_; }
  // What next() says does not depend on input any more.
  bool settled() const noexcept { return state_ == State::done || state_ == State::failed; }
  bool started() const noexcept { return started_; }  // a byte of this response was seen, interim ones included
  const Error& error() const noexcept { return error_.get(); }

  // For a body that takes its time: gives up what only heads and trailers need. Without effect within either of them.
  void release_memory() noexcept;

 private:
  enum class State : std::uint8_t { head, length, until_close, chunked, trailers, done, failed };

  // What reads heads and trailers. Goes round from one response to the next unless release_memory() has dropped it.
  struct Heads {
    ResponseHead head;
    Http1Block block;
  };

  Step read_head(std::string_view& input);
  Step read_length(std::string_view& input);
  Step read_chunked(std::string_view& input);
  Step read_trailers(std::string_view& input);
  Step take_final_head();
  Step take_interim_head();
  Step fail(ErrorCode code, Phase phase, std::string message);
  Step fail_truncated();

  void make_heads();

  Http1Limits limits_;
  State state_ = State::head;
  bool head_request_ = false;
  bool upgrade_asked_ = false;
  bool started_ = false;
  bool persistent_ = false;
  bool ended_by_close_ = false;
  int interim_seen_ = 0;
  int status_ = 0;  // these three of the head, which may have been taken or dropped
  std::size_t head_fields_ = 0;
  std::size_t head_bytes_ = 0;  // set by release_memory()
  std::uint64_t body_bytes_ = 0;
  std::uint64_t remaining_ = 0;
  std::optional<std::uint64_t> content_length_;
  std::string_view data_;
  std::unique_ptr<Heads> heads_;
  Rare<HeaderList> trailers_;
  Http1ChunkReader chunks_;
  RareError error_;
};

}  // namespace ppn
