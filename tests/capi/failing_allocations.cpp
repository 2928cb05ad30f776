#include "capi/failing_allocations.hpp"

#if PPN_TEST_FAILING_ALLOCATIONS

#include <cstddef>
#include <cstdlib>
#include <new>
#include <utility>

namespace {

// Allocations of this thread that still succeed; negative = all do.
thread_local long allocations_left = -1;
// Allocations of this thread before the one that fails; negative = none does.
thread_local long before_the_failing_one = -1;
thread_local bool failed_once = false;
thread_local bool goes_on_failing = false;

bool fails() noexcept {
  if (failed_once && goes_on_failing) return true;
  if (before_the_failing_one >= 0 && before_the_failing_one-- == 0) {
    failed_once = true;
    return true;
  }
  if (allocations_left == 0) return true;
  if (allocations_left > 0) --allocations_left;
  return false;
}

}  // namespace

namespace ppn::test {

FailAfter::FailAfter(long allocations) {
  allocations_left = allocations;
}

FailAfter::~FailAfter() {
  allocations_left = -1;
}

void fail_once_after(long allocations) {
  before_the_failing_one = allocations;
  failed_once = false;
}

void fail_all_after(long allocations) {
  fail_once_after(allocations);
  goes_on_failing = true;
}

bool take_failed_once() {
  before_the_failing_one = -1;
  goes_on_failing = false;
  return std::exchange(failed_once, false);
}

}  // namespace ppn::test

// All forms for plain memory, because what one of them hands out another one takes back.

void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  if (fails()) return nullptr;
  return std::malloc(size != 0 ? size : 1);
}

void* operator new(std::size_t size) {
  void* const memory = operator new(size, std::nothrow);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void operator delete(void* memory) noexcept {
  std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

void operator delete(void* memory, const std::nothrow_t&) noexcept {
  std::free(memory);
}

#endif
