#include "support/certificate_edit.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace ppn::test {
namespace {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using BioPtr = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using CertificatePtr = std::unique_ptr<X509, Deleter<X509_free>>;
using CrlPtr = std::unique_ptr<X509_CRL, Deleter<X509_CRL_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;
using RevokedPtr = std::unique_ptr<X509_REVOKED, Deleter<X509_REVOKED_free>>;
using TimePtr = std::unique_ptr<ASN1_TIME, Deleter<ASN1_TIME_free>>;

void require(bool done, const char* what) {
  if (!done) throw std::runtime_error(what);
}

BioPtr reader_of(const std::string& pem) {
  return BioPtr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

CertificatePtr certificate_of(const std::string& pem) {
  CertificatePtr certificate(PEM_read_bio_X509(reader_of(pem).get(), nullptr, nullptr, nullptr));
  require(certificate != nullptr, "reading a certificate");
  return certificate;
}

KeyPtr key_of(const std::string& pem) {
  KeyPtr key(PEM_read_bio_PrivateKey(reader_of(pem).get(), nullptr, nullptr, nullptr));
  require(key != nullptr, "reading a key");
  return key;
}

template <class Write>
std::string to_pem(Write write) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  require(bio && write(bio.get()) == 1, "writing PEM");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

void replace_extension(X509* certificate, X509* issuer, const std::string& name, const std::string& value) {
  const int nid = OBJ_sn2nid(name.c_str());
  for (int at = X509_get_ext_by_NID(certificate, nid, -1); at >= 0; at = X509_get_ext_by_NID(certificate, nid, -1)) {
    X509_EXTENSION_free(X509_delete_ext(certificate, at));
  }
  if (value.empty()) return;
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  require(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "adding an extension");
}

}  // namespace

void edit_certificate(ai_server::Certificate& certificate, const CertificateOptions& options, const CertFiles* issuer) {
  const bool weak_key = options.key == KeyKind::rsa_1024 || options.key == KeyKind::rsa_512;
  if (!weak_key && options.digest == "SHA256" && options.extensions.empty()) return;
  const CertificatePtr made = certificate_of(certificate.certificate_pem);
  if (weak_key) {
    const KeyPtr key(EVP_RSA_gen(options.key == KeyKind::rsa_1024 ? 1024U : 512U));
    require(key && X509_set_pubkey(made.get(), key.get()) == 1, "setting a weak key");
    certificate.private_key_pem = to_pem(
        [&](BIO* bio) { return PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  }
  const CertificatePtr signer =
      certificate_of(issuer != nullptr ? issuer->certificate_pem : certificate.certificate_pem);
  for (const auto& [name, value] : options.extensions) replace_extension(made.get(), signer.get(), name, value);
  const KeyPtr signing_key = key_of(issuer != nullptr ? issuer->private_key_pem : certificate.private_key_pem);
  require(X509_sign(made.get(), signing_key.get(), EVP_get_digestbyname(options.digest.c_str())) > 0, "signing");
  certificate.certificate_pem = to_pem([&](BIO* bio) { return PEM_write_bio_X509(bio, made.get()); });
}

std::string CertificateFactory::make_crl(const CertFiles& issuer, const std::vector<std::string>& revoked_pems,
                                         std::chrono::seconds next_update) {
  const CertificatePtr authority = certificate_of(issuer.certificate_pem);
  const CrlPtr crl(X509_CRL_new());
  const TimePtr begin(X509_gmtime_adj(nullptr, -7 * 86'400));
  const TimePtr end(X509_gmtime_adj(nullptr, static_cast<long>(next_update.count())));
  require(crl && begin && end && X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2) == 1 &&
              X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(authority.get())) == 1 &&
              X509_CRL_set1_lastUpdate(crl.get(), begin.get()) == 1 &&
              X509_CRL_set1_nextUpdate(crl.get(), end.get()) == 1,
          "starting a list of revoked certificates");
  for (const std::string& pem : revoked_pems) {
    RevokedPtr entry(X509_REVOKED_new());
    require(entry &&
                X509_REVOKED_set_serialNumber(entry.get(), X509_get_serialNumber(certificate_of(pem).get())) == 1 &&
                X509_REVOKED_set_revocationDate(entry.get(), begin.get()) == 1 &&
                X509_CRL_add0_revoked(crl.get(), entry.get()) == 1,
            "revoking a certificate");
    entry.release();
  }
  require(
      X509_CRL_sort(crl.get()) == 1 && X509_CRL_sign(crl.get(), key_of(issuer.private_key_pem).get(), EVP_sha256()) > 0,
      "signing a list of revoked certificates");
  return to_pem([&](BIO* bio) { return PEM_write_bio_X509_CRL(bio, crl.get()); });
}

std::string encrypt_key(const std::string& private_key_pem, const std::string& password, KeyFormat format) {
  const KeyPtr key = key_of(private_key_pem);
  const auto* const bytes = reinterpret_cast<const unsigned char*>(password.data());
  const auto write = format == KeyFormat::pkcs8 ? PEM_write_bio_PrivateKey : PEM_write_bio_PrivateKey_traditional;
  return to_pem([&](BIO* bio) {
    return write(bio, key.get(), EVP_aes_256_cbc(), bytes, static_cast<int>(password.size()), nullptr, nullptr);
  });
}

std::string pin_of(const std::string& certificate_pem) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const CertificatePtr certificate = certificate_of(certificate_pem);
  unsigned char* encoded = nullptr;
  const int length = i2d_PUBKEY(X509_get0_pubkey(certificate.get()), &encoded);
  require(length > 0 &&
              EVP_Digest(encoded, static_cast<std::size_t>(length), digest.data(), &size, EVP_sha256(), nullptr) == 1,
          "hashing a public key");
  OPENSSL_free(encoded);
  std::array<unsigned char, 64> text{};
  EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(size));
  return "sha256//" + std::string(reinterpret_cast<const char*>(text.data()));
}

}  // namespace ppn::test
