/** @file client.hpp
 *  HTTPClient and StreamingClient: a pool of connections, and the verbs. Part of <pepperpy/network.hpp>.
 */
#ifndef PEPPERPY_NETWORK_CPP_CLIENT_HPP
#define PEPPERPY_NETWORK_CPP_CLIENT_HPP

#include <pepperpy/network.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "config.hpp"
#include "error.hpp"
#include "handle.hpp"
#include "middleware.hpp"
#include "observe.hpp"
#include "request.hpp"
#include "response.hpp"
#include "stream.hpp"
#include "version.hpp"

namespace ppn {
inline namespace api_v0 {

/** The verbs of every client, over its request(method, url). What an address is (a whole URL, or a path below a base)
 *  is for the client to say.
 *
 *  get to delete_ send and wait: they throw as Request::send, and give a status of 400 or more as a response like
 *  another (Response::raise_for_status). stream, lines and events open a GET and throw as the functions of Request.
 *  A POST that streams is client.request("POST", address).json(text).events().
 *  Thread: any, several at once. Blocks: get to delete_. Since 0.1. */
template <class Client>
class Verbs {
 public:
  Response get(std::string_view address, HeaderList headers = {}) const { return send("GET", address, headers); }
  Response head(std::string_view address, HeaderList headers = {}) const { return send("HEAD", address, headers); }
  /** DELETE; `delete` is a word of the language. */
  Response delete_(std::string_view address, HeaderList headers = {}) const { return send("DELETE", address, headers); }

  /** With a body of any bytes; give its Content-Type as a header. */
  Response post(std::string_view address, std::string_view body, HeaderList headers = {}) const {
    return made("POST", address, headers).body(body).send();
  }
  Response put(std::string_view address, std::string_view body, HeaderList headers = {}) const {
    return made("PUT", address, headers).body(body).send();
  }
  Response patch(std::string_view address, std::string_view body, HeaderList headers = {}) const {
    return made("PATCH", address, headers).body(body).send();
  }

  /** With a body of JSON, as Request::json. */
  Response post_json(std::string_view address, std::string_view json, HeaderList headers = {}) const {
    return made("POST", address, headers).json(json).send();
  }
  Response put_json(std::string_view address, std::string_view json, HeaderList headers = {}) const {
    return made("PUT", address, headers).json(json).send();
  }
  Response patch_json(std::string_view address, std::string_view json, HeaderList headers = {}) const {
    return made("PATCH", address, headers).json(json).send();
  }

  /** Chunks of the body as they arrive, at most `chunk_size` bytes each. */
  ChunkStream stream(std::string_view address, std::optional<std::size_t> chunk_size = std::nullopt,
                     HeaderList headers = {}) const {
    return made("GET", address, headers).stream(chunk_size);
  }
  LineStream lines(std::string_view address, HeaderList headers = {}) const {
    return made("GET", address, headers).lines();
  }
  EventStream events(std::string_view address, HeaderList headers = {}) const {
    return made("GET", address, headers).events();
  }

 protected:
  Verbs() = default;

 private:
  Request made(std::string_view method, std::string_view address, HeaderList headers) const {
    return static_cast<const Client&>(*this).request(method, address).headers(headers);
  }
  Response send(std::string_view method, std::string_view address, HeaderList headers) const {
    return made(method, address, headers).send();
  }
};

/** What HTTPClient::count counts. */
enum class Count : int32_t {
  connections = PPN_COUNT_CONNECTIONS, /**< connections, those being made included */
  idle = PPN_COUNT_IDLE,               /**< of these: idle */
  connecting = PPN_COUNT_CONNECTING,   /**< of these: being made */
  waiting = PPN_COUNT_WAITING          /**< requests that wait for a place in the pool */
};

/** A client: options that are fixed when it is made, and a pool of connections that its requests share. Its addresses
 *  are absolute URLs, and paths when the configuration has a base URL. Requests under way keep what they need of it and
 *  are not ended with it; close() ends them.
 *  Thread: any, several at once; destroying and moving by one. Since 0.1. */
class HTTPClient : public Verbs<HTTPClient> {
 public:
  /** With the built-in defaults and the environment. Throws as the constructor below. */
  HTTPClient() : HTTPClient(nullptr) {}
  /** Throws ConfigError (also: a file of certificates that can not be read), UsageError (PPN_E_ABI_MISMATCH). Blocks:
   *  for reading files of certificates. */
  explicit HTTPClient(const NetworkConfig& config) : HTTPClient(config.handle()) {}

  /** Describe a request. Throws UsageError: PPN_E_INVALID_ARGUMENT (the method), PPN_E_INVALID_URL,
   *  PPN_E_UNSUPPORTED_SCHEME, PPN_E_CLIENT_CLOSED. Blocks: never. */
  Request request(std::string_view method, std::string_view url) const {
    detail::RequestHandle made;
    detail::call(ppn_request_new, handle(), detail::data_of(method), method.size(), detail::data_of(url), url.size(),
                 made.out());
    return Request(std::move(made));
  }

  /** Cancel requests under way, refuse later ones, close idle connections. A second call has no effect. */
  void close() { detail::call(ppn_client_close, handle()); }

  /** Close the client gracefully: later requests are refused with PPN_E_CLIENT_CLOSED, those under way may go on until
   *  their own limits end them. Throws UsageError (PPN_E_WOULD_DEADLOCK: inside a lambda). Blocks: until all have
   *  ended. */
  void drain() { drained(-1); }

  /** The same for a limited time; what is left then ends with CancelledError. Whether all requests had ended by
   *  themselves. 0 waits for none. Throws as drain(). Blocks: up to `timeout`. */
  template <class Rep, class Period>
  bool drain(std::chrono::duration<Rep, Period> timeout) {
    return drained(std::max(int64_t{0}, detail::milliseconds_of(timeout)));
  }

  /** Make connections before they are needed, so that the first requests pay for no handshake. A connection that can
   *  not be made is reported by the request that needs it; one that is not used ends after idle_timeout_ms.
   *  @param url    Any URL of the server, or path below its base URL; the path is not used.
   *  @param count  How many connections to this server there should be, idle ones included, 1 to 1000; the limits of
   *                the pool hold.
   *  Throws UsageError: PPN_E_INVALID_ARGUMENT (count), PPN_E_INVALID_URL, PPN_E_UNSUPPORTED_SCHEME,
   *  PPN_E_CLIENT_CLOSED, PPN_E_FORKED; ConfigError (trust store). Blocks: never, but the first use of https reads the
   *  trust store. */
  void preconnect(std::string_view url, int32_t count = 1) const {
    detail::call(ppn_client_preconnect, handle(), detail::data_of(url), url.size(), count);
  }

  /** Put middleware around the requests that are started from here on, inside of what was added before. Throws UsageError
   *  (PPN_E_INVALID_ARGUMENT: its name). Blocks: never. */
  void add_middleware(const RequestMiddleware& middleware) const { middleware.install(handle()); }
  void add_middleware(const Middleware& middleware) const {
    detail::call(ppn_client_add_middleware, handle(), middleware.handle());
  }

  /** A count of the connection pool, as of a moment ago. Blocks: never. */
  int64_t count(Count which) const noexcept { return ppn_client_count(handle(), static_cast<int32_t>(which)); }

  /** Let `listener(const CallEvent& event)` hear of the calls that start from now on: each attempt, wait and retry. It
   *  replaces the one before and runs on the I/O thread of the client, so it must not block. What it throws is dropped.
   *  It ends when it was replaced or the client has ended, and its last call has. Throws UsageError (PPN_E_FORKED).
   *  Blocks: never. */
  template <class Listener>
  void on_call_event(Listener listener) const {
    detail::set_event_listener(handle(), std::move(listener));
  }
  /** Nobody hears of later calls. Throws as on_call_event. */
  void clear_call_events() const { detail::clear_event_listener(handle()); }

  /** What this client has counted: see ppn_client_metrics. Blocks: never. */
  std::string metrics_json() const { return detail::metrics(handle(), PPN_METRICS_JSON); }
  /** For Prometheus, as text/plain; version=0.0.4. */
  std::string metrics_prometheus() const { return detail::metrics(handle(), PPN_METRICS_PROMETHEUS); }

  /** The handle for calls into the C ABI; it stays this object's. */
  ppn_client* handle() const noexcept { return handle_.get(); }

 private:
  explicit HTTPClient(const ppn_config* config) {
    check_version();
    detail::call(ppn_client_new, config, handle_.out());
  }

  bool drained(int64_t timeout_ms) {
    detail::ErrorOut error;
    const int32_t code = ppn_client_drain(handle(), timeout_ms, error);
    if (code != PPN_OK && code != PPN_PENDING) error.raise(code);
    return code == PPN_OK;
  }

  detail::ClientHandle handle_;
};

/** A client for responses that are read while they arrive: stream(url, chunk_size), lines(url), events(url). It has
 *  everything else of HTTPClient, whose engine it is. Since 0.1. */
class StreamingClient : public HTTPClient {
 public:
  using HTTPClient::HTTPClient;
};

}  // namespace api_v0
}  // namespace ppn

#endif
