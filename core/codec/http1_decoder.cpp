#include "codec/http1_decoder.hpp"

#include <algorithm>

#include "codec/http1_framing.hpp"

namespace ppn {

Http1Decoder::Http1Decoder(const Http1Limits& limits) : limits_(limits) {
  begin(false);
}

void Http1Decoder::begin(bool head_request, bool upgrade_asked) {
  state_ = State::head;
  head_request_ = head_request;
  upgrade_asked_ = upgrade_asked;
  started_ = false;
  persistent_ = false;
  ended_by_close_ = false;
  interim_seen_ = 0;
  body_bytes_ = 0;
  remaining_ = 0;
  content_length_.reset();
  data_ = {};
  make_heads();
  heads_->head.headers.clear();
  trailers_.reset();
  heads_->block.begin_response();
  heads_->block.begin_head();
}

void Http1Decoder::make_heads() {
  if (!heads_) heads_ = std::make_unique<Heads>();
}

void Http1Decoder::release_memory() noexcept {
  if (!heads_ || state_ == State::head || state_ == State::trailers) return;
  head_bytes_ = heads_->block.bytes_used();
  heads_.reset();
}

Http1Decoder::Step Http1Decoder::next(std::string_view& input) {
  data_ = {};
  switch (state_) {
    case State::head: return read_head(input);
    case State::length: return read_length(input);
    case State::until_close:
      if (input.empty()) return Step::need_input;
      data_ = input;
      body_bytes_ += input.size();
      input = {};
      return Step::data;
    case State::chunked: return read_chunked(input);
    case State::trailers: return read_trailers(input);
    case State::done: return Step::end;
    case State::failed: return Step::failed;
  }
  return Step::failed;
}

Http1Decoder::Step Http1Decoder::read_head(std::string_view& input) {
  if (!input.empty()) started_ = true;
  auto& [head, block] = *heads_;
  switch (block.next(input, limits_)) {
    case Http1Block::Step::need_input: return Step::need_input;
    case Http1Block::Step::failed: return fail(block.problem().code, Phase::first_byte, block.problem().text);
    case Http1Block::Step::done: break;
  }
  head.status = status_ = block.status();
  head.minor_version = block.minor_version();
  head.reason.assign(block.reason());
  block.swap_fields(head.headers);
  return status_ < 200 ? take_interim_head() : take_final_head();
}

// RFC 9110 15.2: any number of interim responses may come first, asked for or not. "Any" gets a limit.
Http1Decoder::Step Http1Decoder::take_interim_head() {
  if (status_ == 101) {
    if (upgrade_asked_) {
      state_ = State::done;
      persistent_ = false;
      return Step::head;
    }
    return fail(ErrorCode::http_protocol, Phase::first_byte, "the peer switches protocols without being asked");
  }
  if (++interim_seen_ > limits_.interim_responses) {
    return fail(ErrorCode::http_protocol, Phase::first_byte, "too many interim responses");
  }
  heads_->block.begin_head();
  return Step::interim;
}

Http1Decoder::Step Http1Decoder::take_final_head() {
  const Http1Framing framing = frame_response(heads_->head, head_request_);
  if (framing.problem.code != ErrorCode::ok) {
    return fail(framing.problem.code, Phase::first_byte, framing.problem.text);
  }
  content_length_ = framing.content_length;
  persistent_ = framing.persistent;
  head_fields_ = heads_->head.headers.size();
  switch (framing.body) {
    case Http1Framing::Body::none: state_ = State::done; break;
    case Http1Framing::Body::length:
      remaining_ = content_length_.value_or(0);
      state_ = remaining_ == 0 ? State::done : State::length;
      break;
    case Http1Framing::Body::chunked:
      chunks_.begin();
      state_ = State::chunked;
      break;
    case Http1Framing::Body::until_close: state_ = State::until_close; break;
  }
  return Step::head;
}

Http1Decoder::Step Http1Decoder::read_length(std::string_view& input) {
  if (input.empty()) return Step::need_input;
  data_ = input.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, input.size())));
  input.remove_prefix(data_.size());
  remaining_ -= data_.size();
  body_bytes_ += data_.size();
  if (remaining_ == 0) state_ = State::done;
  return Step::data;
}

Http1Decoder::Step Http1Decoder::read_chunked(std::string_view& input) {
  switch (chunks_.next(input, limits_.chunk_extension_bytes)) {
    case Http1ChunkReader::Step::need_input: return Step::need_input;
    case Http1ChunkReader::Step::failed: return fail(chunks_.problem().code, Phase::body, chunks_.problem().text);
    case Http1ChunkReader::Step::data:
      data_ = chunks_.data();
      body_bytes_ += data_.size();
      return Step::data;
    case Http1ChunkReader::Step::last: break;
  }
  if (!heads_) {
    make_heads();
    heads_->block.begin_response(head_bytes_);
  }
  heads_->block.begin_trailers(head_fields_);
  state_ = State::trailers;
  return read_trailers(input);
}

Http1Decoder::Step Http1Decoder::read_trailers(std::string_view& input) {
  Http1Block& block = heads_->block;
  switch (block.next(input, limits_)) {
    case Http1Block::Step::need_input: return Step::need_input;
    case Http1Block::Step::failed: return fail(block.problem().code, Phase::body, block.problem().text);
    case Http1Block::Step::done: break;
  }
  HeaderList fields;
  block.swap_fields(fields);
  if (!fields.empty()) trailers_.make() = std::move(fields);
  state_ = State::done;
  return Step::end;
}

Http1Decoder::Step Http1Decoder::end_of_input() {
  data_ = {};
  switch (state_) {
    case State::head:
      if (started_) return fail(ErrorCode::http_protocol, Phase::first_byte, "the connection ended within a head");
      return fail(ErrorCode::connection_closed, Phase::first_byte, "the peer closed the connection without a response");
    case State::until_close:
      ended_by_close_ = true;
      state_ = State::done;
      return Step::end;
    case State::length:
    case State::chunked:
    case State::trailers: return fail_truncated();
    case State::done: return Step::end;
    case State::failed: return Step::failed;
  }
  return Step::failed;
}

// RFC 9112 8: an incomplete message is never passed off as a complete one.
Http1Decoder::Step Http1Decoder::fail_truncated() {
  const std::string received = "the body ended after " + std::to_string(body_bytes_);
  if (state_ == State::length) {
    return fail(ErrorCode::body_truncated, Phase::body,
                received + " of " + std::to_string(content_length_.value_or(0)) + " bytes");
  }
  return fail(ErrorCode::body_truncated, Phase::body, received + " bytes without its last chunk");
}

Http1Decoder::Step Http1Decoder::fail(ErrorCode code, Phase phase, std::string message) {
  state_ = State::failed;
  persistent_ = false;
  error_ = Error(code, phase, std::move(message));
  error_->received_bytes = body_bytes_;
  error_->http_status = phase == Phase::body ? status_ : 0;
  return Step::failed;
}

}  // namespace ppn
