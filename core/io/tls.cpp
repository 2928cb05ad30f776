#include "io/tls.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <climits>
#include <utility>

#include "io/openssl_error.hpp"

namespace ppn {
namespace {

// Of a connection that is busy; one that falls silent begins anew with the size of a record.
constexpr std::size_t kBulkReadBytes = 64 * 1024;

}  // namespace

// OpenSSL's view of our socket. Static functions with access to the transport behind a BIO.
struct TlsBio {
  static TlsTransport& transport(BIO* bio) { return *static_cast<TlsTransport*>(::BIO_get_data(bio)); }

  static int read(BIO* bio, char* out, std::size_t size, std::size_t* moved) {
    TlsTransport& tls = transport(bio);
    const IoResult result = tls.tcp_->read({out, size});
    // More is waiting than a record: the next buffer, once this one is used up, takes several.
    if (result.bytes == size) ::SSL_set_default_read_buffer_len(tls.ssl_, kBulkReadBytes);
    return finish(bio, tls, result, BIO_FLAGS_READ, moved);
  }

  static int write(BIO* bio, const char* data, std::size_t size, std::size_t* moved) {
    TlsTransport& tls = transport(bio);
    const IoResult result = tls.tcp_->write({data, size}, {});
    return finish(bio, tls, result, BIO_FLAGS_WRITE, moved);
  }

  static int finish(BIO* bio, TlsTransport& tls, const IoResult& result, int direction, std::size_t* moved) {
    ::BIO_clear_retry_flags(bio);
    // How the connection ended stays known: after an unexpected end OpenSSL still writes an alert.
    if (!tls.socket_ended()) tls.socket_state_ = result.kind;
    *moved = result.bytes;
    if (result.kind == IoResult::Kind::done) return 1;
    if (result.kind == IoResult::Kind::would_block) ::BIO_set_flags(bio, direction | BIO_FLAGS_SHOULD_RETRY);
    return 0;
  }

  static long control(BIO* bio, int command, long, void*) {
    switch (command) {
      case BIO_CTRL_FLUSH: return 1;
      case BIO_CTRL_EOF: return transport(bio).socket_state_ == IoResult::Kind::end ? 1 : 0;
      default: return 0;
    }
  }

  // Made once and never freed: threads may use it until the process ends.
  static BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* const fresh = ::BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "pepperpy socket");
      if (fresh == nullptr) return fresh;
      ::BIO_meth_set_read_ex(fresh, &TlsBio::read);
      ::BIO_meth_set_write_ex(fresh, &TlsBio::write);
      ::BIO_meth_set_ctrl(fresh, &TlsBio::control);
      return fresh;
    }();
    return made;
  }
};

namespace {

ErrorCode code_of_verify_result(long verify_result) {
  switch (verify_result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: return ErrorCode::cert_expired;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return ErrorCode::cert_hostname;
    case X509_V_ERR_CERT_REVOKED: return ErrorCode::cert_revoked;
    default: return ErrorCode::cert_untrusted;
  }
}

ErrorCode code_of_handshake_reason(int reason) {
  switch (reason) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION: return ErrorCode::tls_version;
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA: return ErrorCode::client_cert;
    default: return ErrorCode::tls_handshake;
  }
}

}  // namespace

TlsTransport::TlsTransport(std::unique_ptr<TcpTransport> tcp, std::shared_ptr<TlsContext> context)
    : tcp_(std::move(tcp)), context_(std::move(context)) {}

TlsTransport::~TlsTransport() {
  if (ssl_ == nullptr) return;
  // Best effort: a full socket or a broken connection drops the close_notify.
  if (established_ && tcp_->made_here()) {
    ::ERR_clear_error();
    ::SSL_shutdown(ssl_);
    ::ERR_clear_error();
  }
  ::SSL_free(ssl_);
}

Status TlsTransport::prepare(const std::string& url_host, bool url_host_is_ip) {
  const bool renamed = !context_->server_name().empty();
  const std::string& host = renamed ? context_->server_name() : url_host;
  const bool host_is_ip = !renamed && url_host_is_ip;
  ssl_ = ::SSL_new(context_->native());
  BIO* const bio = ssl_ == nullptr ? nullptr : ::BIO_new(TlsBio::method());
  if (bio == nullptr) return Failure(ErrorCode::out_of_memory, Phase::tls, "no memory for a TLS connection");
  ::BIO_set_data(bio, this);
  ::BIO_set_init(bio, 1);
  ::SSL_set_bio(ssl_, bio, bio);
  ::SSL_set_connect_state(ssl_);

  bool set = true;
  if (host_is_ip) {
    // RFC 6066 3 forbids addresses in SNI; RFC 9110 4.3.5 wants them in the certificate's IP names.
    set = ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl_), host.c_str()) == 1;
  } else {
    ::SSL_set_hostflags(ssl_, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    set = ::SSL_set1_host(ssl_, host.c_str()) == 1 && ::SSL_set_tlsext_host_name(ssl_, host.c_str()) == 1;
  }
  if (!set) return Failure(ErrorCode::tls_handshake, Phase::tls, "the host name can not be verified");

  // A Unix socket has no port.
  peer_ = url_host + remote().substr(std::min(remote().rfind(':'), remote().size()));
  SSL_set_app_data(ssl_, this);
  // A session that the server no longer takes costs nothing: the handshake is a full one then.
  if (const TlsSession session = context_->sessions().take(peer_)) ::SSL_set_session(ssl_, session.get());
  return {};
}

// Returning 1 takes over the reference of OpenSSL.
int TlsTransport::on_new_session(SSL* ssl, SSL_SESSION* session) {
  TlsTransport& transport = *static_cast<TlsTransport*>(SSL_get_app_data(ssl));
  transport.context_->sessions().keep(transport.peer_, TlsSession(session));
  return 1;
}

Task<Result<std::unique_ptr<Transport>>> TlsTransport::handshake(std::unique_ptr<TcpTransport> tcp,
                                                                 std::shared_ptr<TlsContext> context, std::string host,
                                                                 bool host_is_ip, Token& token, Nanos deadline) {
  std::unique_ptr<TlsTransport> transport(new TlsTransport(std::move(tcp), std::move(context)));
  if (Status prepared = transport->prepare(host, host_is_ip); !prepared) co_return std::move(prepared).failure();

  for (;;) {
    ::ERR_clear_error();
    const int result = ::SSL_do_handshake(transport->ssl_);
    if (result == 1) break;
    const int what = ::SSL_get_error(transport->ssl_, result);
    if (what != SSL_ERROR_WANT_READ && what != SSL_ERROR_WANT_WRITE) co_return Failure(transport->handshake_error());
    switch (co_await transport->event().until(token, deadline)) {
      case Wake::ready: break;
      case Wake::timeout:
        co_return Failure(ErrorCode::connect_timeout, Phase::tls, "TLS handshake with " + host + " took too long");
      case Wake::interrupted: co_return Failure(token.interruption(), Phase::tls, "TLS handshake with " + host);
    }
  }
  if (Status good = transport->check_peer(); !good) co_return std::move(good).failure();
  transport->established_ = true;
  co_return std::unique_ptr<Transport>(std::move(transport));
}

Status TlsTransport::check_peer() const {
  const X509* const certificate = ::SSL_get0_peer_certificate(ssl_);
  if (context_->verifies()) {
    // OpenSSL has verified during the handshake; a second look costs nothing.
    const long verified = ::SSL_get_verify_result(ssl_);
    if (verified != X509_V_OK) return Failure(certificate_error(verified));
    if (certificate == nullptr) {
      return Failure(ErrorCode::cert_untrusted, Phase::tls, "the server sent no certificate");
    }
  }
  const PublicKeyPins& pins = context_->pins();
  if (pins.empty() || (certificate != nullptr && pins.match(certificate))) return {};
  return Failure(ErrorCode::pin_mismatch, Phase::tls,
                 "the server's key is none of pinned_public_keys" +
                     (certificate != nullptr ? ": " + public_key_pin(certificate) : ""));
}

TlsFacts TlsTransport::tls() const noexcept {
  return {.version = ::SSL_get_version(ssl_),
          .cipher = ::SSL_get_cipher_name(ssl_),
          .resumed = ::SSL_session_reused(ssl_) == 1,
          .verified = context_->verifies()};
}

Error TlsTransport::certificate_error(long verify_result) const {
  const char* const hint =
      verify_result == X509_V_ERR_UNABLE_TO_GET_CRL ? "; crl_file holds no list of its issuer" : "";
  Error error(code_of_verify_result(verify_result), Phase::tls,
              std::string("the certificate was refused: ") + ::X509_verify_cert_error_string(verify_result) + hint);
  error.tls_error = static_cast<unsigned long>(verify_result);
  return error;
}

Error TlsTransport::handshake_error() {
  const unsigned long reason = ::ERR_peek_last_error();
  ::ERR_clear_error();
  if (ERR_GET_LIB(reason) == ERR_LIB_SSL && ERR_GET_REASON(reason) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    return certificate_error(::SSL_get_verify_result(ssl_));
  }
  if (socket_state_ == IoResult::Kind::reset || socket_state_ == IoResult::Kind::failed) {
    Error error = tcp_->failure();
    error.phase = Phase::tls;
    return error;
  }
  if (socket_state_ == IoResult::Kind::end) {
    return Error(ErrorCode::tls_handshake, Phase::tls, "the peer closed the connection during the TLS handshake");
  }
  // OpenSSL calls it a wrong version when the first bytes are no TLS record.
  const bool no_tls = ERR_GET_LIB(reason) == ERR_LIB_SSL && ERR_GET_REASON(reason) == SSL_R_WRONG_VERSION_NUMBER;
  Error error(code_of_handshake_reason(ERR_GET_REASON(reason)), Phase::tls,
              no_tls ? "the peer does not speak TLS" : openssl_error_text(reason));
  error.tls_error = reason;
  return error;
}

IoResult TlsTransport::interpret(int ssl_result) {
  switch (::SSL_get_error(ssl_, ssl_result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return {IoResult::Kind::would_block};
    case SSL_ERROR_ZERO_RETURN: return {IoResult::Kind::end};
    default: break;
  }
  // Anything else is fatal, and SSL_shutdown is not allowed after it.
  established_ = false;
  const unsigned long reason = ::ERR_peek_last_error();
  ::ERR_clear_error();
  switch (socket_state_) {
    case IoResult::Kind::end: return {IoResult::Kind::truncated};
    case IoResult::Kind::reset:
    case IoResult::Kind::failed: failure_ = tcp_->failure(); return {socket_state_};
    default: break;
  }
  // The post-handshake alert of a server that wants a client certificate arrives with the first read (TLS 1.3).
  const ErrorCode told = code_of_handshake_reason(ERR_GET_REASON(reason));
  const ErrorCode code = told == ErrorCode::client_cert ? told : ErrorCode::read_failed;
  failure_ = Error(code, Phase::none, "TLS: " + openssl_error_text(reason));
  failure_->tls_error = reason;
  return {IoResult::Kind::failed};
}

IoResult TlsTransport::read(std::span<char> out) {
  ::ERR_clear_error();
  const int got = ::SSL_read(ssl_, out.data(), static_cast<int>(std::min<std::size_t>(out.size(), INT_MAX)));
  if (got > 0) return {IoResult::Kind::done, static_cast<std::size_t>(got)};
  return interpret(got);
}

IoResult TlsTransport::write(std::string_view first, std::string_view second) {
  const std::string_view data = first.empty() ? second : first;
  ::ERR_clear_error();
  const int sent = ::SSL_write(ssl_, data.data(), static_cast<int>(std::min<std::size_t>(data.size(), INT_MAX)));
  if (sent > 0) return {IoResult::Kind::done, static_cast<std::size_t>(sent)};
  return interpret(sent);
}

bool TlsTransport::disturbed() noexcept {
  if (::SSL_has_pending(ssl_) == 0 && !tcp_->disturbed()) return false;
  // A late session ticket is no disturbance; peeking lets OpenSSL take it.
  char byte = 0;
  ::ERR_clear_error();
  const int got = ::SSL_peek(ssl_, &byte, 1);
  if (got > 0) return true;
  return interpret(got).kind != IoResult::Kind::would_block;
}

void TlsTransport::release_buffers() noexcept {
  if (::SSL_has_pending(ssl_) != 0) return;
  ::SSL_free_buffers(ssl_);
  ::SSL_set_default_read_buffer_len(ssl_, 0);
}

}  // namespace ppn
