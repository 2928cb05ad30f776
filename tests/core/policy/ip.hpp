// IP addresses of tests, from texts.
#pragma once

#include <arpa/inet.h>

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "policy/ip_address.hpp"

namespace ppn::test {

inline IpAddress ip(const std::string& text) {
  std::array<std::uint8_t, IpAddress::kIpv6Size> bytes{};
  const bool six = text.find(':') != text.npos;
  if (::inet_pton(six ? AF_INET6 : AF_INET, text.c_str(), bytes.data()) != 1) throw std::invalid_argument(text);
  return *IpAddress::from_bytes({bytes.data(), six ? IpAddress::kIpv6Size : IpAddress::kIpv4Size});
}

}  // namespace ppn::test
