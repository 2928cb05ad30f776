#include "policy/address_class.hpp"

#include <boost/test/unit_test.hpp>
#include <random>
#include <string>
#include <vector>

#include "core/policy/ip.hpp"

namespace ppn::test {
namespace {

std::string class_named(const std::string& text) {
  return std::string(name_of(class_of(ip(text))));
}

// The first and the last address of a range, and the ones before and after it with their classes. "" = there is none.
struct Edge {
  std::string name;
  std::string first;
  std::string last;
  std::string before;
  std::string before_class;
  std::string after;
  std::string after_class;
};

void check(const Edge& edge) {
  BOOST_TEST_CONTEXT(edge.first << " to " << edge.last) {
    BOOST_TEST(class_named(edge.first) == edge.name);
    BOOST_TEST(class_named(edge.last) == edge.name);
    if (!edge.before.empty()) BOOST_TEST(class_named(edge.before) == edge.before_class);
    if (!edge.after.empty()) BOOST_TEST(class_named(edge.after) == edge.after_class);
  }
}

using Octets = std::array<std::uint8_t, 4>;
using Groups = std::array<std::uint16_t, 8>;

std::uint16_t high(const Octets& octets) {
  return static_cast<std::uint16_t>(octets[0] << 8 | octets[1]);
}
std::uint16_t low(const Octets& octets) {
  return static_cast<std::uint16_t>(octets[2] << 8 | octets[3]);
}

// An address in every form in which IPv6 carries it.
std::vector<IpAddress> carriers_of(const Octets& v4, std::minstd_rand& random) {
  const auto any = [&] { return static_cast<std::uint16_t>(random()); };
  const std::uint16_t a = high(v4);
  const std::uint16_t b = low(v4);
  const auto inverted = [](std::uint16_t group) { return static_cast<std::uint16_t>(group ^ 0xFFFF); };
  std::vector<IpAddress> carriers{
      IpAddress(Groups{0, 0, 0, 0, 0, 0xFFFF, a, b}),
      IpAddress(Groups{0x2002, a, b, any(), any(), any(), any(), any()}),
      IpAddress(Groups{0x2001, 0, any(), any(), any(), any(), inverted(a), inverted(b)}),
      IpAddress(Groups{0x64, 0xFF9B, 0, 0, 0, 0, a, b}),
      IpAddress(Groups{0x64, 0xFF9B, 1, 0, 0, 0, a, b}),
  };
  if (a != 0 || b > 1) carriers.emplace_back(Groups{0, 0, 0, 0, 0, 0, a, b});
  // RFC 6052 2.2: two octets, a zero, two octets; without a first half this would be the form before.
  if (a != 0) {
    carriers.emplace_back(Groups{0x64, 0xFF9B, 1, a, static_cast<std::uint16_t>(b >> 8),
                                 static_cast<std::uint16_t>((b & 0xFF) << 8), 0, 0});
  }
  return carriers;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(address_class)

BOOST_AUTO_TEST_CASE(every_range_of_ipv4_has_its_edges) {
  for (const Edge& edge : std::vector<Edge>{
           {"unspecified", "0.0.0.0", "0.0.0.0", "", "", "0.0.0.1", "this_network"},
           {"this_network", "0.0.0.1", "0.255.255.255", "", "", "1.0.0.0", "global"},
           {"private", "10.0.0.0", "10.255.255.255", "9.255.255.255", "global", "11.0.0.0", "global"},
           {"shared", "100.64.0.0", "100.127.255.255", "100.63.255.255", "global", "100.128.0.0", "global"},
           {"loopback", "127.0.0.0", "127.255.255.255", "126.255.255.255", "global", "128.0.0.0", "global"},
           {"link_local", "169.254.0.0", "169.254.255.255", "169.253.255.255", "global", "169.255.0.0", "global"},
           {"private", "172.16.0.0", "172.31.255.255", "172.15.255.255", "global", "172.32.0.0", "global"},
           {"reserved", "192.0.0.0", "192.0.0.255", "191.255.255.255", "global", "192.0.1.0", "global"},
           {"documentation", "192.0.2.0", "192.0.2.255", "192.0.1.255", "global", "192.0.3.0", "global"},
           {"reserved", "192.88.99.0", "192.88.99.255", "192.88.98.255", "global", "192.88.100.0", "global"},
           {"private", "192.168.0.0", "192.168.255.255", "192.167.255.255", "global", "192.169.0.0", "global"},
           {"benchmarking", "198.18.0.0", "198.19.255.255", "198.17.255.255", "global", "198.20.0.0", "global"},
           {"documentation", "198.51.100.0", "198.51.100.255", "198.51.99.255", "global", "198.51.101.0", "global"},
           {"documentation", "203.0.113.0", "203.0.113.255", "203.0.112.255", "global", "203.0.114.0", "global"},
           {"multicast", "224.0.0.0", "239.255.255.255", "223.255.255.255", "global", "240.0.0.0", "reserved"},
           {"reserved", "240.0.0.0", "255.255.255.254", "", "", "255.255.255.255", "broadcast"}}) {
    check(edge);
  }
  BOOST_TEST(class_named("169.254.169.254") == "link_local");
  BOOST_TEST(class_named("8.8.8.8") == "global");
}

BOOST_AUTO_TEST_CASE(every_range_of_ipv6_has_its_edges) {
  const std::string ones = ":ffff:ffff:ffff:ffff:ffff:ffff";  // the last six groups
  for (const Edge& edge : std::vector<Edge>{
           {"unspecified", "::", "::", "", "", "::1", "loopback"},
           {"loopback", "::1", "::1", "", "", "::2", "this_network"},
           {"reserved", "0:0:0:0:0:1::", "1fff:ffff" + ones, "::ffff:ffff", "broadcast", "2000::", "global"},
           {"global", "2000::", "2000:ffff" + ones, "", "", "", ""},
           {"reserved", "2001:1::", "2001:1:ffff:ffff:ffff:ffff:ffff:ffff", "", "", "2001:2::", "benchmarking"},
           {"benchmarking", "2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", "", "", "2001:2:1::", "reserved"},
           {"reserved", "2001:2:1::", "2001:1ff" + ones, "", "", "2001:200::", "global"},
           {"documentation", "2001:db8::", "2001:db8" + ones, "2001:db7" + ones, "global", "2001:db9::", "global"},
           {"documentation", "3fff::", "3fff:fff" + ones, "3ffe:ffff" + ones, "global", "3fff:1000::", "global"},
           {"reserved", "4000::", "fbff:ffff" + ones, "3fff:ffff" + ones, "global", "fc00::", "unique_local"},
           {"unique_local", "fc00::", "fdff:ffff" + ones, "", "", "fe00::", "reserved"},
           {"link_local", "fe80::", "febf:ffff" + ones, "fe7f:ffff" + ones, "reserved", "fec0::", "site_local"},
           {"site_local", "fec0::", "feff:ffff" + ones, "", "", "ff00::", "multicast"},
           {"multicast", "ff00::", "ffff:ffff" + ones, "", "", "", ""}}) {
    check(edge);
  }
  BOOST_TEST(class_named("2606:4700:4700::1111") == "global");
  BOOST_TEST(class_named("100::1") == "reserved");           // discard-only (RFC 6666)
  BOOST_TEST(class_named("::ffff:0:7f00:1") == "reserved");  // IPv4-translated (RFC 2765)
}

BOOST_AUTO_TEST_CASE(ipv4_inside_ipv6_is_read) {
  for (const char* text : {"::ffff:127.0.0.1", "::127.0.0.1", "2002:7f00:1::", "2002:7f00:1:ffff::9",
                           "2001:0:4136:e378:8000:63bf:80ff:fffe", "64:ff9b::127.0.0.1", "64:ff9b:1::127.0.0.1",
                           "64:ff9b:1:7f00:0:100::"}) {
    BOOST_TEST(class_named(text) == "loopback", text);
  }
  for (const char* text : {"::ffff:8.8.8.8", "::8.8.8.8", "2002:808:808::1", "2001:0:4136:e378:8000:63bf:f7f7:f7f7",
                           "64:ff9b::8.8.8.8", "64:ff9b:1::8.8.8.8", "64:ff9b:1:808:8:800::"}) {
    BOOST_TEST(class_named(text) == "global", text);
  }
  BOOST_TEST(class_named("::ffff:169.254.169.254") == "link_local");
  // One bit beside the prefixes there is nothing to be read.
  for (const char* text : {"::fffe:8.8.8.8", "64:ff9b:0:0:0:1:808:808", "64:ff9b:2::8.8.8.8", "64:ff9a::8.8.8.8"}) {
    BOOST_TEST(class_named(text) == "reserved", text);
  }
  BOOST_TEST(class_named("2003:7f00:1::") == "global");
}

BOOST_AUTO_TEST_CASE(local_nat64_that_can_be_read_in_two_ways_is_reserved) {
  for (const char* text :
       {"64:ff9b:1:808:8:800:7f00:1", "64:ff9b:1:ffff::8.8.8.8", "64:ff9b:1:808:108:800::", "64:ff9b:1:808:8:801::"}) {
    BOOST_TEST(class_named(text) == "reserved", text);
    BOOST_TEST(!embedded_ipv4(ip(text)).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(each_form_has_the_class_of_the_address_inside) {
  std::minstd_rand random(20'260'101);
  for (int i = 0; i < 20'000; ++i) {
    Octets octets;
    for (std::uint8_t& octet : octets) octet = static_cast<std::uint8_t>(random() >> 8);
    // Most addresses are global: every other one begins like something else.
    constexpr std::array<std::uint8_t, 8> first{0, 10, 100, 127, 169, 172, 192, 198};
    if (i % 2 == 0) octets[0] = first[random() % first.size()];
    const IpAddress plain(octets);
    for (const IpAddress& carrier : carriers_of(octets, random)) {
      const auto inside = embedded_ipv4(carrier);
      BOOST_REQUIRE(inside.has_value());
      BOOST_REQUIRE((*inside == plain));
      BOOST_REQUIRE((class_of(carrier) == class_of(plain)));
    }
    BOOST_REQUIRE(!embedded_ipv4(plain).has_value());
  }
}

BOOST_AUTO_TEST_CASE(network_contains_what_begins_alike) {
  std::minstd_rand random(42);
  for (int i = 0; i < 5'000; ++i) {
    Groups groups;
    for (std::uint16_t& group : groups) group = static_cast<std::uint16_t>(random());
    const int bits = static_cast<int>(random() % 129);
    const IpNetwork network{IpAddress(groups), bits};
    BOOST_REQUIRE(network.contains(network.base));
    const int flipped = static_cast<int>(random() % 128);
    groups[static_cast<std::size_t>(flipped / 16)] ^= static_cast<std::uint16_t>(0x8000 >> flipped % 16);
    BOOST_REQUIRE(network.contains(IpAddress(groups)) == (flipped >= bits));
  }
  BOOST_TEST(!IpNetwork({ip("0.0.0.0"), 0}).contains(ip("::")));
  BOOST_TEST(!IpNetwork({ip("::"), 0}).contains(ip("0.0.0.0")));
  BOOST_TEST(!IpAddress::from_bytes({}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
