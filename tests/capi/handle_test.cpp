// Handles: counted, recognised when they are released, and never confused with each other. handle_thread_test.cpp does
// it on several threads.
#include <array>
#include <cstdint>
#include <set>
#include <vector>

#include "capi/capi.hpp"

using namespace ppn::test;

namespace {

constexpr const char* url = "http://127.0.0.1:9/";

// Every function that takes a handle and reports a status, as a call with nothing but that handle wrong.
using Calls = std::vector<std::pair<const char*, int32_t>>;

Calls calls_with(ppn_config* config) {
  const char* text = nullptr;
  ppn_client* client = nullptr;
  Calls calls{{"set", ppn_config_set(config, "timeout_ms", PPN_AUTO_LENGTH, "1", PPN_AUTO_LENGTH, nullptr)},
              {"set_json", ppn_config_set_json(config, "{}", PPN_AUTO_LENGTH, nullptr)},
              {"get", ppn_config_get(config, "timeout_ms", PPN_AUTO_LENGTH, &text, nullptr, nullptr)},
              {"dump", ppn_config_dump(config, &text, nullptr, nullptr)}};
  // NULL stands for the defaults there.
  if (config != nullptr) calls.emplace_back("client_new", ppn_client_new(config, &client, nullptr));
  return calls;
}

Calls calls_with(ppn_client* client) {
  ppn_request* request = nullptr;
  ppn_buffer* buffer = nullptr;
  return {{"close", ppn_client_close(client, nullptr)},
          {"set_event_listener", ppn_client_set_event_listener(client, nullptr, nullptr, nullptr, nullptr)},
          {"set_retry_decider", ppn_client_set_retry_decider(client, nullptr, nullptr, nullptr, nullptr)},
          {"metrics", ppn_client_metrics(client, PPN_METRICS_JSON, &buffer, nullptr)},
          {"request_new", ppn_request_new(client, "GET", PPN_AUTO_LENGTH, url, PPN_AUTO_LENGTH, &request, nullptr)}};
}

Calls calls_with(ppn_request* request) {
  const auto on_event = [](void*, ppn_request*, const ppn_event*) -> int32_t { return PPN_CB_CONTINUE; };
  const auto on_line = [](void*, ppn_request*, const char*, size_t) -> int32_t { return PPN_CB_CONTINUE; };
  const Headers headers = make_headers();
  const Buffer buffer = make_buffer("x");
  const RetryPolicy policy = make_retry_policy();
  const auto read = [](void*, ppn_request*, uint8_t*, size_t, size_t*) -> int32_t { return PPN_CB_ABORT; };
  ppn_response* response = nullptr;
  ppn_stream* stream = nullptr;
  const uint8_t byte = 0;
  return {{"set_header", ppn_request_set_header(request, "a", 1, "b", 1, nullptr)},
          {"add_header", ppn_request_add_header(request, "a", 1, "b", 1, nullptr)},
          {"set_headers", ppn_request_set_headers(request, headers.get(), nullptr)},
          {"set_body", ppn_request_set_body(request, &byte, 1, nullptr)},
          {"set_body_buffer", ppn_request_set_body_buffer(request, buffer.get(), nullptr)},
          {"set_retry_policy", ppn_request_set_retry_policy(request, policy.get(), nullptr)},
          {"set_json", ppn_request_set_json(request, "{}", 2, nullptr)},
          {"set_body_file", ppn_request_set_body_file(request, "/etc/passwd", PPN_AUTO_LENGTH, nullptr)},
          {"set_body_callback", ppn_request_set_body_callback(request, -1, read, nullptr, nullptr, nullptr, nullptr)},
          {"set_option", ppn_request_set_option(request, "timeout_ms", PPN_AUTO_LENGTH, "1", 1, nullptr)},
          {"set_callbacks", ppn_request_set_callbacks(request, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr)},
          {"set_event_callback", ppn_request_set_event_callback(request, on_event, nullptr)},
          {"set_line_callback", ppn_request_set_line_callback(request, on_line, nullptr)},
          {"start", ppn_request_start(request, nullptr)},
          {"send", ppn_request_send(request, &response, nullptr)},
          {"cancel", ppn_request_cancel(request)},
          {"resume", ppn_request_resume(request)},
          {"stream_open", ppn_stream_open(request, PPN_STREAM_CHUNKS, &stream, nullptr)}};
}

Calls calls_with(ppn_response* response) {
  int32_t small = 0;
  int64_t large = 0;
  double real = 0;
  size_t size = 0;
  const char* text = nullptr;
  ppn_headers* headers = nullptr;
  ppn_buffer* buffer = nullptr;
  return {{"check_status", ppn_response_check_status(response, nullptr)},
          {"headers", ppn_response_headers(response, &headers, nullptr)},
          {"trailers", ppn_response_trailers(response, &headers, nullptr)},
          {"body_buffer", ppn_response_body_buffer(response, &buffer, nullptr)},
          {"header_at", ppn_response_header_at(response, 0, nullptr, nullptr, nullptr, nullptr)},
          {"trailer_at", ppn_response_trailer_at(response, 0, nullptr, nullptr, nullptr, nullptr)},
          {"json_type", ppn_response_json_type(response, "", 0, &small, nullptr)},
          {"json_string", ppn_response_json_string(response, "", 0, &text, nullptr, nullptr)},
          {"json_int64", ppn_response_json_int64(response, "", 0, &large, nullptr)},
          {"json_double", ppn_response_json_double(response, "", 0, &real, nullptr)},
          {"json_bool", ppn_response_json_bool(response, "", 0, &small, nullptr)},
          {"json_size", ppn_response_json_size(response, "", 0, &size, nullptr)},
          {"json_text", ppn_response_json_text(response, "", 0, &text, nullptr, nullptr)}};
}

Calls calls_with(ppn_stream* stream) {
  ppn_response* response = nullptr;
  const ppn_event* piece = nullptr;
  return {{"response", ppn_stream_response(stream, 0, &response, nullptr)},
          {"next", ppn_stream_next(stream, 0, &piece, nullptr)},
          {"cancel", ppn_stream_cancel(stream)}};
}

Calls calls_with(ppn_headers* headers) {
  return {{"set", ppn_headers_set(headers, "a", 1, "b", 1, nullptr)},
          {"add", ppn_headers_add(headers, "a", 1, "b", 1, nullptr)},
          {"remove", ppn_headers_remove(headers, "a", 1, nullptr, nullptr)},
          {"clear", ppn_headers_clear(headers, nullptr)},
          {"at", ppn_headers_at(headers, 0, nullptr, nullptr, nullptr, nullptr)}};
}

Calls calls_with(ppn_json* json) {
  int32_t small = 0;
  int64_t large = 0;
  double real = 0;
  size_t size = 0;
  const char* text = nullptr;
  return {{"type", ppn_json_type(json, "", 0, &small, nullptr)},
          {"string", ppn_json_string(json, "", 0, &text, nullptr, nullptr)},
          {"int64", ppn_json_int64(json, "", 0, &large, nullptr)},
          {"double", ppn_json_double(json, "", 0, &real, nullptr)},
          {"bool", ppn_json_bool(json, "", 0, &small, nullptr)},
          {"size", ppn_json_size(json, "", 0, &size, nullptr)},
          {"text", ppn_json_text(json, "", 0, &text, nullptr, nullptr)}};
}

Calls calls_with(ppn_sse_decoder* decoder) {
  const ppn_event* event = nullptr;
  const uint8_t byte = 'd';
  return {{"feed", ppn_sse_decoder_feed(decoder, &byte, 1, nullptr)},
          {"next", ppn_sse_decoder_next(decoder, &event, nullptr)},
          {"reset", ppn_sse_decoder_reset(decoder, nullptr)}};
}

Calls calls_with(ppn_line_decoder* decoder) {
  const ppn_event* line = nullptr;
  const uint8_t byte = 'd';
  return {{"feed", ppn_line_decoder_feed(decoder, &byte, 1, nullptr)},
          {"next", ppn_line_decoder_next(decoder, &line, nullptr)},
          {"finish", ppn_line_decoder_finish(decoder, nullptr)},
          {"reset", ppn_line_decoder_reset(decoder, nullptr)}};
}

Calls calls_with(ppn_retry_policy* policy) {
  int32_t retry = 0;
  int64_t delay = 0;
  return {{"set", ppn_retry_policy_set(policy, "max_retries", PPN_AUTO_LENGTH, "1", 1, nullptr)},
          {"decide", ppn_retry_policy_decide(policy, "GET", 3, 503, PPN_OK, PPN_SENT_FULL, 0, 0, -1, -1, 0, &retry,
                                             &delay, nullptr, nullptr, nullptr)}};
}

// A buffer has one call that reports a status: to be given to a request.
Calls calls_with(ppn_buffer* buffer) {
  const Request request = make_request(make_client(), "POST", url);
  return {{"set_body_buffer", ppn_request_set_body_buffer(request.get(), buffer, nullptr)}};
}

void check_all(const Calls& calls, int32_t expected) {
  for (const auto& [name, code] : calls) BOOST_TEST(code == expected, name << " returned " << code);
}

// Values that look like something and are no handles.
template <class Handle>
std::vector<Handle*> inventions() {
  static std::array<std::uint64_t, 16> memory{};
  std::vector<Handle*> handles{reinterpret_cast<Handle*>(memory.data()), reinterpret_cast<Handle*>(&memory[3])};
  for (const std::uintptr_t bits : {std::uintptr_t{1}, std::uintptr_t{0xdeadbeef}, ~std::uintptr_t{0},
                                    std::uintptr_t{0x4000'0000'0000'0000}, std::uintptr_t{0x5fff'ffff'ffff'ffff},
                                    std::uintptr_t{0x4100'0000'00ff'ffff}, std::uintptr_t{0x4c00'0000'0000'0001},
                                    std::uintptr_t{0x5400'0000'0000'0001}, std::uintptr_t{0x4b00'ffff'ff00'0001}}) {
    handles.push_back(reinterpret_cast<Handle*>(bits));
  }
  return handles;
}

// The handle of an object that is gone.
template <class Owner>
auto released(Owner owner) {
  auto* const handle = owner.get();
  owner.reset();
  return handle;
}

ppn_request* released_request() {
  return released(make_request(make_client(), "GET", url));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(handles, NoLeak)

BOOST_AUTO_TEST_CASE(null_is_an_invalid_argument_everywhere) {
  check_all(calls_with(static_cast<ppn_config*>(nullptr)), PPN_E_INVALID_ARGUMENT);
  check_all(calls_with(static_cast<ppn_client*>(nullptr)), PPN_E_INVALID_ARGUMENT);
  check_all(calls_with(static_cast<ppn_request*>(nullptr)), PPN_E_INVALID_ARGUMENT);
  check_all(calls_with(static_cast<ppn_response*>(nullptr)), PPN_E_INVALID_ARGUMENT);
  check_all(calls_with(static_cast<ppn_stream*>(nullptr)), PPN_E_INVALID_ARGUMENT);
  check_all(calls_with(static_cast<ppn_buffer*>(nullptr)), PPN_E_INVALID_ARGUMENT);
  check_all(calls_with(static_cast<ppn_headers*>(nullptr)), PPN_E_INVALID_ARGUMENT);
  check_all(calls_with(static_cast<ppn_json*>(nullptr)), PPN_E_INVALID_ARGUMENT);
  check_all(calls_with(static_cast<ppn_sse_decoder*>(nullptr)), PPN_E_INVALID_ARGUMENT);
  check_all(calls_with(static_cast<ppn_line_decoder*>(nullptr)), PPN_E_INVALID_ARGUMENT);
  check_all(calls_with(static_cast<ppn_retry_policy*>(nullptr)), PPN_E_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(released_handle_is_an_invalid_state_everywhere) {
  check_all(calls_with(released(make_config())), PPN_E_INVALID_STATE);
  check_all(calls_with(released(make_client())), PPN_E_INVALID_STATE);
  check_all(calls_with(released_request()), PPN_E_INVALID_STATE);
  check_all(calls_with(released(make_buffer("x"))), PPN_E_INVALID_STATE);
  check_all(calls_with(released(make_headers())), PPN_E_INVALID_STATE);
  check_all(calls_with(released(make_json("{}"))), PPN_E_INVALID_STATE);
  check_all(calls_with(released(make_sse_decoder())), PPN_E_INVALID_STATE);
  check_all(calls_with(released(make_line_decoder())), PPN_E_INVALID_STATE);
  check_all(calls_with(released(make_retry_policy())), PPN_E_INVALID_STATE);
}

BOOST_AUTO_TEST_CASE(invented_handle_is_an_invalid_state_everywhere) {
  for (ppn_config* handle : inventions<ppn_config>()) check_all(calls_with(handle), PPN_E_INVALID_STATE);
  for (ppn_client* handle : inventions<ppn_client>()) check_all(calls_with(handle), PPN_E_INVALID_STATE);
  for (ppn_request* handle : inventions<ppn_request>()) check_all(calls_with(handle), PPN_E_INVALID_STATE);
  for (ppn_response* handle : inventions<ppn_response>()) check_all(calls_with(handle), PPN_E_INVALID_STATE);
  for (ppn_stream* handle : inventions<ppn_stream>()) check_all(calls_with(handle), PPN_E_INVALID_STATE);
  for (ppn_buffer* handle : inventions<ppn_buffer>()) check_all(calls_with(handle), PPN_E_INVALID_STATE);
  for (ppn_headers* handle : inventions<ppn_headers>()) check_all(calls_with(handle), PPN_E_INVALID_STATE);
  for (ppn_json* handle : inventions<ppn_json>()) check_all(calls_with(handle), PPN_E_INVALID_STATE);
  for (ppn_sse_decoder* handle : inventions<ppn_sse_decoder>()) check_all(calls_with(handle), PPN_E_INVALID_STATE);
  for (ppn_line_decoder* handle : inventions<ppn_line_decoder>()) check_all(calls_with(handle), PPN_E_INVALID_STATE);
  for (ppn_retry_policy* handle : inventions<ppn_retry_policy>()) check_all(calls_with(handle), PPN_E_INVALID_STATE);
}

BOOST_AUTO_TEST_CASE(handle_of_another_type_is_an_invalid_state) {
  const Client client = make_client();
  const Config config = make_config();
  check_all(calls_with(reinterpret_cast<ppn_config*>(client.get())), PPN_E_INVALID_STATE);
  check_all(calls_with(reinterpret_cast<ppn_request*>(client.get())), PPN_E_INVALID_STATE);
  check_all(calls_with(reinterpret_cast<ppn_response*>(client.get())), PPN_E_INVALID_STATE);
  check_all(calls_with(reinterpret_cast<ppn_stream*>(client.get())), PPN_E_INVALID_STATE);
  check_all(calls_with(reinterpret_cast<ppn_client*>(config.get())), PPN_E_INVALID_STATE);
  check_all(calls_with(reinterpret_cast<ppn_buffer*>(config.get())), PPN_E_INVALID_STATE);
  check_all(calls_with(reinterpret_cast<ppn_headers*>(config.get())), PPN_E_INVALID_STATE);
  check_all(calls_with(reinterpret_cast<ppn_json*>(config.get())), PPN_E_INVALID_STATE);
  check_all(calls_with(reinterpret_cast<ppn_sse_decoder*>(config.get())), PPN_E_INVALID_STATE);
  check_all(calls_with(reinterpret_cast<ppn_line_decoder*>(config.get())), PPN_E_INVALID_STATE);
  check_all(calls_with(reinterpret_cast<ppn_retry_policy*>(config.get())), PPN_E_INVALID_STATE);
  const Headers headers = make_headers();
  check_all(calls_with(reinterpret_cast<ppn_client*>(headers.get())), PPN_E_INVALID_STATE);
  // Releasing it as something else must not take it away from its owner.
  ppn_request_release(reinterpret_cast<ppn_request*>(client.get()));
  BOOST_TEST(ppn_client_close(client.get(), nullptr) == PPN_OK);
}

BOOST_AUTO_TEST_CASE(getters_of_null_and_released_handles_give_their_neutral_value) {
  ppn_response* const gone = reinterpret_cast<ppn_response*>(released_request());
  for (ppn_response* response : {static_cast<ppn_response*>(nullptr), gone}) {
    size_t length = 7;
    BOOST_TEST(ppn_response_status(response) == 0);
    BOOST_TEST(std::string_view(ppn_response_http_version(response)).empty());
    BOOST_TEST(ppn_response_header_count(response) == 0U);
    BOOST_TEST((ppn_response_header(response, "a", 1, &length) == nullptr));
    BOOST_TEST(length == 0U);
    BOOST_TEST(ppn_response_trailer_count(response) == 0U);
    BOOST_TEST((ppn_response_body(response, &length) == nullptr));
    BOOST_TEST(ppn_response_body_bytes(response) == 0U);
    BOOST_TEST(ppn_response_reused(response) == 0);
    BOOST_TEST(ppn_response_redirects(response) == 0);
    length = 7;
    BOOST_TEST(std::string_view(ppn_response_url(response, &length)).empty());
    BOOST_TEST(length == 0U);
    BOOST_TEST(std::string_view(ppn_response_remote(response)).empty());
    BOOST_TEST(std::string_view(ppn_response_tls_version(response)).empty());
    BOOST_TEST(std::string_view(ppn_response_tls_cipher(response)).empty());
    BOOST_TEST(ppn_response_tls_resumed(response) == 0);
    BOOST_TEST(ppn_response_tls_verified(response) == 0);
    BOOST_TEST(ppn_response_attempts(response) == 0);
    BOOST_TEST(ppn_response_timing_ms(response, PPN_TIMING_TOTAL) == -1.0);
    length = 7;
    BOOST_TEST(std::string_view(ppn_response_last_event_id(response, &length)).empty());
    BOOST_TEST(length == 0U);
    BOOST_TEST(ppn_response_retry_ms(response) == -1);
  }
  for (ppn_stream* stream : {static_cast<ppn_stream*>(nullptr), reinterpret_cast<ppn_stream*>(gone)}) {
    size_t length = 7;
    BOOST_TEST(std::string_view(ppn_stream_last_event_id(stream, &length)).empty());
    BOOST_TEST(length == 0U);
    BOOST_TEST(ppn_stream_retry_ms(stream) == -1);
  }
  ppn_buffer* const gone_buffer = released(make_buffer("x"));
  ppn_headers* const gone_headers = released(make_headers());
  ppn_sse_decoder* const gone_decoder = released(make_sse_decoder());
  for (const bool null : {true, false}) {
    size_t length = 7;
    BOOST_TEST((ppn_buffer_data(null ? nullptr : gone_buffer) == nullptr));
    BOOST_TEST(ppn_buffer_length(null ? nullptr : gone_buffer) == 0U);
    BOOST_TEST(ppn_headers_count(null ? nullptr : gone_headers) == 0U);
    BOOST_TEST((ppn_headers_get(null ? nullptr : gone_headers, "a", 1, &length) == nullptr));
    BOOST_TEST(length == 0U);
    length = 7;
    BOOST_TEST(std::string_view(ppn_sse_decoder_last_event_id(null ? nullptr : gone_decoder, &length)).empty());
    BOOST_TEST(length == 0U);
    BOOST_TEST(ppn_sse_decoder_retry_ms(null ? nullptr : gone_decoder) == -1);
    BOOST_TEST(ppn_sse_decoder_replacements(null ? nullptr : gone_decoder) == 0U);
  }
}

BOOST_AUTO_TEST_CASE(piece_that_is_null_is_empty) {
  BOOST_TEST(data_of(nullptr).empty());
  BOOST_TEST(type_of(nullptr).empty());
  size_t length = 7;
  BOOST_TEST(std::string_view(ppn_event_id(nullptr, &length)).empty());
  BOOST_TEST(length == 0U);
  BOOST_TEST(ppn_event_retry_ms(nullptr) == -1);
  BOOST_TEST(ppn_event_index(nullptr) == 0U);
}

BOOST_AUTO_TEST_CASE(release_accepts_null_released_and_invented_handles) {
  ppn_config_release(nullptr);
  ppn_client_release(nullptr);
  ppn_request_release(nullptr);
  ppn_response_release(nullptr);
  ppn_stream_release(nullptr);
  ppn_error_release(nullptr);
  ppn_buffer_release(nullptr);
  ppn_headers_release(nullptr);
  ppn_json_release(nullptr);
  ppn_sse_decoder_release(nullptr);
  ppn_line_decoder_release(nullptr);
  ppn_request* const gone = released_request();
  ppn_request_release(gone);
  ppn_request_release(gone);
  for (ppn_stream* handle : inventions<ppn_stream>()) ppn_stream_release(handle);
  for (ppn_error* handle : inventions<ppn_error>()) ppn_error_release(handle);
  BOOST_TEST(ppn_debug_live_objects() == 0);
}

BOOST_AUTO_TEST_CASE(object_lives_until_its_last_reference_is_released) {
  Client client = make_client();
  ppn_client* const handle = client.get();
  BOOST_TEST((ppn_client_acquire(handle) == handle));
  client.reset();
  BOOST_TEST(ppn_client_close(handle, nullptr) == PPN_OK);
  ppn_client_release(handle);
  BOOST_TEST(ppn_client_close(handle, nullptr) == PPN_E_INVALID_STATE);
}

BOOST_AUTO_TEST_CASE(acquire_of_null_or_released_gives_null) {
  ppn_request* const gone = released_request();
  BOOST_TEST((ppn_config_acquire(nullptr) == nullptr));
  BOOST_TEST((ppn_client_acquire(nullptr) == nullptr));
  BOOST_TEST((ppn_request_acquire(nullptr) == nullptr));
  BOOST_TEST((ppn_request_acquire(gone) == nullptr));
  BOOST_TEST((ppn_response_acquire(nullptr) == nullptr));
  BOOST_TEST((ppn_stream_acquire(nullptr) == nullptr));
  BOOST_TEST((ppn_error_acquire(nullptr) == nullptr));
  BOOST_TEST((ppn_buffer_acquire(nullptr) == nullptr));
  BOOST_TEST((ppn_buffer_acquire(released(make_buffer("x"))) == nullptr));
  BOOST_TEST((ppn_headers_acquire(nullptr) == nullptr));
  BOOST_TEST((ppn_headers_acquire(released(make_headers())) == nullptr));
  BOOST_TEST((ppn_json_acquire(nullptr) == nullptr));
  BOOST_TEST((ppn_json_acquire(released(make_json("{}"))) == nullptr));
  BOOST_TEST((ppn_sse_decoder_acquire(nullptr) == nullptr));
  BOOST_TEST((ppn_sse_decoder_acquire(released(make_sse_decoder())) == nullptr));
  BOOST_TEST((ppn_line_decoder_acquire(nullptr) == nullptr));
  BOOST_TEST((ppn_line_decoder_acquire(released(make_line_decoder())) == nullptr));
}

BOOST_AUTO_TEST_CASE(request_keeps_its_client_alive) {
  Client client = make_client();
  const Request request = make_request(client, "GET", url);
  ppn_client* const handle = client.get();
  client.reset();
  BOOST_TEST(ppn_client_close(handle, nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_request_set_header(request.get(), "a", 1, "b", 1, nullptr) == PPN_OK);
}

BOOST_AUTO_TEST_CASE(new_handle_never_equals_a_released_one) {
  std::set<ppn_config*> seen;
  for (int i = 0; i < 1'000; ++i) {
    const Config config = make_config();
    BOOST_TEST(seen.insert(config.get()).second);
  }
  for (ppn_config* gone : seen) BOOST_TEST(ppn_config_set_timeout_ms(gone, 1, nullptr) == PPN_E_INVALID_STATE);
}

BOOST_AUTO_TEST_CASE(many_handles_live_at_the_same_time) {
  const Client client = make_client();
  std::vector<Request> requests;
  for (int i = 0; i < 3'000; ++i) requests.push_back(make_request(client, "GET", url));
  std::set<ppn_request*> distinct;
  for (const Request& request : requests) distinct.insert(request.get());
  BOOST_TEST(distinct.size() == requests.size());
  for (const Request& request : requests) {
    BOOST_TEST(ppn_request_set_header(request.get(), "a", 1, "b", 1, nullptr) == PPN_OK);
  }
}

BOOST_AUTO_TEST_SUITE_END()
