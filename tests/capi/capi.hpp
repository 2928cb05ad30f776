// What the tests of the C ABI share: handles that release themselves, the check for leaks, and short ways to the
// objects that most tests begin with.
#pragma once

#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "pepperpy/network.h"

namespace ppn::test {

template <class Handle, void (*Release)(Handle*)>
class Owned {
 public:
  Owned() = default;
  explicit Owned(Handle* handle) : handle_(handle) {}
  Owned(Owned&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Owned& operator=(Owned&& other) noexcept {
    reset(std::exchange(other.handle_, nullptr));
    return *this;
  }
  ~Owned() { Release(handle_); }

  Handle* get() const noexcept { return handle_; }
  void reset(Handle* handle = nullptr) noexcept { Release(std::exchange(handle_, handle)); }
  Handle* detach() noexcept { return std::exchange(handle_, nullptr); }
  // For out parameters.
  Handle** out() noexcept {
    reset();
    return &handle_;
  }

 private:
  Handle* handle_ = nullptr;
};

using Config = Owned<ppn_config, ppn_config_release>;
using Client = Owned<ppn_client, ppn_client_release>;
using Request = Owned<ppn_request, ppn_request_release>;
using Response = Owned<ppn_response, ppn_response_release>;
using Stream = Owned<ppn_stream, ppn_stream_release>;
using ErrorHandle = Owned<ppn_error, ppn_error_release>;
using Buffer = Owned<ppn_buffer, ppn_buffer_release>;
using Headers = Owned<ppn_headers, ppn_headers_release>;
using Json = Owned<ppn_json, ppn_json_release>;
using SseDecoderHandle = Owned<ppn_sse_decoder, ppn_sse_decoder_release>;
using RateLimiterHandle = Owned<ppn_rate_limiter, ppn_rate_limiter_release>;
using RateTicket = Owned<ppn_rate_ticket, ppn_rate_ticket_release>;
using LineDecoderHandle = Owned<ppn_line_decoder, ppn_line_decoder_release>;
using RetryPolicy = Owned<ppn_retry_policy, ppn_retry_policy_release>;
using WebSocketHandle = Owned<ppn_websocket, ppn_websocket_release>;

// Every test ends with nothing alive.
struct NoLeak {
  NoLeak() { BOOST_REQUIRE_EQUAL(ppn_debug_live_objects(), 0); }
  ~NoLeak() {
    BOOST_CHECK_EQUAL(ppn_log_set_sink(PPN_LOG_ERROR, nullptr, nullptr, nullptr, nullptr), PPN_OK);
    BOOST_CHECK_EQUAL(ppn_runtime_shutdown(nullptr), PPN_OK);
    BOOST_CHECK_EQUAL(ppn_debug_live_objects(), 0);
  }
};

// `json` as in ppn_config_set_json.
inline Config make_config(std::string_view json = "{}") {
  Config config;
  BOOST_REQUIRE_EQUAL(ppn_config_new(config.out(), nullptr), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_config_set_json(config.get(), json.data(), json.size(), nullptr), PPN_OK);
  return config;
}

inline Client make_client(std::string_view json = "{}") {
  const Config config = make_config(json);
  Client client;
  BOOST_REQUIRE_EQUAL(ppn_client_new(config.get(), client.out(), nullptr), PPN_OK);
  return client;
}

inline Request make_request(const Client& client, std::string_view method, std::string_view url) {
  Request request;
  ErrorHandle error;
  BOOST_REQUIRE_MESSAGE(ppn_request_new(client.get(), method.data(), method.size(), url.data(), url.size(),
                                        request.out(), error.out()) == PPN_OK,
                        ppn_error_message(error.get()));
  return request;
}

inline Buffer make_buffer(std::string_view bytes) {
  Buffer buffer;
  BOOST_REQUIRE_EQUAL(
      ppn_buffer_new(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), buffer.out(), nullptr), PPN_OK);
  return buffer;
}

inline Headers make_headers() {
  Headers headers;
  BOOST_REQUIRE_EQUAL(ppn_headers_new(headers.out(), nullptr), PPN_OK);
  return headers;
}

inline Json make_json(std::string_view text) {
  Json json;
  BOOST_REQUIRE_EQUAL(ppn_json_parse(text.data(), text.size(), json.out(), nullptr), PPN_OK);
  return json;
}

inline SseDecoderHandle make_sse_decoder(int64_t max_line_bytes = 0, int64_t max_event_bytes = 0,
                                         int64_t max_fields = 0) {
  SseDecoderHandle decoder;
  BOOST_REQUIRE_EQUAL(ppn_sse_decoder_new(max_line_bytes, max_event_bytes, max_fields, decoder.out(), nullptr), PPN_OK);
  return decoder;
}

inline LineDecoderHandle make_line_decoder(int64_t max_line_bytes = 0) {
  LineDecoderHandle decoder;
  BOOST_REQUIRE_EQUAL(ppn_line_decoder_new(max_line_bytes, decoder.out(), nullptr), PPN_OK);
  return decoder;
}

inline RetryPolicy make_retry_policy() {
  RetryPolicy policy;
  BOOST_REQUIRE_EQUAL(ppn_retry_policy_new(policy.out(), nullptr), PPN_OK);
  return policy;
}

inline std::string bytes_of(const ppn_buffer* buffer) {
  return std::string(reinterpret_cast<const char*>(ppn_buffer_data(buffer)), ppn_buffer_length(buffer));
}

// The body of a response as text.
inline std::string body_of(const ppn_response* response) {
  size_t length = 0;
  const uint8_t* const bytes = ppn_response_body(response, &length);
  return bytes != nullptr ? std::string(reinterpret_cast<const char*>(bytes), length) : std::string();
}

inline std::string data_of(const ppn_event* event) {
  size_t length = 0;
  const char* const data = ppn_event_data(event, &length);
  return std::string(data, length);
}

inline std::string id_of(const ppn_event* event) {
  size_t length = 0;
  const char* const id = ppn_event_id(event, &length);
  return std::string(id, length);
}

inline std::string type_of(const ppn_event* event) {
  size_t length = 0;
  const char* const type = ppn_event_type(event, &length);
  return std::string(type, length);
}

// A whole response with its length.
inline std::string http_ok(std::string_view body, std::string_view headers = "") {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + std::string(headers) + "\r\n" +
         std::string(body);
}

// The head of a response that ends with its connection.
inline std::string open_head(std::string_view type) {
  return "HTTP/1.1 200 OK\r\nContent-Type: " + std::string(type) + "\r\nConnection: close\r\n\r\n";
}

}  // namespace ppn::test
