// No file descriptor is left to this process, for as long as this lives.
#pragma once

#include <sys/resource.h>

#include <stdexcept>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PPN_TEST_CHECKS_NEED_DESCRIPTORS
#endif
#endif

namespace ppn::test {

class NoDescriptorsLeft {
 public:
  // Before the undefined behaviour sanitizer looks at an object it asks a pipe whether the memory can be read; without
  // a descriptor it takes every object for none. Such a build leaves these cases out.
#ifdef PPN_TEST_CHECKS_NEED_DESCRIPTORS
  static constexpr bool kPossible = false;
#else
  static constexpr bool kPossible = true;
#endif

  NoDescriptorsLeft() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit none = before_;
    none.rlim_cur = 0;  // descriptors that are open stay so
    if (::setrlimit(RLIMIT_NOFILE, &none) != 0) throw std::runtime_error("setrlimit");
  }
  ~NoDescriptorsLeft() {
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }
  NoDescriptorsLeft(const NoDescriptorsLeft&) = delete;
  NoDescriptorsLeft& operator=(const NoDescriptorsLeft&) = delete;

 private:
  rlimit before_{};
};

}  // namespace ppn::test
