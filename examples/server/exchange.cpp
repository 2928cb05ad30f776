#include "exchange.hpp"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPServerRequestImpl.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/SocketImpl.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/URI.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <sstream>
#include <system_error>

namespace ai_server {
namespace {

constexpr std::size_t body_limit = std::size_t{16} << 20;

std::string decoded(std::string_view text) {
  std::string result;
  try {
    Poco::URI::decode(std::string(text), result, true);
  } catch (const Poco::SyntaxException&) {
    return std::string(text);  // a stray '%' stands for itself
  }
  return result;
}

}  // namespace

Poco::JSON::Object::Ptr make_object() {
  return new Poco::JSON::Object(Poco::JSON_PRESERVE_KEY_ORDER);
}

Exchange::Exchange(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& response)
    : request_(request), response_(response) {
  std::string_view target = request.getURI();
  // A proxy's client sends the absolute form (RFC 9112 3.2.2).
  if (const auto scheme_end = target.find("://"); !target.starts_with('/') && scheme_end != std::string_view::npos) {
    const auto path_start = target.find('/', scheme_end + 3);
    target = path_start == std::string_view::npos ? "/" : target.substr(path_start);
  }
  const auto question = target.find('?');
  path_ = target.substr(0, question);
  if (question != std::string_view::npos) query_ = target.substr(question + 1);
}

bool Exchange::read_body() {
  // Neither means no body (RFC 9112 6.3); Poco would read a POST without length until the peer closes.
  const bool chunked = request_.getChunkedTransferEncoding();
  if (!chunked && !request_.hasContentLength()) return true;
  std::istream& in = request_.stream();
  std::array<char, 16384> buffer;
  while (in.good()) {
    in.read(buffer.data(), buffer.size());
    body_.append(buffer.data(), static_cast<std::size_t>(in.gcount()));
    if (body_.size() > body_limit) {
      response_.setKeepAlive(false);  // the rest of the body is still to come
      send_error(Status::HTTP_REQUEST_ENTITY_TOO_LARGE,
                 {.message = "the body is larger than 16 MiB", .code = "body_too_large"});
      return false;
    }
  }
  if (!chunked && static_cast<std::int64_t>(body_.size()) != request_.getContentLength64()) {
    response_.setKeepAlive(false);
    send_error(Status::HTTP_BAD_REQUEST, {.message = "the body ended early", .code = "body_truncated"});
    return false;
  }
  return true;
}

std::optional<std::string> Exchange::parameter(std::string_view name) const {
  std::string_view rest = query_;
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    if (decoded(pair.substr(0, equals)) != name) continue;
    return equals == std::string_view::npos ? std::string() : decoded(pair.substr(equals + 1));
  }
  return std::nullopt;
}

std::optional<std::uint64_t> Exchange::number(std::string_view name, std::uint64_t fallback, std::uint64_t most,
                                              std::uint64_t least) {
  const auto text = parameter(name);
  if (!text) return fallback;
  std::uint64_t value = 0;
  const char* end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, value);
  if (!text->empty() && parsed.ec == std::errc{} && parsed.ptr == end && value >= least && value <= most) {
    return value;
  }
  send_error(Status::HTTP_BAD_REQUEST, {.message = std::string(name) + " must be a number from " +
                                                   std::to_string(least) + " to " + std::to_string(most),
                                        .code = "invalid_parameter"});
  return std::nullopt;
}

std::string Exchange::state_key() const {
  const auto key = parameter("key");
  return key ? "key=" + *key : path_ + "?" + query_;
}

void Exchange::send_json(Status status, const Poco::JSON::Object& body) {
  std::ostringstream text;
  body.stringify(text);
  const std::string bytes = text.str();
  response_.setStatusAndReason(status);
  response_.setContentType("application/json");
  response_.sendBuffer(bytes.data(), bytes.size());
}

void Exchange::send_error(Status status, const ErrorBody& error) {
  auto detail = make_object();
  detail->set("message", error.message);
  detail->set("type", error.type);
  detail->set("code", error.code);
  auto body = make_object();
  body->set("error", detail);
  send_json(status, *body);
}

std::ostream& Exchange::begin_stream(const std::string& content_type) {
  response_.setContentType(content_type);
  response_.setChunkedTransferEncoding(true);
  response_.set("Cache-Control", "no-cache");
  return response_.send();
}

Poco::Net::StreamSocket& Exchange::socket() {
  return dynamic_cast<Poco::Net::HTTPServerRequestImpl&>(request_).socket();
}

void Exchange::send_raw(std::string_view bytes) {
  response_.setKeepAlive(false);
  while (!bytes.empty()) {
    const int sent = socket().sendBytes(bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 20)));
    if (sent <= 0) throw Poco::IOException("the peer has gone");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool Exchange::pause(std::uint64_t milliseconds) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::milliseconds(milliseconds);
  // POLLRDHUP alone: bytes that arrive meanwhile belong to the next request. Stopping shuts the socket down, which
  // shows here as well.
  pollfd entry{socket().impl()->sockfd(), POLLRDHUP, 0};
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    const int ready = ::poll(&entry, 1, static_cast<int>(std::max<std::int64_t>(left, 0)));
    if (ready == 0) return true;
    if (ready > 0) {
      // An answer that breaks off must not look complete: Poco would still send the last chunk to a peer that reads on.
      ::shutdown(entry.fd, SHUT_RDWR);
      response_.setKeepAlive(false);
      return false;
    }
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
  }
}

}  // namespace ai_server
