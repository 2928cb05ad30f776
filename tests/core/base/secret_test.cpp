// Texts that leave nothing behind.
#include "base/secret.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <memory>
#include <new>
#include <string>
#include <utility>

namespace ppn::test {

BOOST_AUTO_TEST_SUITE(secret)

BOOST_AUTO_TEST_CASE(memory_is_overwritten_when_a_secret_ends) {
  for (const std::size_t size : {std::size_t{8}, std::size_t{5'000}}) {
    alignas(Secret) std::byte place[sizeof(Secret)];
    auto* const kept = ::new (place) Secret(std::string(size, 'k'));
    const char* const text = kept->view().data();
    BOOST_TEST(text[size / 2] == 'k');
    kept->wipe();
    BOOST_TEST(kept->empty());
    BOOST_TEST(std::count(text, text + size, 'k') == 0);
    kept->~Secret();
  }
}

BOOST_AUTO_TEST_CASE(moved_secret_leaves_no_copy_in_the_object_it_came_from) {
  Secret from(std::string_view("password"));
  const Secret to(std::move(from));
  const auto* const bytes = reinterpret_cast<const char*>(&from);
  BOOST_TEST(std::string(bytes, sizeof from).find("password") == std::string::npos);
  BOOST_TEST(to.view() == "password");
}

BOOST_AUTO_TEST_CASE(appended_text_grows_like_a_string) {
  Secret secret;
  std::string expected;
  for (int i = 0; i < 300; ++i) {
    const std::string more(static_cast<std::size_t>(i), static_cast<char>('a' + i % 26));
    secret.append(more);
    expected += more;
  }
  BOOST_TEST(secret.view() == expected);
  Secret copy(secret);
  BOOST_TEST((copy == secret));
  copy = Secret();
  BOOST_TEST(copy.empty());
  BOOST_TEST(secret.view() == expected);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
