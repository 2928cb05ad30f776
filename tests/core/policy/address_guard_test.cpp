#include "policy/address_guard.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

#include "core/policy/ip.hpp"

namespace ppn::test {
namespace {

AddressRule network(const std::string& base, int bits, std::uint16_t port = 0) {
  return {.network = IpNetwork{ip(base), bits}, .port = port};
}
AddressRule host(const std::string& name, std::uint16_t port = 0) {
  return {.host = name, .port = port};
}
AddressRule below(const std::string& name) {
  return {.host = name, .subdomains = true};
}

// "allowed", "listed", or the class of an address that is not public.
std::string judged(const AddressGuard& guard, const std::string& address, const std::string& name = "a.test",
                   std::uint16_t port = 443) {
  const AddressGuard::Verdict verdict = guard.judge(name, ip(address), port);
  BOOST_TEST(verdict.allowed() == (verdict.ruling == AddressGuard::Verdict::Ruling::allowed));
  switch (verdict.ruling) {
    case AddressGuard::Verdict::Ruling::allowed: return "allowed";
    case AddressGuard::Verdict::Ruling::listed: return "listed";
    case AddressGuard::Verdict::Ruling::not_public: break;
  }
  return std::string(name_of(verdict.address_class));
}

constexpr auto any = NetworkPolicy::any;
constexpr auto public_only = NetworkPolicy::public_only;

}  // namespace

BOOST_AUTO_TEST_SUITE(address_guard)

BOOST_AUTO_TEST_CASE(any_denies_nothing_and_public_only_what_is_not_public) {
  const AddressGuard open(any, {}, {});
  const AddressGuard strict(public_only, {}, {});
  BOOST_TEST(open.idle());
  BOOST_TEST(!strict.idle());
  for (const auto& [address, verdict] :
       {std::pair("127.0.0.1", "loopback"), std::pair("10.1.2.3", "private"),
        std::pair("169.254.169.254", "link_local"), std::pair("100.64.0.1", "shared"),
        std::pair("0.0.0.0", "unspecified"), std::pair("::1", "loopback"), std::pair("fd00::1", "unique_local"),
        std::pair("8.8.8.8", "allowed"), std::pair("2606:4700::1111", "allowed")}) {
    BOOST_TEST(judged(open, address) == "allowed", address);
    BOOST_TEST(judged(strict, address) == verdict, address);
  }
}

BOOST_AUTO_TEST_CASE(allowed_entries_are_exempt_from_public_only) {
  const AddressGuard guard(
      public_only, {network("10.0.0.0", 8), network("192.168.1.0", 24, 8080), host("model.lan"), below("internal")},
      {});
  BOOST_TEST(judged(guard, "10.9.8.7") == "allowed");
  BOOST_TEST(judged(guard, "127.0.0.1") == "loopback");
  BOOST_TEST(judged(guard, "192.168.1.5", "a.test", 8080) == "allowed");
  BOOST_TEST(judged(guard, "192.168.1.5", "a.test", 8081) == "private");
  BOOST_TEST(judged(guard, "127.0.0.1", "model.lan") == "allowed");
  BOOST_TEST(judged(guard, "127.0.0.1", "MODEL.LAN.") == "allowed");
  BOOST_TEST(judged(guard, "127.0.0.1", "a.model.lan") == "loopback");
  BOOST_TEST(judged(guard, "127.0.0.1", "a.b.internal") == "allowed");
  BOOST_TEST(judged(guard, "127.0.0.1", "internal") == "loopback");
  BOOST_TEST(judged(guard, "127.0.0.1", "notinternal") == "loopback");
  BOOST_TEST(judged(guard, "8.8.8.8") == "allowed");
}

BOOST_AUTO_TEST_CASE(denied_entries_win_over_allowed_ones_whatever_the_policy) {
  for (const NetworkPolicy policy : {any, public_only}) {
    const AddressGuard guard(policy, {network("10.0.0.0", 8), host("bad.test")},
                             {network("10.6.0.0", 16), host("bad.test"), below("evil.test"), host("", 25)});
    BOOST_TEST(!guard.idle());
    BOOST_TEST(judged(guard, "10.6.7.8") == "listed");
    BOOST_TEST(judged(guard, "10.7.7.8") == "allowed");
    BOOST_TEST(judged(guard, "8.8.8.8", "bad.test") == "listed");
    BOOST_TEST(judged(guard, "8.8.8.8", "sub.bad.test") == "allowed");
    BOOST_TEST(judged(guard, "8.8.8.8", "x.evil.test") == "listed");
    BOOST_TEST(judged(guard, "8.8.8.8", "evil.test") == "allowed");
    BOOST_TEST(judged(guard, "8.8.8.8", "a.test", 25) == "listed");
    BOOST_TEST(judged(guard, "8.8.8.8", "a.test", 26) == "allowed");
  }
}

BOOST_AUTO_TEST_CASE(denied_network_matches_ipv4_inside_ipv6_and_an_allowed_one_only_mapped) {
  const AddressGuard denies(any, {}, {network("10.0.0.0", 8)});
  const AddressGuard allows(public_only, {network("10.0.0.0", 8)}, {});
  for (const char* text : {"::ffff:10.0.0.1", "::10.0.0.1", "2002:a00:1::1", "64:ff9b::10.0.0.1"}) {
    BOOST_TEST(judged(denies, text) == "listed", text);
  }
  BOOST_TEST(judged(denies, "64:ff9b::11.0.0.1") == "allowed");
  BOOST_TEST(judged(allows, "::ffff:10.0.0.1") == "allowed");
  for (const char* text : {"::10.0.0.1", "2002:a00:1::1", "64:ff9b::10.0.0.1"}) {
    BOOST_TEST(judged(allows, text) == "private", text);
  }
  const AddressGuard translator(public_only, {network("64:ff9b:1:ffff::", 96)}, {});
  BOOST_TEST(judged(translator, "64:ff9b:1:ffff::8.8.8.8") == "allowed");
}

BOOST_AUTO_TEST_CASE(name_is_denied_by_entries_without_a_network) {
  const AddressGuard guard(any, {host("bad.test")},
                           {host("bad.test"), below("evil.test"), host("", 25), host("half.test", 80),
                            network("0.0.0.0", 0), network("::", 0, 443)});
  BOOST_TEST(guard.denies_name("bad.test", 443));
  BOOST_TEST(guard.denies_name("Bad.Test.", 443));
  BOOST_TEST(guard.denies_name("x.evil.test", 443));
  BOOST_TEST(guard.denies_name("a.test", 25));
  BOOST_TEST(guard.denies_name("half.test", 80));
  BOOST_TEST(!guard.denies_name("half.test", 81));
  BOOST_TEST(!guard.denies_name("a.test", 443));
  BOOST_TEST(!guard.denies_name("evil.test", 443));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
