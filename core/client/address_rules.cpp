#include "client/address_rules.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "base/ascii.hpp"
#include "codec/ip_literal.hpp"
#include "codec/url.hpp"

namespace ppn {
namespace {

// A decimal without sign or leading zero, at most `most`.
std::optional<int> parse_number(std::string_view text, int most) noexcept {
  int value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (value < 0 || value > most || text.front() == '-' || (text.front() == '0' && text.size() > 1)) return std::nullopt;
  return value;
}

std::optional<IpAddress> parse_ip(std::string_view text) noexcept {
  if (const auto octets = parse_ipv4(text)) return IpAddress(*octets);
  if (const auto groups = parse_ipv6(text)) return IpAddress(*groups);
  return std::nullopt;
}

constexpr int kMappedBits = 96;

// ADDRESS or ADDRESS/BITS
std::optional<IpNetwork> parse_network(std::string_view text) noexcept {
  const std::size_t slash = text.find('/');
  const auto base = parse_ip(text.substr(0, slash));
  if (!base) return std::nullopt;
  const int most = base->is_ipv4() ? 32 : 128;
  const auto bits = slash == text.npos ? most : parse_number(text.substr(slash + 1), most);
  if (!bits) return std::nullopt;
  const IpNetwork network{*base, *bits};
  if (!network.base_is_lowest()) return std::nullopt;
  const auto mapped = mapped_ipv4(*base);
  return mapped && *bits >= kMappedBits ? IpNetwork{*mapped, *bits - kMappedBits} : network;
}

bool is_name(std::string_view text) {
  if (text.empty() || text.ends_with('.')) return false;
  const auto url = parse_url("https://" + std::string(text) + "/");
  return url.ok() && !url->host_is_ip && equals_ignore_case(url->host, text);
}

bool set_host(AddressRule& rule, std::string_view text) {
  if (text.starts_with("*.")) text.remove_prefix(1);
  if (text.starts_with('.')) {
    rule.subdomains = true;
    text.remove_prefix(1);
  }
  if (!is_name(text)) return false;
  rule.host = text;
  std::ranges::transform(rule.host, rule.host.begin(), ascii_lower);
  return true;
}

bool set_port(AddressRule& rule, std::string_view text) noexcept {
  constexpr int highest = 65'535;
  rule.port = static_cast<std::uint16_t>(parse_number(text, highest).value_or(0));
  return rule.port != 0;
}

// "" or what is wrong.
std::string_view parse_entry(AddressRule& rule, std::string_view text) {
  constexpr std::string_view no_network = "is no network without bits beyond its prefix";
  constexpr std::string_view no_port = "has no port from 1 to 65535";
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == text.npos || text.find(':') > end) return no_network;
    rule.network = parse_network(text.substr(1, end - 1));
    if (!rule.network) return no_network;
    text.remove_prefix(end + 1);
    if (text.empty()) return "";
    return text.front() == ':' && set_port(rule, text.substr(1)) ? "" : no_port;
  }
  if (std::ranges::count(text, ':') > 1) {
    rule.network = parse_network(text);
    return rule.network ? "" : no_network;
  }
  const std::size_t colon = text.find(':');
  if (colon != text.npos && !set_port(rule, text.substr(colon + 1))) return no_port;
  const std::string_view place = text.substr(0, colon);
  if (place.empty() && colon != text.npos) return "";
  rule.network = parse_network(place);
  if (rule.network) return "";
  if (place.find('/') != place.npos) return no_network;
  return set_host(rule, place) ? "" : "is neither a network nor a host name";
}

class PolicyFilter final : public ConnectFilter {
 public:
  explicit PolicyFilter(AddressGuard guard) : guard_(std::move(guard)) {}

  std::string objection_to_name(std::string_view host, std::uint16_t port) const override {
    return guard_.denies_name(host, port) ? kListed : "";
  }

  std::string objection_to_address(std::string_view host, std::span<const std::uint8_t> bytes,
                                   std::uint16_t port) const override {
    const auto address = IpAddress::from_bytes(bytes);
    if (!address) return "no IP address";
    const AddressGuard::Verdict verdict = guard_.judge(host, *address, port);
    switch (verdict.ruling) {
      case AddressGuard::Verdict::Ruling::allowed: return "";
      case AddressGuard::Verdict::Ruling::listed: return kListed;
      case AddressGuard::Verdict::Ruling::not_public: break;
    }
    return std::string(name_of(NetworkPolicy::public_only)).append(": ").append(name_of(verdict.address_class));
  }

 private:
  static constexpr const char* kListed = "deny_addresses";
  const AddressGuard guard_;
};

}  // namespace

Result<AddressRules> parse_address_rules(std::string_view text) {
  AddressRules rules;
  if (text.empty()) return rules;
  for (bool more = true; more;) {
    const std::size_t comma = text.find(',');
    AddressRule rule;
    if (const std::string_view why = parse_entry(rule, text.substr(0, comma)); !why.empty()) {
      return Failure(ErrorCode::config_error, Phase::config,
                     "entry " + std::to_string(rules.size() + 1) + " " + std::string(why));
    }
    rules.push_back(std::move(rule));
    more = comma != text.npos;
    if (more) text.remove_prefix(comma + 1);
  }
  return rules;
}

Result<std::shared_ptr<const ConnectFilter>> make_connect_filter(const ConnectionOptions& options) {
  Result<AddressRules> allow = parse_address_rules(options.allow_addresses);
  if (!allow) return std::move(allow).failure();
  Result<AddressRules> deny = parse_address_rules(options.deny_addresses);
  if (!deny) return std::move(deny).failure();
  AddressGuard guard(options.network_policy, std::move(*allow), std::move(*deny));
  std::shared_ptr<const ConnectFilter> filter;
  if (!guard.idle()) filter = std::make_shared<PolicyFilter>(std::move(guard));
  return filter;
}

}  // namespace ppn
