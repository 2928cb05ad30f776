// A part of an object that most objects never have. It takes memory when it is first written to, and costs those without
// it no more than a pointer.
#pragma once

#include <memory>
#include <type_traits>

namespace ppn {

// `Part` has a default constructor: what it makes is read as long as nothing was written.
template <class Part>
class Rare {
 public:
  const Part& operator*() const noexcept {
    static_assert(std::is_nothrow_default_constructible_v<Part>, "a std::deque takes memory even for nothing");
    static const Part none;
    return held_ ? *held_ : none;
  }
  const Part* operator->() const noexcept { return &**this; }

  explicit operator bool() const noexcept { return held_ != nullptr; }

  // To be written to.
  Part& make() {
    if (!held_) held_ = std::make_unique<Part>();
    return *held_;
  }
  void reset() noexcept { held_.reset(); }

 private:
  std::unique_ptr<Part> held_;
};

}  // namespace ppn
