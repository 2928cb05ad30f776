#include "client/options.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <variant>
#include <vector>

#include "base/ascii.hpp"
#include "client/option_checks.hpp"

namespace ppn {
namespace {

using Field =
    std::variant<std::int64_t RequestOptions::*, std::int64_t ConnectionOptions::*, std::string ConnectionOptions::*,
                 bool TlsOptions::*, std::string TlsOptions::*, Secret TlsOptions::*, std::string Options::*>;

struct Range {
  std::int64_t lowest = 0;
  std::int64_t highest = 0;
  std::string_view text = "";
};

constexpr Range day_ms{0, 86'400'000, "0..86400000"};
constexpr Range size_to_1g{1, 1LL << 30, "1..1073741824"};
constexpr Range size_to_1t{1, 1LL << 40, "1..1099511627776"};
constexpr Range size_to_1m{1, 1LL << 20, "1..1048576"};
constexpr Range head_size{128, 16LL << 20, "128..16777216"};
constexpr Range count_to_100k{1, 100'000, "1..100000"};
constexpr Range count_to_1m{1, 1'000'000, "1..1000000"};
constexpr Range waiters{0, 1'000'000, "0..1000000"};
constexpr Range interim{0, 1'000, "0..1000"};

struct Definition {
  std::string_view name;
  Field field;
  Range range;  // of integers
  std::string_view unit;
  std::string_view help;
  std::string_view environment = "";
  Complaint complaint = nullptr;  // of texts
  bool secret = false;
};

using Request = RequestOptions;
using Connection = ConnectionOptions;
using Tls = TlsOptions;

constexpr auto definitions = std::to_array<Definition>({
    {"timeout_ms", &Request::timeout_ms, day_ms, "ms",
     "the whole of a call that is no stream, waits included; 0 = no limit", "PEPPERPY_NETWORK_TIMEOUT"},
    {"connect_timeout_ms", &Connection::connect_timeout_ms, day_ms, "ms",
     "from the need of a new connection to the end of its TLS handshake; 0 = no limit"},
    {"dns_timeout_ms", &Connection::dns_timeout_ms, day_ms, "ms", "resolving a host name; 0 = no limit"},
    {"dns_cache_ms", &Connection::dns_cache_ms, day_ms, "ms",
     "how old the addresses of a name may be that was resolved before; 0 = always ask"},
    {"dns_negative_cache_ms", &Connection::dns_negative_cache_ms, day_ms, "ms",
     "how old the answer may be that a name has no address; 0 = always ask"},
    {"pool_timeout_ms", &Connection::pool_timeout_ms, day_ms, "ms",
     "waiting for a connection of a full pool; 0 = no limit"},
    {"write_timeout_ms", &Request::write_timeout_ms, day_ms, "ms",
     "the longest time in which the peer accepts no byte of the request; 0 = no limit"},
    {"first_byte_timeout_ms", &Request::first_byte_timeout_ms, day_ms, "ms",
     "request written to response begun, of a call that is no stream; 0 = no limit"},
    {"read_timeout_ms", &Request::read_timeout_ms, day_ms, "ms",
     "the longest silence inside a response that is no stream; 0 = no limit"},
    {"stream_timeout_ms", &Request::stream_timeout_ms, day_ms, "ms", "the whole of a stream; 0 = no limit"},
    {"stream_first_byte_timeout_ms", &Request::stream_first_byte_timeout_ms, day_ms, "ms",
     "request written to response begun, of a stream; 0 = no limit"},
    {"stream_idle_timeout_ms", &Request::stream_idle_timeout_ms, day_ms, "ms",
     "the longest silence inside a stream, bytes of any kind end it; 0 = no limit"},
    {"middleware_timeout_ms", &Request::middleware_timeout_ms, day_ms, "ms",
     "how long one step of a middleware may stay pending; 0 = no limit"},

    {"max_response_bytes", &Request::max_response_bytes, size_to_1t, "bytes", "the largest body that is collected"},
    {"max_line_bytes", &Request::max_line_bytes, size_to_1g, "bytes", "the longest line of a stream"},
    {"max_event_bytes", &Request::max_event_bytes, size_to_1g, "bytes", "the largest event of a stream"},
    {"max_event_fields", &Request::max_event_fields, count_to_1m, "", "the most fields of one event of a stream"},
    {"chunk_bytes", &Request::chunk_bytes, size_to_1m, "bytes", "the largest piece of a stream of chunks"},
    {"stream_buffer_bytes", &Request::stream_buffer_bytes, size_to_1g, "bytes",
     "how much a stream queues before it stops reading the socket"},
    {"stream_buffer_events", &Request::stream_buffer_events, count_to_1m, "",
     "how many pieces a stream queues before it stops reading the socket"},

    {"max_connections", &Connection::max_connections, count_to_100k, "",
     "connections of one client, idle ones included"},
    {"max_connections_per_origin", &Connection::max_connections_per_origin, count_to_100k, "",
     "connections of one client to one scheme, host and port"},
    {"max_idle_connections", &Connection::max_idle_connections, waiters, "",
     "idle connections that one client keeps; the one that is idle longest gives way; 0 = keep none"},
    {"max_pool_waiters", &Connection::max_pool_waiters, waiters, "",
     "calls of one client that may wait for a connection; 0 = none may wait"},
    {"idle_timeout_ms", &Connection::idle_timeout_ms, day_ms, "ms",
     "how long an unused connection is kept; 0 = no limit"},
    {"max_lifetime_ms", &Connection::max_lifetime_ms, day_ms, "ms",
     "the age at which a connection takes no new call; 0 = no limit"},
    {"max_header_bytes", &Connection::max_header_bytes, head_size, "bytes",
     "the largest head of a response, trailers included"},
    {"max_header_line_bytes", &Connection::max_header_line_bytes, head_size, "bytes",
     "the longest line in the head of a response"},
    {"max_header_fields", &Connection::max_header_fields, count_to_100k, "", "the most header fields of a response"},
    {"max_interim_responses", &Connection::max_interim_responses, interim, "",
     "the most 1xx responses before the final one"},
    {"resolve",
     &Connection::resolve,
     {},
     "",
     "addresses that stand for names: host:port:address,...; repeat a name for more addresses, * = every name",
     "",
     check_resolve},
    {"unix_socket",
     &Connection::unix_socket,
     {},
     "",
     "Unix socket to connect to for every request, whatever its host; empty = none",
     "",
     check_unix_socket},

    {"verify_ssl",
     &Tls::verify_ssl,
     {},
     "",
     "verify certificates and host names; false for tests only",
     "PEPPERPY_NETWORK_VERIFY_SSL"},
    {"ca_file", &Tls::ca_file, {}, "", "PEM file of the CAs to trust instead of the system's", "", check_path},
    {"ca_dir", &Tls::ca_dir, {}, "", "hashed directory of the CAs to trust instead of the system's", "", check_path},
    {"ca_pem", &Tls::ca_pem, {}, "", "the CAs to trust instead of the system's, as PEM text", "", check_pem},
    {"crl_file",
     &Tls::crl_file,
     {},
     "",
     "PEM file of revocation lists; each issuer of a chain needs one",
     "",
     check_path},
    {"pinned_public_keys",
     &Tls::pinned_public_keys,
     {},
     "",
     "SHA-256 of the keys a server may have, beside verification: sha256//BASE64,...",
     "",
     check_pins},
    {"tls_min_version", &Tls::tls_min_version, {}, "", "lowest version of TLS: 1.2 or 1.3", "", check_tls_version},
    {"tls_server_name",
     &Tls::tls_server_name,
     {},
     "",
     "name to send and to verify instead of the URL's host",
     "",
     check_server_name},
    {"client_cert_file",
     &Tls::client_cert_file,
     {},
     "",
     "PEM file of the client's certificate and its chain",
     "",
     check_path},
    {"client_cert_pem",
     &Tls::client_cert_pem,
     {},
     "",
     "the client's certificate and its chain as PEM text",
     "",
     check_pem},
    {"client_key_file",
     &Tls::client_key_file,
     {},
     "",
     "PEM file of the key of the client's certificate",
     "",
     check_path},
    {"client_key_pem",
     &Tls::client_key_pem,
     {},
     "",
     "the key of the client's certificate as PEM text",
     "",
     check_pem,
     true},
    {"client_key_password",
     &Tls::client_key_password,
     {},
     "",
     "password of an encrypted client key",
     "",
     check_password,
     true},

    {"user_agent", &Options::user_agent, {}, "", "value of the User-Agent header", "", check_user_agent},
});

constexpr std::string_view type_of(const Field& field) noexcept {
  if (std::holds_alternative<bool TlsOptions::*>(field)) return "boolean";
  const bool integer = std::holds_alternative<std::int64_t RequestOptions::*>(field) ||
                       std::holds_alternative<std::int64_t ConnectionOptions::*>(field);
  return integer ? "integer" : "text";
}

constexpr auto rows = [] {
  std::array<OptionRow, definitions.size()> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const Definition& row = definitions[i];
    const bool per_request = std::holds_alternative<std::int64_t RequestOptions::*>(row.field);
    table[i] = {row.name,       type_of(row.field), row.unit,    row.environment,
                row.range.text, row.help,           per_request, row.secret};
  }
  return table;
}();

// Where the value of a row lies.
template <class All, class Type>
auto& value_at(All& options, Type RequestOptions::*member) noexcept {
  return options.request.*member;
}
template <class All, class Type>
auto& value_at(All& options, Type ConnectionOptions::*member) noexcept {
  return options.connection.*member;
}
template <class All, class Type>
auto& value_at(All& options, Type TlsOptions::*member) noexcept {
  return options.tls.*member;
}
template <class All, class Type>
auto& value_at(All& options, Type Options::*member) noexcept {
  return options.*member;
}

// Texts that a person can read go into the message; anything else could break the line or hide what it is.
std::string shown(std::string_view text) {
  constexpr std::size_t longest = 64;
  const bool readable =
      text.size() <= longest && std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  return readable ? "'" + std::string(text) + "'" : "the given text";
}

Failure refused(const Definition& row, std::string_view value, std::string_view why) {
  const std::string what = row.secret ? "the value" : shown(value);
  return Failure(ErrorCode::config_error, Phase::config, std::string(row.name) + ": " + what + " " + std::string(why));
}

Status assign(std::int64_t& target, const Definition& row, std::string_view text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, value);
  if (fault != std::errc() || stop != end || value < row.range.lowest || value > row.range.highest) {
    return refused(row, text, "is no integer of the range " + std::string(row.range.text));
  }
  target = value;
  return {};
}

Status assign(bool& target, const Definition& row, std::string_view text) {
  static constexpr auto words_for_true = std::to_array<std::string_view>({"1", "true", "yes", "on"});
  static constexpr auto words_for_false = std::to_array<std::string_view>({"0", "false", "no", "off"});
  const auto is_text = [&](std::string_view word) { return equals_ignore_case(word, text); };
  const bool is_true = std::ranges::any_of(words_for_true, is_text);
  if (!is_true && std::ranges::none_of(words_for_false, is_text)) {
    return refused(row, text, "is none of true/false, yes/no, on/off, 1/0");
  }
  target = is_true;
  return {};
}

Status assign(std::string& target, const Definition& row, std::string_view text) {
  if (const std::string why = row.complaint(text); !why.empty()) return refused(row, text, why);
  target = text;
  return {};
}

Status assign(Secret& target, const Definition& row, std::string_view text) {
  if (const std::string why = row.complaint(text); !why.empty()) return refused(row, text, why);
  target = Secret(text);
  return {};
}

std::string print(std::int64_t value) {
  return std::to_string(value);
}
std::string print(bool value) {
  return value ? "true" : "false";
}
std::string print(const std::string& value) {
  return value;
}

std::string print(const Secret& value) {
  return value.empty() ? "" : "***";
}

std::string text_of(const Options& options, const Definition& row) {
  return std::visit([&](auto member) { return print(value_at(options, member)); }, row.field);
}

const Definition* find_definition(std::string_view name) noexcept {
  const auto row = std::ranges::find(definitions, name, &Definition::name);
  return row != definitions.end() ? &*row : nullptr;
}

Failure unknown(std::string_view name) {
  return Failure(ErrorCode::config_error, Phase::config, "there is no option called " + shown(name));
}

}  // namespace

std::span<const OptionRow> option_table() noexcept {
  return rows;
}

Status set_option(Options& options, std::string_view name, std::string_view value) {
  const Definition* const row = find_definition(name);
  if (row == nullptr) return unknown(name);
  return std::visit([&](auto member) { return assign(value_at(options, member), *row, value); }, row->field);
}

Status set_request_option(RequestOptions& options, std::string_view name, std::string_view value) {
  const Definition* const row = find_definition(name);
  if (row == nullptr) return unknown(name);
  const auto* const member = std::get_if<std::int64_t RequestOptions::*>(&row->field);
  if (member == nullptr) {
    return Failure(ErrorCode::config_error, Phase::config,
                   std::string(name) + ": this option belongs to the client and can not be set for one request");
  }
  return assign(options.**member, *row, value);
}

Result<std::string> option_text(const Options& options, std::string_view name) {
  const Definition* const row = find_definition(name);
  if (row == nullptr) return unknown(name);
  std::string text = text_of(options, *row);
  if (row->secret && !text.empty()) text = "***";
  return text;
}

const std::string& option_default(const OptionRow& row) {
  // Never destroyed: what ppn_option_default hands out lives as long as the process.
  static const std::vector<std::string>& defaults = *new std::vector<std::string>([] {
    std::vector<std::string> texts(definitions.size());
    std::ranges::transform(definitions, texts.begin(), [](const Definition& one) { return text_of(Options(), one); });
    return texts;
  }());
  return defaults[static_cast<std::size_t>(std::ranges::find(rows, row.name, &OptionRow::name) - rows.begin())];
}

}  // namespace ppn
