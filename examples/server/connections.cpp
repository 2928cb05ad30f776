#include "connections.hpp"

#include <Poco/Net/HTTPServerConnection.h>
#include <Poco/Net/StreamSocketImpl.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

namespace ai_server {

void Connections::shut_down() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  // Only the TCP connection: a TLS session belongs to the thread that serves it and must not be touched from here.
  for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
}

void Connections::enter(int fd) {
  const std::lock_guard lock(mutex_);
  open_.insert(fd);
  if (stopped_) ::shutdown(fd, SHUT_RDWR);
}

void Connections::leave(int fd) {
  const std::lock_guard lock(mutex_);
  open_.erase(fd);
}

namespace {

class TrackedConnection : public Poco::Net::HTTPServerConnection {
 public:
  // A descriptor of our own: Poco closes its one while the connection is still entered, and the number may be used
  // again.
  TrackedConnection(Connections& connections, const Poco::Net::StreamSocket& client,
                    const Poco::Net::HTTPServerParams::Ptr& parameters,
                    const Poco::Net::HTTPRequestHandlerFactory::Ptr& handlers)
      : HTTPServerConnection(client, parameters, handlers),
        connections_(connections),
        fd_(::fcntl(client.impl()->sockfd(), F_DUPFD_CLOEXEC, 0)) {
    connections_.enter(fd_);
  }

  ~TrackedConnection() override {
    connections_.leave(fd_);
    ::close(fd_);
  }

 private:
  Connections& connections_;
  const int fd_;
};

class TrackedConnectionFactory : public Poco::Net::TCPServerConnectionFactory {
 public:
  TrackedConnectionFactory(Connections& connections, Poco::Net::HTTPServerParams::Ptr parameters,
                           Poco::Net::HTTPRequestHandlerFactory::Ptr handlers)
      : connections_(connections), parameters_(std::move(parameters)), handlers_(std::move(handlers)) {}

  Poco::Net::TCPServerConnection* createConnection(const Poco::Net::StreamSocket& client) override {
    return new TrackedConnection(connections_, client, parameters_, handlers_);
  }

 private:
  Connections& connections_;
  Poco::Net::HTTPServerParams::Ptr parameters_;
  Poco::Net::HTTPRequestHandlerFactory::Ptr handlers_;
};

}  // namespace

Poco::Net::TCPServerConnectionFactory::Ptr tracked_connections(Connections& connections,
                                                               Poco::Net::HTTPServerParams::Ptr parameters,
                                                               Poco::Net::HTTPRequestHandlerFactory::Ptr handlers) {
  return new TrackedConnectionFactory(connections, std::move(parameters), std::move(handlers));
}

}  // namespace ai_server
