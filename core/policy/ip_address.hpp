// Numeric IP addresses as bytes, networks of them, and IPv4 addresses that travel inside IPv6 addresses.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace ppn {

// IPv4 or IPv6, in network order.
class IpAddress {
 public:
  static constexpr std::size_t kIpv4Size = 4;
  static constexpr std::size_t kIpv6Size = 16;

  constexpr explicit IpAddress(const std::array<std::uint8_t, kIpv4Size>& bytes) noexcept : size_(kIpv4Size) {
    std::ranges::copy(bytes, bytes_.begin());
  }
  constexpr explicit IpAddress(const std::array<std::uint16_t, 8>& groups) noexcept : size_(kIpv6Size) {
    for (std::size_t i = 0; i < groups.size(); ++i) {
      bytes_[2 * i] = static_cast<std::uint8_t>(groups[i] >> 8);
      bytes_[2 * i + 1] = static_cast<std::uint8_t>(groups[i] & 0xFF);
    }
  }
  // 4 or 16 bytes, else nothing.
  static std::optional<IpAddress> from_bytes(std::span<const std::uint8_t> bytes) noexcept;

  constexpr bool is_ipv4() const noexcept { return size_ == kIpv4Size; }
  constexpr std::span<const std::uint8_t> bytes() const noexcept { return {bytes_.data(), size_}; }
  constexpr bool operator==(const IpAddress&) const noexcept = default;

 private:
  IpAddress() = default;

  std::array<std::uint8_t, kIpv6Size> bytes_{};
  std::size_t size_ = 0;
};

// The addresses that begin with the first `bits` of `base`.
struct IpNetwork {
  IpAddress base;
  int bits;

  bool contains(const IpAddress& address) const noexcept;
  // No bit of the base is set beyond the first `bits`.
  bool base_is_lowest() const noexcept;
};

// The IPv4 address that packets to an IPv6 address are meant for, or reach it through: v4-mapped, v4-compatible
// (RFC 4291 2.5.5), 6to4 (RFC 3056), the client of Teredo (RFC 4380 4), NAT64 (RFC 6052). Nothing for all others.
//
// In 64:ff9b:1::/48 (RFC 8215) the address does not say how long the prefix of its translator is. Read are the two
// forms that can not be mistaken: IPv4 in the last 32 bits behind nothing but zeros, and behind the 48 bits with nothing
// but zeros after it.
std::optional<IpAddress> embedded_ipv4(const IpAddress& address) noexcept;

// The IPv4 address of a v4-mapped one (::ffff:0:0/96): the kernel connects to that.
std::optional<IpAddress> mapped_ipv4(const IpAddress& address) noexcept;

}  // namespace ppn
