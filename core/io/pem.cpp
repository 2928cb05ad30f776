#include "io/pem.hpp"

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "io/openssl_error.hpp"

namespace ppn {
namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{64} << 20;

using BioPtr = std::unique_ptr<BIO, OpensslDeleter<BIO_free>>;

Failure unreadable(std::string_view option, int os_errno) {
  std::array<char, 128> buffer{};
  Error error(ErrorCode::config_error, Phase::config,
              std::string(option) + " can not be read: " + ::strerror_r(os_errno, buffer.data(), buffer.size()));
  error.os_errno = os_errno;
  return Failure(std::move(error));
}

BioPtr reader_of(const PemSource& source) {
  const std::string_view text = source.text.view();
  return BioPtr(::BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// Reading stops with this error at the end of the text, and with another one at a block that is broken.
bool stopped_at_the_end() {
  const unsigned long reason = ::ERR_peek_last_error();
  return ERR_GET_LIB(reason) == ERR_LIB_PEM && ERR_GET_REASON(reason) == PEM_R_NO_START_LINE;
}

template <class Pointer, class Read>
Result<std::vector<Pointer>> all_of(const PemSource& source, Read read, const char* what) {
  std::vector<Pointer> found;
  const BioPtr bio = reader_of(source);
  const ErrorQueue errors;
  while (bio) {
    Pointer next(read(bio.get(), nullptr, nullptr, nullptr));
    if (!next) break;
    found.push_back(std::move(next));
  }
  if (!bio || !stopped_at_the_end()) return errors.refuse(std::string(source.option) + ": a " + what + " is broken");
  if (found.empty()) {
    return Failure(ErrorCode::config_error, Phase::config, std::string(source.option) + " holds no " + what);
  }
  return found;
}

struct PasswordRequest {
  const Secret& password;
  bool asked = false;

  // What OpenSSL calls for an encrypted key, instead of asking at the terminal.
  static int answer(char* out, int size, int, void* request) {
    PasswordRequest& self = *static_cast<PasswordRequest*>(request);
    self.asked = true;
    const std::string_view password = self.password.view();
    if (password.empty() || password.size() > static_cast<std::size_t>(size)) return -1;
    std::copy(password.begin(), password.end(), out);
    return static_cast<int>(password.size());
  }
};

}  // namespace

Result<PemSource> read_pem_file(std::string_view option, const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (descriptor < 0) return unreadable(option, errno);
  struct Closer {
    int descriptor;
    ~Closer() { ::close(descriptor); }
  } const closer{descriptor};
  PemSource source{option};
  std::array<char, 16384> buffer;
  int os_errno = 0;
  for (;;) {
    const ssize_t got = ::read(descriptor, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) os_errno = errno;
    if (got <= 0) break;
    source.text.append({buffer.data(), static_cast<std::size_t>(got)});
    if (source.text.view().size() > kMaxFileBytes) {
      os_errno = EFBIG;
      break;
    }
  }
  ::explicit_bzero(buffer.data(), buffer.size());
  if (os_errno != 0) return unreadable(option, os_errno);
  return source;
}

Result<std::vector<X509Ptr>> certificates_of(const PemSource& source) {
  return all_of<X509Ptr>(source, ::PEM_read_bio_X509_AUX, "certificate");
}

Result<std::vector<X509CrlPtr>> revocation_lists_of(const PemSource& source) {
  return all_of<X509CrlPtr>(source, ::PEM_read_bio_X509_CRL, "list of revoked certificates");
}

Result<PrivateKeyPtr> private_key_of(const PemSource& source, const Secret& password) {
  const ErrorQueue errors;
  PasswordRequest request{password};
  const BioPtr bio = reader_of(source);
  PrivateKeyPtr key(bio ? ::PEM_read_bio_PrivateKey(bio.get(), nullptr, &PasswordRequest::answer, &request) : nullptr);
  if (key) return key;
  const std::string option(source.option);
  if (!request.asked) return errors.refuse(option + " holds no private key that can be read");
  return Failure(ErrorCode::config_error, Phase::config,
                 password.empty() ? option + ": the private key is encrypted, and client_key_password is not set"
                                  : option + ": client_key_password does not open the private key");
}

}  // namespace ppn
