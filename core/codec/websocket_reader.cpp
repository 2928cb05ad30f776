#include "codec/websocket_reader.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>

#include "codec/utf8.hpp"
#include "codec/websocket_inflater.hpp"

namespace ppn {
namespace {

constexpr unsigned kFin = 0x80;
constexpr unsigned kRsv1 = 0x40;
constexpr unsigned kOtherRsv = 0x30;
constexpr unsigned kOpcode = 0x0F;
constexpr unsigned kControl = 0x08;
constexpr unsigned kMasked = 0x80;
constexpr unsigned kLength = 0x7F;
constexpr unsigned kLength16 = 126;
constexpr unsigned kLength64 = 127;

// One huge message should not keep its memory for the rest of a long connection.
constexpr std::size_t kKeptBuffer = std::size_t{64} * 1024;

// So that sums of sizes do not overflow.
constexpr std::size_t kMostMessage = std::numeric_limits<std::size_t>::max() / 2;

constexpr WebSocketProblem kNotUtf8{close_code::kInvalidData, ErrorCode::ws_invalid_utf8,
                                    "a text message is not UTF-8"};
constexpr WebSocketProblem kTooBig{close_code::kMessageTooBig, ErrorCode::ws_message_too_big,
                                   "a message is larger than allowed"};

unsigned byte_at(const char* at) noexcept {
  return static_cast<unsigned char>(*at);
}

constexpr std::size_t header_bytes(unsigned length) noexcept {
  return length == kLength64 ? 10 : length == kLength16 ? 4 : 2;
}

// The compressed form of a message that may not shrink at all: blocks of stored bytes have heads, and a peer may flush
// often. Only the inflated message is held; this bounds the work for one that never gives anything.
constexpr std::uint64_t most_compressed(std::uint64_t message_bytes) noexcept {
  return message_bytes + message_bytes / 8 + 1024;
}

}  // namespace

WebSocketReader::WebSocketReader(const WebSocketReaderLimits& limits, const std::optional<DeflateParameters>& deflate)
    : limits_(limits) {
  limits_.message_bytes = std::min(limits_.message_bytes, kMostMessage);
  if (deflate) inflater_ = std::make_unique<WebSocketInflater>(*deflate, limits_.message_bytes);
}

WebSocketReader::WebSocketReader(WebSocketReader&&) noexcept = default;
WebSocketReader& WebSocketReader::operator=(WebSocketReader&&) noexcept = default;
WebSocketReader::~WebSocketReader() = default;

WebSocketReader::Step WebSocketReader::feed(std::string_view& input, WebSocketSink& sink) {
  try {
    return run(input, sink);
  } catch (const std::bad_alloc&) {
    fail({close_code::kInternalError, ErrorCode::out_of_memory, "no memory for a message"});
    return Step::failed;
  }
}

WebSocketReader::Step WebSocketReader::run(std::string_view& input, WebSocketSink& sink) {
  while (true) {
    Item item = Item::complete;
    switch (state_) {
      case State::header: item = read_header(input); break;
      case State::payload: item = read_payload(input, sink); break;
      case State::control: item = read_control(input, sink); break;
      case State::closed: input = {}; return Step::closed;
      case State::failed: return Step::failed;
    }
    if (item == Item::complete) continue;
    if (item == Item::failed) return Step::failed;
    return item == Item::stopped ? Step::stopped : Step::need_input;
  }
}

WebSocketReader::Item WebSocketReader::read_header(std::string_view& input) {
  if (input.empty()) return Item::incomplete;
  const char* at = input.data();
  std::size_t have = input.size();
  if (header_size_ != 0) {
    // The rest may hold more than the header; only what belongs to it is taken below.
    have = std::min(header_.size() - header_size_, input.size());
    std::memcpy(header_.data() + header_size_, input.data(), have);
    have += header_size_;
    at = header_.data();
  }
  if (!check_start(byte_at(at))) return Item::failed;
  if (have >= 2 && !check_second(byte_at(at), byte_at(at + 1))) return Item::failed;
  const std::size_t need = have >= 2 ? header_bytes(byte_at(at + 1) & kLength) : 2;
  if (have < need) {
    if (header_size_ == 0) std::memcpy(header_.data(), at, have);
    header_size_ = static_cast<std::uint8_t>(have);
    input = {};
    return Item::incomplete;
  }

  const unsigned first = byte_at(at);
  std::uint64_t length = byte_at(at + 1) & kLength;
  if (need > 2) {
    length = 0;
    for (std::size_t i = 2; i < need; ++i) length = length << 8 | byte_at(at + i);
    if (length <= (need == 4 ? kMaxControlPayload : 0xFFFF) || length >> 63 != 0) {
      break_protocol("the length of a frame is not in its shortest form");
      return Item::failed;
    }
  }
  input.remove_prefix(need - header_size_);
  header_size_ = 0;
  fin_ = (first & kFin) != 0;
  opcode_ = static_cast<WebSocketOpcode>(first & kOpcode);
  if ((first & kControl) == 0 && !in_message_) {
    in_message_ = true;
    type_ = opcode_ == WebSocketOpcode::text ? WebSocketMessageType::text : WebSocketMessageType::binary;
    compressed_ = (first & kRsv1) != 0;
  }
  return begin_frame(length) ? Item::complete : Item::failed;
}

// What the first byte of a frame may be (RFC 6455 5.2, 5.4, 5.5; RFC 7692 6.1).
bool WebSocketReader::check_start(unsigned first) {
  const unsigned opcode = first & kOpcode;
  const bool control = (opcode & kControl) != 0;
  if ((first & kOtherRsv) != 0 || ((first & kRsv1) != 0 && !inflater_)) {
    return break_protocol("a reserved bit of a frame is set");
  }
  if ((opcode > 0x2 && !control) || opcode > 0xA) return break_protocol("the opcode of a frame is reserved");
  if (control && (first & kFin) == 0) return break_protocol("a control frame is fragmented");
  const bool continues = opcode == static_cast<unsigned>(WebSocketOpcode::continuation);
  if ((first & kRsv1) != 0 && (control || continues)) {
    return break_protocol("a frame that begins no message is marked as compressed");
  }
  if (control || continues == in_message_) return true;
  return break_protocol(continues ? "a fragment continues no message" : "a message begins inside another one");
}

// The second byte: mask bit and short length (RFC 6455 5.1, 5.5, 5.5.1).
bool WebSocketReader::check_second(unsigned first, unsigned second) {
  if ((second & kMasked) != 0) return break_protocol("the server masked a frame");
  const unsigned length = second & kLength;
  if ((first & kControl) != 0 && length > kMaxControlPayload) {
    return break_protocol("a control frame is longer than 125 bytes");
  }
  if ((first & kOpcode) == static_cast<unsigned>(WebSocketOpcode::close) && length == 1) {
    return break_protocol("a Close frame holds half a code");
  }
  return true;
}

bool WebSocketReader::begin_frame(std::uint64_t payload_bytes) {
  remaining_ = payload_bytes;
  if ((static_cast<unsigned>(opcode_) & kControl) != 0) {
    state_ = State::control;
    return true;
  }
  state_ = State::payload;
  const std::uint64_t limit = compressed_ ? most_compressed(limits_.message_bytes) : limits_.message_bytes;
  const std::uint64_t taken = compressed_ ? inflater_->taken() : message_.size();
  return payload_bytes <= limit - taken || fail(kTooBig);
}

WebSocketReader::Item WebSocketReader::read_payload(std::string_view& input, WebSocketSink& sink) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, input.size()));
  const std::string_view piece = input.substr(0, size);
  const bool frame_ends = size == remaining_;
  const bool message_ends = frame_ends && fin_;
  if (message_ends && message_.empty() && !compressed_) {
    if (type_ == WebSocketMessageType::text && !is_utf8(piece)) {
      fail(kNotUtf8);
      return Item::failed;
    }
    input.remove_prefix(size);
    return deliver(sink, piece);
  }
  if (!collect(piece, message_ends)) return Item::failed;
  input.remove_prefix(size);
  remaining_ -= size;
  if (!frame_ends) return Item::incomplete;
  if (fin_) return deliver(sink, message_);
  state_ = State::header;
  return Item::complete;
}

bool WebSocketReader::collect(std::string_view piece, bool last) {
  if (compressed_) {
    if (!inflate(piece, last)) return false;
  } else {
    if (type_ == WebSocketMessageType::text && !utf8_.feed(piece)) return fail(kNotUtf8);
    message_.append(piece);
  }
  return !last || utf8_.complete() || fail(kNotUtf8);
}

bool WebSocketReader::inflate(std::string_view piece, bool last) {
  bool finishing = false;
  while (true) {
    const std::size_t before = message_.size();
    const WebSocketInflater::Step step = finishing ? inflater_->finish(message_) : inflater_->next(piece, message_);
    // First what came out: the verdict must not depend on how much of the input was there.
    const std::string_view fresh = std::string_view(message_).substr(before);
    if (type_ == WebSocketMessageType::text && !utf8_.feed(fresh)) return fail(kNotUtf8);
    if (step == WebSocketInflater::Step::failed) return fail(inflater_->problem());
    if (step == WebSocketInflater::Step::more) continue;
    if (finishing || !last) return true;
    finishing = true;
  }
}

WebSocketReader::Item WebSocketReader::read_control(std::string_view& input, WebSocketSink& sink) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, input.size()));
  const std::string_view piece = input.substr(0, size);
  const bool whole = size == remaining_;
  if (!whole || !control_.empty()) control_.append(piece);
  input.remove_prefix(size);
  remaining_ -= size;
  if (!whole) return Item::incomplete;
  return deliver_control(sink, control_.empty() ? piece : std::string_view(control_));
}

WebSocketReader::Item WebSocketReader::deliver(WebSocketSink& sink, std::string_view data) {
  state_ = State::header;
  in_message_ = false;
  const bool go_on = sink.on_message(type_, data);
  message_.clear();
  if (message_.capacity() > kKeptBuffer) std::string().swap(message_);  // an assignment would keep the memory
  utf8_.reset();
  return go_on ? Item::complete : Item::stopped;
}

WebSocketReader::Item WebSocketReader::deliver_control(WebSocketSink& sink, std::string_view payload) {
  state_ = State::header;
  bool go_on = true;
  if (opcode_ == WebSocketOpcode::close) {
    WebSocketClose close;
    if (const WebSocketProblem problem = parse_close(payload, close); problem.close_code != 0) {
      fail(problem);
      return Item::failed;
    }
    state_ = State::closed;
    std::string().swap(message_);  // of a message that will never be complete
    sink.on_close(close.code, close.reason);
  } else if (opcode_ == WebSocketOpcode::ping) {
    go_on = sink.on_ping(payload);
  } else {
    go_on = sink.on_pong(payload);
  }
  control_.clear();
  return go_on ? Item::complete : Item::stopped;
}

bool WebSocketReader::fail(const WebSocketProblem& problem) noexcept {
  state_ = State::failed;
  problem_ = problem;
  std::string().swap(message_);
  return false;
}

bool WebSocketReader::break_protocol(const char* text) noexcept {
  return fail({close_code::kProtocolError, ErrorCode::ws_protocol, text});
}

}  // namespace ppn
