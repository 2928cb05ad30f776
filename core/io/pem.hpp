// PEM texts and files that options name: certificates, lists of revoked ones, private keys.
//
// Every failure is a config_error that names the option and never repeats what the text holds. For the time of these
// calls the error queue of OpenSSL belongs to an ErrorQueue of the caller.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace ppn {

template <auto kFree>
struct OpensslDeleter {
  template <class T>
  void operator()(T* object) const noexcept {
    kFree(object);
  }
};
using X509Ptr = std::unique_ptr<X509, OpensslDeleter<X509_free>>;
using X509CrlPtr = std::unique_ptr<X509_CRL, OpensslDeleter<X509_CRL_free>>;
using PrivateKeyPtr = std::unique_ptr<EVP_PKEY, OpensslDeleter<EVP_PKEY_free>>;

// A text and the option it came from.
struct PemSource {
  std::string_view option;
  Secret text = {};
};

// Reads a file, or a pipe, of at most 64 MiB.
Result<PemSource> read_pem_file(std::string_view option, const std::string& path);

// All certificates or lists of the text, at least one.
Result<std::vector<X509Ptr>> certificates_of(const PemSource& source);
Result<std::vector<X509CrlPtr>> revocation_lists_of(const PemSource& source);
// The first private key. `password` opens an encrypted one; nobody is asked for it.
Result<PrivateKeyPtr> private_key_of(const PemSource& source, const Secret& password);

}  // namespace ppn
