// TLS over TCP by OpenSSL, with names verified inside the handshake.
//
// OpenSSL talks to our socket through a BIO of our own: it reads ahead straight into OpenSSL's record buffer and writes
// with MSG_NOSIGNAL (core/decisions/0003). Chain, dates and host name are checked by OpenSSL during the handshake, so
// that no timing can skip them (POCO 2.4, 4.3), and nothing is sent before it has ended.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "base/rare_error.hpp"
#include "base/result.hpp"
#include "base/secret.hpp"
#include "base/task.hpp"
#include "io/tcp.hpp"
#include "io/tls_pins.hpp"
#include "io/tls_sessions.hpp"

namespace ppn {

// Where trust comes from, and who we are.
struct TlsSettings {
  bool verify = true;
  // Any of these replaces the trust store of the system.
  std::string ca_file;
  std::string ca_dir;
  std::string ca_pem;
  std::string crl_file;            // "" = revocation is not checked
  std::string pinned_public_keys;  // see PublicKeyPins
  std::string server_name;         // "" = the host of the URL
  bool only_tls_1_3 = false;
  // A certificate with its chain and its key, each as a file or as a text; without a key it is beside the certificate.
  std::string client_cert_file;
  std::string client_cert_pem;
  std::string client_key_file;
  Secret client_key_pem;
  Secret client_key_password;  // of an encrypted key
};

// One SSL_CTX: loading the system's trust store takes about 20 ms, so it is made once per client. Thread: any.
class TlsContext {
 public:
  // Reads the files. Error: config_error.
  static Result<std::shared_ptr<TlsContext>> create(const TlsSettings& settings);
  ~TlsContext();

  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  SSL_CTX* native() const noexcept { return context_; }
  bool verifies() const noexcept { return verify_; }
  const PublicKeyPins& pins() const noexcept { return pins_; }
  // What stands for the host name of every URL; "" = nothing.
  const std::string& server_name() const noexcept { return server_name_; }
  TlsSessions& sessions() noexcept { return sessions_; }

 private:
  TlsContext(SSL_CTX* context, const TlsSettings& settings, PublicKeyPins pins);

  SSL_CTX* const context_;
  const bool verify_;
  const std::string server_name_;
  const PublicKeyPins pins_;
  TlsSessions sessions_;
};

class TlsTransport final : public Transport {
 public:
  // `host` is a DNS name or, with `host_is_ip`, an address; the certificate must name it. Errors: tls_handshake,
  // cert_untrusted, cert_expired, cert_hostname, cert_revoked, pin_mismatch, tls_version, client_cert,
  // connection_reset, connect_timeout (the deadline), the interruption of the token. Resumes a session of the context
  // when it has one for this host and port.
  static Task<Result<std::unique_ptr<Transport>>> handshake(std::unique_ptr<TcpTransport> tcp,
                                                            std::shared_ptr<TlsContext> context, std::string host,
                                                            bool host_is_ip, Token& token, Nanos deadline);
  ~TlsTransport() override;

  TlsTransport(const TlsTransport&) = delete;
  TlsTransport& operator=(const TlsTransport&) = delete;

  IoResult read(std::span<char> out) override;
  IoResult write(std::string_view first, std::string_view second) override;
  Wait& event() noexcept override { return tcp_->event(); }
  void rest(RestWatcher* watcher) noexcept override { tcp_->rest(watcher); }
  bool disturbed() noexcept override;
  void distrust() noexcept override { tcp_->distrust(); }
  void limit_stall(std::int64_t limit_ms) noexcept override { tcp_->limit_stall(limit_ms); }
  void release_buffers() noexcept override;
  const Error& failure() const noexcept override { return failure_.get(); }
  const std::string& remote() const noexcept override { return tcp_->remote(); }
  TlsFacts tls() const noexcept override;

 private:
  friend struct TlsBio;
  friend class TlsContext;
  // The socket has said its last word.
  bool socket_ended() const noexcept {
    return socket_state_ != IoResult::Kind::done && socket_state_ != IoResult::Kind::would_block;
  }

  TlsTransport(std::unique_ptr<TcpTransport> tcp, std::shared_ptr<TlsContext> context);

  Status prepare(const std::string& url_host, bool url_host_is_ip);
  // What OpenSSL has not checked by itself, after the handshake and before anything else.
  Status check_peer() const;
  // OpenSSL has a session for later; called inside a handshake or a read.
  static int on_new_session(SSL* ssl, SSL_SESSION* session);
  Error handshake_error();
  Error certificate_error(long verify_result) const;
  IoResult interpret(int ssl_result);

  std::unique_ptr<TcpTransport> tcp_;
  const std::shared_ptr<TlsContext> context_;
  SSL* ssl_ = nullptr;
  std::string peer_;                                    // name and port the session belongs to
  IoResult::Kind socket_state_ = IoResult::Kind::done;  // what the socket said last; its end stays
  bool established_ = false;                            // close_notify makes sense
  RareError failure_;
};

}  // namespace ppn
