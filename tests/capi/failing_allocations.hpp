// Lets allocations of one thread fail. Replaces the operators of the whole program; the library resolves to them too.
#pragma once

// ThreadSanitizer brings these operators itself and can not be linked with others.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define PPN_TEST_FAILING_ALLOCATIONS 0
#endif
#endif
#ifndef PPN_TEST_FAILING_ALLOCATIONS
#define PPN_TEST_FAILING_ALLOCATIONS 1
#endif

namespace ppn::test {

// While it lives, this thread gets `allocations` more and then std::bad_alloc.
class FailAfter {
 public:
  explicit FailAfter(long allocations);
  ~FailAfter();
  FailAfter(const FailAfter&) = delete;
  FailAfter& operator=(const FailAfter&) = delete;
};

// Of the allocations that this thread makes from now on, the one after the next `allocations` fails, and no other.
void fail_once_after(long allocations);
// Whether it has failed. None fails any more.
bool take_failed_once();
// As fail_once_after(), and all that follow fail as well.
void fail_all_after(long allocations);

}  // namespace ppn::test
