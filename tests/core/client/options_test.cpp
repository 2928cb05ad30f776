// The option table, and one option at a time.
#include "client/options.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace ppn;

namespace {

std::string error_of(const Status& status) {
  BOOST_REQUIRE(!status.ok());
  BOOST_TEST((status.error().code == ErrorCode::config_error));
  BOOST_TEST((status.error().phase == Phase::config));
  return status.error().message;
}

bool mentions(const std::string& text, std::string_view part) {
  return text.find(part) != text.npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(options)

BOOST_AUTO_TEST_CASE(every_row_has_a_name_of_its_own_a_type_and_one_line_of_help) {
  std::set<std::string_view> names;
  for (const OptionRow& row : option_table()) {
    BOOST_TEST(names.insert(row.name).second, row.name << " occurs twice");
    BOOST_TEST((row.type == "integer" || row.type == "number" || row.type == "boolean" || row.type == "text"));
    BOOST_TEST((row.unit == "ms" || row.unit == "bytes" || row.unit == "s" || row.unit.empty()));
    BOOST_TEST(row.name.ends_with("_ms") == (row.unit == "ms"));
    BOOST_TEST(row.name.ends_with("_bytes") == (row.unit == "bytes"));
    if (row.type == "integer" || row.type == "number") BOOST_TEST(mentions(std::string(row.range), ".."));
    if (row.type == "boolean") BOOST_TEST(row.range.empty());
    BOOST_TEST(!row.help.empty());
    BOOST_TEST(row.help.find('\n') == row.help.npos);
    for (const std::string_view text : {row.name, row.type, row.unit, row.environment, row.range, row.help}) {
      BOOST_TEST(*(text.data() + text.size()) == '\0');
    }
  }
}

BOOST_AUTO_TEST_CASE(every_default_is_accepted_as_a_value) {
  Options options;
  for (const OptionRow& row : option_table()) {
    BOOST_TEST(*option_text(options, row.name) == option_default(row));
    BOOST_TEST(set_option(options, row.name, option_default(row)).ok(), row.name);
  }
}

BOOST_AUTO_TEST_CASE(both_ends_of_every_range_are_accepted_and_their_neighbours_refused) {
  for (const OptionRow& row : option_table()) {
    if (row.type != "integer") continue;
    const auto dots = row.range.find("..");
    BOOST_REQUIRE(dots != row.range.npos);
    const std::int64_t lowest = std::stoll(std::string(row.range.substr(0, dots)));
    const std::int64_t highest = std::stoll(std::string(row.range.substr(dots + 2)));
    Options options;
    for (const std::int64_t value : {lowest, highest}) {
      BOOST_TEST(set_option(options, row.name, std::to_string(value)).ok(), row.name);
      BOOST_TEST(*option_text(options, row.name) == std::to_string(value));
    }
    const Options before = options;
    for (const std::int64_t value : {lowest - 1, highest + 1}) {
      const std::string message = error_of(set_option(options, row.name, std::to_string(value)));
      BOOST_TEST(mentions(message, row.name));
      BOOST_TEST(mentions(message, row.range));
    }
    BOOST_TEST(*option_text(options, row.name) == *option_text(before, row.name));
  }
}

// A value that the row accepts and that is not its default.
std::string other_value(const OptionRow& row) {
  static const std::map<std::string_view, std::string> texts{
      {"retry_codes", "429,503"},
      {"final_error_codes", "out_of_money"},
      {"idempotency_header", "Idempotency-Key"},
      {"rate_limit", "10/s:5"},
      {"token_rate_limit", "2000/h"},
      {"rate_limit_redis_url", "redis://:hush@cache.test:6380/2"},
      {"rate_limit_scope", "model-1"},
      {"resolve", "a.test:80:127.0.0.1"},
      {"websocket_reconnect_codes", "4000,4100-4199"},
      {"unix_socket", "/run/model.sock"},
      {"allow_addresses", "10.0.0.0/8,*.internal"},
      {"deny_addresses", "[fd00::/8]:443,:25"},
      {"pinned_public_keys", "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="},
      {"tls_server_name", "api.test"},
      {"websocket_reconnect_codes", "4000,4100-4199"},
      {"base_url", "https://api.test/v1"},
      {"api_key", "hush"},
      {"api_key_header", "x-api-key"},
      {"api_key_scheme", "Token"},
      {"user_agent", "mine/1"}};
  if (const auto found = texts.find(row.name); found != texts.end()) return found->second;
  if (row.type == "boolean") return option_default(row) == "true" ? "false" : "true";
  if (row.type != "text") {
    const std::string highest(row.range.substr(row.range.find("..") + 2));
    return highest != option_default(row) ? highest : std::string(row.range.substr(0, row.range.find("..")));
  }
  if (row.range.empty()) return "a text";  // paths and PEM texts
  const std::string last(row.range.substr(row.range.rfind(' ') + 1));
  return last != option_default(row) ? last : std::string(row.range.substr(0, row.range.find(',')));
}

BOOST_AUTO_TEST_CASE(each_row_sets_a_value_of_its_own_and_no_other) {
  for (const OptionRow& changed : option_table()) {
    Options options;
    const std::string value = other_value(changed);
    BOOST_TEST_REQUIRE(set_option(options, changed.name, value).ok(), changed.name << " " << value);
    for (const OptionRow& row : option_table()) {
      const std::string expected = &row != &changed ? option_default(row) : row.secret ? "***" : value;
      BOOST_TEST(*option_text(options, row.name) == expected, changed.name << " changes " << row.name);
    }
  }
}

BOOST_AUTO_TEST_CASE(every_word_of_a_row_is_accepted_in_any_case_and_no_other) {
  for (const OptionRow& row : option_table()) {
    if (row.type != "text" || row.range.empty()) continue;
    Options options;
    std::string words(row.range);
    for (std::size_t begin = 0; begin < words.size();) {
      const std::size_t end = std::min(words.find(", ", begin), words.size());
      BOOST_TEST(set_option(options, row.name, words.substr(begin, end - begin)).ok());
      BOOST_TEST(*option_text(options, row.name) == words.substr(begin, end - begin));
      begin = end + 2;
    }
    for (const char* text : {"", "none such", "0", "true"}) {
      const std::string message = error_of(set_option(options, row.name, text));
      BOOST_TEST(mentions(message, row.name));
    }
  }
  Options options;
  BOOST_TEST(set_option(options, "backoff_jitter", "FULL").ok());
  BOOST_TEST((options.request.retry.jitter == Jitter::full));
  BOOST_TEST(mentions(error_of(set_option(options, "backoff_jitter", "ful")),
                      "'ful' is none of equal_down, full, decorrelated, none"));
}

BOOST_AUTO_TEST_CASE(number_is_the_whole_text_in_decimal_and_finite) {
  Options options;
  for (const char* text :
       {"",      " ",      "1.5 ", " 1.5", "+1",    "-1",  "-0", "0x1p3",    "inf", "nan", "infinity",
        "1e400", "1e-400", ".5",   "5.",   "1.5.1", "1,5", "1e", "3600.001", "1e5", "two"}) {
    const std::string message = error_of(set_option(options, "backoff_factor", text));
    BOOST_TEST(mentions(message, "backoff_factor"), text);
    BOOST_TEST(mentions(message, "0..3600"), text);
  }
  BOOST_TEST(options.request.retry.backoff_factor == 0.5);
  for (const auto& [text, value] : std::map<std::string, double>{
           {"0", 0}, {"1.5", 1.5}, {"0.1", 0.1}, {"3600", 3'600}, {"1e-5", 1e-5}, {"15e-1", 1.5}, {"3.6E+3", 3'600}}) {
    BOOST_TEST(set_option(options, "backoff_factor", text).ok(), text);
    BOOST_TEST(options.request.retry.backoff_factor == value, text);
  }
  BOOST_TEST(set_option(options, "backoff_factor", "0.1").ok());
  BOOST_TEST(*option_text(options, "backoff_factor") == "0.1");
}

BOOST_AUTO_TEST_CASE(integer_is_the_whole_text_in_decimal) {
  Options options;
  for (const char* text :
       {"", " ", "+5", " 5", "5 ", "0x10", "5.0", "1e3", "five", "99999999999999999999", "-1", "-0"}) {
    error_of(set_option(options, "timeout_ms", text));
  }
  error_of(set_option(options, "timeout_ms", std::string_view("5\0", 2)));
  BOOST_TEST(options.request.timeout_ms == 30'000);
  BOOST_TEST(set_option(options, "timeout_ms", "0").ok());
  BOOST_TEST(options.request.timeout_ms == 0);
}

BOOST_AUTO_TEST_CASE(boolean_words_are_taken_in_any_case) {
  Options options;
  for (const char* text : {"0", "false", "FALSE", "no", "No", "off", "OFF"}) {
    options.tls.verify_ssl = true;
    BOOST_TEST(set_option(options, "verify_ssl", text).ok(), text);
    BOOST_TEST(!options.tls.verify_ssl, text);
  }
  for (const char* text : {"1", "true", "True", "yes", "YES", "on"}) {
    options.tls.verify_ssl = false;
    BOOST_TEST(set_option(options, "verify_ssl", text).ok(), text);
    BOOST_TEST(options.tls.verify_ssl, text);
  }
}

BOOST_AUTO_TEST_CASE(anything_else_is_no_boolean) {
  Options options;
  for (const char* text : {"", "2", "tru", "truee", " true", "y", "enabled", "-1"}) {
    error_of(set_option(options, "verify_ssl", text));
    BOOST_TEST(options.tls.verify_ssl);
  }
}

BOOST_AUTO_TEST_CASE(unknown_option_is_named) {
  Options options;
  BOOST_TEST(mentions(error_of(set_option(options, "time_out", "5")), "'time_out'"));
  BOOST_TEST(mentions(error_of(set_option(options, "TIMEOUT_MS", "5")), "'TIMEOUT_MS'"));
  error_of(set_option(options, "", "5"));
  BOOST_TEST(!option_text(options, "time_out").ok());
}

BOOST_AUTO_TEST_CASE(message_stays_one_readable_line) {
  Options options;
  for (const std::string_view text :
       {std::string_view("1\n2"), std::string_view("\x1b[2J"), std::string_view("a\0b", 3)}) {
    const std::string message = error_of(set_option(options, "timeout_ms", text));
    BOOST_TEST(std::ranges::all_of(message, [](char c) { return c >= ' ' && c <= '~'; }));
    const std::string unknown = error_of(set_option(options, text, "1"));
    BOOST_TEST(std::ranges::all_of(unknown, [](char c) { return c >= ' ' && c <= '~'; }));
  }
  BOOST_TEST(error_of(set_option(options, "timeout_ms", std::string(10'000, '9'))).size() < 200U);
}

BOOST_AUTO_TEST_CASE(user_agent_must_be_a_header_value) {
  Options options;
  BOOST_TEST(set_option(options, "user_agent", "mine/1.0 (test)").ok());
  BOOST_TEST(options.user_agent == "mine/1.0 (test)");
  BOOST_TEST(set_option(options, "user_agent", "").ok());
  for (const char* text : {"a\r\nX: y", " lead", "trail ", "\x01"}) error_of(set_option(options, "user_agent", text));
  error_of(set_option(options, "user_agent", std::string(1'025, 'a')));
  BOOST_TEST(options.user_agent.empty());
}

BOOST_AUTO_TEST_CASE(paths_without_zero_byte_are_accepted) {
  Options options;
  BOOST_TEST(set_option(options, "ca_file", "/etc/ssl/my ca.pem").ok());
  BOOST_TEST(options.tls.ca_file == "/etc/ssl/my ca.pem");
  error_of(set_option(options, "ca_file", std::string_view("/etc\0x", 6)));
  error_of(set_option(options, "ca_dir", std::string(4'096, 'a')));
  BOOST_TEST(set_option(options, "ca_file", "").ok());
  BOOST_TEST(options.tls.ca_file.empty());
}

BOOST_AUTO_TEST_CASE(texts_of_files_are_not_repeated_in_messages) {
  Options options;
  const std::string message = error_of(set_option(options, "ca_pem", std::string_view("-----BEGIN\0", 11)));
  BOOST_TEST(!mentions(message, "BEGIN"));
}

BOOST_AUTO_TEST_CASE(keys_and_passwords_are_shown_as_stars) {
  Options options;
  for (const OptionRow& row : option_table()) {
    const bool key = row.name == "client_key_pem" || row.name == "client_key_password" || row.name == "api_key" ||
                     row.name == "rate_limit_redis_url";
    BOOST_TEST(row.secret == key, row.name);
    if (!key) continue;
    const std::string value = row.name == "rate_limit_redis_url" ? "redis://:hush@cache.test" : "hush";
    BOOST_TEST(option_text(options, row.name)->empty());
    BOOST_TEST(set_option(options, row.name, value).ok());
    BOOST_TEST(*option_text(options, row.name) == "***");
    BOOST_TEST(!mentions(error_of(set_option(options, row.name, value + std::string(5 << 20, 'h'))), "hush"));
  }
  BOOST_TEST(!mentions(dump_options(options), "hush"));
  BOOST_TEST(options.tls.client_key_password.view() == "hush");
}

BOOST_AUTO_TEST_CASE(texts_of_tls_are_checked_when_they_are_set) {
  Options options;
  const std::string pin = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  const std::map<std::string_view, std::pair<std::vector<std::string>, std::vector<std::string>>> texts{
      {"pinned_public_keys", {{"", pin, pin + "," + pin}, {"sha1//AAAA", "/etc/key.pem", pin + ","}}},
      {"tls_min_version", {{"1.2", "1.3"}, {"", "1.1", "1.0", "1.4", "TLSv1.2", " 1.2", "2"}}},
      {"tls_server_name",
       {{"", "api.test", "API.test", "xn--bcher-kva.test"},
        {".test", "a..b", "api.test.", "127.0.0.1", "[::1]", "api.test:443", "a b", "a/b", "user@api.test",
         "*.test#"}}}};
  for (const auto& [name, values] : texts) {
    for (const std::string& good : values.first) BOOST_TEST(set_option(options, name, good).ok(), name << " " << good);
    for (const std::string& bad : values.second) BOOST_TEST(!set_option(options, name, bad).ok(), name << " " << bad);
  }
}

BOOST_AUTO_TEST_CASE(resolve_takes_host_port_and_numeric_address) {
  Options options;
  for (const char* text :
       {"", "example.com:443:127.0.0.1", "example.com:443:[::1]", "a.test:80:10.0.0.1,b.test:8080:[2001:db8::1]"}) {
    BOOST_TEST(set_option(options, "resolve", text).ok(), text);
    BOOST_TEST(options.connection.resolve == text);
  }
  for (const char* text :
       {"example.com", "example.com:443", "example.com:443:localhost", "example.com:0:127.0.0.1",
        "example.com:65536:127.0.0.1", ":443:127.0.0.1", "example.com:https:127.0.0.1", "example.com:443:300.0.0.1"}) {
    BOOST_TEST(!set_option(options, "resolve", text).ok(), text);
  }
  error_of(set_option(options, "resolve", std::string_view("example.com:443:127.0.0.1\0", 26)));
}

BOOST_AUTO_TEST_CASE(resolve_says_which_entry_is_wrong) {
  Options options;
  const std::string message = error_of(set_option(options, "resolve", "a.test:80:127.0.0.1,b.test:80:localhost"));
  BOOST_TEST(mentions(message, "resolve: "));
  BOOST_TEST(mentions(message, "entry 2 of host:port:address,... has no numeric address"));
}

BOOST_AUTO_TEST_CASE(unix_socket_is_a_path_that_fits_its_address) {
  Options options;
  const std::string longest = "/" + std::string(106, 's');
  for (const std::string& path :
       {std::string("/run/model server.sock"), std::string("relative"), longest, std::string()}) {
    BOOST_TEST(set_option(options, "unix_socket", path).ok(), path);
    BOOST_TEST(options.connection.unix_socket == path);
  }
  BOOST_TEST(mentions(error_of(set_option(options, "unix_socket", longest + "s")), "longer than 107 bytes"));
  BOOST_TEST(mentions(error_of(set_option(options, "unix_socket", std::string_view("/a\0b", 4))), "zero byte"));
  BOOST_TEST(options.connection.unix_socket.empty());
}

BOOST_AUTO_TEST_CASE(request_takes_its_own_options_and_refuses_those_of_the_client) {
  RequestOptions request;
  for (const OptionRow& row : option_table()) {
    const Status status = set_request_option(request, row.name, option_default(row));
    BOOST_TEST(status.ok() == row.per_request, row.name);
    if (!row.per_request) BOOST_TEST(mentions(error_of(status), row.name));
  }
  BOOST_TEST(set_request_option(request, "timeout_ms", "17").ok());
  BOOST_TEST(set_request_option(request, "backoff_factor", "1.5").ok());
  BOOST_TEST(set_request_option(request, "retry_codes", "503, 500").ok());
  BOOST_TEST(set_request_option(request, "hedge", "yes").ok());
  BOOST_TEST(set_request_option(request, "rate_limit_scope", "model").ok());
  BOOST_TEST(request.timeout_ms == 17);
  BOOST_TEST(request.retry.backoff_factor == 1.5);
  BOOST_TEST(request.retry.retry_codes.to_text() == "500,503");
  BOOST_TEST(request.hedge.enabled);
  BOOST_TEST(request.rate_limit_scope == "model");
  error_of(set_request_option(request, "timeout_ms", "x"));
  error_of(set_request_option(request, "no_such_option", "1"));
  BOOST_TEST(request.timeout_ms == 17);
}

BOOST_AUTO_TEST_SUITE_END()
