// Who decides which addresses are dialled.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ppn {

// Asked once per new connection, and never about Unix sockets. An objection is a few words for the text of the error; ""
// is none.
//
// Thread: the loop thread.
class ConnectFilter {
 public:
  virtual ~ConnectFilter() = default;
  // Before anybody is asked for the addresses of `host`, which may be a numeric one itself.
  virtual std::string objection_to_name(std::string_view host, std::uint16_t port) const = 0;
  // To each address that would be dialled for `host`, wherever it comes from: 4 or 16 bytes in network order.
  virtual std::string objection_to_address(std::string_view host, std::span<const std::uint8_t> address,
                                           std::uint16_t port) const = 0;
};

}  // namespace ppn
