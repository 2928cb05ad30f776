#include "policy/ip_address.hpp"

namespace ppn {
namespace {

constexpr int kByteBits = 8;

using Bytes = std::span<const std::uint8_t>;
using Groups = std::array<std::uint16_t, 8>;

constexpr IpNetwork kMapped{IpAddress(Groups{0, 0, 0, 0, 0, 0xFFFF}), 96};
constexpr IpNetwork kCompatible{IpAddress(Groups{}), 96};
constexpr IpNetwork k6to4{IpAddress(Groups{0x2002}), 16};
constexpr IpNetwork kTeredo{IpAddress(Groups{0x2001, 0}), 32};
constexpr IpNetwork kNat64{IpAddress(Groups{0x64, 0xFF9B}), 96};
constexpr IpNetwork kLocalNat64{IpAddress(Groups{0x64, 0xFF9B, 1}), 48};

IpAddress ipv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) noexcept {
  return IpAddress(std::array<std::uint8_t, IpAddress::kIpv4Size>{a, b, c, d});
}

IpAddress ipv4_at(Bytes bytes, std::size_t offset) noexcept {
  return ipv4(bytes[offset], bytes[offset + 1], bytes[offset + 2], bytes[offset + 3]);
}

bool all_zero(Bytes bytes) noexcept {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

std::uint8_t inverted(std::uint8_t byte) noexcept {
  return static_cast<std::uint8_t>(~byte & 0xFF);
}

constexpr std::size_t kLast32 = 12;

}  // namespace

std::optional<IpAddress> IpAddress::from_bytes(std::span<const std::uint8_t> bytes) noexcept {
  if (bytes.size() != kIpv4Size && bytes.size() != kIpv6Size) return std::nullopt;
  IpAddress address;
  std::ranges::copy(bytes, address.bytes_.begin());
  address.size_ = bytes.size();
  return address;
}

bool IpNetwork::contains(const IpAddress& address) const noexcept {
  const Bytes ours = base.bytes();
  const Bytes theirs = address.bytes();
  if (ours.size() != theirs.size()) return false;
  const std::size_t whole = static_cast<std::size_t>(bits / kByteBits);
  if (!std::equal(ours.begin(), ours.begin() + static_cast<std::ptrdiff_t>(whole), theirs.begin())) return false;
  const int rest = bits % kByteBits;
  return rest == 0 || (ours[whole] ^ theirs[whole]) >> (kByteBits - rest) == 0;
}

bool IpNetwork::base_is_lowest() const noexcept {
  const Bytes bytes = base.bytes();
  for (std::size_t bit = static_cast<std::size_t>(bits); bit < bytes.size() * kByteBits; ++bit) {
    if ((bytes[bit / kByteBits] >> (kByteBits - 1 - bit % kByteBits) & 1) != 0) return false;
  }
  return true;
}

std::optional<IpAddress> embedded_ipv4(const IpAddress& address) noexcept {
  if (address.is_ipv4()) return std::nullopt;
  const Bytes bytes = address.bytes();
  if (kMapped.contains(address) || kNat64.contains(address)) return ipv4_at(bytes, kLast32);
  if (kCompatible.contains(address)) {
    const bool own_meaning = all_zero(bytes.first(15)) && bytes[15] <= 1;  // :: and ::1
    return own_meaning ? std::nullopt : std::optional(ipv4_at(bytes, kLast32));
  }
  if (k6to4.contains(address)) return ipv4_at(bytes, 2);
  if (kTeredo.contains(address)) {
    return ipv4(inverted(bytes[12]), inverted(bytes[13]), inverted(bytes[14]), inverted(bytes[15]));
  }
  if (kLocalNat64.contains(address)) {
    if (all_zero(bytes.subspan(6, 6))) return ipv4_at(bytes, kLast32);
    // RFC 6052 2.2: the ninth byte is zero and stands between the halves of the address.
    if (bytes[8] == 0 && all_zero(bytes.subspan(11))) return ipv4(bytes[6], bytes[7], bytes[9], bytes[10]);
  }
  return std::nullopt;
}

std::optional<IpAddress> mapped_ipv4(const IpAddress& address) noexcept {
  return kMapped.contains(address) ? embedded_ipv4(address) : std::nullopt;
}

}  // namespace ppn
