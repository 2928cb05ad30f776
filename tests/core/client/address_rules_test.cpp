// The lists of addresses as options write them.
#include "client/address_rules.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "client/options.hpp"

namespace ppn::test {
namespace {

std::string text_of(const IpNetwork& network) {
  std::string text;
  for (const std::uint8_t byte : network.base.bytes()) {
    text.append(text.empty() ? "" : ".").append(std::to_string(byte));
  }
  return text + "/" + std::to_string(network.bits);
}

// Each entry by its parts: "network 10.0.0.0/8 port 25", "host a.test", "below internal".
std::vector<std::string> parsed(std::string_view text) {
  const auto rules = parse_address_rules(text);
  if (!rules) return {rules.error().message};
  std::vector<std::string> texts;
  for (const AddressRule& rule : *rules) {
    std::string all;
    if (rule.network) all += "network " + text_of(*rule.network);
    if (!rule.host.empty()) all += (rule.subdomains ? "below " : "host ") + rule.host;
    if (rule.port != 0) all += (all.empty() ? "port " : " port ") + std::to_string(rule.port);
    texts.push_back(all);
  }
  return texts;
}

std::string one(std::string_view text) {
  const std::vector<std::string> all = parsed(text);
  return all.size() == 1 ? all.front() : "";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(address_rules)

BOOST_AUTO_TEST_CASE(entries_are_networks_hosts_domains_and_ports) {
  const std::vector<std::string> expected{"network 10.0.0.0/8", "host host.example", "below internal", "port 25"};
  BOOST_TEST(parsed("10.0.0.0/8,Host.Example,*.internal,:25") == expected, boost::test_tools::per_element());
  BOOST_TEST(parsed("").empty());
  BOOST_TEST(one("192.0.2.1") == "network 192.0.2.1/32");
  BOOST_TEST(one("0.0.0.0/0") == "network 0.0.0.0/0");
  BOOST_TEST(one("127.0.0.1:8080") == "network 127.0.0.1/32 port 8080");
  BOOST_TEST(one("10.0.0.0/8:25") == "network 10.0.0.0/8 port 25");
  BOOST_TEST(one(".internal") == "below internal");
  BOOST_TEST(one("*.b.test:443") == "below b.test port 443");
  BOOST_TEST(one("a.test:65535") == "host a.test port 65535");
  const std::string local = "network 253.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0/8";
  BOOST_TEST(one("fd00::/8") == local);
  BOOST_TEST(one("[fd00::/8]") == local);
  BOOST_TEST(one("[fd00::/8]:443") == local + " port 443");
  BOOST_TEST(one("::1") == "network 0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.1/128");
}

BOOST_AUTO_TEST_CASE(mapped_network_is_one_of_ipv4) {
  BOOST_TEST(one("::ffff:10.0.0.0/104") == "network 10.0.0.0/8");
  BOOST_TEST(one("::ffff:127.0.0.1") == "network 127.0.0.1/32");
}

BOOST_AUTO_TEST_CASE(anything_else_is_refused) {
  for (const char* text : {",",
                           "a.test,",
                           ",a.test",
                           "a.test,,b.test",
                           " a.test",
                           "a.test ",
                           "a.test, b.test",
                           "*",
                           "*.",
                           ".",
                           "*.*.test",
                           "a.*.test",
                           "*a.test",
                           "..test",
                           "a..test",
                           "a.test.",
                           "a_.test/8",
                           "http://a.test",
                           "a.test/",
                           "user@a.test",
                           ":",
                           ":0",
                           ":65536",
                           ":080",
                           ":+80",
                           ":-1",
                           ":25:",
                           "a.test:",
                           "a.test:http",
                           "10.0.0.1/8",
                           "10.0.0.0/33",
                           "10.0.0.0/",
                           "10.0.0.0/08",
                           "10.0.0.0/-1",
                           "10.0.0.0/8/8",
                           "10.0.0/8",
                           "10.1",
                           "0x7f.1",
                           "2130706433",
                           "010.0.0.1",
                           "256.0.0.1",
                           "fd00::1/8",
                           "fd00::/129",
                           "fd00:::",
                           "fe80::1%eth0",
                           "[fd00::/8",
                           "fd00::/8]",
                           "[]",
                           "[10.0.0.1]",
                           "[a.test]",
                           "[fd00::/8]443",
                           "[fd00::/8]:",
                           "[fd00::/8]:0",
                           "[fd00::]/8",
                           "::ffff:10.0.0.1/104"}) {
    const auto rules = parse_address_rules(text);
    BOOST_TEST(!rules.ok(), text);
    if (!rules) BOOST_TEST((rules.error().code == ErrorCode::config_error));
  }
  BOOST_TEST(!parse_address_rules(std::string_view("a\0.test", 7)).ok());
}

BOOST_AUTO_TEST_CASE(error_says_which_entry_is_wrong) {
  BOOST_TEST(one("10.0.0.0/8,10.0.0.1/8") == "entry 2 is no network without bits beyond its prefix");
  BOOST_TEST(one("a.test,b.test,c.test:0") == "entry 3 has no port from 1 to 65535");
  BOOST_TEST(one("a b") == "entry 1 is neither a network nor a host name");
  Options options;
  const Status set = set_option(options, "deny_addresses", "a.test,10.1");
  BOOST_REQUIRE(!set.ok());
  BOOST_TEST(set.error().message.starts_with("deny_addresses: "), set.error().message);
  BOOST_TEST(set.error().message.find("entry 2 is neither") != std::string::npos, set.error().message);
  BOOST_TEST(options.connection.deny_addresses.empty());
}

BOOST_AUTO_TEST_CASE(there_is_no_filter_when_nothing_is_denied) {
  ConnectionOptions options;
  BOOST_TEST((*make_connect_filter(options) == nullptr));
  options.allow_addresses = "10.0.0.0/8";
  BOOST_TEST((*make_connect_filter(options) == nullptr));
  options.network_policy = NetworkPolicy::public_only;
  BOOST_TEST((*make_connect_filter(options) != nullptr));
  options.network_policy = NetworkPolicy::any;
  options.deny_addresses = ":25";
  BOOST_TEST((*make_connect_filter(options) != nullptr));
  options.deny_addresses = ":";
  BOOST_TEST(!make_connect_filter(options).ok());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
