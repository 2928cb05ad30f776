// The literal secrets of this process, and the filter that keeps them out of everything that is shown: log lines, errors,
// events and metrics (SEMANTICS 3.7).
//
// Thread: any, for every function.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace ppn {

// Counts: as long as one registration of a secret is alive, it is hidden. What is shorter than kMinSecretBytes is not
// taken. The registry's own copies are wiped with the last one.
class SecretRegistration {
 public:
  SecretRegistration() = default;
  explicit SecretRegistration(std::string_view secret);
  SecretRegistration(SecretRegistration&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
  SecretRegistration& operator=(SecretRegistration&& other) noexcept {
    std::swap(entry_, other.entry_);
    return *this;
  }
  ~SecretRegistration();

  explicit operator bool() const noexcept { return entry_ != nullptr; }

 private:
  void* entry_ = nullptr;  // of the registry
};

// The same by name, for programs: each call counts. False for a secret that is too short, or is not known.
bool register_secret(std::string_view secret);
bool forget_secret(std::string_view secret) noexcept;

std::size_t registered_secrets() noexcept;

// `text` with "***" in the place of every registered secret, of those in `own` (the credentials of one call), and of what
// looks like a credential. A secret is found as it is, percent-encoded in whole or in part, and inside base64.
std::string scrub(std::string_view text, std::span<const std::string_view> own = {});

// The same without a copy: `text` itself when it holds no secret, otherwise a view of `storage`.
std::string_view scrub(std::string_view text, std::string& storage, std::span<const std::string_view> own = {});

void scrub_in_place(std::string& text, std::span<const std::string_view> own = {});

}  // namespace ppn
