// Addresses of sockets, made without asking anybody.
#pragma once

#include <Poco/Net/SocketAddress.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ppn {

using Addresses = std::vector<Poco::Net::SocketAddress>;

// An IPv4 or IPv6 address in its text form, without brackets; nothing when `host` is a name.
std::optional<Poco::Net::SocketAddress> numeric_address(std::string_view host, std::uint16_t port);

// The 4 or 16 bytes of an IP address in network order, which live as long as `address`; none of a Unix socket.
std::span<const std::uint8_t> address_bytes(const Poco::Net::SocketAddress& address) noexcept;

// The longest path of a Unix socket: sun_path without its zero (unix(7)).
constexpr std::size_t kMaxUnixPath = 107;

// `path` is not longer than kMaxUnixPath and holds no zero byte.
Poco::Net::SocketAddress unix_address(std::string_view path);

}  // namespace ppn
