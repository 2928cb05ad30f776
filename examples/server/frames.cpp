#include "frames.hpp"

#include <utility>

#include "text.hpp"

namespace ai_server {
namespace {

constexpr std::size_t message_limit = std::size_t{16} << 20;
constexpr std::size_t control_limit = 125;

constexpr int protocol_error = 1002;
constexpr int no_code = 1005;
constexpr int not_utf8 = 1007;
constexpr int too_big = 1009;

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

bool is_known(Opcode opcode) {
  switch (opcode) {
    case Opcode::continuation:
    case Opcode::text:
    case Opcode::binary:
    case Opcode::close:
    case Opcode::ping:
    case Opcode::pong: return true;
  }
  return false;
}

}  // namespace

int Message::close_code() const {
  return data.size() < 2 ? no_code : static_cast<int>(big_endian(std::string_view(data).substr(0, 2)));
}

bool may_be_sent(int close_code) {
  if (close_code >= 3000) return close_code <= 4999;
  return close_code >= 1000 && close_code <= 1014 && (close_code <= 1003 || close_code >= 1007);
}

void append_frame(std::string& out, Opcode opcode, std::string_view payload) {
  out += static_cast<char>(0x80 | static_cast<std::uint8_t>(opcode));
  const std::uint64_t size = payload.size();
  const int extra = size <= control_limit ? 0 : size <= 0xFFFF ? 2 : 8;
  out += static_cast<char>(extra == 0 ? size : extra == 2 ? 126 : 127);
  for (int byte = extra - 1; byte >= 0; --byte) out += static_cast<char>(size >> (8 * byte) & 0xFF);
  out += payload;
}

void FrameReader::feed(std::string_view bytes) {
  buffer_.erase(0, read_);
  read_ = 0;
  buffer_ += bytes;
}

std::optional<FrameReader::Head> FrameReader::read_head() const {
  const std::string_view bytes = unread();
  if (bytes.size() < 2) return std::nullopt;
  Head head{.length = 2, .first = static_cast<std::uint8_t>(bytes[0]), .second = static_cast<std::uint8_t>(bytes[1])};
  head.payload = head.second & 0x7F;
  const std::size_t extra = head.payload < 126 ? 0 : head.payload == 126 ? 2 : 8;
  if (bytes.size() < head.length + extra) return std::nullopt;
  if (extra > 0) head.payload = big_endian(bytes.substr(head.length, extra));
  head.length += extra + 4;  // the masking key
  return bytes.size() < head.length ? std::nullopt : std::optional(head);
}

// 0, or the code to close with.
int FrameReader::problem_of(const Head& head) const {
  const bool reserved_bits = (head.first & 0x70) != 0;
  const bool masked = (head.second & 0x80) != 0;
  if (reserved_bits || !masked || !is_known(head.opcode())) return protocol_error;
  // The shortest form that holds the length (RFC 6455 5.2).
  const int form = head.second & 0x7F;
  if ((form == 126 && head.payload < 126) || (form == 127 && head.payload <= 0xFFFF)) return protocol_error;
  if (head.is_control()) return head.final() && head.payload <= control_limit ? 0 : protocol_error;
  if ((head.opcode() == Opcode::continuation) != in_message_) return protocol_error;
  return head.payload > message_limit - message_.data.size() ? too_big : 0;
}

std::string FrameReader::take_payload(const Head& head) {
  const std::string_view bytes = unread();
  const std::string_view key = bytes.substr(head.length - 4, 4);
  std::string payload(bytes.substr(head.length, head.payload));
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(payload[i] ^ key[i % 4]);
  read_ += head.length + payload.size();
  return payload;
}

std::optional<Message> FrameReader::finish_control(Message message) {
  if (message.kind == Opcode::close && !message.data.empty()) {
    if (message.data.size() == 1 || !may_be_sent(message.close_code())) failure_ = protocol_error;
    if (failure_ == 0 && !is_utf8(std::string_view(message.data).substr(2))) failure_ = not_utf8;
    if (failure_ != 0) return std::nullopt;
  }
  return message;
}

std::optional<Message> FrameReader::finish_data() {
  in_message_ = false;
  if (message_.kind == Opcode::text && !is_utf8(message_.data)) {
    failure_ = not_utf8;
    return std::nullopt;
  }
  return std::exchange(message_, {});
}

std::optional<Message> FrameReader::next() {
  while (failure_ == 0) {
    // An unmasked frame is four bytes shorter and may wait for them for ever, so its bit is looked at first.
    if (unread().size() >= 2 && (static_cast<std::uint8_t>(unread()[1]) & 0x80) == 0) failure_ = protocol_error;
    const auto head = failure_ == 0 ? read_head() : std::nullopt;
    if (!head) return std::nullopt;
    failure_ = problem_of(*head);
    if (failure_ != 0 || unread().size() - head->length < head->payload) return std::nullopt;
    if (head->is_control()) return finish_control({head->opcode(), take_payload(*head)});
    if (!in_message_) message_.kind = head->opcode();
    in_message_ = true;
    message_.data += take_payload(*head);
    if (head->final()) return finish_data();
  }
  return std::nullopt;
}

}  // namespace ai_server
