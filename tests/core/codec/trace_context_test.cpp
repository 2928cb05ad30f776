#include "codec/trace_context.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

namespace ppn::test {
namespace {

const std::string valid = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

}  // namespace

BOOST_AUTO_TEST_SUITE(trace_context)

BOOST_AUTO_TEST_CASE(valid_traceparent_is_read_and_written_back) {
  const auto parent = parse_traceparent(valid);
  BOOST_REQUIRE(parent);
  BOOST_TEST(parent->trace_id[0] == 0x4b);
  BOOST_TEST(parent->parent_id[7] == 0xb7);
  BOOST_TEST(parent->flags == 1);
  BOOST_TEST(format_traceparent(*parent) == valid);
}

BOOST_AUTO_TEST_CASE(every_byte_that_is_wrong_makes_it_invalid) {
  for (std::size_t i = 0; i < valid.size(); ++i) {
    for (const char wrong : {'G', 'A', ' ', '\0', '_'}) {
      std::string text = valid;
      text[i] = wrong;
      BOOST_TEST(!parse_traceparent(text), "at " << i);
    }
    BOOST_TEST(!parse_traceparent(valid.substr(0, i)));
  }
}

BOOST_AUTO_TEST_CASE(ids_of_zeros_and_version_ff_are_invalid) {
  BOOST_TEST(!parse_traceparent("00-00000000000000000000000000000000-00f067aa0ba902b7-01"));
  BOOST_TEST(!parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01"));
  BOOST_TEST(!parse_traceparent("ff" + valid.substr(2)));
}

BOOST_AUTO_TEST_CASE(only_later_versions_may_be_longer) {
  BOOST_TEST(!parse_traceparent(valid + "-more"));
  BOOST_TEST(!parse_traceparent("01" + valid.substr(2) + "more"));
  const auto later = parse_traceparent("cc" + valid.substr(2) + "-more");
  BOOST_REQUIRE(later);
  BOOST_TEST(format_traceparent(*later) == valid);
}

BOOST_AUTO_TEST_CASE(flags_that_are_not_known_are_not_passed_on) {
  const auto parent = parse_traceparent(valid.substr(0, 53) + "ff");
  BOOST_REQUIRE(parent);
  BOOST_TEST(format_traceparent(*parent) == valid);
}

BOOST_AUTO_TEST_CASE(tracestate_has_at_most_32_members) {
  std::string state = "a=1";
  for (int members = 1; members < 32; ++members) state += ",a=1";
  BOOST_TEST(is_forwardable_tracestate(state));
  BOOST_TEST(!is_forwardable_tracestate(state + ",a=1"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
