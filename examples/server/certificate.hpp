// Throw-away certificates, made with OpenSSL and handed over as PEM. Good for one day on one machine, and for nothing
// else.
#pragma once

#include <chrono>
#include <string>
#include <vector>

struct ssl_ctx_st;  // SSL_CTX of OpenSSL

namespace ai_server {

enum class KeyKind { ec_p256, rsa_2048 };

struct CertificateRequest {
  std::string common_name;
  std::vector<std::string> dns_names = {};
  std::vector<std::string> ip_addresses = {};
  bool is_authority = false;
  KeyKind key = KeyKind::ec_p256;
  std::chrono::seconds not_before = std::chrono::minutes{-5};  // from now; a little back, for clocks that differ
  std::chrono::seconds not_after = std::chrono::hours{24};     // from now
};

struct Certificate {
  std::string certificate_pem;
  std::string private_key_pem;
};

// A certificate signed by `issuer`, or by itself when that is null. Throws std::runtime_error.
Certificate issue_certificate(const CertificateRequest& request, const Certificate* issuer);

// Makes a server context present `certificate`: its first PEM block is the leaf, the others are sent along as the
// chain. Throws std::runtime_error.
void present_certificate(ssl_ctx_st* context, const Certificate& certificate);

}  // namespace ai_server
