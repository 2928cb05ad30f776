#include <Poco/JSON/Array.h>
#include <Poco/Net/HTTPServerRequest.h>

#include <string>

#include "exchange.hpp"
#include "routes.hpp"
#include "text.hpp"

namespace ai_server {
namespace {

// Text that JSON can carry as it is: UTF-8 without NUL.
bool is_text(const std::string& bytes) {
  return bytes.find('\0') == std::string::npos && is_utf8(bytes);
}

// Bytes of a header above ASCII have no agreed meaning; as Latin-1 each keeps its number (RFC 9110 5.5).
std::string latin1_as_utf8(const std::string& bytes) {
  std::string result;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      result += c;
    } else {
      result += static_cast<char>(0xC0 | (byte >> 6));
      result += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return result;
}

std::string as_text(const std::string& bytes) {
  return is_text(bytes) ? bytes : latin1_as_utf8(bytes);
}

}  // namespace

void echo(Exchange& exchange) {
  Poco::JSON::Array::Ptr headers = new Poco::JSON::Array;
  for (const auto& [name, value] : exchange.request()) {
    Poco::JSON::Array::Ptr pair = new Poco::JSON::Array;
    pair->add(as_text(name));
    pair->add(as_text(value));
    headers->add(pair);
  }
  const bool text = is_text(exchange.body());
  auto answer = make_object();
  answer->set("method", exchange.request().getMethod());
  answer->set("path", as_text(exchange.path()));
  answer->set("query", as_text(exchange.query()));
  answer->set("headers", headers);
  answer->set("length", exchange.body().size());
  answer->set(text ? "body" : "body_base64", text ? exchange.body() : base64(exchange.body()));
  exchange.send_json(Status::HTTP_OK, *answer);
}

}  // namespace ai_server
