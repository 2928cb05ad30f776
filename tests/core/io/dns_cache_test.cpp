#include "io/dns_cache.hpp"

#include <netdb.h>

#include <boost/test/unit_test.hpp>
#include <string>

namespace ppn::test {
namespace {

std::shared_ptr<const DnsAnswer> answer_with(const char* address) {
  DnsAnswer answer;
  answer.addresses.emplace_back(address);
  return std::make_shared<const DnsAnswer>(answer);
}

std::shared_ptr<const DnsAnswer> failure(int number) {
  DnsAnswer answer;
  answer.failure = number;
  return std::make_shared<const DnsAnswer>(answer);
}

struct CacheFixture {
  DnsCache cache{3};

  // The first address, "-" for a failure, "" when nothing is known.
  std::string look(std::string_view host, Nanos now, DnsMaxAge max_age = {}) const {
    const auto known = cache.find(host, max_age, now);
    if (!known) return "";
    return known->failure != 0 ? "-" : known->addresses.front().toString();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(dns_cache, CacheFixture)

BOOST_AUTO_TEST_CASE(answer_is_known_until_it_is_too_old) {
  cache.store("a.test", answer_with("192.0.2.1"), 100 * kSecond);
  BOOST_TEST(look("a.test", 100 * kSecond) == "192.0.2.1");
  BOOST_TEST(look("a.test", 160 * kSecond - 1) == "192.0.2.1");
  BOOST_TEST(look("a.test", 160 * kSecond) == "");
  BOOST_TEST(look("b.test", 100 * kSecond) == "");
}

BOOST_AUTO_TEST_CASE(asker_says_how_old_an_answer_may_be) {
  cache.store("a.test", answer_with("192.0.2.1"), 0);
  BOOST_TEST(look("a.test", 2 * kSecond, {.addresses = kSecond}) == "");
  BOOST_TEST(look("a.test", 2 * kSecond, {.addresses = 3 * kSecond}) == "192.0.2.1");
  BOOST_TEST(look("a.test", 0, {.addresses = 0}) == "");
  BOOST_TEST(look("a.test", 0, {.no_such_name = 0}) == "192.0.2.1");
}

BOOST_AUTO_TEST_CASE(name_without_address_is_known_for_a_time_of_its_own) {
  for (const int number : {EAI_NONAME, EAI_NODATA, EAI_ADDRFAMILY}) {
    cache.store("none.test", failure(number), 0);
    BOOST_TEST(look("none.test", 5 * kSecond - 1) == "-");
    BOOST_TEST(look("none.test", 5 * kSecond) == "");
    BOOST_TEST(look("none.test", 0, {.no_such_name = 0}) == "");
    cache.forget("none.test");
  }
}

BOOST_AUTO_TEST_CASE(failure_of_the_resolver_is_not_kept_and_leaves_what_was_known) {
  for (const int number : {EAI_AGAIN, EAI_SYSTEM, EAI_MEMORY, EAI_FAIL}) {
    cache.store("new.test", failure(number), 0);
    BOOST_TEST(look("new.test", 0) == "");
  }
  cache.store("a.test", answer_with("192.0.2.1"), 0);
  cache.store("a.test", failure(EAI_AGAIN), kSecond);
  BOOST_TEST(look("a.test", kSecond) == "192.0.2.1");
}

BOOST_AUTO_TEST_CASE(newer_answer_replaces_an_older_one) {
  cache.store("a.test", answer_with("192.0.2.1"), 0);
  cache.store("a.test", answer_with("192.0.2.2"), 50 * kSecond);
  BOOST_TEST(look("a.test", 100 * kSecond) == "192.0.2.2");
  BOOST_TEST(cache.size() == 1U);
}

BOOST_AUTO_TEST_CASE(oldest_answer_makes_place) {
  cache.store("a.test", answer_with("192.0.2.1"), 0);
  cache.store("b.test", answer_with("192.0.2.2"), 1);
  cache.store("c.test", answer_with("192.0.2.3"), 2);
  cache.store("a.test", answer_with("192.0.2.4"), 3);  // asked again: now the youngest
  cache.store("d.test", answer_with("192.0.2.5"), 4);
  BOOST_TEST(cache.size() == 3U);
  BOOST_TEST(look("b.test", 5) == "");
  BOOST_TEST(look("a.test", 5) == "192.0.2.4");
  BOOST_TEST(look("c.test", 5) == "192.0.2.3");
  BOOST_TEST(look("d.test", 5) == "192.0.2.5");
}

BOOST_AUTO_TEST_CASE(forgotten_name_is_not_known) {
  cache.store("a.test", answer_with("192.0.2.1"), 0);
  cache.forget("a.test");
  cache.forget("never-seen.test");
  BOOST_TEST(look("a.test", 0) == "");
  BOOST_TEST(cache.size() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
