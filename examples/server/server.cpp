#include "server.hpp"

#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/NetSSL.h>
#include <Poco/Net/SecureServerSocket.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/ThreadPool.h>
#include <openssl/err.h>

#include "certificate.hpp"
#include "connections.hpp"
#include "router.hpp"

namespace ai_server {
namespace {

constexpr int threads_per_listener = 64;
constexpr int backlog = 256;

Poco::Net::Context::Ptr make_context(const Certificate& certificate) {
  Poco::Net::Context::Params parameters;
  parameters.verificationMode = Poco::Net::Context::VERIFY_NONE;  // clients have no certificates here
  Poco::Net::Context::Ptr context = new Poco::Net::Context(Poco::Net::Context::TLS_SERVER_USE, parameters);
  ERR_clear_error();  // Poco 1.11 leaves an error of its DH parameters behind
  context->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
  present_certificate(context->sslContext(), certificate);
  return context;
}

// No sharing of the port: two servers on one would each get some of the connections.
template <class Socket>
Socket listening(Socket socket, const Options& options, std::uint16_t port) {
  socket.bind(Poco::Net::SocketAddress(options.host, port), true, false);
  socket.listen(backlog);
  return socket;
}

struct Identity {
  Certificate authority = issue_certificate({.common_name = "PepperPy demo CA", .is_authority = true}, nullptr);
  Certificate leaf = issue_certificate(
      {.common_name = "localhost", .dns_names = {"localhost"}, .ip_addresses = {"127.0.0.1", "::1"}}, &authority);
};

}  // namespace

class Server::Impl {
 public:
  explicit Impl(const Options& options)
      : handlers_(make_router(options.api_key)),
        pool_("ai-server", 2, 2 * threads_per_listener),
        https_(
            listener(listening(Poco::Net::SecureServerSocket(make_context(identity_.leaf)), options, options.port))) {
    if (options.plain_port) {
      http_ = listener(listening(Poco::Net::ServerSocket(), options, *options.plain_port));
    }
    https_->start();
    if (http_) http_->start();
  }

  ~Impl() {
    // First no new connections, then no old ones; then the threads have nothing left to wait for.
    https_->stop();
    if (http_) http_->stop();
    connections_.shut_down();
    pool_.joinAll();
  }

  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  const Poco::Net::TCPServer& https() const { return *https_; }
  const Poco::Net::TCPServer* http() const { return http_.get(); }
  const std::string& ca_pem() const { return identity_.authority.certificate_pem; }

 private:
  std::unique_ptr<Poco::Net::TCPServer> listener(const Poco::Net::ServerSocket& socket) {
    Poco::Net::HTTPServerParams::Ptr parameters = new Poco::Net::HTTPServerParams;
    parameters->setMaxThreads(threads_per_listener);
    parameters->setMaxQueued(backlog);
    parameters->setSoftwareVersion("ppn-ai-server");
    return std::make_unique<Poco::Net::TCPServer>(tracked_connections(connections_, parameters, handlers_), pool_,
                                                  socket, parameters);
  }

  const Identity identity_;
  Connections connections_;
  Poco::Net::HTTPRequestHandlerFactory::Ptr handlers_;
  Poco::ThreadPool pool_;
  std::unique_ptr<Poco::Net::TCPServer> https_;
  std::unique_ptr<Poco::Net::TCPServer> http_;
};

Server::Server(const Options& options) : impl_(std::make_unique<Impl>(options)) {}
Server::~Server() = default;

std::uint16_t Server::https_port() const {
  return impl_->https().port();
}

std::optional<std::uint16_t> Server::http_port() const {
  if (impl_->http() == nullptr) return std::nullopt;
  return impl_->http()->port();
}

const std::string& Server::ca_pem() const {
  return impl_->ca_pem();
}

}  // namespace ai_server
