#include <dirent.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <mutex>

#include "io/openssl_error.hpp"
#include "io/tls.hpp"

namespace ppn {
namespace {

// OpenSSL's own exit handler frees state that our threads may still use (POCO 2.12).
void initialise_openssl() {
  static std::once_flag once;
  std::call_once(once, [] { ::OPENSSL_init_ssl(OPENSSL_INIT_NO_ATEXIT, nullptr); });
}

Failure refuse(const std::string& what) {
  std::string text = what;
  const unsigned long reason = ::ERR_peek_last_error();
  if (reason != 0) text += ": " + openssl_error_text(reason);
  Error error(ErrorCode::config_error, Phase::config, std::move(text));
  error.tls_error = reason;
  ::ERR_clear_error();
  return Failure(std::move(error));
}

Status trust_pem(SSL_CTX* context, const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&::BIO_free)> bio(::BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                        &::BIO_free);
  X509_STORE* const store = ::SSL_CTX_get_cert_store(context);
  int certificates = 0;
  for (;; ++certificates) {
    const std::unique_ptr<X509, decltype(&::X509_free)> certificate(
        ::PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &::X509_free);
    if (!certificate) break;
    if (::X509_STORE_add_cert(store, certificate.get()) != 1) return refuse("ca_pem: a certificate was refused");
  }
  if (certificates == 0) return refuse("ca_pem holds no certificate");
  // Reading stops with this error at the end of the text, and with another one at a certificate that is broken.
  if (ERR_GET_REASON(::ERR_peek_last_error()) != PEM_R_NO_START_LINE) return refuse("ca_pem: a certificate is broken");
  ::ERR_clear_error();
  return {};
}

bool is_readable_directory(const std::string& path) {
  DIR* const directory = ::opendir(path.c_str());
  return directory != nullptr && ::closedir(directory) == 0;
}

Status load_trust(SSL_CTX* context, const TlsSettings& settings) {
  const bool own_trust = !settings.ca_file.empty() || !settings.ca_dir.empty() || !settings.ca_pem.empty();
  if (!own_trust) {
    if (::SSL_CTX_set_default_verify_paths(context) != 1)
      return refuse("the trust store of the system is not readable");
    return {};
  }
  if (!settings.ca_file.empty() && ::SSL_CTX_load_verify_file(context, settings.ca_file.c_str()) != 1) {
    return refuse("ca_file can not be read");
  }
  // OpenSSL looks into the directory when it needs an issuer, and would find nothing then.
  if (!settings.ca_dir.empty() &&
      (!is_readable_directory(settings.ca_dir) || ::SSL_CTX_load_verify_dir(context, settings.ca_dir.c_str()) != 1)) {
    return refuse("ca_dir can not be read");
  }
  if (!settings.ca_pem.empty()) return trust_pem(context, settings.ca_pem);
  return {};
}

Status load_identity(SSL_CTX* context, const TlsSettings& settings) {
  if (settings.client_cert_file.empty()) {
    if (!settings.client_key_file.empty()) return refuse("client_key_file is set without client_cert_file");
    return {};
  }
  const std::string& key = settings.client_key_file.empty() ? settings.client_cert_file : settings.client_key_file;
  if (::SSL_CTX_use_certificate_chain_file(context, settings.client_cert_file.c_str()) != 1) {
    return refuse("client_cert_file can not be read");
  }
  if (::SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return refuse("the private key of the client certificate can not be read");
  }
  if (::SSL_CTX_check_private_key(context) != 1) return refuse("the private key does not fit the client certificate");
  return {};
}

// A key file with a passphrase must fail, not ask at the terminal.
int no_passphrase(char*, int, int, void*) {
  return 0;
}

}  // namespace

Result<std::shared_ptr<TlsContext>> TlsContext::create(const TlsSettings& settings) {
  initialise_openssl();
  ::ERR_clear_error();
  SSL_CTX* const context = ::SSL_CTX_new(::TLS_client_method());
  if (context == nullptr) return refuse("TLS can not be set up");
  std::shared_ptr<TlsContext> result(new TlsContext(context, settings.verify));

  ::SSL_CTX_set_default_passwd_cb(context, no_passphrase);
  ::SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
  ::SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  ::SSL_CTX_set_read_ahead(context, 1);
  ::SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  ::SSL_CTX_sess_set_new_cb(context, &TlsTransport::on_new_session);
  // The distribution's security level stays. X448 first would cost a round trip with most servers (POCO 1.4).
  static constexpr std::array<unsigned char, 9> kAlpn{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  if (::SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
      ::SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") != 1 ||
      ::SSL_CTX_set_alpn_protos(context, kAlpn.data(), kAlpn.size()) != 0) {
    return refuse("TLS can not be set up");
  }
  ::SSL_CTX_set_verify(context, settings.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (settings.verify) {
    if (Status loaded = load_trust(context, settings); !loaded) return std::move(loaded).failure();
  }
  if (Status loaded = load_identity(context, settings); !loaded) return std::move(loaded).failure();
  return result;
}

TlsContext::~TlsContext() {
  ::SSL_CTX_free(context_);
}

}  // namespace ppn
