#include "io/resolve_overrides.hpp"

#include <algorithm>
#include <charconv>

#include "base/ascii.hpp"

namespace ppn {
namespace {

bool is_host(std::string_view text) noexcept {
  if (text == "*") return true;
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
  });
}

// 1 to 65535 in decimal without sign or leading zero, else 0.
std::uint16_t parse_port(std::string_view text) noexcept {
  std::uint16_t port = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = problem == std::errc() && end == text.data() + text.size();
  return whole && text.front() != '0' ? port : 0;
}

bool in_brackets(std::string_view text) noexcept {
  return text.size() > 2 && text.front() == '[' && text.back() == ']';
}

std::optional<Poco::Net::SocketAddress> parse_address(std::string_view text, std::uint16_t port) {
  if (!in_brackets(text)) return numeric_address(text, port);
  const std::string_view inner = text.substr(1, text.size() - 2);
  return inner.find(':') != inner.npos ? numeric_address(inner, port) : std::nullopt;
}

}  // namespace

Result<ResolveOverrides> ResolveOverrides::parse(std::string_view text) {
  ResolveOverrides overrides;
  for (int number = 1; !text.empty(); ++number) {
    const auto refuse = [number](const char* what) {
      return Failure(ErrorCode::config_error, Phase::config,
                     "entry " + std::to_string(number) + " of host:port:address,... " + what);
    };
    const std::string_view entry = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), entry.size() + 1));
    const bool alone = in_brackets(entry) || entry.find(':') == entry.npos;
    if (alone && !overrides.entries_.empty()) {
      Entry more = overrides.entries_.back();
      const auto address = parse_address(entry, more.port);
      if (!address) return refuse("is neither host:port:address nor an address");
      more.address = *address;
      overrides.entries_.push_back(std::move(more));
      continue;
    }
    const std::size_t host_end = entry.find(':');
    const std::size_t port_end = host_end == entry.npos ? entry.npos : entry.find(':', host_end + 1);
    if (port_end == entry.npos) return refuse("does not have these three parts");
    const std::string_view host = entry.substr(0, host_end);
    if (!is_host(host)) return refuse("has no host name or *");
    const std::uint16_t port = parse_port(entry.substr(host_end + 1, port_end - host_end - 1));
    if (port == 0) return refuse("has no port from 1 to 65535");
    const auto address = parse_address(entry.substr(port_end + 1), port);
    if (!address) return refuse("has no numeric address");
    overrides.entries_.push_back({std::string(host), port, *address});
  }
  return overrides;
}

Addresses ResolveOverrides::find(std::string_view host, std::uint16_t port) const {
  for (const std::string_view wanted : {host, std::string_view("*")}) {
    Addresses found;
    for (const Entry& entry : entries_) {
      if (entry.port == port && equals_ignore_case(entry.host, wanted)) found.push_back(entry.address);
    }
    if (!found.empty()) return found;
  }
  return {};
}

}  // namespace ppn
