// Finds the route of a request and answers what has none.
#pragma once

#include <Poco/Net/HTTPRequestHandlerFactory.h>

#include <string>

namespace ai_server {

// Handlers are made from several threads; the factory holds nothing that changes but a counter of requests.
Poco::Net::HTTPRequestHandlerFactory::Ptr make_router(const std::string& api_key);

}  // namespace ai_server
