/** @file config.hpp
 *  Options of a client. Part of <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_CONFIG_HPP
#define PEPPERPY_NETWORK_CPP_CONFIG_HPP

#include <pepperpy/network.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <locale>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "error.hpp"
#include "handle.hpp"
#include "option_setters.hpp"
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
  } else if constexpr (std::is_floating_point_v<Value>) {
    std::ostringstream text;
    text.imbue(std::locale::classic());
    text.precision(std::numeric_limits<double>::max_digits10);
    text << static_cast<double>(value);
    return text.str();
  } else {
    static_assert(std::is_convertible_v<const Value&, std::string_view>,
                  "an option is a text, a bool, a number or a duration");
    return std::string(std::string_view(value));
  }
}

}  // namespace detail

/** One row of the option table. The texts live as long as the process. Since 0.1. */
struct OptionInfo {
  std::string_view name;
  std::string_view type;        /**< "integer", "number", "boolean" or "text" */
  std::string_view unit;        /**< "ms", "bytes", "s" or "" */
  std::string_view built_in;    /**< the default, as text */
  std::string_view range;       /**< such as "0..86400000" or "wait, fail_fast"; "" for none */
  std::string_view environment; /**< name of the variable; "" when it has none */
  std::string_view help;        /**< one line */
  bool per_request = false;     /**< whether Request::option takes it */
  bool secret = false;          /**< whether it is shown as "***" */
};

/** The option table of the library that runs. Thread: any. Blocks: never. Since 0.1. */
inline std::vector<OptionInfo> options() {
  std::vector<OptionInfo> rows(ppn_option_count());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i] = {
        ppn_option_name(i),          ppn_option_type(i),        ppn_option_unit(i), ppn_option_default(i),
        ppn_option_range(i),         ppn_option_environment(i), ppn_option_help(i), ppn_option_is_per_request(i) != 0,
        ppn_option_is_secret(i) != 0};
  }
  return rows;
}

/** Options, from the built-in defaults and the PEPPERPY_NETWORK_ environment variables as they are when the object is
 *  made. A client copies them: later changes do not reach it. Each option has a setter of its name (without _ms, for it
 *  takes a duration; 0 means no limit: option_setters.hpp), and set() knows them all by name. Setters throw ConfigError
 *  for a value that the option does not take and change nothing then.
 *
 *      auto config = ppn::NetworkConfig().timeout(5s).ca_file("ca.pem");
 *
 *  Thread: one at a time. Blocks: never. Since 0.1. */
class NetworkConfig : public OptionSetters<NetworkConfig> {
 public:
  /** Throws ConfigError when an environment variable can not be understood, UsageError (PPN_E_ABI_MISMATCH). */
  NetworkConfig() {
    check_version();
    detail::call(ppn_config_new, handle_.out());
  }

  /** For the paths below a base URL, as RequestManager. What is not given is 30 s and 3 retries, or what the environment
   *  says. Throws ConfigError. */
  static NetworkConfig request_manager(std::string_view base_url,
                                       std::optional<std::chrono::milliseconds> timeout = std::nullopt,
                                       std::optional<int64_t> retries = std::nullopt) {
    constexpr int64_t unchanged = -1;
    NetworkConfig config(nullptr);
    detail::call(ppn_config_new_request_manager, detail::data_of(base_url), base_url.size(), unchanged, unchanged,
                 config.handle_.out());
    if (timeout) config.timeout(*timeout);
    if (retries) config.max_retries(*retries);
    return config;
  }

  /** For one API and its key, as APIClient: 10 minutes for a call, 2 retries, an Idempotency-Key for POST and PATCH, 64
   *  attempts under way, or what the environment says. ppn_config_new_api_client says what the key of a request is
   *  worth. Throws ConfigError. */
  static NetworkConfig api_client(std::string_view base_url, std::string_view api_key) {
    NetworkConfig config(nullptr);
    detail::call(ppn_config_new_api_client, detail::data_of(base_url), base_url.size(), detail::data_of(api_key),
                 api_key.size(), config.handle_.out());
    return config;
  }

  /** `text` as in set_json. */
  static NetworkConfig from_json(std::string_view text) {
    NetworkConfig config;
    config.set_json(text);
    return config;
  }

  /** Set one option by its name to a text, a bool, a number (in the option's unit) or, for an option in milliseconds,
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

  /** The handle for calls into the C ABI; it stays this object's. */
  ppn_config* handle() const noexcept { return handle_.get(); }

 private:
  explicit NetworkConfig(std::nullptr_t) { check_version(); }

  detail::ConfigHandle handle_;
};

}  // namespace api_v0
}  // namespace ppn

#endif
