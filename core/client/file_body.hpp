// The body of a request in a file: read as the socket takes it, never the whole of it in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/live_objects.hpp"
#include "http/body_source.hpp"

namespace ppn {

class FileBody final : public BodySource {
 public:
  // Opens the file and takes its length. Regular files only: reading anything else may wait for ever, and the loop with
  // it. Error: invalid_argument, phase `validate`. Thread: any.
  static Result<std::unique_ptr<FileBody>> open(const std::string& path);
  ~FileBody() override;

  FileBody(const FileBody&) = delete;
  FileBody& operator=(const FileBody&) = delete;

  std::optional<std::uint64_t> length() const noexcept override { return length_; }
  // Error: write_failed, not retryable: the file can not be read, or is shorter than it was.
  Result<Piece> next() override;
  Status rewind() override;

 private:
  FileBody(int descriptor, std::uint64_t length) noexcept : descriptor_(descriptor), length_(length) {}

  const int descriptor_;
  const std::uint64_t length_;
  std::uint64_t position_ = 0;
  std::unique_ptr<char[]> buffer_;  // from the first piece on
  LiveObject live_;
};

}  // namespace ppn
