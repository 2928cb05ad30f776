// Lets allocations of one thread fail. Replaces the operators of the whole program; the library resolves to them too.
#pragma once

namespace ppn::test {

// While it lives, this thread gets `allocations` more and then std::bad_alloc.
class FailAfter {
 public:
  explicit FailAfter(long allocations);
  ~FailAfter();
  FailAfter(const FailAfter&) = delete;
  FailAfter& operator=(const FailAfter&) = delete;
};

}  // namespace ppn::test
