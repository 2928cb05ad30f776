// The lists of addresses as options write them, and what the connector asks about them.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.hpp"
#include "client/options.hpp"
#include "io/connect_filter.hpp"
#include "policy/address_guard.hpp"

namespace ppn {

// "10.0.0.0/8,host.example,*.internal,:25": entries separated by commas, without spaces. An entry is
//     NETWORK     10.0.0.0/8, 192.0.2.1, fd00::/8, [fd00::/8]; no bit is set beyond the prefix
//     HOST        api.example: this name alone; *.example or .example: the names below it
//     :PORT       every address at this port
//     NETWORK:PORT and HOST:PORT, both at once; IPv6 in brackets then: [fd00::/8]:443
// v4-mapped networks are those of IPv4. Error: config_error; its text says which entry is wrong.
Result<AddressRules> parse_address_rules(std::string_view text);

// What network_policy and its lists say; null when they deny nothing. Error: config_error.
Result<std::shared_ptr<const ConnectFilter>> make_connect_filter(const ConnectionOptions& options);

}  // namespace ppn
