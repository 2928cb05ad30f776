#include "client/file_body.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace ppn {
namespace {

// The path is not repeated: it may hold anything.
Error file_error(ErrorCode code, Phase phase, const char* what, int os_errno) {
  Error error(code, phase, what + std::generic_category().message(os_errno));
  error.retryable = false;
  error.os_errno = os_errno;
  return error;
}

}  // namespace

Result<std::unique_ptr<FileBody>> FileBody::open(const std::string& path) {
  if (path.find('\0') != std::string::npos) {
    return Failure(ErrorCode::invalid_argument, Phase::validate, "the path of the body holds a NUL");
  }
  // O_NONBLOCK: opening a pipe would wait for its writer before it can be refused.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0) {
    return Failure(file_error(ErrorCode::invalid_argument, Phase::validate, "the file of the body: ", errno));
  }
  struct stat status {};
  const int os_errno = ::fstat(descriptor, &status) != 0 ? errno : 0;
  if (os_errno != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor);
    if (os_errno == 0) {
      return Failure(ErrorCode::invalid_argument, Phase::validate, "the file of the body is no regular file");
    }
    return Failure(file_error(ErrorCode::invalid_argument, Phase::validate, "the file of the body: ", os_errno));
  }
  try {
    return std::unique_ptr<FileBody>(new FileBody(descriptor, static_cast<std::uint64_t>(status.st_size)));
  } catch (const std::bad_alloc&) {
    ::close(descriptor);
    throw;
  }
}

FileBody::~FileBody() {
  ::close(descriptor_);
}

Result<BodySource::Piece> FileBody::next() {
  if (position_ == length_) return Piece{.last = true};
  if (!buffer_) {
    buffer_ = std::make_unique_for_overwrite<char[]>(kBodyPieceBytes);
    ::posix_fadvise(descriptor_, 0, 0, POSIX_FADV_SEQUENTIAL);
  }
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(kBodyPieceBytes, length_ - position_));
  ssize_t got = 0;
  do {
    got = ::pread(descriptor_, buffer_.get(), wanted, static_cast<off_t>(position_));
  } while (got < 0 && errno == EINTR);
  if (got < 0) return Failure(file_error(ErrorCode::write_failed, Phase::send, "the file of the body: ", errno));
  if (got == 0) {
    Error error(
        ErrorCode::write_failed, Phase::send,
        "the file of the body ended after " + std::to_string(position_) + " of " + std::to_string(length_) + " bytes");
    error.retryable = false;
    return Failure(std::move(error));
  }
  position_ += static_cast<std::uint64_t>(got);
  return Piece{.bytes = {buffer_.get(), static_cast<std::size_t>(got)}, .last = position_ == length_};
}

Status FileBody::rewind() {
  position_ = 0;
  return {};
}

}  // namespace ppn
