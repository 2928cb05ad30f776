#include "io/resolve_overrides.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

namespace ppn::test {
namespace {

std::string found(std::string_view overrides, std::string_view host, std::uint16_t port) {
  const auto parsed = ResolveOverrides::parse(overrides);
  BOOST_REQUIRE_MESSAGE(parsed.ok(), (parsed ? "" : parsed.error().message));
  std::string text;
  for (const auto& address : parsed->find(host, port)) text += address.toString() + " ";
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(resolve_overrides)

BOOST_AUTO_TEST_CASE(entries_are_found_by_host_and_port) {
  constexpr std::string_view text =
      "api.test:443:127.0.0.1,api.test:80:127.0.0.2,six.test:443:[::1],plain.test:443:2001:db8::2";
  BOOST_TEST(found(text, "api.test", 443) == "127.0.0.1:443 ");
  BOOST_TEST(found(text, "api.test", 80) == "127.0.0.2:80 ");
  BOOST_TEST(found(text, "API.Test", 443) == "127.0.0.1:443 ");
  BOOST_TEST(found(text, "six.test", 443) == "[::1]:443 ");
  BOOST_TEST(found(text, "plain.test", 443) == "[2001:db8::2]:443 ");
  BOOST_TEST(found(text, "api.test", 81) == "");
  BOOST_TEST(found(text, "pi.test", 443) == "");
  BOOST_TEST(found("", "api.test", 443) == "");
}

BOOST_AUTO_TEST_CASE(entries_of_one_host_add_up_in_their_order) {
  constexpr std::string_view text = "a.test:1:127.0.0.2,b.test:1:127.0.0.9,a.test:1:[::1],A.TEST:1:127.0.0.1";
  BOOST_TEST(found(text, "a.test", 1) == "127.0.0.2:1 [::1]:1 127.0.0.1:1 ");
}

BOOST_AUTO_TEST_CASE(addresses_alone_belong_to_the_entry_before) {
  constexpr std::string_view text = "a.test:1:127.0.0.1,127.0.0.2,[::1],b.test:2:[2001:db8::2],127.0.0.3";
  BOOST_TEST(found(text, "a.test", 1) == "127.0.0.1:1 127.0.0.2:1 [::1]:1 ");
  BOOST_TEST(found(text, "b.test", 2) == "[2001:db8::2]:2 127.0.0.3:2 ");
}

BOOST_AUTO_TEST_CASE(star_stands_for_every_host_that_has_no_entry) {
  constexpr std::string_view text = "*:443:127.0.0.9,api.test:443:127.0.0.1";
  BOOST_TEST(found(text, "other.test", 443) == "127.0.0.9:443 ");
  BOOST_TEST(found(text, "api.test", 443) == "127.0.0.1:443 ");
  BOOST_TEST(found(text, "other.test", 80) == "");
}

BOOST_AUTO_TEST_CASE(text_that_is_no_list_of_overrides_is_refused) {
  struct Row {
    std::string_view text;
    std::string_view complaint;
  };
  for (const Row& row : {Row{"api.test", "entry 1 of host:port:address,... does not have these three parts"},
                         {"api.test:443", "three parts"},
                         {"127.0.0.1", "three parts"},
                         {" ", "three parts"},
                         {"api.test:443:", "no numeric address"},
                         {"api.test:443:other.test", "no numeric address"},
                         {"api.test:443:127.1", "no numeric address"},
                         {"api.test:443:[::1", "no numeric address"},
                         {"api.test:443:[127.0.0.1]", "no numeric address"},
                         {"api.test:443:127.0.0.1:1", "no numeric address"},
                         {std::string_view("api.test:443:127.0.0.1\0", 23), "no numeric address"},
                         {"a.test:1:127.0.0.1, 127.0.0.2", "entry 2 of host:port:address,... is neither"},
                         {"a.test:1:127.0.0.1,,b.test:1:127.0.0.1", "entry 2 of host:port:address,... is neither"},
                         {"a.test:1:127.0.0.1,[zz]", "entry 2 of host:port:address,... is neither"},
                         {",api.test:443:127.0.0.1", "three parts"},
                         {":443:127.0.0.1", "no host name or *"},
                         {"a b:443:127.0.0.1", "no host name or *"},
                         {"+api.test:443:127.0.0.1", "no host name or *"},
                         {"*.test:443:127.0.0.1", "no host name or *"},
                         {"a.test:1:127.0.0.1, b.test:2:127.0.0.1", "entry 2 of host:port:address,... has no host"},
                         {"api.test:0:127.0.0.1", "no port from 1 to 65535"},
                         {"api.test:65536:127.0.0.1", "no port"},
                         {"api.test:-1:127.0.0.1", "no port"},
                         {"api.test:+1:127.0.0.1", "no port"},
                         {"api.test:080:127.0.0.1", "no port"},
                         {"api.test::127.0.0.1", "no port"},
                         {"api.test:44x:127.0.0.1", "no port"}}) {
    BOOST_TEST_CONTEXT(row.text) {
      const auto parsed = ResolveOverrides::parse(row.text);
      BOOST_REQUIRE(!parsed.ok());
      BOOST_TEST((parsed.error().code == ErrorCode::config_error));
      BOOST_TEST(parsed.error().message.find(row.complaint) != std::string::npos, parsed.error().message);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
