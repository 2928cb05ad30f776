// Throw-away certificates for TLS tests. Files live as long as the factory that made them.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "support/scripted_server.hpp"
#include "support/temp_dir.hpp"

namespace ppn::test {

enum class KeyKind { ec, rsa, rsa_1024, rsa_512 };

struct CertificateOptions {
  std::string common_name = "PepperPy Network test";
  std::vector<std::string> names = {};                         // DNS names of the subject alternative name
  std::vector<std::string> ips = {};                           // IP addresses of the same
  std::chrono::seconds not_before = std::chrono::minutes{-5};  // from now
  std::chrono::seconds not_after = std::chrono::hours{24};     // from now
  KeyKind key = KeyKind::ec;
  std::string digest = "SHA256";  // of the signature
  // In place of the usual ones, in the words of openssl.cnf: {"extendedKeyUsage", "clientAuth"}; "" removes.
  std::vector<std::pair<std::string, std::string>> extensions = {};
};

struct CertFiles {
  std::string certificate_pem;
  std::string private_key_pem;
  std::string certificate_file;
  std::string private_key_file;

  ServerIdentity identity() const { return {certificate_pem, private_key_pem}; }
};

class CertificateFactory {
 public:
  CertFiles make_ca(const CertificateOptions& options = {});
  // A CA below another one.
  CertFiles make_intermediate(const CertFiles& issuer, const CertificateOptions& options = {});
  CertFiles make_leaf(const CertFiles& issuer, const CertificateOptions& options);
  // A list of what `issuer` has revoked, as PEM; `next_update` is from now.
  static std::string make_crl(const CertFiles& issuer, const std::vector<std::string>& revoked_pems,
                              std::chrono::seconds next_update = std::chrono::hours{24});
  // A server certificate that is its own issuer and no CA.
  CertFiles make_self_signed(const CertificateOptions& options);

 private:
  enum class Role { authority, leaf };
  CertFiles make(const CertFiles* issuer, const CertificateOptions& options, Role role);

  TempDir dir_;
  int made_ = 0;
};

enum class KeyFormat { pkcs8, traditional };

// The key under a password, as PEM.
std::string encrypt_key(const std::string& private_key_pem, const std::string& password, KeyFormat format);

// "sha256//BASE64" of the key of a certificate, by the openssl library alone.
std::string pin_of(const std::string& certificate_pem);

// The names a server on the loopback interface is reached by: localhost, 127.0.0.1, ::1.
CertificateOptions loopback_names();

}  // namespace ppn::test
