// Every open connection, so that stopping the server ends all of them, whatever their threads wait for.
#pragma once

#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/TCPServerConnectionFactory.h>

#include <memory>
#include <mutex>
#include <set>

namespace ai_server {

class Connections {
 public:
  // Shuts down every open connection and every later one.
  void shut_down();

  void enter(int fd);
  void leave(int fd);

 private:
  std::mutex mutex_;
  std::set<int> open_;
  bool stopped_ = false;
};

// Makes HTTP connections that enter themselves in `connections`, which lives longer than they do.
Poco::Net::TCPServerConnectionFactory::Ptr tracked_connections(Connections& connections,
                                                               Poco::Net::HTTPServerParams::Ptr parameters,
                                                               Poco::Net::HTTPRequestHandlerFactory::Ptr handlers);

}  // namespace ai_server
