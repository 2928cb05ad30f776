#include "web_socket.hpp"

#include <Poco/Base64Decoder.h>
#include <Poco/DigestEngine.h>
#include <Poco/Exception.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/SocketImpl.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/SHA1Engine.h>
#include <Poco/String.h>
#include <Poco/StringTokenizer.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <iterator>
#include <sstream>
#include <system_error>

#include "text.hpp"

namespace ai_server {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t closing_ms = 5000;
constexpr std::int64_t lingering_ms = 2000;

// Whether a header that is a list of tokens (RFC 9110 5.6.1) has this one, in whatever case.
bool has_token(const std::string& list, std::string_view token) {
  const Poco::StringTokenizer tokens(list, ",", Poco::StringTokenizer::TOK_TRIM);
  return std::any_of(tokens.begin(), tokens.end(),
                     [&](const std::string& one) { return Poco::icompare(one, std::string(token)) == 0; });
}

// RFC 6455 4.2.2.
std::string accept_of(const std::string& key) {
  Poco::SHA1Engine sha1;
  sha1.update(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
  const auto& digest = sha1.digest();
  return base64(std::string(digest.begin(), digest.end()));
}

bool is_key(const std::string& key) {
  if (key.size() != 24) return false;
  std::istringstream text(key);
  Poco::Base64Decoder decoder(text);
  try {
    return std::distance(std::istreambuf_iterator<char>(decoder), {}) == 16;
  } catch (const Poco::Exception&) {
    return false;
  }
}

void ask_for_an_upgrade(Exchange& exchange) {
  exchange.response().set("Upgrade", "websocket");
  exchange.response().set("Connection", "Upgrade");
  exchange.response().set("Sec-WebSocket-Version", "13");
  exchange.response().setKeepAlive(false);
  exchange.send_error(Status::HTTP_UPGRADE_REQUIRED,
                      {.message = "this path speaks WebSocket, version 13", .code = "upgrade_required"});
}

}  // namespace

std::optional<WebSocket> WebSocket::accept(Exchange& exchange, std::string_view subprotocol) {
  const auto& request = exchange.request();
  if (!has_token(request.get("Upgrade", ""), "websocket") || !has_token(request.get("Connection", ""), "upgrade") ||
      request.get("Sec-WebSocket-Version", "") != "13") {
    ask_for_an_upgrade(exchange);
    return std::nullopt;
  }
  const std::string key = request.get("Sec-WebSocket-Key", "");
  if (!is_key(key)) {
    exchange.send_error(Status::HTTP_BAD_REQUEST,
                        {.message = "Sec-WebSocket-Key must be 16 bytes in base64", .code = "invalid_key"});
    return std::nullopt;
  }
  std::string head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  head += "Sec-WebSocket-Accept: " + accept_of(key) + "\r\n";
  if (has_token(request.get("Sec-WebSocket-Protocol", ""), subprotocol)) {
    head += "Sec-WebSocket-Protocol: " + std::string(subprotocol) + "\r\n";
  }
  exchange.send_raw(head + "x-request-id: " + exchange.response().get("x-request-id") + "\r\n\r\n");
  return WebSocket(exchange);
}

bool WebSocket::send(Opcode opcode, std::string_view payload) {
  if (ended_) return false;
  std::string frame;
  append_frame(frame, opcode, payload);
  try {
    exchange_->send_raw(frame);
  } catch (const Poco::Exception&) {
    ended_ = true;
  }
  return !ended_;
}

bool WebSocket::send_text(std::string_view text) {
  return send(Opcode::text, text);
}

bool WebSocket::send_close(int code, std::string_view reason) {
  std::string payload{static_cast<char>(code >> 8 & 0xFF), static_cast<char>(code & 0xFF)};
  return send(Opcode::close, payload.append(reason));
}

// Waits for bytes of the peer and takes them. When there are none: false, and why.
bool WebSocket::fill(std::int64_t wait_ms, Outcome& outcome) {
  // A TLS record has at most 16 KiB, so that a read never leaves a part of one where poll would not see it.
  std::array<char, 16384> bytes;
  Poco::Net::StreamSocket& socket = exchange_->socket();
  pollfd entry{socket.impl()->sockfd(), POLLIN, 0};
  const int ready = ::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(wait_ms, 0)));
  outcome = Outcome::silence;
  if (ready < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
  if (ready <= 0) return ready < 0;
  int count = 0;
  try {
    count = socket.receiveBytes(bytes.data(), static_cast<int>(bytes.size()));
  } catch (const Poco::Exception&) {
    count = 0;  // a reset is an end as well
  }
  ended_ = count <= 0;
  outcome = Outcome::ended;
  if (!ended_) reader_.feed({bytes.data(), static_cast<std::size_t>(count)});
  return !ended_;
}

// A peer that broke a rule hears which one; its bytes mean nothing any more, but unread they would turn the end of the
// connection into a reset, which could overtake the Close.
WebSocket::Outcome WebSocket::fail(int code) {
  send_close(code, "");
  const int fd = exchange_->socket().impl()->sockfd();
  ::shutdown(fd, SHUT_WR);
  const auto end = Clock::now() + std::chrono::milliseconds(lingering_ms);
  std::array<char, 16384> bytes;
  pollfd entry{fd, POLLIN, 0};
  do {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0 || ::poll(&entry, 1, static_cast<int>(left)) <= 0) break;
  } while (::recv(fd, bytes.data(), bytes.size(), 0) > 0);
  drop();
  return Outcome::ended;
}

WebSocket::Outcome WebSocket::receive(std::uint64_t wait_ms, Message& message) {
  const auto end = Clock::now() + std::chrono::milliseconds(wait_ms);
  Outcome outcome = Outcome::ended;
  while (!ended_) {
    if (auto next = reader_.next()) {
      switch (next->kind) {
        case Opcode::ping: send(Opcode::pong, next->data); break;
        case Opcode::pong: break;
        case Opcode::close:
          // The same code comes back (RFC 6455 5.5.1).
          send(Opcode::close, std::string_view(next->data).substr(0, 2));
          ended_ = true;
          return Outcome::ended;
        default: message = *std::move(next); return Outcome::message;
      }
      continue;
    }
    if (reader_.failure() != 0) return fail(reader_.failure());
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    if (!fill(left, outcome)) return outcome;
  }
  return Outcome::ended;
}

void WebSocket::close(int code, std::string_view reason) {
  if (!send_close(code, reason)) return;
  const auto end = Clock::now() + std::chrono::milliseconds(closing_ms);
  Outcome outcome = Outcome::ended;
  while (reader_.failure() == 0) {
    while (const auto next = reader_.next()) {
      if (next->kind == Opcode::close) {
        ended_ = true;
        return;
      }
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    if (left <= 0 || !fill(left, outcome)) break;
  }
  ended_ = true;
}

void WebSocket::drop() {
  ended_ = true;
  ::shutdown(exchange_->socket().impl()->sockfd(), SHUT_RDWR);
}

}  // namespace ai_server
