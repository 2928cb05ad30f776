// Errors of OpenSSL: their texts, and the queue of the thread they lie in.
#pragma once

#include <string>

#include "base/result.hpp"

namespace ppn {

// "certificate verify failed"; the number in hexadecimal when OpenSSL has no text for it.
std::string openssl_error_text(unsigned long error);

// On a thread of the user the queue may hold errors that are not ours: while this object lives, ours lie above a mark,
// and they go with it. Objects may nest. Nothing called meanwhile may clear the queue.
class ErrorQueue {
 public:
  ErrorQueue() noexcept;
  ~ErrorQueue();
  ErrorQueue(const ErrorQueue&) = delete;
  ErrorQueue& operator=(const ErrorQueue&) = delete;

  // The newest error since; 0 = none.
  unsigned long newest() const noexcept;
  // A config_error of this text and the newest error.
  Failure refuse(std::string text) const;
};

}  // namespace ppn
