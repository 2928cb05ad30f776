#include "io/connector.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "io/connect_race.hpp"

namespace ppn {
namespace {

Task<Result<Addresses>> addresses_of(const ConnectPlan& plan, Resolver& resolver, const ResolveOverrides& overrides,
                                     Token& token, Nanos deadline) {
  if (!plan.unix_socket.empty()) co_return Addresses(1, unix_address(plan.unix_socket));
  if (Addresses given = overrides.find(plan.host, plan.port); !given.empty()) co_return given;
  const Nanos dns_deadline = deadline_after(token.loop().now(), plan.dns_timeout_ms);
  co_return co_await resolver.resolve(plan.host, plan.port, plan.dns_max_age, token, std::min(deadline, dns_deadline));
}

Failure denied(const std::string& what, const std::string& why) {
  return Failure(ErrorCode::address_denied, Phase::connect, "the network policy denies " + what + " (" + why + ")");
}

Status check_name(const ConnectPlan& plan) {
  if (plan.filter == nullptr || !plan.unix_socket.empty()) return {};
  const std::string objection = plan.filter->objection_to_name(plan.host, plan.port);
  return objection.empty() ? Status() : denied(plan.host, objection);
}

// Whatever the addresses come from. Nobody is told what a name resolves to: it may be somebody else's network.
Status drop_denied(const ConnectPlan& plan, Addresses& addresses) {
  if (plan.filter == nullptr || !plan.unix_socket.empty()) return {};
  std::string objections;
  std::erase_if(addresses, [&](const Poco::Net::SocketAddress& address) {
    const std::string objection = plan.filter->objection_to_address(plan.host, address_bytes(address), plan.port);
    if (objection.empty()) return false;
    if (objections.find(objection) == objections.npos) objections += (objections.empty() ? "" : ", ") + objection;
    return true;
  });
  if (!addresses.empty()) return {};
  return denied(plan.host_is_ip ? plan.host : "every address of " + plan.host, objections);
}

}  // namespace

Task<Result<std::unique_ptr<Transport>>> connect_transport(ConnectPlan plan, Resolver& resolver,
                                                           const ResolveOverrides& overrides, Token& token,
                                                           ConnectTimes& times) {
  const EventLoop& loop = token.loop();
  const Nanos begin = loop.now();
  const Nanos deadline = deadline_after(begin, plan.connect_timeout_ms);

  if (Status named = check_name(plan); !named) {
    times.phase = Phase::connect;
    co_return std::move(named).failure();
  }
  Result<Addresses> addresses = co_await addresses_of(plan, resolver, overrides, token, deadline);
  if (!addresses) co_return std::move(addresses).failure();
  const Nanos resolved = loop.now();
  times.dns = resolved - begin;
  times.phase = Phase::connect;
  if (Status left = drop_denied(plan, *addresses); !left) co_return std::move(left).failure();

  auto dialling = plan.unix_socket.empty() ? race_connect(std::move(*addresses), token, deadline)
                                           : connect_unix(addresses->front(), token, deadline);
  auto tcp = co_await std::move(dialling);
  if (!tcp) {
    if (tcp.error().code != ErrorCode::cancelled) resolver.forget(plan.host);
    co_return std::move(tcp).failure();
  }
  const Nanos connected = loop.now();
  times.connect = connected - resolved;
  times.phase = Phase::tls;
  if (plan.tls == nullptr) co_return std::unique_ptr<Transport>(std::move(*tcp));

  auto secured =
      co_await TlsTransport::handshake(std::move(*tcp), plan.tls, plan.host, plan.host_is_ip, token, deadline);
  times.tls = loop.now() - connected;
  co_return secured;
}

}  // namespace ppn
