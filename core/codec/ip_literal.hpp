// IP addresses as text, as they may stand in a URL. Only text: nothing here connects or resolves.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ppn {

// Four decimals without leading zeros. Everything else that the C library takes for an address (127.1, 0x7f.1, one
// large number) is refused, because filters and resolvers disagree about it.
bool is_canonical_ipv4(std::string_view text) noexcept;
std::optional<std::array<std::uint8_t, 4>> parse_ipv4(std::string_view text) noexcept;

// Whether a reader could take `host` for an IPv4 address: its last label is a decimal or hexadecimal number
// (WHATWG URL, "ends in a number").
bool looks_like_ipv4(std::string_view host) noexcept;

// The text form of RFC 4291 2.2, without brackets and without a zone id.
std::optional<std::array<std::uint16_t, 8>> parse_ipv6(std::string_view text) noexcept;

// The one text form of RFC 5952, so that equal addresses are equal strings.
std::string format_ipv6(const std::array<std::uint16_t, 8>& groups);

}  // namespace ppn
