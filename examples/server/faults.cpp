#include <Poco/Net/HTTPServerResponse.h>

#include <cstdint>
#include <string>

#include "exchange.hpp"
#include "routes.hpp"

namespace ai_server {
namespace {

constexpr std::uint64_t longest_stall_ms = 120'000;

// Poco's own streams would complete the message, so these heads are written out.
std::string head(Exchange& exchange, const std::string& framing) {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nx-request-id: " + exchange.response().get("x-request-id") +
         "\r\n" + framing + "\r\n\r\n";
}

}  // namespace

void truncate(Exchange& exchange) {
  const std::string half(50, 'x');
  const auto chunked = exchange.number("chunked", 0, 1);
  if (!chunked) return;
  if (*chunked == 1) {
    // 0x32 = 50 bytes; the last chunk, which would end the body (RFC 9112 7.1), never comes.
    exchange.send_raw(head(exchange, "Transfer-Encoding: chunked") + "32\r\n" + half + "\r\n");
  } else {
    exchange.send_raw(head(exchange, "Content-Length: 100") + half);
  }
}

void stall(Exchange& exchange) {
  exchange.send_raw(head(exchange, "Content-Length: 100") + std::string(10, 'x'));
  exchange.pause(longest_stall_ms);
}

}  // namespace ai_server
