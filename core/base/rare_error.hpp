// The error of an object that hardly ever has one: a pointer instead of the whole. Thousands of idle streams hold such
// objects.
#pragma once

#include <memory>
#include <utility>

#include "base/error.hpp"

namespace ppn {

class RareError {
 public:
  RareError& operator=(Error error) {
    held_ = std::make_unique<Error>(std::move(error));
    return *this;
  }
  // One that says nothing when none was set.
  const Error& get() const noexcept {
    static const Error none;
    return held_ ? *held_ : none;
  }
  // After operator=.
  Error* operator->() noexcept { return held_.get(); }

 private:
  std::unique_ptr<Error> held_;
};

}  // namespace ppn
