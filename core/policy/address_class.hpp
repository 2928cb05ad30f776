// What an IP address is for: the special-purpose registries of IANA (RFC 6890), as far as they tell a public server from
// everything else.
#pragma once

#include <cstdint>
#include <string_view>

#include "policy/ip_address.hpp"

namespace ppn {

enum class AddressClass : std::uint8_t {
  global,         // a server of the public internet may have it
  unspecified,    // 0.0.0.0, ::; the kernel takes them for this host
  this_network,   // 0.0.0.0/8
  loopback,       // 127.0.0.0/8, ::1
  private_use,    // RFC 1918
  shared,         // 100.64.0.0/10, carrier-grade NAT (RFC 6598)
  link_local,     // 169.254.0.0/16, fe80::/10; where clouds keep their metadata
  unique_local,   // fc00::/7 (RFC 4193)
  site_local,     // fec0::/10 (RFC 3879)
  multicast,      // 224.0.0.0/4, ff00::/8
  broadcast,      // 255.255.255.255
  benchmarking,   // 198.18.0.0/15, 2001:2::/48
  documentation,  // RFC 5737, 3849, 9637
  reserved,       // 240.0.0.0/4, assignments of the IETF, and what of IPv6 is no global unicast (RFC 4291 2.4)
};

// Of the IPv4 address inside, if an IPv6 address holds one (embedded_ipv4).
AddressClass class_of(const IpAddress& address) noexcept;

// "loopback"; "private" for private_use.
std::string_view name_of(AddressClass address_class) noexcept;

}  // namespace ppn
