#include "client/client_loop.hpp"

#include <utility>

#include "io/connector.hpp"

namespace ppn {
namespace {

PoolLimits pool_limits(const ConnectionOptions& options) {
  return {.connections = options.max_connections,
          .connections_per_origin = options.max_connections_per_origin,
          .idle_connections = options.max_idle_connections,
          .waiters = options.max_pool_waiters,
          .idle_timeout_ms = options.idle_timeout_ms,
          .max_lifetime_ms = options.max_lifetime_ms};
}

Http1Limits http1_limits(const ConnectionOptions& options) {
  Http1Limits limits;
  limits.head_bytes = static_cast<std::uint32_t>(options.max_header_bytes);
  limits.line_bytes = static_cast<std::uint32_t>(options.max_header_line_bytes);
  limits.fields = static_cast<std::uint32_t>(options.max_header_fields);
  limits.interim_responses = static_cast<int>(options.max_interim_responses);
  return limits;
}

// Of which the latencies are known.
constexpr std::size_t kMaxOrigins = 1'000;

// Connects as the options of the client say.
class ClientDialer final : public Dialer {
 public:
  ClientDialer(Resolver& resolver, const ConnectionOptions& options, ResolveOverrides overrides,
               std::shared_ptr<const ConnectFilter> filter)
      : resolver_(resolver), options_(options), overrides_(std::move(overrides)), filter_(std::move(filter)) {}

  Task<Result<std::unique_ptr<Connection>>> dial(const Target& target, Token& token, ConnectTimes& times) override {
    ConnectPlan plan{.host = target.host,
                     .host_is_ip = target.host_is_ip,
                     .port = target.port,
                     .unix_socket = options_.unix_socket,
                     .tls = target.tls,
                     .dns_max_age = {.addresses = options_.dns_cache_ms * kMillisecond,
                                     .no_such_name = options_.dns_negative_cache_ms * kMillisecond},
                     .dns_timeout_ms = options_.dns_timeout_ms,
                     .connect_timeout_ms = options_.connect_timeout_ms,
                     .filter = filter_.get()};
    auto transport = co_await connect_transport(std::move(plan), resolver_, overrides_, token, times);
    if (!transport) co_return std::move(transport).failure();
    co_return std::make_unique<Connection>(std::move(*transport), http1_limits(options_));
  }

 private:
  Resolver& resolver_;
  const ConnectionOptions options_;
  const ResolveOverrides overrides_;
  const std::shared_ptr<const ConnectFilter> filter_;
};

}  // namespace

ClientLoop::ClientLoop(std::shared_ptr<Runtime> runtime, IoThread& thread, const Options& options,
                       ResolveOverrides overrides, std::shared_ptr<const ConnectFilter> filter)
    : runtime_(std::move(runtime)),
      thread_(thread),
      dialer_(std::make_shared<ClientDialer>(runtime_->resolver(), options.connection, std::move(overrides),
                                             std::move(filter))),
      pool_(std::make_shared<ConnectionPool>(thread.loop(), dialer_, pool_limits(options.connection))),
      retry_budgets_(options.retry_budget),
      breakers_(options.breaker),
      latencies_(kMaxOrigins) {}

ClientLoop::~ClientLoop() = default;

void ClientLoop::enter(ClientActivity& activity) noexcept {
  running_.push_back(activity);
  thread_.call_begins(activity.lone());
}

void ClientLoop::leave(ClientActivity& activity) noexcept {
  activity.Linked<OfClient>::unlink();
  thread_.call_ends();
  if (on_quiet_.empty() || !quiet()) return;
  loop().submit([waiting = std::exchange(on_quiet_, {})] {
    for (const auto& function : waiting) function();
  });
}

void ClientLoop::when_quiet(std::function<void()> function) {
  if (quiet()) return function();
  on_quiet_.push_back(std::move(function));
}

void ClientLoop::wind_down() noexcept {
  for (ClientActivity* activity = running_.front(); activity != nullptr; activity = running_.next(*activity)) {
    activity->wind_down();
  }
}

// A call that is cancelled may end at once, and its callback may do anything to the lists; what it starts finds
// closed().
void ClientLoop::close() noexcept {
  closed_ = true;
  while (ClientActivity* const activity = running_.front()) {
    ending_.push_back(*activity);
    activity->cancel_on_loop();
  }
  pool_->close();
}

}  // namespace ppn
