#include <dirent.h>

#include <array>
#include <mutex>

#include "io/openssl_error.hpp"
#include "io/pem.hpp"
#include "io/tls.hpp"

namespace ppn {
namespace {

// OpenSSL's own exit handler frees state that our threads may still use (POCO 2.12).
void initialise_openssl() {
  static std::once_flag once;
  std::call_once(once, [] { ::OPENSSL_init_ssl(OPENSSL_INIT_NO_ATEXIT, nullptr); });
}

Failure refuse(std::string text) {
  return Failure(ErrorCode::config_error, Phase::config, std::move(text));
}

Status trust(SSL_CTX* context, const PemSource& source) {
  const ErrorQueue errors;
  auto certificates = certificates_of(source);
  if (!certificates) return std::move(certificates).failure();
  X509_STORE* const store = ::SSL_CTX_get_cert_store(context);
  for (const X509Ptr& certificate : *certificates) {
    if (::X509_STORE_add_cert(store, certificate.get()) != 1) {
      return errors.refuse(std::string(source.option) + ": a certificate was refused");
    }
  }
  return {};
}

bool is_readable_directory(const std::string& path) {
  DIR* const directory = ::opendir(path.c_str());
  return directory != nullptr && ::closedir(directory) == 0;
}

// What SSL_CTX_set_default_verify_paths does, but that one clears the error queue of the thread. A default file or
// directory that is not there is no failure: SSL_CERT_FILE and SSL_CERT_DIR may name one of the two.
bool trust_system(SSL_CTX* context) {
  X509_STORE* const store = ::SSL_CTX_get_cert_store(context);
  X509_LOOKUP* const file = ::X509_STORE_add_lookup(store, ::X509_LOOKUP_file());
  X509_LOOKUP* const directory = ::X509_STORE_add_lookup(store, ::X509_LOOKUP_hash_dir());
  if (file == nullptr || directory == nullptr) return false;
  X509_LOOKUP_load_file(file, nullptr, X509_FILETYPE_DEFAULT);
  X509_LOOKUP_add_dir(directory, nullptr, X509_FILETYPE_DEFAULT);
  return true;
}

Status load_trust(SSL_CTX* context, const TlsSettings& settings) {
  const ErrorQueue errors;
  if (settings.ca_file.empty() && settings.ca_dir.empty() && settings.ca_pem.empty()) {
    // Reading it takes about 20 ms, so only those pay who use it.
    if (!settings.verify || trust_system(context)) return {};
    return errors.refuse("the trust store of the system is not readable");
  }
  if (!settings.ca_file.empty()) {
    auto file = read_pem_file("ca_file", settings.ca_file);
    if (!file) return std::move(file).failure();
    if (Status trusted = trust(context, *file); !trusted) return trusted;
  }
  // OpenSSL looks into the directory when it needs an issuer, and would find nothing then.
  if (!settings.ca_dir.empty() &&
      (!is_readable_directory(settings.ca_dir) || ::SSL_CTX_load_verify_dir(context, settings.ca_dir.c_str()) != 1)) {
    return errors.refuse("ca_dir can not be read");
  }
  if (!settings.ca_pem.empty()) return trust(context, {"ca_pem", Secret(settings.ca_pem)});
  return {};
}

// Every certificate of a chain is looked up, not the server's alone: an authority that was revoked signs no server.
// One whose issuer has no list is refused, for silence would make a forgotten list look like a clean one.
Status load_revocation_lists(SSL_CTX* context, const TlsSettings& settings) {
  if (settings.crl_file.empty()) return {};
  const ErrorQueue errors;
  auto file = read_pem_file("crl_file", settings.crl_file);
  if (!file) return std::move(file).failure();
  auto lists = revocation_lists_of(*file);
  if (!lists) return std::move(lists).failure();
  X509_STORE* const store = ::SSL_CTX_get_cert_store(context);
  for (const X509CrlPtr& list : *lists) {
    if (::X509_STORE_add_crl(store, list.get()) != 1) return errors.refuse("crl_file: a list was refused");
  }
  ::X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  return {};
}

// The text of one of two options that say the same; an empty option name when neither is set.
Result<PemSource> text_or_file(std::string_view text_option, const Secret& text, std::string_view file_option,
                               const std::string& file) {
  if (text.empty()) return file.empty() ? PemSource{} : read_pem_file(file_option, file);
  if (file.empty()) return PemSource{text_option, text};
  return refuse(std::string(text_option) + " and " + std::string(file_option) + " exclude each other");
}

Status present(SSL_CTX* context, const PemSource& chain_source, const PemSource& key_source, const Secret& password) {
  const ErrorQueue errors;
  const std::string option(chain_source.option);
  auto chain = certificates_of(chain_source);
  if (!chain) return std::move(chain).failure();
  auto key = private_key_of(key_source, password);
  if (!key) return std::move(key).failure();
  if (::X509_check_private_key(chain->front().get(), key->get()) != 1) {
    return refuse(std::string(key_source.option) + ": the private key does not fit the certificate of " + option);
  }
  if (::SSL_CTX_use_certificate(context, chain->front().get()) != 1) {
    return errors.refuse(option + ": the certificate was refused");
  }
  for (std::size_t i = 1; i < chain->size(); ++i) {
    if (::SSL_CTX_add1_chain_cert(context, (*chain)[i].get()) != 1) {
      return errors.refuse(option + ": a certificate of the chain was refused");
    }
  }
  if (::SSL_CTX_use_PrivateKey(context, key->get()) != 1) {
    return errors.refuse(std::string(key_source.option) + ": the private key was refused");
  }
  return {};
}

Status load_identity(SSL_CTX* context, const TlsSettings& settings) {
  auto chain =
      text_or_file("client_cert_pem", Secret(settings.client_cert_pem), "client_cert_file", settings.client_cert_file);
  if (!chain) return std::move(chain).failure();
  auto key = text_or_file("client_key_pem", settings.client_key_pem, "client_key_file", settings.client_key_file);
  if (!key) return std::move(key).failure();
  if (!chain->option.empty()) {
    return present(context, *chain, key->option.empty() ? *chain : *key, settings.client_key_password);
  }
  if (key->option.empty() && settings.client_key_password.empty()) return {};
  const std::string option(key->option.empty() ? "client_key_password" : key->option);
  return refuse(option + " is set without client_cert_file or client_cert_pem");
}

}  // namespace

Result<std::shared_ptr<TlsContext>> TlsContext::create(const TlsSettings& settings) {
  initialise_openssl();
  const ErrorQueue errors;
  auto pins = PublicKeyPins::parse(settings.pinned_public_keys);
  if (!pins) return refuse("pinned_public_keys: " + pins.error().message);
  SSL_CTX* const context = ::SSL_CTX_new(::TLS_client_method());
  if (context == nullptr) return errors.refuse("TLS can not be set up");
  std::shared_ptr<TlsContext> result(new TlsContext(context, settings, std::move(*pins)));

  ::SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
  ::SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  ::SSL_CTX_set_read_ahead(context, 1);
  ::SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  ::SSL_CTX_sess_set_new_cb(context, &TlsTransport::on_new_session);
  // The distribution's security level stays. X448 first would cost a round trip with most servers (POCO 1.4).
  static constexpr std::array<unsigned char, 9> kAlpn{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  if (::SSL_CTX_set_min_proto_version(context, settings.only_tls_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION) != 1 ||
      ::SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") != 1 ||
      ::SSL_CTX_set_alpn_protos(context, kAlpn.data(), kAlpn.size()) != 0) {
    return errors.refuse("TLS can not be set up");
  }
  ::SSL_CTX_set_verify(context, settings.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  // Files that were named are read in any case: a wrong name is a mistake whether they are used or not.
  if (Status loaded = load_trust(context, settings); !loaded) return std::move(loaded).failure();
  if (Status loaded = load_revocation_lists(context, settings); !loaded) return std::move(loaded).failure();
  if (Status loaded = load_identity(context, settings); !loaded) return std::move(loaded).failure();
  return result;
}

TlsContext::TlsContext(SSL_CTX* context, const TlsSettings& settings, PublicKeyPins pins)
    : context_(context), verify_(settings.verify), server_name_(settings.server_name), pins_(std::move(pins)) {}

TlsContext::~TlsContext() {
  ::SSL_CTX_free(context_);
}

}  // namespace ppn
