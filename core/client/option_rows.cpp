// The rows of the option table. A new option is one row here and the place that reads its value.
#include <array>

#include "client/option_row_kinds.hpp"
#include "client/option_row_ways.hpp"

namespace ppn {
namespace {

using namespace option_rows;

constexpr auto definitions = std::to_array<Definition>({
    ms("timeout_ms", request<&Request::timeout_ms>,
       "the whole of a call that is no stream, waits included; 0 = no limit"),
    ms("attempt_timeout_ms", request<&Request::attempt_timeout_ms>,
       "one attempt of a call, its connection included; 0 = no limit"),
    ms("connect_timeout_ms", connection<&Connection::connect_timeout_ms>,
       "from the need of a new connection to the end of its TLS handshake; 0 = no limit"),
    ms("dns_timeout_ms", connection<&Connection::dns_timeout_ms>, "resolving a host name; 0 = no limit"),
    ms("dns_cache_ms", connection<&Connection::dns_cache_ms>,
       "how old the addresses of a name may be that was resolved before; 0 = always ask"),
    ms("dns_negative_cache_ms", connection<&Connection::dns_negative_cache_ms>,
       "how old the answer may be that a name has no address; 0 = always ask"),
    ms("pool_timeout_ms", connection<&Connection::pool_timeout_ms>,
       "waiting for a connection of a full pool; 0 = no limit"),
    ms("write_timeout_ms", request<&Request::write_timeout_ms>,
       "the longest time in which the peer accepts no byte of the request; 0 = no limit"),
    ms("first_byte_timeout_ms", request<&Request::first_byte_timeout_ms>,
       "request written to response begun, of a call that is no stream; 0 = no limit"),
    ms("read_timeout_ms", request<&Request::read_timeout_ms>,
       "the longest silence inside a response that is no stream; 0 = no limit"),
    ms("stream_timeout_ms", request<&Request::stream_timeout_ms>, "the whole of a stream; 0 = no limit"),
    ms("stream_first_byte_timeout_ms", request<&Request::stream_first_byte_timeout_ms>,
       "request written to response begun, of a stream; 0 = no limit"),
    ms("stream_idle_timeout_ms", request<&Request::stream_idle_timeout_ms>,
       "the longest silence inside a stream, bytes of any kind end it; 0 = no limit"),
    ms("stream_first_event_timeout_ms", stream<&Stream::first_event_timeout_ms>,
       "response begun to the first event, line or chunk of a stream; 0 = no limit"),
    ms("stream_event_idle_timeout_ms", stream<&Stream::event_idle_timeout_ms>,
       "from one event, line or chunk of a stream to the next, comments do not count; 0 = no limit"),
    ms("stream_ceiling_ms", stream<&Stream::ceiling_ms>,
       "response begun to the end of a stream, without the time that its reader held it up; 0 = no limit"),
    bytes("min_rate_bytes", min_rate<&MinRate::bytes_per_second>, up_to_1g,
          "bytes of a body that have to arrive each second, as the mean of min_rate_window_ms; 0 = no limit"),
    ms("min_rate_window_ms", min_rate<&MinRate::window_ms>, "the time over which min_rate_bytes is measured",
       window_ms),
    ms("middleware_timeout_ms", request<&Request::middleware_timeout_ms>,
       "how long one step of a middleware may stay pending; 0 = no limit"),

    count("max_redirects", redirect<&Redirect::max_redirects>, up_to_100,
          "redirects of one attempt that are followed, more are an error; 0 = a redirect is the response"),
    boolean("redirect_safe_methods_only", redirect<&Redirect::safe_methods_only>,
            "follow redirects of GET, HEAD, OPTIONS and TRACE alone; one of another request is its response"),
    boolean("redirect_allow_downgrade", redirect<&Redirect::allow_downgrade>,
            "follow a redirect from https to http, which anybody on the way can read"),
    boolean("expect_continue", request<&Request::expect_continue>,
            "send Expect: 100-continue with a body, and wait for the answer before the body is sent"),
    bytes("expect_continue_min_bytes", request<&Request::expect_continue_min_bytes>, size_up_to_1t,
          "the smallest body that expect_continue is for; one of unknown length always is; 0 = every body"),
    ms("expect_continue_timeout_ms", request<&Request::expect_continue_timeout_ms>,
       "how long a body waits for 100 Continue before it is sent anyway", wait_ms),

    count("max_retries", retry<&Retry::max_retries>, up_to_10, "attempts after the first one; 0 = none"),
    number("backoff_factor", retry<&Retry::backoff_factor>, hour_s, "s",
           "wait before the first retry; doubled for each further one; 0 = no wait"),
    ms("max_backoff_ms", retry<&Retry::max_backoff_ms>, "the longest wait that doubling leads to; 0 = no wait"),
    word("backoff_jitter", retry<&Retry::jitter>, "equal_down, full, decorrelated, none",
         "how a wait is made random: up to a quarter off, from 0 to all of it, Polly's formula, or not at all"),
    ms("max_retry_after_ms", retry<&Retry::max_retry_after_ms>,
       "the longest delay asked for by a response that is waited for; a longer one ends the call"),
    as(word("retry_codes", retry<&Retry::retry_codes>, "", "statuses that are tried again, such as 429,503"),
       JsonForm::integers),
    boolean("retry_unsafe", retry<&Retry::retry_unsafe>,
            "retry POST and others also when the server may have done the work: it may be done, and billed, twice"),
    text("final_error_codes", retry<&Retry::final_error_codes>, check_final_error_codes,
         "codes in a JSON error body that no retry follows, separated by commas"),
    word("retry_budget", budget<&Budget::mode>, "ratio, tokens, off",
         "how retries to an origin are limited: a share of its calls, a stock that failures empty, or not at all"),
    number("retry_budget_ratio", budget<&Budget::ratio>, share, "", "retries for each call that is no retry"),
    count("retry_budget_min_per_second", budget<&Budget::min_retries_per_second>, up_to_1m,
          "retries that are allowed whatever the ratio says; 0 = none"),
    text("idempotency_header", request<&Request::idempotency_header>, check_own_header,
         "header that gives a POST or PATCH a key which stays the same over its attempts; empty = none"),
    boolean("send_retry_count", request<&Request::send_retry_count>, "send x-retry-count with each retry"),
    boolean("send_trace_context", request<&Request::send_trace_context>,
            "send traceparent (W3C), one trace for each call"),
    boolean("hedge", hedge<&Hedge::enabled>, "start a second attempt when the first one is slow; not of streams"),
    ms("hedge_delay_ms", hedge<&Hedge::delay_ms>,
       "how long the first attempt has; 0 = as long as 95 of the last 100 successes took"),
    boolean("hedge_unsafe", hedge<&Hedge::unsafe>,
            "hedge POST and others without an idempotency key too: they may be done, and billed, twice"),

    as(word("rate_limit", rate_limit<&Limit::requests>, "",
            "attempts for each scope: N a minute, N/s, N/m or N/h, and :BURST at once; 0 = no limit"),
       JsonForm::integer),
    as(word("token_rate_limit", rate_limit<&Limit::tokens>, "",
            "tokens of a model for each scope, written as rate_limit; 0 = no limit"),
       JsonForm::integer),
    word("rate_limit_mode", rate_limit<&Limit::mode>, "wait, fail_fast",
         "what a call does that the limit does not let pass yet"),
    ms("rate_limit_max_wait_ms", rate_limit<&Limit::max_wait_ms>, "the longest wait for the limit", wait_ms),
    count("rate_limit_max_waiters", rate_limit<&Limit::max_waiters>, up_to_1m,
          "calls of a scope that may wait for the limit; 0 = none may wait"),
    boolean("rate_limit_adaptive", rate_limit<&Limit::adaptive>,
            "follow what responses say about the limit of the server; never faster than rate_limit"),
    ms("rate_limit_max_freeze_ms", rate_limit<&Limit::max_freeze_ms>,
       "the longest time for which a response may stop a scope; 0 = none"),
    count("max_in_flight", rate_limit<&Limit::max_in_flight>, up_to_1m,
          "attempts under way for each scope, streams until their end; 0 = no limit"),
    as(text("rate_limit_redis_url", rate_limit<&Limit::redis_url>, check_redis_url,
            "Redis that shares the limit in a fleet: redis://[USER:PASSWORD@]HOST[:PORT][/DB] or unix:///PATH; "
            "empty = none"),
       Sight::secret),
    ms("rate_limit_redis_timeout_ms", rate_limit<&Limit::redis_timeout_ms>, "one question to Redis", redis_ms),
    word("rate_limit_redis_fallback", rate_limit<&Limit::redis_fallback>, "share, open, closed",
         "while Redis does not answer: keep to a share of the limit, to none, or let nothing pass"),
    as(text("rate_limit_scope", request<&Request::rate_limit_scope>, check_scope,
            "what shares a limit, such as the name of a model; empty = the origin and its credential"),
       Variable::none),
    as(count("rate_limit_cost", request<&Request::rate_limit_cost>, count_to_1m, "what a request takes of rate_limit"),
       Variable::none),
    as(count("rate_limit_tokens", request<&Request::rate_limit_tokens>, up_to_1g,
             "what a request takes of token_rate_limit, as an estimate; 0 = nothing"),
       Variable::none),

    boolean("circuit_breaker", breaker<&Breaker::enabled>, "fail at once while an origin keeps failing"),
    ms("circuit_breaker_window_ms", breaker<&Breaker::window_ms>, "how far back calls count", window_ms),
    count("circuit_breaker_min_calls", breaker<&Breaker::min_calls>, count_to_1m,
          "calls in the window below which no ratio opens it"),
    number("circuit_breaker_failure_ratio", breaker<&Breaker::failure_ratio>, share, "",
           "share of failures in the window that opens it"),
    count("circuit_breaker_connect_failures", breaker<&Breaker::connect_failures>, count_to_1m,
          "failures to connect, one after the other, that open it"),
    ms("circuit_breaker_open_ms", breaker<&Breaker::open_ms>, "how long it stays open; doubled each time a probe fails",
       wait_ms),
    ms("circuit_breaker_max_open_ms", breaker<&Breaker::max_open_ms>, "the longest time that doubling leads to",
       wait_ms),
    count("circuit_breaker_probe_successes", breaker<&Breaker::probe_successes>, count_to_1k,
          "probes that succeed before it closes"),

    bytes("max_response_bytes", request<&Request::max_response_bytes>, size_to_1t,
          "the largest body that is collected"),
    bytes("max_line_bytes", request<&Request::max_line_bytes>, size_to_1g, "the longest line of a stream"),
    bytes("max_event_bytes", request<&Request::max_event_bytes>, size_to_1g, "the largest event of a stream"),
    count("max_event_fields", request<&Request::max_event_fields>, count_to_1m,
          "the most fields of one event of a stream"),
    bytes("chunk_bytes", request<&Request::chunk_bytes>, size_to_1m, "the largest piece of a stream of chunks"),
    bytes("stream_buffer_bytes", request<&Request::stream_buffer_bytes>, size_to_1g,
          "how much a stream queues before it stops reading the socket"),
    count("stream_buffer_events", request<&Request::stream_buffer_events>, count_to_1m,
          "how many pieces a stream queues before it stops reading the socket"),
    word("stream_profile", stream<&Stream::profile>, "none, openai, openai_responses, anthropic, custom",
         "how a stream of events ends and what errors look like in it; custom = only what the next three say"),
    text("stream_sentinel", stream<&Stream::sentinel>, check_sentinel,
         "data of the event that ends a stream and is not handed out, such as [DONE]; empty = as the profile says"),
    text("stream_terminal_events", stream<&Stream::terminal_events>, check_event_types,
         "types of events that end a stream, separated by commas; empty = as the profile says"),
    text("stream_error_events", stream<&Stream::error_events>, check_event_types,
         "types of events that are errors, separated by commas; empty = as the profile says"),
    boolean("stream_require_terminal", stream<&Stream::require_terminal>,
            "a stream that has a sentinel or terminal events and ends without one was cut"),
    boolean("stream_lenient_content_type", stream<&Stream::lenient_content_type>,
            "take any media type but JSON for a stream of events"),
    boolean("stream_validate_json", stream<&Stream::validate_json>, "each line of a stream must be a JSON text"),
    boolean("stream_auto_reconnect", stream<&Stream::auto_reconnect>,
            "a stream of events whose connection ends goes on over a new one, with Last-Event-ID"),
    boolean(
        "stream_resume_allowed", stream<&Stream::resume_allowed>,
        "stream_auto_reconnect also for other methods than GET: the request is sent again, and may be billed again"),
    ms("stream_reconnect_ms", stream<&Stream::reconnect_ms>,
       "wait before a stream goes on, until the server names another time; 0 = none"),
    count("stream_max_reconnects", stream<&Stream::max_reconnects>, up_to_1m,
          "connections in a row that may bring no event; 0 = no limit"),

    count("max_connections", connection<&Connection::max_connections>, count_to_100k,
          "connections of one client, idle ones included"),
    count("max_connections_per_origin", connection<&Connection::max_connections_per_origin>, count_to_100k,
          "connections of one client to one scheme, host and port"),
    count("max_idle_connections", connection<&Connection::max_idle_connections>, up_to_1m,
          "idle connections that one client keeps; the one that is idle longest gives way; 0 = keep none"),
    count("max_pool_waiters", connection<&Connection::max_pool_waiters>, up_to_1m,
          "calls of one client that may wait for a connection; 0 = none may wait"),
    ms("idle_timeout_ms", connection<&Connection::idle_timeout_ms>,
       "how long an unused connection is kept; 0 = no limit"),
    ms("max_lifetime_ms", connection<&Connection::max_lifetime_ms>,
       "the age at which a connection takes no new call; 0 = no limit"),
    bytes("max_header_bytes", connection<&Connection::max_header_bytes>, head_size,
          "the largest head of a response, trailers included"),
    bytes("max_header_line_bytes", connection<&Connection::max_header_line_bytes>, head_size,
          "the longest line in the head of a response"),
    count("max_header_fields", connection<&Connection::max_header_fields>, count_to_100k,
          "the most header fields of a response"),
    count("max_interim_responses", connection<&Connection::max_interim_responses>, up_to_1k,
          "the most 1xx responses before the final one"),
    text("resolve", connection<&Connection::resolve>, check_resolve,
         "addresses that stand for names: host:port:address,...; repeat a name for more addresses, * = every name"),
    text("unix_socket", connection<&Connection::unix_socket>, check_unix_socket,
         "Unix socket to connect to for every request, whatever its host; empty = none"),
    as(word("network_policy", connection<&Connection::network_policy>, "any, public_only",
            "addresses that may be connected to, after names are resolved: all, or those of the public internet"),
       Variable::strict),
    as(text("allow_addresses", connection<&Connection::allow_addresses>, check_addresses,
            "exempt from public_only: networks, hosts, *.domains, each with :PORT or not, and :PORT alone"),
       Variable::strict),
    as(text("deny_addresses", connection<&Connection::deny_addresses>, check_addresses,
            "never connected to, whatever is allowed; written as allow_addresses"),
       Variable::strict),

    as(boolean("verify_ssl", tls<&Tls::verify_ssl>, "verify certificates and host names; false for tests only"),
       Variable::strict),
    as(text("ca_file", tls<&Tls::ca_file>, check_path, "PEM file of the CAs to trust instead of the system's"),
       Variable::strict),
    as(text("ca_dir", tls<&Tls::ca_dir>, check_path, "hashed directory of the CAs to trust instead of the system's"),
       Variable::strict),
    as(text("ca_pem", tls<&Tls::ca_pem>, check_pem, "the CAs to trust instead of the system's, as PEM text"),
       Variable::strict),
    as(text("crl_file", tls<&Tls::crl_file>, check_path,
            "PEM file of revocation lists; each issuer of a chain needs one"),
       Variable::strict),
    as(text("pinned_public_keys", tls<&Tls::pinned_public_keys>, check_pins,
            "SHA-256 of the keys a server may have, beside verification: sha256//BASE64,..."),
       Variable::strict),
    as(word("tls_min_version", tls<&Tls::tls_min_version>, "1.2, 1.3", "lowest version of TLS", check_tls_version),
       Variable::strict),
    as(text("tls_server_name", tls<&Tls::tls_server_name>, check_server_name,
            "name to send and to verify instead of the URL's host"),
       Variable::strict),
    as(text("client_cert_file", tls<&Tls::client_cert_file>, check_path,
            "PEM file of the client's certificate and its chain"),
       Variable::strict),
    as(text("client_cert_pem", tls<&Tls::client_cert_pem>, check_pem,
            "the client's certificate and its chain as PEM text"),
       Variable::strict),
    as(text("client_key_file", tls<&Tls::client_key_file>, check_path,
            "PEM file of the key of the client's certificate"),
       Variable::strict),
    as(as(text("client_key_pem", tls<&Tls::client_key_pem>, check_pem,
               "the key of the client's certificate as PEM text"),
          Sight::secret),
       Variable::strict),
    as(as(text("client_key_password", tls<&Tls::client_key_password>, check_password,
               "password of an encrypted client key"),
          Sight::secret),
       Variable::strict),

    ms("websocket_open_timeout_ms", socket<&Socket::open_timeout_ms>,
       "from the need of a connection to the end of its WebSocket handshake; 0 = no limit"),
    ms("websocket_close_timeout_ms", socket<&Socket::close_timeout_ms>,
       "how long the Close of the server is waited for; 0 = no limit"),
    ms("websocket_ping_interval_ms", socket<&Socket::ping_interval_ms>, "silence before a ping is sent; 0 = no pings"),
    ms("websocket_pong_timeout_ms", socket<&Socket::pong_timeout_ms>,
       "silence after a ping, bytes of any kind end it; 0 = no limit"),
    bytes("websocket_max_message_bytes", socket<&Socket::max_message_bytes>, size_to_1g,
          "the largest message, sent or received"),
    bytes("websocket_fragment_bytes", socket<&Socket::fragment_bytes>, fragment_size,
          "the largest frame of a message that is sent"),
    bytes("websocket_send_queue_bytes", socket<&Socket::send_queue_bytes>, size_to_1g,
          "how much may wait to be sent; one larger message fits when nothing waits"),
    bytes("websocket_receive_queue_bytes", socket<&Socket::receive_queue_bytes>, size_to_1g,
          "how much waits to be read before the socket is not read"),
    count("websocket_receive_queue_messages", socket<&Socket::receive_queue_messages>, count_to_1m,
          "how many messages wait to be read before the socket is not read"),
    boolean("websocket_deflate", socket<&Socket::deflate>, "offer permessage-deflate (RFC 7692)"),
    boolean("websocket_deflate_context_takeover", socket<&Socket::deflate_context_takeover>,
            "compress with the messages before: smaller, but up to 300 KiB for each connection"),
    count("websocket_deflate_client_max_window_bits", socket<&Socket::deflate_client_max_window_bits>, window_bits,
          "window of what is sent, as a power of two"),
    count("websocket_deflate_server_max_window_bits", socket<&Socket::deflate_server_max_window_bits>, window_bits,
          "window of what is received, as a power of two"),
    count("websocket_deflate_level", socket<&Socket::deflate_level>, deflate_levels, "6 is smallest, 1 is fastest"),
    bytes("websocket_deflate_min_bytes", socket<&Socket::deflate_min_bytes>, up_to_1g_bytes,
          "messages below this are sent as they are"),
    word("websocket_reconnect", socket<&Socket::reconnect>, "auto, on, off",
         "open a lost connection again; auto = when messages are read one by one, not with a message callback",
         check_reconnect),
    count("websocket_reconnect_attempts", socket<&Socket::reconnect_attempts>, up_to_1m,
          "attempts one after the other before it is given up; 0 = no limit"),
    ms("websocket_reconnect_delay_ms", socket<&Socket::reconnect_delay_ms>,
       "wait before the second attempt, doubled for each further one; the first waits up to 1 s", wait_ms),
    ms("websocket_reconnect_max_delay_ms", socket<&Socket::reconnect_max_delay_ms>,
       "the longest wait, unless the server asks for more", wait_ms),
    word("websocket_reconnect_codes", socket<&Socket::reconnect_codes>, "",
         "close codes from 4000 to 4999 after which it is opened again, such as 4000,4100-4199", check_reconnect_codes),
    boolean("websocket_resend_unsent", socket<&Socket::resend_unsent>,
            "send messages of which no byte was written on the next connection"),

    as(text("base_url", client<&Options::base_url>, check_base_url,
            "http or https URL without query and fragment that paths are appended to; empty = whole URLs only"),
       Sight::unrepeated),
    as(as(text("api_key", client<&Options::api_key>, check_api_key,
               "key that goes with requests to the origin of base_url, and to no other; https or loopback only"),
          Sight::secret),
       Variable::none),
    text("api_key_header", client<&Options::api_key_header>, check_api_key_header, "header that carries api_key"),
    text("api_key_scheme", client<&Options::api_key_scheme>, check_api_key_scheme,
         "word before the key in its header; empty = the key alone"),
    text("user_agent", client<&Options::user_agent>, check_user_agent, "value of the User-Agent header"),
    as(boolean("trust_env", client<&Options::trust_env>,
               "false = what the environment has set does not count; true does not bring it back"),
       Variable::strict),
    as(boolean("env_lenient", client<&Options::env_lenient>,
               "a variable that can not be understood is logged and ignored, but not of TLS and denied addresses; read "
               "from "
               "the environment alone"),
       Variable::strict),
});
static_assert(definitions.size() <= decltype(EnvironmentTrace::rows)().size());

struct VariableName {
  std::array<char, 64> text{};  // zero-terminated
  std::size_t length = 0;
};

// The one place that says what a variable is called. Times are given in seconds there and lose their "_ms".
constexpr VariableName variable_of(const Definition& row) {
  VariableName name;
  if (row.variable == Variable::none) return name;
  const std::string_view stem = row.unit == "ms" ? row.name.substr(0, row.name.size() - 3) : row.name;
  for (const char c : std::string_view("PEPPERPY_NETWORK_")) name.text[name.length++] = c;
  for (const char c : stem) name.text[name.length++] = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  if (name.length >= name.text.size()) throw "no room for the zero";  // stops the compiler
  return name;
}

constexpr auto variables = [] {
  std::array<VariableName, definitions.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = variable_of(definitions[i]);
  return names;
}();

constexpr auto rows = [] {
  std::array<OptionRow, definitions.size()> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const Definition& row = definitions[i];
    const std::string_view variable(variables[i].text.data(), variables[i].length);
    const bool per_request = std::visit([](auto way) { return is_of_request(way); }, row.field);
    table[i] = {row.name,       row.type, row.unit,    variable,
                row.range.text, row.help, per_request, row.sight == Sight::secret};
  }
  return table;
}();

}  // namespace

std::span<const Definition> option_definitions() noexcept {
  return definitions;
}

std::span<const OptionRow> option_table() noexcept {
  return rows;
}

}  // namespace ppn
