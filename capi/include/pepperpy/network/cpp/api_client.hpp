/** @file api_client.hpp
 *  APIClient: a client with a base URL and an API key. Part of <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_API_CLIENT_HPP
#define PEPPERPY_NETWORK_CPP_API_CLIENT_HPP

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "client.hpp"
#include "client_hooks.hpp"
#include "config.hpp"
#include "error.hpp"
#include "request.hpp"
#include "request_manager.hpp"

namespace ppn {
inline namespace api_v0 {

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
class APIClient : public Verbs<APIClient>, public Hooks<APIClient> {
 public:
  /** As NetworkConfig::api_client says: 10 minutes for the whole of a call, 2 retries, an Idempotency-Key for POST.
   *  @param base_url  As RequestManager's; https, for the key would be readable on the way. Plain http is taken for
   *                   loopback addresses alone: localhost, 127.0.0.0/8, [::1].
   *  @param api_key   Not empty. Overwritten in the memory of the client when that ends.
   *  Throws as HTTPClient, and ConfigError (the base URL, plain http to another host, the key; its text never holds the
   *  key). */
  APIClient(std::string_view base_url, std::string_view api_key)
      : APIClient(NetworkConfig::api_client(base_url, api_key)) {}
  /** @param key_header  Where the key goes.
   *  @param config      Instead of the defaults above. */
  APIClient(std::string_view base_url, std::string_view api_key, const KeyHeader& key_header,
            std::optional<NetworkConfig> config = std::nullopt)
      : APIClient((config ? with(std::move(*config), base_url, api_key) : NetworkConfig::api_client(base_url, api_key))
                      .api_key_header(key_header.name)
                      .api_key_scheme(key_header.scheme)) {}
  APIClient(std::string_view base_url, std::string_view api_key, NetworkConfig config)
      : APIClient(with(std::move(config), base_url, api_key)) {}
  /** @param config  With base URL and key, such as NetworkConfig::api_client makes. */
  explicit APIClient(const NetworkConfig& config) : manager_(config) {
    if (config.get("api_key").empty()) detail::fail(PPN_E_CONFIG_ERROR, "the API key is empty");
  }

  /** Describe a request. Throws as HTTPClient::request. Blocks: never. */
  Request request(std::string_view method, std::string_view path) const { return manager_.request(method, path); }

  const std::string& base_url() const noexcept { return manager_.base_url(); }
  /** As HTTPClient::close. */
  void close() { manager_.close(); }
  /** As HTTPClient::drain. */
  void drain() { manager_.drain(); }
  template <class Rep, class Period>
  bool drain(std::chrono::duration<Rep, Period> timeout) {
    return manager_.drain(timeout);
  }
  /** The client beneath, with the same base URL and key. */
  const HTTPClient& client() const noexcept { return manager_.client(); }
  /** The handle for calls into the C ABI; it stays this object's. */
  ppn_client* handle() const noexcept { return manager_.handle(); }

 private:
  static NetworkConfig with(NetworkConfig config, std::string_view base_url, std::string_view api_key) {
    config.base_url(base_url);
    config.api_key(api_key);
    return config;
  }

  RequestManager manager_;
};

}  // namespace api_v0
}  // namespace ppn

#endif
