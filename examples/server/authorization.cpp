#include "authorization.hpp"

#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>

#include "exchange.hpp"

namespace ai_server {

std::string bearer_of(Exchange& exchange) {
  const std::string value = exchange.request().get("Authorization", "");
  return value.starts_with("Bearer ") ? value.substr(7) : "";
}

void refuse_key(Exchange& exchange) {
  exchange.response().set("WWW-Authenticate", "Bearer");
  exchange.send_error(
      Status::HTTP_UNAUTHORIZED,
      {.message = "the API key is missing or wrong", .type = "authentication_error", .code = "invalid_api_key"});
}

bool authorize(Exchange& exchange, const std::string& api_key) {
  if (bearer_of(exchange) == api_key) return true;
  refuse_key(exchange);
  return false;
}

}  // namespace ai_server
