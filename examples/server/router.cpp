#include "router.hpp"

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string_view>
#include <vector>

#include "exchange.hpp"
#include "routes.hpp"

namespace ai_server {
namespace {

struct Route {
  std::string_view path;
  std::string_view methods;  // as the header Allow lists them; empty = any
  std::function<void(Exchange&)> answer;
};

bool allows(const Route& route, const std::string& method) {
  if (route.methods.empty()) return true;
  std::string_view rest = route.methods;
  while (!rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find(','));
    if (one == method) return true;
    rest.remove_prefix(std::min(rest.size(), one.size() + 2));  // ", "
  }
  return false;
}

// x-request-id of the n-th request; counted, so that runs can be compared.
std::string request_id(std::uint64_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "req-%08llu", static_cast<unsigned long long>(number));
  return text;
}

class Router {
 public:
  explicit Router(const std::string& api_key) : Router(api_key, realtime(api_key)) {}

  Router(const std::string& api_key, const RealtimeRoutes& realtime)
      : routes_{{"/v1/models", "GET, HEAD", list_models},
                {"/v1/chat/completions", "POST", [api_key](Exchange& exchange) { complete_chat(exchange, api_key); }},
                {"/v1/realtime", "GET", realtime.converse},
                {"/v1/realtime/client_secrets", "POST", realtime.issue_secret},
                {"/echo", "", echo},
                {"/flaky", "", flaky()},
                {"/limited", "", limited()},
                {"/slow", "GET, HEAD", answer_slowly},
                {"/drip", "GET", drip},
                {"/bytes", "GET, HEAD", send_bytes},
                {"/truncate", "GET", truncate},
                {"/stall", "GET", stall}} {}

  void answer(Exchange& exchange) {
    exchange.response().set("x-request-id", request_id(++count_));
    if (!exchange.read_body()) return;
    for (const Route& route : routes_) {
      if (route.path != exchange.path()) continue;
      if (allows(route, exchange.request().getMethod())) return route.answer(exchange);
      exchange.response().set("Allow", std::string(route.methods));
      return exchange.send_error(
          Status::HTTP_METHOD_NOT_ALLOWED,
          {.message = "this path allows " + std::string(route.methods), .code = "method_not_allowed"});
    }
    exchange.send_error(Status::HTTP_NOT_FOUND, {.message = "no such path", .code = "not_found"});
  }

 private:
  const std::vector<Route> routes_;
  std::atomic<std::uint64_t> count_{0};
};

class Handler : public Poco::Net::HTTPRequestHandler {
 public:
  explicit Handler(Router& router) : router_(router) {}

  void handleRequest(Poco::Net::HTTPServerRequest& request, Poco::Net::HTTPServerResponse& response) override {
    Exchange exchange(request, response);
    router_.answer(exchange);
  }

 private:
  Router& router_;
};

class HandlerFactory : public Poco::Net::HTTPRequestHandlerFactory {
 public:
  explicit HandlerFactory(const std::string& api_key) : router_(api_key) {}

  Poco::Net::HTTPRequestHandler* createRequestHandler(const Poco::Net::HTTPServerRequest& /*request*/) override {
    return new Handler(router_);
  }

 private:
  Router router_;
};

}  // namespace

Poco::Net::HTTPRequestHandlerFactory::Ptr make_router(const std::string& api_key) {
  return new HandlerFactory(api_key);
}

}  // namespace ai_server
