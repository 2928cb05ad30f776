// Whether this build has a sanitizer: then memory is kept on purpose, and everything takes many times as long.
#pragma once

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PPN_TEST_SANITIZED 1
#endif
#endif
#ifndef PPN_TEST_SANITIZED
#define PPN_TEST_SANITIZED 0
#endif

namespace ppn::test {

inline constexpr bool sanitized = PPN_TEST_SANITIZED != 0;

}  // namespace ppn::test
