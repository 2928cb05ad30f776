/** @file request_manager.hpp
 *  RequestManager: a client with a base URL. Part of <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_REQUEST_MANAGER_HPP
#define PEPPERPY_NETWORK_CPP_REQUEST_MANAGER_HPP

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "client.hpp"
#include "client_hooks.hpp"
#include "config.hpp"
#include "error.hpp"
#include "request.hpp"

namespace ppn {
inline namespace api_v0 {

/** A client whose addresses are paths below a base URL: with "https://localhost:8443/v1", "/models" and "models" both
 *  mean "https://localhost:8443/v1/models", and "?a=1" the base with a query. An absolute URL stands for itself.
 *  Thread: any, several at once; destroying and moving by one. Since 0.1. */
class RequestManager : public Verbs<RequestManager>, public Hooks<RequestManager> {
 public:
  /** @param base_url  Absolute http or https URL without query, fragment and user information.
   *  @param timeout   The whole of a call; unless given, timeout_ms of the configuration.
   *  Throws as HTTPClient, and ConfigError (the base URL, the timeout). */
  explicit RequestManager(std::string_view base_url, std::optional<std::chrono::milliseconds> timeout = std::nullopt)
      : RequestManager(NetworkConfig::request_manager(base_url, timeout)) {}
  /** @param retries  0 to 10. Throws as the constructor above. */
  RequestManager(std::string_view base_url, std::chrono::milliseconds timeout, int64_t retries)
      : RequestManager(NetworkConfig::request_manager(base_url, timeout, retries)) {}
  RequestManager(std::string_view base_url, std::optional<std::chrono::milliseconds> timeout, NetworkConfig config)
      : RequestManager(with(std::move(config), base_url, timeout)) {}
  RequestManager(std::string_view base_url, NetworkConfig config)
      : RequestManager(base_url, std::nullopt, std::move(config)) {}
  /** @param config  With a base URL, such as NetworkConfig::request_manager makes. */
  explicit RequestManager(const NetworkConfig& config) : client_(config), base_url_(config.get("base_url")) {}

  /** Describe a request. Throws as HTTPClient::request. Blocks: never. */
  Request request(std::string_view method, std::string_view path) const { return client_.request(method, path); }

  const std::string& base_url() const noexcept { return base_url_; }
  /** As HTTPClient::close. */
  void close() { client_.close(); }
  /** As HTTPClient::drain. */
  void drain() { client_.drain(); }
  template <class Rep, class Period>
  bool drain(std::chrono::duration<Rep, Period> timeout) {
    return client_.drain(timeout);
  }
  /** The client beneath, for what this class has no function for. It has the same base URL. */
  const HTTPClient& client() const noexcept { return client_; }
  /** The handle for calls into the C ABI; it stays this object's. */
  ppn_client* handle() const noexcept { return client_.handle(); }

 private:
  static NetworkConfig with(NetworkConfig config, std::string_view base_url,
                            std::optional<std::chrono::milliseconds> timeout) {
    if (base_url.empty()) detail::fail(PPN_E_CONFIG_ERROR, "the base URL is empty");
    config.base_url(base_url);
    if (timeout) config.timeout(*timeout);
    return config;
  }

  HTTPClient client_;
  std::string base_url_;
};

}  // namespace api_v0
}  // namespace ppn

#endif
