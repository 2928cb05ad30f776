#include "policy/address_class.hpp"

#include <array>
#include <cstddef>

namespace ppn {
namespace {

struct Row {
  IpNetwork network;
  AddressClass address_class;
};

constexpr IpNetwork v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d, int bits) {
  return {IpAddress(std::array<std::uint8_t, IpAddress::kIpv4Size>{a, b, c, d}), bits};
}

constexpr IpNetwork v6(std::uint16_t a, std::uint16_t b, std::uint16_t last, int bits) {
  return {IpAddress(std::array<std::uint16_t, 8>{a, b, 0, 0, 0, 0, 0, last}), bits};
}

// The first that contains the address counts.
constexpr auto kRows = std::to_array<Row>({
    {v4(0, 0, 0, 0, 32), AddressClass::unspecified},
    {v4(0, 0, 0, 0, 8), AddressClass::this_network},
    {v4(10, 0, 0, 0, 8), AddressClass::private_use},
    {v4(100, 64, 0, 0, 10), AddressClass::shared},
    {v4(127, 0, 0, 0, 8), AddressClass::loopback},
    {v4(169, 254, 0, 0, 16), AddressClass::link_local},
    {v4(172, 16, 0, 0, 12), AddressClass::private_use},
    {v4(192, 0, 0, 0, 24), AddressClass::reserved},  // protocol assignments; a cloud has its metadata here
    {v4(192, 0, 2, 0, 24), AddressClass::documentation},
    {v4(192, 88, 99, 0, 24), AddressClass::reserved},  // relays of 6to4, given up (RFC 7526)
    {v4(192, 168, 0, 0, 16), AddressClass::private_use},
    {v4(198, 18, 0, 0, 15), AddressClass::benchmarking},
    {v4(198, 51, 100, 0, 24), AddressClass::documentation},
    {v4(203, 0, 113, 0, 24), AddressClass::documentation},
    {v4(224, 0, 0, 0, 4), AddressClass::multicast},
    {v4(255, 255, 255, 255, 32), AddressClass::broadcast},
    {v4(240, 0, 0, 0, 4), AddressClass::reserved},
    {v4(0, 0, 0, 0, 0), AddressClass::global},

    {v6(0, 0, 0, 128), AddressClass::unspecified},
    {v6(0, 0, 1, 128), AddressClass::loopback},
    {v6(0xFC00, 0, 0, 7), AddressClass::unique_local},
    {v6(0xFE80, 0, 0, 10), AddressClass::link_local},
    {v6(0xFEC0, 0, 0, 10), AddressClass::site_local},
    {v6(0xFF00, 0, 0, 8), AddressClass::multicast},
    {v6(0x2001, 2, 0, 48), AddressClass::benchmarking},
    {v6(0x2001, 0xDB8, 0, 32), AddressClass::documentation},
    {v6(0x3FFF, 0, 0, 20), AddressClass::documentation},
    {v6(0x2001, 0, 0, 23), AddressClass::reserved},  // protocol assignments (RFC 2928)
    {v6(0x2000, 0, 0, 3), AddressClass::global},
});

constexpr auto kNames = std::to_array<std::string_view>(
    {"global", "unspecified", "this_network", "loopback", "private", "shared", "link_local", "unique_local",
     "site_local", "multicast", "broadcast", "benchmarking", "documentation", "reserved"});
static_assert(kNames.size() == static_cast<std::size_t>(AddressClass::reserved) + 1);

}  // namespace

AddressClass class_of(const IpAddress& address) noexcept {
  const IpAddress meant = embedded_ipv4(address).value_or(address);
  for (const Row& row : kRows) {
    if (row.network.contains(meant)) return row.address_class;
  }
  return AddressClass::reserved;
}

std::string_view name_of(AddressClass address_class) noexcept {
  return kNames[static_cast<std::size_t>(address_class)];
}

}  // namespace ppn
