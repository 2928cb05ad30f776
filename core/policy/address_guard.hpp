// Which addresses may be connected to (SEMANTICS 3.10): what a server of the public internet can have, or what lists say.
// It judges the numeric address that is about to be dialled, because a name may resolve to anything, and to something
// else a moment later.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/address_class.hpp"
#include "policy/ip_address.hpp"

namespace ppn {

enum class NetworkPolicy : std::uint8_t { any, public_only };
std::optional<NetworkPolicy> parse_network_policy(std::string_view word) noexcept;
std::string_view name_of(NetworkPolicy policy) noexcept;

// One entry of a list. It matches what all of its parts match.
struct AddressRule {
  std::optional<IpNetwork> network = {};
  std::string host = {};    // in lower case, without a dot at the end; empty = every host
  bool subdomains = false;  // the names below `host`, and not itself
  std::uint16_t port = 0;   // 0 = every port
};
using AddressRules = std::vector<AddressRule>;

// Requirements. The deny list wins over everything. The allow list exempts from public_only, and does nothing else. A
// network of the deny list also matches the IPv4 address inside an IPv6 address (embedded_ipv4), for whoever carries the
// packets there; one of the allow list matches it only when the address is v4-mapped, which is the same host.
class AddressGuard {
 public:
  struct Verdict {
    enum class Ruling : std::uint8_t { allowed, listed, not_public };
    Ruling ruling = Ruling::allowed;
    AddressClass address_class = AddressClass::global;  // of an address that is not_public

    bool allowed() const noexcept { return ruling == Ruling::allowed; }
    bool operator==(const Verdict&) const = default;
  };

  AddressGuard(NetworkPolicy policy, AddressRules allow, AddressRules deny);

  // Nothing is ever denied.
  bool idle() const noexcept { return policy_ == NetworkPolicy::any && deny_.empty(); }
  // Before the name is resolved: whether an entry of the deny list without a network matches.
  bool denies_name(std::string_view host, std::uint16_t port) const noexcept;
  // `host` is what the user asked for, `address` what would be dialled for it.
  Verdict judge(std::string_view host, const IpAddress& address, std::uint16_t port) const noexcept;

 private:
  const NetworkPolicy policy_;
  const AddressRules allow_;
  const AddressRules deny_;
};

}  // namespace ppn
