#include "policy/address_guard.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.hpp"
#include "policy/words.hpp"

namespace ppn {
namespace {

constexpr std::array<std::string_view, 2> kPolicies{"any", "public_only"};

// A dot at the end makes a name absolute (RFC 1034 3.1) and leads to the same host.
std::string_view without_root(std::string_view host) noexcept {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

bool host_matches(const AddressRule& rule, std::string_view host) noexcept {
  if (rule.host.empty()) return true;
  if (!rule.subdomains) return equals_ignore_case(rule.host, host);
  if (host.size() < rule.host.size() + 2) return false;
  const std::size_t dot = host.size() - rule.host.size() - 1;
  return host[dot] == '.' && equals_ignore_case(host.substr(dot + 1), rule.host);
}

bool name_matches(const AddressRule& rule, std::string_view host, std::uint16_t port) noexcept {
  return (rule.port == 0 || rule.port == port) && host_matches(rule, without_root(host));
}

bool network_matches(const AddressRule& rule, const std::optional<IpAddress>& address) noexcept {
  return !rule.network || (address && rule.network->contains(*address));
}

}  // namespace

std::optional<NetworkPolicy> parse_network_policy(std::string_view word) noexcept {
  return value_of_word<NetworkPolicy>(kPolicies, word);
}

std::string_view name_of(NetworkPolicy policy) noexcept {
  return kPolicies[static_cast<std::size_t>(policy)];
}

AddressGuard::AddressGuard(NetworkPolicy policy, AddressRules allow, AddressRules deny)
    : policy_(policy), allow_(std::move(allow)), deny_(std::move(deny)) {}

bool AddressGuard::denies_name(std::string_view host, std::uint16_t port) const noexcept {
  return std::ranges::any_of(deny_,
                             [&](const AddressRule& rule) { return !rule.network && name_matches(rule, host, port); });
}

AddressGuard::Verdict AddressGuard::judge(std::string_view host, const IpAddress& address,
                                          std::uint16_t port) const noexcept {
  using Ruling = Verdict::Ruling;
  const auto matches = [&](const AddressRule& rule, const std::optional<IpAddress>& inside) {
    return name_matches(rule, host, port) && (network_matches(rule, address) || network_matches(rule, inside));
  };
  const auto embedded = embedded_ipv4(address);
  if (std::ranges::any_of(deny_, [&](const AddressRule& rule) { return matches(rule, embedded); })) {
    return {.ruling = Ruling::listed};
  }
  if (policy_ == NetworkPolicy::any) return {};
  const AddressClass address_class = class_of(address);
  if (address_class == AddressClass::global) return {};
  const auto mapped = mapped_ipv4(address);
  if (std::ranges::any_of(allow_, [&](const AddressRule& rule) { return matches(rule, mapped); })) return {};
  return {.ruling = Ruling::not_public, .address_class = address_class};
}

}  // namespace ppn
