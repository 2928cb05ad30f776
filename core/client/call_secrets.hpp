// The credentials that a client and a single request bring along, for the filter of everything that is shown.
#pragma once

#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "base/secret_registry.hpp"
#include "client/options.hpp"
#include "codec/headers.hpp"
#include "codec/url.hpp"

namespace ppn {

// Those of one request are not registered, which would cost every call a lock: they are collected when something about
// the call is about to be shown. Copies, so that they outlive the head of a request that is forgotten.
class CallSecrets {
 public:
  CallSecrets() = default;
  // The values of sensitive headers, without "Bearer " and the like, and those of secret query parameters.
  CallSecrets(const HeaderList& headers, const Url& url);
  // Those that options hold.
  explicit CallSecrets(const Options& options);

  bool empty() const noexcept { return secrets_.empty(); }
  // As long as this object does not change.
  std::vector<std::string_view> views() const;
  // For as long as the result lives they are secrets of the process.
  std::vector<SecretRegistration> register_all() const;

 private:
  void add(std::string_view secret);
  void add_credentials(std::string_view value);
  void add_cookies(std::string_view value);

  std::vector<Secret> secrets_;  // each of at least kMinSecretBytes
};

// Hides in the texts of an error what `secrets`, registered ones included, name.
void scrub_error(Error& error, const CallSecrets& secrets = {});

}  // namespace ppn
