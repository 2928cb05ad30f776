#include "support/websocket_peer.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>
#include <cstdint>
#include <utility>

#include "support/request_reader.hpp"
#include "support/websocket_record.hpp"

namespace ppn::test {
namespace {

// No test sends more in one frame.
constexpr std::uint64_t frame_limit = std::uint64_t{256} << 20;

}  // namespace

std::string ws_frame(int opcode, std::string_view payload, bool fin, int rsv) {
  std::string bytes;
  bytes += static_cast<char>((fin ? 0x80 : 0) | (rsv << 4) | opcode);
  const int length_bytes = payload.size() < 126 ? 0 : payload.size() <= 0xffff ? 2 : 8;
  bytes += static_cast<char>(length_bytes == 0 ? static_cast<int>(payload.size()) : length_bytes == 2 ? 126 : 127);
  for (int i = length_bytes - 1; i >= 0; --i) {
    bytes += static_cast<char>(static_cast<std::uint64_t>(payload.size()) >> (8 * i) & 0xff);
  }
  return bytes.append(payload);
}

std::string ws_close_payload(int code, std::string_view reason) {
  if (code == 0) return {};
  std::string bytes{static_cast<char>(code >> 8 & 0xff), static_cast<char>(code & 0xff)};
  return bytes.append(reason);
}

std::string ws_accept_of(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  ::SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::array<unsigned char, 4 * (SHA_DIGEST_LENGTH + 2) / 3 + 1> encoded;
  const int length = EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(digest.size()));
  return {reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(length)};
}

void WebSocketPeer::Impl::require(Io outcome, const char* step) {
  if (outcome != Io::done) throw Left{outcome, step, outcome == Io::timed_out ? "deadline passed" : channel.reason()};
}

std::string WebSocketPeer::Impl::take(std::size_t count, const char* step) {
  const Deadline until = deadline();
  while (inbox.size() < count) require(channel.read_some(inbox, 16384, until), step);
  std::string bytes = inbox.substr(0, count);
  inbox.erase(0, count);
  return bytes;
}

int WebSocketPeer::number() const noexcept {
  return impl_.number;
}

const std::string& WebSocketPeer::read_request() {
  if (!impl_.request.empty()) return impl_.request;
  const Deadline until = impl_.deadline();
  while (!head_size(impl_.inbox)) impl_.require(impl_.channel.read_some(impl_.inbox, 16384, until), "read_request");
  impl_.request = impl_.take(*head_size(impl_.inbox), "read_request");
  impl_.record.change([&](WebSocketRecord& record) { record.requests.push_back(impl_.request); });
  return impl_.request;
}

std::string WebSocketPeer::acceptance(std::string_view lines) {
  const std::string key = header_value(read_request(), "Sec-WebSocket-Key").value_or("");
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
         ws_accept_of(key) + "\r\n" + std::string(lines) + "\r\n";
}

void WebSocketPeer::accept(std::string_view lines) {
  send(acceptance(lines));
}

void WebSocketPeer::refuse(std::string_view response) {
  read_request();
  send(response);
}

void WebSocketPeer::send(std::string_view bytes) {
  impl_.require(impl_.channel.write_all(bytes, impl_.deadline()), "send");
}

void WebSocketPeer::send_byte_by_byte(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) send(bytes.substr(i, 1));
}

void WebSocketPeer::send_frame(int opcode, std::string_view payload, bool fin, int rsv) {
  send(ws_frame(opcode, payload, fin, rsv));
}

void WebSocketPeer::send_close(int code, std::string_view reason) {
  send_frame(ws_close, ws_close_payload(code, reason));
}

PeerFrame WebSocketPeer::read_frame() {
  const std::string start = impl_.take(2, "read_frame");
  const auto first = static_cast<unsigned char>(start[0]);
  const auto second = static_cast<unsigned char>(start[1]);
  PeerFrame frame{.opcode = first & 0x0f,
                  .fin = (first & 0x80) != 0,
                  .rsv = first >> 4 & 7,
                  .masked = (second & 0x80) != 0,
                  .payload = {}};
  std::uint64_t length = second & 0x7f;
  if (length >= 126) {
    const std::string bytes = impl_.take(length == 126 ? 2 : 8, "read_frame");
    length = 0;
    for (const char byte : bytes) length = length << 8 | static_cast<unsigned char>(byte);
  }
  if (length > frame_limit)
    throw Impl::Left{Io::failed, "read_frame", "a frame of " + std::to_string(length) + " bytes"};
  const std::string mask = frame.masked ? impl_.take(4, "read_frame") : std::string();
  frame.payload = impl_.take(static_cast<std::size_t>(length), "read_frame");
  for (std::size_t i = 0; i < frame.payload.size() && frame.masked; ++i) {
    frame.payload[i] = static_cast<char>(frame.payload[i] ^ mask[i % 4]);
  }
  if (frame.opcode == ws_text || frame.opcode == ws_binary) impl_.message.clear();
  if (frame.opcode < ws_close) impl_.message += frame.payload;
  impl_.record.change([&](WebSocketRecord& record) {
    record.all_masked = record.all_masked && frame.masked;
    if (frame.opcode == ws_close) record.closes.push_back(frame.payload);
    if (frame.opcode < ws_close && frame.fin) record.messages.push_back(impl_.message);
  });
  return frame;
}

std::string WebSocketPeer::read_message() {
  while (true) {
    const PeerFrame frame = read_frame();
    if (frame.opcode < ws_close && frame.fin) return impl_.message;
  }
}

std::string WebSocketPeer::read_close() {
  while (true) {
    PeerFrame frame = read_frame();
    if (frame.opcode == ws_close) return std::move(frame.payload);
  }
}

void WebSocketPeer::echo() {
  int opcode = ws_text;
  while (true) {
    const PeerFrame frame = read_frame();
    if (frame.opcode == ws_ping) send_frame(ws_pong, frame.payload);
    if (frame.opcode == ws_close) return send_frame(ws_close, frame.payload.substr(0, 2));
    if (frame.opcode >= ws_close) continue;
    if (frame.opcode != ws_continuation) opcode = frame.opcode;
    if (frame.fin) send_frame(opcode, impl_.message);
  }
}

void WebSocketPeer::close_with(int code, std::string_view reason) {
  send_close(code, reason);
  read_close();
}

void WebSocketPeer::answer_close() {
  send_frame(ws_close, read_close().substr(0, 2));
}

void WebSocketPeer::hold() {
  // Bounded by the life of the server, which a test bounds.
  Io outcome = Io::timed_out;
  while (outcome == Io::timed_out) outcome = impl_.channel.wait_for_departure(impl_.deadline());
  if (outcome != Io::ended) impl_.require(outcome, "hold");
}

void WebSocketPeer::wait_for_end() {
  const Deadline until = impl_.deadline();
  Io outcome = Io::done;
  std::string dropped;
  while (outcome == Io::done) {
    dropped.clear();
    outcome = impl_.channel.read_some(dropped, 16384, until);
  }
  if (outcome == Io::timed_out || outcome == Io::stopped) impl_.require(outcome, "wait_for_end");
}

void WebSocketPeer::wait_for_signal(std::string_view name) {
  const auto given = [&](const WebSocketRecord& record) { return record.stopping || record.signals.contains(name); };
  if (!impl_.record.wait_for(impl_.deadline(), given)) impl_.require(Io::timed_out, "wait_for_signal");
  const bool stopping = impl_.record.look([](const WebSocketRecord& record) { return record.stopping; });
  if (stopping) impl_.require(Io::stopped, "wait_for_signal");
}

void WebSocketPeer::mark(std::string name) {
  impl_.record.change([&](WebSocketRecord& record) { record.marks.insert(std::move(name)); });
}

void WebSocketPeer::close() {
  impl_.channel.close();
}

void WebSocketPeer::half_close() {
  impl_.channel.half_close();
}

void WebSocketPeer::reset() {
  impl_.channel.reset();
}

}  // namespace ppn::test
