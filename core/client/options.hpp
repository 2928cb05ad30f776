// Every option of the library: the values (Options) and the one table that describes them (option_table).
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "client/websocket_options.hpp"
#include "policy/address_guard.hpp"
#include "policy/breaker_options.hpp"
#include "policy/rate_limit_options.hpp"
#include "policy/redirect_policy.hpp"
#include "policy/retry_options.hpp"
#include "policy/stream_options.hpp"

namespace ppn {

// Options that a single request may override. 0 means "no limit" where a row of the table says so.
struct RequestOptions {
  std::int64_t timeout_ms = 30'000;
  std::int64_t write_timeout_ms = 30'000;
  std::int64_t first_byte_timeout_ms = 0;
  std::int64_t read_timeout_ms = 60'000;
  std::int64_t stream_timeout_ms = 0;
  std::int64_t stream_first_byte_timeout_ms = 120'000;
  std::int64_t stream_idle_timeout_ms = 120'000;
  std::int64_t max_response_bytes = 256LL << 20;
  std::int64_t max_line_bytes = 1LL << 20;
  std::int64_t max_event_bytes = 16LL << 20;
  std::int64_t max_event_fields = 10'000;
  std::int64_t chunk_bytes = 64LL << 10;
  std::int64_t stream_buffer_bytes = 1LL << 20;
  std::int64_t stream_buffer_events = 256;
  std::int64_t attempt_timeout_ms = 0;
  std::int64_t middleware_timeout_ms = 60'000;
  RedirectOptions redirect;
  bool expect_continue = false;  // Expect: 100-continue (RFC 9110 10.1.1)
  std::int64_t expect_continue_min_bytes = 1LL << 20;
  std::int64_t expect_continue_timeout_ms = 1'000;
  RetryOptions retry;
  HedgeOptions hedge;
  StreamOptions stream;
  MinRateOptions min_rate;
  std::string idempotency_header;  // gets a key that is minted once for a POST or PATCH; empty = none
  bool send_retry_count = false;   // x-retry-count
  bool send_trace_context = false;
  std::string rate_limit_scope;  // a partition, such as the name of a model; empty = origin and credential
  std::int64_t rate_limit_cost = 1;
  std::int64_t rate_limit_tokens = 0;  // the estimate that is reserved
  WebSocketOptions websocket;
};

// Options of connections and of their pool.
struct ConnectionOptions {
  std::int64_t connect_timeout_ms = 10'000;
  std::int64_t dns_timeout_ms = 5'000;
  std::int64_t pool_timeout_ms = 10'000;
  std::int64_t max_connections = 1'000;
  std::int64_t max_connections_per_origin = 100;
  std::int64_t max_idle_connections = 100;
  std::int64_t max_pool_waiters = 10'000;
  std::int64_t idle_timeout_ms = 55'000;
  std::int64_t max_lifetime_ms = 600'000;
  std::int64_t max_header_bytes = 256LL << 10;
  std::int64_t max_header_line_bytes = 64LL << 10;
  std::int64_t max_header_fields = 500;
  std::int64_t max_interim_responses = 16;
  std::int64_t dns_cache_ms = 60'000;
  std::int64_t dns_negative_cache_ms = 5'000;
  std::string resolve;      // "host:port:address,..."
  std::string unix_socket;  // a path
  NetworkPolicy network_policy = NetworkPolicy::any;
  std::string allow_addresses;  // "10.0.0.0/8,host.example,*.internal,:25"
  std::string deny_addresses;   // alike
};

struct TlsOptions {
  bool verify_ssl = true;
  std::string ca_file = {};
  std::string ca_dir = {};
  std::string ca_pem = {};
  std::string crl_file = {};
  std::string pinned_public_keys = {};
  std::string tls_min_version = "1.2";
  std::string tls_server_name = {};
  std::string client_cert_file = {};
  std::string client_cert_pem = {};
  std::string client_key_file = {};
  Secret client_key_pem = {};
  Secret client_key_password = {};

  bool operator==(const TlsOptions&) const = default;
};

struct Options;

// What the environment has set, so that trust_env can take it back.
struct EnvironmentTrace {
  std::bitset<192> rows;                  // those of the table that no other way has set since
  std::shared_ptr<const Options> before;  // null when it set nothing
};

struct Options {
  RequestOptions request;
  ConnectionOptions connection;
  TlsOptions tls;
  RateLimitOptions rate_limit;
  RetryBudgetOptions retry_budget;
  BreakerOptions breaker;
  std::string user_agent = "pepperpy-network/" PPN_VERSION_TEXT;
  std::string base_url;  // paths of requests are below it; empty = requests name whole URLs
  Secret api_key;        // for the origin of base_url alone
  std::string api_key_header = "Authorization";
  std::string api_key_scheme = "Bearer";
  bool trust_env = true;
  bool env_lenient = false;
  EnvironmentTrace environment;
};

// One row of the table. Texts are zero-terminated literals.
struct OptionRow {
  std::string_view name;
  std::string_view type;         // "integer", "number", "boolean", "text"
  std::string_view unit;         // "ms", "bytes", "s", ""
  std::string_view environment;  // "" = none
  std::string_view range;        // "0..86400000", or the words of a text: "wait, fail_fast"; "" = none
  std::string_view help;         // one line; says what 0 means
  bool per_request;              // a request may override it
  bool secret;                   // dumped as "***"
};

// All rows in the order in which they are printed.
std::span<const OptionRow> option_table() noexcept;

// Each changes nothing unless it succeeds. Errors: config_error (and json_parse), Phase::config; the text names the
// option and what it accepts, and repeats a value only when the option is no secret.
Status set_option(Options& options, std::string_view name, std::string_view value);
Status set_options_json(Options& options, std::string_view text);
Status set_request_option(RequestOptions& options, std::string_view name, std::string_view value);

// Reads the PEPPERPY_NETWORK_ variables through `get`, which returns nullptr for an unset one. Nothing else than
// PEPPERPY_NETWORK_TRUST_ENV counts when that is false; PEPPERPY_NETWORK_ENV_LENIENT lets most of the wrong ones pass.
// The error names the variable.
Status apply_environment(Options& options, const char* (*get)(const char* name));

// The value as text, the way set_option accepts it; secrets as "***" when set. Error: config_error.
Result<std::string> option_text(const Options& options, std::string_view name);

// As text that set_option reads back to the same number.
std::string number_text(double value);

// Built-in default of a row as text; lives as long as the process.
const std::string& option_default(const OptionRow& row);

// All options as one JSON object, secrets as "***".
std::string dump_options(const Options& options);

}  // namespace ppn
