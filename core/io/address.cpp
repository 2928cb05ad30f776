#include "io/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>

namespace ppn {
namespace {

template <class Address>
Poco::Net::SocketAddress as_socket_address(const Address& address) {
  return {reinterpret_cast<const sockaddr*>(&address), static_cast<poco_socklen_t>(sizeof address)};
}

}  // namespace

std::optional<Poco::Net::SocketAddress> numeric_address(std::string_view host, std::uint16_t port) {
  if (host.find('\0') != host.npos) return std::nullopt;  // inet_pton would stop there
  const std::string text(host);
  sockaddr_in v4{};
  if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return as_socket_address(v4);
  }
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    return as_socket_address(v6);
  }
  return std::nullopt;
}

std::span<const std::uint8_t> address_bytes(const Poco::Net::SocketAddress& address) noexcept {
  const sockaddr* const any = address.addr();
  if (any->sa_family == AF_INET) {
    const in_addr& v4 = reinterpret_cast<const sockaddr_in*>(any)->sin_addr;
    return {reinterpret_cast<const std::uint8_t*>(&v4), sizeof v4};
  }
  if (any->sa_family == AF_INET6) {
    const in6_addr& v6 = reinterpret_cast<const sockaddr_in6*>(any)->sin6_addr;
    return {reinterpret_cast<const std::uint8_t*>(&v6), sizeof v6};
  }
  return {};
}

Poco::Net::SocketAddress unix_address(std::string_view path) {
  sockaddr_un address{};
  static_assert(sizeof address.sun_path == kMaxUnixPath + 1);
  address.sun_family = AF_UNIX;
  std::ranges::copy(path, address.sun_path);
  return as_socket_address(address);
}

}  // namespace ppn
