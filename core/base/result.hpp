// Result<T>: a value or an Error. The core reports failures by value; it throws only what the standard library throws.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "base/error.hpp"

namespace ppn {

// An Error on its way up; converts into any Result<T>.
class Failure {
 public:
  explicit Failure(Error error) : error_(std::make_unique<Error>(std::move(error))) {}
  Failure(ErrorCode code, Phase phase, std::string message) : Failure(Error(code, phase, std::move(message))) {}
  explicit Failure(std::unique_ptr<Error> error) : error_(std::move(error)) {}

  std::unique_ptr<Error> take() && { return std::move(error_); }

 private:
  std::unique_ptr<Error> error_;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Failure failure) : state_(std::in_place_index<1>, std::move(failure).take()) {}

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  T& operator*() & noexcept { return *std::get_if<0>(&state_); }
  const T& operator*() const& noexcept { return *std::get_if<0>(&state_); }
  T&& operator*() && noexcept { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() noexcept { return std::get_if<0>(&state_); }
  const T* operator->() const noexcept { return std::get_if<0>(&state_); }

  const Error& error() const noexcept { return **std::get_if<1>(&state_); }
  Error& error() noexcept { return **std::get_if<1>(&state_); }
  Failure failure() && { return Failure(std::move(*std::get_if<1>(&state_))); }

 private:
  std::variant<T, std::unique_ptr<Error>> state_;
};

// Success without a value is the common case and costs one null pointer.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Failure failure) : error_(std::move(failure).take()) {}

  bool ok() const noexcept { return !error_; }
  explicit operator bool() const noexcept { return ok(); }

  const Error& error() const noexcept { return *error_; }
  Error& error() noexcept { return *error_; }
  Failure failure() && { return Failure(std::move(error_)); }

 private:
  std::unique_ptr<Error> error_;
};

using Status = Result<void>;

}  // namespace ppn
