/** @file request_manager.hpp
 *  RequestManager: a client with a base URL. Part of <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_REQUEST_MANAGER_HPP
#define PEPPERPY_NETWORK_CPP_REQUEST_MANAGER_HPP

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "client.hpp"
#include "config.hpp"
#include "error.hpp"
#include "request.hpp"

namespace ppn {
inline namespace api_v0 {
namespace detail {

/** Whether a text begins with a scheme and "://" (RFC 3986 3.1): such an address stands for itself. */
inline bool is_absolute_url(std::string_view text) noexcept {
  constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  constexpr std::string_view others = "0123456789+-.";
  std::size_t length = 0;
  while (length < text.size() &&
         (letters.find(text[length]) != letters.npos || (length > 0 && others.find(text[length]) != others.npos))) {
    ++length;
  }
  return length > 0 && text.substr(length, 3) == "://";
}

/** `path` below `base`, with one slash between: the path is appended, never resolved, so that it can not leave the host
 *  of the base. */
inline std::string join_url(std::string_view base, std::string_view path) {
  if (is_absolute_url(path)) return std::string(path);
  std::string url(base);
  if (path.empty()) return url;
  if (path.front() == '?') return url.append(path);
  if (url.back() != '/') url += '/';
  if (path.front() == '/') path.remove_prefix(1);
  return url.append(path);
}

}  // namespace detail

/** A client whose addresses are paths below a base URL: with "https://localhost:8443/v1", "/models" and "models" both
 *  mean "https://localhost:8443/v1/models", and "?a=1" the base with a query. An absolute URL stands for itself.
 *  Thread: any, several at once; destroying and moving by one. Since 0.1. */
class RequestManager : public Verbs<RequestManager> {
 public:
  /** @param base_url  Absolute http or https URL without query and fragment.
   *  @param timeout   The whole of a call; unless given, timeout_ms of the configuration.
   *  Throws as HTTPClient, and UsageError (PPN_E_INVALID_URL, PPN_E_UNSUPPORTED_SCHEME), ConfigError (the timeout). */
  explicit RequestManager(std::string_view base_url, std::optional<std::chrono::milliseconds> timeout = std::nullopt,
                          NetworkConfig config = NetworkConfig())
      : client_(timeout ? config.timeout(*timeout) : config), base_url_(base_url) {
    if (base_url_.find_first_of("?#") != std::string::npos) {
      detail::fail(PPN_E_INVALID_URL, "the base URL has a query or a fragment");
    }
    client_.request("GET", base_url_);  // the engine's own check, before the first call
  }
  RequestManager(std::string_view base_url, NetworkConfig config)
      : RequestManager(base_url, std::nullopt, std::move(config)) {}

  /** Describe a request. Throws as HTTPClient::request. Blocks: never. */
  Request request(std::string_view method, std::string_view path) const {
    return client_.request(method, detail::join_url(base_url_, path));
  }

  const std::string& base_url() const noexcept { return base_url_; }
  /** As HTTPClient::close. */
  void close() { client_.close(); }
  /** As HTTPClient::drain. */
  void drain() { client_.drain(); }
  template <class Rep, class Period>
  bool drain(std::chrono::duration<Rep, Period> timeout) {
    return client_.drain(timeout);
  }
  /** The client beneath, for what this class has no function for. */
  const HTTPClient& client() const noexcept { return client_; }

 private:
  HTTPClient client_;
  std::string base_url_;
};

}  // namespace api_v0
}  // namespace ppn

#endif
