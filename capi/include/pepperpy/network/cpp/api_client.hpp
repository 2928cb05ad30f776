/** @file api_client.hpp
 *  APIClient: a client with a base URL and an API key. Part of <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_API_CLIENT_HPP
#define PEPPERPY_NETWORK_CPP_API_CLIENT_HPP

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client.hpp"
#include "config.hpp"
#include "error.hpp"
#include "request.hpp"
#include "request_manager.hpp"

namespace ppn {
inline namespace api_v0 {
namespace detail {

/** Text that is overwritten when it ends. A vector, because a short std::string leaves copies behind when it moves. */
class Secret {
 public:
  Secret(std::string_view first, std::string_view second) {
    bytes_.reserve(first.size() + second.size());
    bytes_.insert(bytes_.end(), first.begin(), first.end());
    bytes_.insert(bytes_.end(), second.begin(), second.end());
  }
  Secret(Secret&&) noexcept = default;
  Secret& operator=(Secret&& other) noexcept {
    bytes_.swap(other.bytes_);
    return *this;
  }
  ~Secret() {
    volatile char* const bytes = bytes_.data();
    for (std::size_t i = 0; i < bytes_.size(); ++i) bytes[i] = 0;
  }

  std::string_view view() const noexcept { return {bytes_.data(), bytes_.size()}; }

 private:
  std::vector<char> bytes_;
};

/** Scheme, host and port of a URL that the engine has accepted, so that neither user information nor a backslash can
 *  stand before the host. Names that could be written in two ways count as different: a key is withheld then. */
struct Origin {
  explicit Origin(std::string_view url) {
    const std::size_t scheme_end = url.find("://");
    scheme = lower(url.substr(0, scheme_end));
    url.remove_prefix(scheme_end + 3);
    const std::string authority = lower(url.substr(0, url.find_first_of("/?#")));
    const std::size_t bracket = authority.find(']');
    const std::size_t colon = authority.find(':', bracket == authority.npos ? 0 : bracket);
    host = authority.substr(0, colon);
    if (colon != authority.npos) port = authority.substr(colon + 1);
    if (port.empty()) port = scheme == "https" ? "443" : "80";
  }

  bool operator==(const Origin& other) const noexcept {
    return scheme == other.scheme && host == other.host && port == other.port;
  }

  /** localhost, 127.0.0.0/8 and ::1; what is written differently is not. */
  bool loopback() const noexcept {
    const bool decimals = host.find_first_not_of("0123456789.") == host.npos;
    return host == "localhost" || host == "[::1]" || (decimals && host.compare(0, 4, "127.") == 0);
  }

  static std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
  }

  std::string scheme;
  std::string host;
  std::string port;
};

}  // namespace detail

/** Where an API key goes: "Authorization: Bearer KEY" unless changed. With an empty scheme the value is the key alone:
 *  {"x-api-key", ""}. */
struct KeyHeader {
  std::string name = "Authorization";
  std::string scheme = "Bearer";
};

/** A client for one API: addresses are those of RequestManager, and requests to the origin (scheme, host, port) of the
 *  base URL carry the key. A request to any other origin never does. A header of the same name that a request sets
 *  itself replaces the key.
 *  Thread: any, several at once; destroying and moving by one. Since 0.1. */
class APIClient : public Verbs<APIClient> {
 public:
  /** @param base_url  As RequestManager's; https, for the key would be readable on the way. Plain http is taken for
   *                   loopback addresses alone: localhost, 127.0.0.0/8, [::1].
   *  @param api_key   Not empty. Overwritten in this object's memory when it ends.
   *  @param config    Unless given, the built-in defaults with 10 minutes for the whole of a call (or
   *                   PEPPERPY_NETWORK_TIMEOUT), for completions take longer than other calls.
   *  Throws as RequestManager, and ConfigError (plain http to another host; an empty key), UsageError
   *  (PPN_E_INVALID_HEADER: name, scheme or key; its text never holds the key). */
  APIClient(std::string_view base_url, std::string_view api_key, KeyHeader key_header = KeyHeader(),
            std::optional<NetworkConfig> config = std::nullopt)
      : manager_(base_url, config ? std::move(*config) : patient()),
        origin_(manager_.base_url()),
        header_name_(std::move(key_header.name)),
        header_value_(key_header.scheme.empty() ? "" : key_header.scheme + " ", api_key) {
    if (origin_.scheme != "https" && !origin_.loopback()) {
      detail::fail(PPN_E_CONFIG_ERROR, "an API key needs an https URL, or a loopback address");
    }
    if (api_key.empty()) detail::fail(PPN_E_CONFIG_ERROR, "the API key is empty");
    request("GET", "");  // the engine's own check of header and key, before the first call
  }
  APIClient(std::string_view base_url, std::string_view api_key, NetworkConfig config)
      : APIClient(base_url, api_key, KeyHeader(), std::move(config)) {}

  /** Describe a request. Throws as HTTPClient::request. Blocks: never. */
  Request request(std::string_view method, std::string_view path) const {
    const std::string url = detail::join_url(manager_.base_url(), path);
    Request made = manager_.client().request(method, url);  // accepts the URL first: see Origin
    if (detail::Origin(url) == origin_) made.header(header_name_, header_value_.view());
    return made;
  }

  const std::string& base_url() const noexcept { return manager_.base_url(); }
  /** As HTTPClient::close. */
  void close() { manager_.close(); }
  /** As HTTPClient::drain. */
  void drain() { manager_.drain(); }
  template <class Rep, class Period>
  bool drain(std::chrono::duration<Rep, Period> timeout) {
    return manager_.drain(timeout);
  }
  /** The client beneath. Its own requests carry no key. */
  const HTTPClient& client() const noexcept { return manager_.client(); }

 private:
  static NetworkConfig patient() {
    NetworkConfig config;
    const char* const set = std::getenv("PEPPERPY_NETWORK_TIMEOUT");
    if (set == nullptr || *set == '\0') config.timeout(std::chrono::minutes(10));
    return config;
  }

  RequestManager manager_;
  detail::Origin origin_;
  std::string header_name_;
  detail::Secret header_value_;
};

}  // namespace api_v0
}  // namespace ppn

#endif
