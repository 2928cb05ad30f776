/** @file config.hpp
 *  Options of a client. Part of <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_CONFIG_HPP
#define PEPPERPY_NETWORK_CPP_CONFIG_HPP

#include <pepperpy/network.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "error.hpp"
#include "handle.hpp"
#include "version.hpp"

namespace ppn {
inline namespace api_v0 {
namespace detail {

template <class Type>
struct IsDuration : std::false_type {};
template <class Rep, class Period>
struct IsDuration<std::chrono::duration<Rep, Period>> : std::true_type {};

/** A value of an option as the C ABI reads it. */
template <class Value>
std::string option_text(std::string_view name, const Value& value) {
  if constexpr (std::is_same_v<Value, bool>) {
    return value ? "true" : "false";
  } else if constexpr (IsDuration<Value>::value) {
    constexpr std::string_view unit = "_ms";
    if (name.size() < unit.size() || name.substr(name.size() - unit.size()) != unit) {
      fail(PPN_E_CONFIG_ERROR, "a duration was given to an option that is not measured in milliseconds");
    }
    return std::to_string(milliseconds_of(value));
  } else if constexpr (std::is_integral_v<Value>) {
    return std::to_string(value);
  } else {
    static_assert(std::is_convertible_v<const Value&, std::string_view>,
                  "an option is a text, a bool, an integer or a duration");
    return std::string(std::string_view(value));
  }
}

}  // namespace detail

/** One row of the option table. The texts live as long as the process. Since 0.1. */
struct OptionInfo {
  std::string_view name;
  std::string_view type;        /**< "integer", "boolean" or "text" */
  std::string_view unit;        /**< "ms", "bytes" or "" */
  std::string_view built_in;    /**< the default, as text */
  std::string_view range;       /**< such as "0..86400000"; "" when it has none */
  std::string_view environment; /**< name of the variable; "" when it has none */
  std::string_view help;        /**< one line */
};

/** The option table of the library that runs. Thread: any. Blocks: never. Since 0.1. */
inline std::vector<OptionInfo> options() {
  std::vector<OptionInfo> rows(ppn_option_count());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i] = {ppn_option_name(i),  ppn_option_type(i),        ppn_option_unit(i), ppn_option_default(i),
               ppn_option_range(i), ppn_option_environment(i), ppn_option_help(i)};
  }
  return rows;
}

/** Options, from the built-in defaults and the PEPPERPY_NETWORK_ environment variables as they are when the object is
 *  made. A client copies them: later changes do not reach it. Setters throw ConfigError for a value that the option does
 *  not take and change nothing then; README.md has the table with defaults and ranges, and a duration of 0 means no limit.
 *
 *      auto config = ppn::NetworkConfig().timeout(5s).ca_file("ca.pem");
 *
 *  Thread: one at a time. Blocks: never. Since 0.1. */
class NetworkConfig {
 public:
  /** Throws ConfigError when an environment variable can not be understood, UsageError (PPN_E_ABI_MISMATCH). */
  NetworkConfig() {
    check_version();
    detail::call(ppn_config_new, handle_.out());
  }

  /** `text` as in set_json. */
  static NetworkConfig from_json(std::string_view text) {
    NetworkConfig config;
    config.set_json(text);
    return config;
  }

  /** Set one option by its name to a text, a bool, an integer (in the option's unit) or, for an option in milliseconds,
   *  a duration. Throws ConfigError, also when there is no such option. */
  template <class Value>
  NetworkConfig& set(std::string_view name, const Value& value) & {
    const std::string text = detail::option_text(name, value);
    detail::call(ppn_config_set, handle_.get(), detail::data_of(name), name.size(), text.data(), text.size());
    return *this;
  }
  template <class Value>
  NetworkConfig set(std::string_view name, const Value& value) && {
    return std::move(set(name, value));
  }

  /** Set options from a JSON object: {"timeout_ms": 5000, "verify_ssl": true}. All of them or, when one is wrong, none.
   *  Throws ConfigError, ProtocolError (PPN_E_JSON_PARSE). */
  NetworkConfig& set_json(std::string_view text) & {
    detail::call(ppn_config_set_json, handle_.get(), detail::data_of(text), text.size());
    return *this;
  }
  NetworkConfig set_json(std::string_view text) && { return std::move(set_json(text)); }

  /** The value of one option as text; "***" for a secret that is set. Throws ConfigError (no such option). */
  std::string get(std::string_view name) const {
    const char* text = nullptr;
    size_t length = 0;
    detail::call(ppn_config_get, handle_.get(), detail::data_of(name), name.size(), &text, &length);
    return std::string(text, length);
  }

  /** All options with their values as a JSON object, secrets as "***". */
  std::string dump() const {
    const char* text = nullptr;
    size_t length = 0;
    detail::call(ppn_config_dump, handle_.get(), &text, &length);
    return std::string(text, length);
  }

  /** The whole of a call that is no stream. */
  NetworkConfig& timeout(std::chrono::milliseconds limit) & { return set("timeout_ms", limit); }
  NetworkConfig timeout(std::chrono::milliseconds limit) && { return std::move(timeout(limit)); }

  /** From the need of a new connection to the end of its TLS handshake. */
  NetworkConfig& connect_timeout(std::chrono::milliseconds limit) & { return set("connect_timeout_ms", limit); }
  NetworkConfig connect_timeout(std::chrono::milliseconds limit) && { return std::move(connect_timeout(limit)); }

  /** The longest silence inside a response that is no stream. */
  NetworkConfig& read_timeout(std::chrono::milliseconds limit) & { return set("read_timeout_ms", limit); }
  NetworkConfig read_timeout(std::chrono::milliseconds limit) && { return std::move(read_timeout(limit)); }

  /** The longest silence inside a stream; bytes of any kind end it. */
  NetworkConfig& stream_idle_timeout(std::chrono::milliseconds limit) & { return set("stream_idle_timeout_ms", limit); }
  NetworkConfig stream_idle_timeout(std::chrono::milliseconds limit) && {
    return std::move(stream_idle_timeout(limit));
  }

  /** The largest body that is collected. */
  NetworkConfig& max_response_bytes(int64_t bytes) & { return set("max_response_bytes", bytes); }
  NetworkConfig max_response_bytes(int64_t bytes) && { return std::move(max_response_bytes(bytes)); }

  /** Connections of one client, idle ones included. */
  NetworkConfig& max_connections(int64_t count) & { return set("max_connections", count); }
  NetworkConfig max_connections(int64_t count) && { return std::move(max_connections(count)); }

  /** Verify certificates and host names; false for tests only. */
  NetworkConfig& verify_ssl(bool on) & { return set("verify_ssl", on); }
  NetworkConfig verify_ssl(bool on) && { return std::move(verify_ssl(on)); }

  /** PEM file of the CAs to trust instead of the system's; "" returns to these. Read when a client is made. */
  NetworkConfig& ca_file(std::string_view path) & { return set("ca_file", path); }
  NetworkConfig ca_file(std::string_view path) && { return std::move(ca_file(path)); }

  /** Value of the User-Agent header. */
  NetworkConfig& user_agent(std::string_view value) & { return set("user_agent", value); }
  NetworkConfig user_agent(std::string_view value) && { return std::move(user_agent(value)); }

  /** The handle for calls into the C ABI; it stays this object's. */
  ppn_config* handle() const noexcept { return handle_.get(); }

 private:
  detail::ConfigHandle handle_;
};

}  // namespace api_v0
}  // namespace ppn

#endif
