#include "base/rare.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>

namespace ppn {
namespace {

BOOST_AUTO_TEST_SUITE(rare)

BOOST_AUTO_TEST_CASE(part_that_was_never_written_reads_as_a_new_one) {
  const Rare<std::string> text;
  BOOST_TEST(!text);
  BOOST_TEST(*text == "");
  BOOST_TEST(text->size() == 0U);
  static_assert(sizeof text == sizeof(void*));
}

BOOST_AUTO_TEST_CASE(part_is_made_once_and_stays_until_it_is_reset) {
  Rare<std::string> text;
  text.make() = "a";
  text.make() += "b";
  BOOST_TEST(!!text);
  BOOST_TEST(*text == "ab");
  text.reset();
  BOOST_TEST(!text);
  BOOST_TEST(*text == "");
}

BOOST_AUTO_TEST_CASE(part_that_was_moved_away_is_missing) {
  Rare<std::string> from;
  from.make() = "a";
  const Rare<std::string> to = std::move(from);
  BOOST_TEST(*to == "a");
  BOOST_TEST(*from == "");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace ppn
