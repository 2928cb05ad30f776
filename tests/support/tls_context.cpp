#include "support/tls_context.hpp"

#include <openssl/ssl.h>

#include <stdexcept>

#include "../../examples/server/certificate.hpp"

namespace ppn::test {

void TlsContextDeleter::operator()(ssl_ctx_st* context) const noexcept {
  SSL_CTX_free(context);
}

TlsContext make_tls_context(const ServerIdentity& identity) {
  if (identity.certificate_pem.empty()) return nullptr;
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  if (!context) throw std::runtime_error("cannot make a TLS context");
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // How the peer leaves is the peer's matter: both ways are an end here.
  SSL_CTX_set_options(context.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_security_level(context.get(), 0);  // as weak as its certificate
  ai_server::present_certificate(context.get(), {identity.certificate_pem, identity.private_key_pem});
  return context;
}

}  // namespace ppn::test
