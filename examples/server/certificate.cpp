#include "certificate.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <string_view>

namespace ai_server {
namespace {

template <auto Release>
struct Releaser {
  template <class T>
  void operator()(T* object) const noexcept {
    Release(object);
  }
};

using BioPtr = std::unique_ptr<BIO, Releaser<BIO_free_all>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Releaser<EVP_PKEY_free>>;
using X509Ptr = std::unique_ptr<X509, Releaser<X509_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Releaser<X509_EXTENSION_free>>;
using NumberPtr = std::unique_ptr<BIGNUM, Releaser<BN_free>>;

[[noreturn]] void fail(std::string_view what) {
  std::array<char, 256> reason{};
  ERR_error_string_n(ERR_get_error(), reason.data(), reason.size());
  ERR_clear_error();
  throw std::runtime_error(std::string(what) + ": " + reason.data());
}

void require(bool done, std::string_view what) {
  if (!done) fail(what);
}

BioPtr reader_of(std::string_view pem) {
  BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  require(bio != nullptr, "memory BIO");
  return bio;
}

template <class Write>
std::string to_pem(Write write) {
  BioPtr bio(BIO_new(BIO_s_mem()));
  require(bio && write(bio.get()) == 1, "writing PEM");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

KeyPtr make_key(KeyKind kind) {
  KeyPtr key(kind == KeyKind::ec_p256 ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048U));
  require(key != nullptr, "making a key");
  return key;
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  require(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "adding an extension");
}

// Clients look at these names alone, never at the common name (RFC 9525 2).
std::string alternative_names(const CertificateRequest& request) {
  std::string names;
  for (const auto& name : request.dns_names) names += (names.empty() ? "DNS:" : ",DNS:") + name;
  for (const auto& address : request.ip_addresses) names += (names.empty() ? "IP:" : ",IP:") + address;
  return names;
}

void set_serial_number(X509* certificate) {
  // Unique and unpredictable, positive, at most 20 octets (RFC 5280 4.1.2.2).
  NumberPtr number(BN_new());
  require(number && BN_rand(number.get(), 127, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
              BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr,
          "setting the serial number");
}

void set_subject(X509* certificate, const std::string& common_name) {
  const auto* text = reinterpret_cast<const unsigned char*>(common_name.data());
  require(X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName, MBSTRING_UTF8, text,
                                     static_cast<int>(common_name.size()), -1, 0) == 1,
          "setting the subject");
}

void set_validity(X509* certificate, const CertificateRequest& request) {
  require(X509_gmtime_adj(X509_getm_notBefore(certificate), static_cast<long>(request.not_before.count())) != nullptr &&
              X509_gmtime_adj(X509_getm_notAfter(certificate), static_cast<long>(request.not_after.count())) != nullptr,
          "setting the validity");
}

// RFC 5280 4.2: what the key may be used for, by whom, and how to find the issuer's key.
void add_extensions(X509* certificate, X509* issuer, const CertificateRequest& request) {
  if (request.is_authority) {
    add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate, issuer, NID_key_usage, "critical,keyCertSign,cRLSign");
  } else {
    add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE");
    // TLS 1.2 key transport by RSA needs keyEncipherment; everything else signs.
    add_extension(
        certificate, issuer, NID_key_usage,
        request.key == KeyKind::rsa_2048 ? "critical,digitalSignature,keyEncipherment" : "critical,digitalSignature");
    add_extension(certificate, issuer, NID_ext_key_usage, "serverAuth,clientAuth");
  }
  add_extension(certificate, issuer, NID_subject_key_identifier, "hash");
  add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always");
  if (const std::string names = alternative_names(request); !names.empty()) {
    add_extension(certificate, issuer, NID_subject_alt_name, names);
  }
}

X509Ptr read_certificate(BIO* bio) {
  return X509Ptr(PEM_read_bio_X509(bio, nullptr, nullptr, nullptr));
}

KeyPtr read_key(std::string_view pem) {
  KeyPtr key(PEM_read_bio_PrivateKey(reader_of(pem).get(), nullptr, nullptr, nullptr));
  require(key != nullptr, "reading a private key");
  return key;
}

}  // namespace

Certificate issue_certificate(const CertificateRequest& request, const Certificate* issuer) {
  ERR_clear_error();
  const KeyPtr key = make_key(request.key);
  X509Ptr certificate(X509_new());
  require(certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
              X509_set_pubkey(certificate.get(), key.get()) == 1,
          "starting a certificate");
  set_serial_number(certificate.get());
  set_subject(certificate.get(), request.common_name);
  set_validity(certificate.get(), request);

  X509Ptr issuer_certificate;
  KeyPtr issuer_key;
  if (issuer != nullptr) {
    issuer_certificate = read_certificate(reader_of(issuer->certificate_pem).get());
    require(issuer_certificate != nullptr, "reading the issuer");
    issuer_key = read_key(issuer->private_key_pem);
  }
  X509* const signer = issuer_certificate ? issuer_certificate.get() : certificate.get();
  require(X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer)) == 1, "setting the issuer");
  add_extensions(certificate.get(), signer, request);
  require(X509_sign(certificate.get(), issuer_key ? issuer_key.get() : key.get(), EVP_sha256()) > 0, "signing");

  return {to_pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate.get()); }), to_pem([&](BIO* bio) {
            return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

void present_certificate(ssl_ctx_st* context, const Certificate& certificate) {
  ERR_clear_error();
  const BioPtr chain = reader_of(certificate.certificate_pem);
  const X509Ptr leaf = read_certificate(chain.get());
  require(leaf && SSL_CTX_use_certificate(context, leaf.get()) == 1, "loading the certificate");
  while (const X509Ptr next = read_certificate(chain.get())) {
    require(SSL_CTX_add1_chain_cert(context, next.get()) == 1, "loading the chain");
  }
  ERR_clear_error();  // the end of the PEM text is reported as an error
  const KeyPtr key = read_key(certificate.private_key_pem);
  require(SSL_CTX_use_PrivateKey(context, key.get()) == 1 && SSL_CTX_check_private_key(context) == 1,
          "loading the private key");
}

}  // namespace ai_server
