#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>

#include <algorithm>
#include <cstdint>
#include <ostream>
#include <string>

#include "exchange.hpp"
#include "routes.hpp"

namespace ai_server {
namespace {

constexpr std::uint64_t longest_pause_ms = 60'000;
constexpr std::uint64_t most_bytes = std::uint64_t{1} << 30;
constexpr std::size_t period = 251;  // a prime, so that a block lost or sent twice never goes unnoticed

// A whole number of periods: block after block is the sequence without a seam.
std::string block_of_bytes() {
  std::string block(period * 256, '\0');
  for (std::size_t i = 0; i < block.size(); ++i) block[i] = static_cast<char>(i % period);
  return block;
}

}  // namespace

void answer_slowly(Exchange& exchange) {
  const auto ms = exchange.number("ms", 1000, longest_pause_ms);
  if (!ms || !exchange.pause(*ms)) return;
  auto answer = make_object();
  answer->set("waited_ms", *ms);
  exchange.send_json(Status::HTTP_OK, *answer);
}

void drip(Exchange& exchange) {
  const auto count = exchange.number("n", 10, 1'000'000);
  if (!count) return;
  const auto ms = exchange.number("ms", 100, longest_pause_ms);
  if (!ms) return;
  std::ostream& out = exchange.begin_stream("text/plain; charset=utf-8");
  for (std::uint64_t i = 0; i < *count && out; ++i) {
    if (i > 0 && *ms > 0 && !exchange.pause(*ms)) break;
    out << "drip " << i << "\n" << std::flush;
  }
}

void send_bytes(Exchange& exchange) {
  const auto count = exchange.number("n", 1024, most_bytes);
  if (!count) return;
  static const std::string block = block_of_bytes();
  auto& response = exchange.response();
  response.setContentType("application/octet-stream");
  response.setContentLength64(static_cast<Poco::Int64>(*count));
  std::ostream& out = response.send();
  if (exchange.request().getMethod() == "HEAD") return;
  for (std::uint64_t left = *count; left > 0 && out;) {
    const std::uint64_t size = std::min<std::uint64_t>(left, block.size());
    out.write(block.data(), static_cast<std::streamsize>(size));
    left -= size;
  }
}

}  // namespace ai_server
