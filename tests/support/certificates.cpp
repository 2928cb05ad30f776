#include "support/certificates.hpp"

#include "../../examples/server/certificate.hpp"
#include "support/certificate_edit.hpp"

namespace ppn::test {

CertFiles CertificateFactory::make_ca(const CertificateOptions& options) {
  return make(nullptr, options, Role::authority);
}

CertFiles CertificateFactory::make_intermediate(const CertFiles& issuer, const CertificateOptions& options) {
  return make(&issuer, options, Role::authority);
}

CertFiles CertificateFactory::make_leaf(const CertFiles& issuer, const CertificateOptions& options) {
  return make(&issuer, options, Role::leaf);
}

CertFiles CertificateFactory::make_self_signed(const CertificateOptions& options) {
  return make(nullptr, options, Role::leaf);
}

CertFiles CertificateFactory::make(const CertFiles* issuer, const CertificateOptions& options, Role role) {
  const ai_server::CertificateRequest request{
      .common_name = options.common_name,
      .dns_names = options.names,
      .ip_addresses = options.ips,
      .is_authority = role == Role::authority,
      .key = options.key == KeyKind::rsa ? ai_server::KeyKind::rsa_2048 : ai_server::KeyKind::ec_p256,
      .not_before = options.not_before,
      .not_after = options.not_after,
  };
  ai_server::Certificate signer;
  if (issuer != nullptr) signer = {issuer->certificate_pem, issuer->private_key_pem};
  ai_server::Certificate made = ai_server::issue_certificate(request, issuer != nullptr ? &signer : nullptr);
  edit_certificate(made, options, issuer);

  const std::string name = std::to_string(++made_);
  CertFiles files;
  files.certificate_file = dir_.write(name + ".crt", made.certificate_pem);
  files.private_key_file = dir_.write(name + ".key", made.private_key_pem);
  files.certificate_pem = std::move(made.certificate_pem);
  files.private_key_pem = std::move(made.private_key_pem);
  return files;
}

CertificateOptions loopback_names() {
  CertificateOptions options;
  options.common_name = "localhost";
  options.names = {"localhost"};
  options.ips = {"127.0.0.1", "::1"};
  return options;
}

}  // namespace ppn::test
