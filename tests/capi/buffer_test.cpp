// Counted bytes, and what shares them: bodies of responses and of requests.
#include <atomic>
#include <string>
#include <vector>

#include "capi/capi.hpp"
#include "capi/no_retries.hpp"
#include "capi/recorder.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

BOOST_FIXTURE_TEST_SUITE(buffers, NoLeak)

BOOST_AUTO_TEST_CASE(bytes_are_copied_and_end_with_a_zero) {
  std::string bytes("a\0b", 3);
  const Buffer buffer = make_buffer(bytes);
  bytes.assign(3, 'x');
  BOOST_TEST(bytes_of(buffer.get()) == std::string("a\0b", 3));
  BOOST_TEST(ppn_buffer_data(buffer.get())[3] == 0);
}

BOOST_AUTO_TEST_CASE(empty_buffer_has_bytes_of_length_zero) {
  Buffer buffer;
  BOOST_TEST(ppn_buffer_new(nullptr, 0, buffer.out(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_buffer_length(buffer.get()) == 0U);
  BOOST_REQUIRE((ppn_buffer_data(buffer.get()) != nullptr));
  BOOST_TEST(ppn_buffer_data(buffer.get())[0] == 0);
}

BOOST_AUTO_TEST_CASE(lengths_that_can_not_be_are_refused) {
  const uint8_t byte = 0;
  Buffer buffer;
  BOOST_TEST(ppn_buffer_new(nullptr, 1, buffer.out(), nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_buffer_new(&byte, PPN_AUTO_LENGTH, buffer.out(), nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_buffer_new(&byte, PPN_AUTO_LENGTH - 1, buffer.out(), nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_buffer_new(&byte, 1, nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST((buffer.get() == nullptr));
}

BOOST_AUTO_TEST_CASE(buffer_lives_until_its_last_reference) {
  Buffer buffer = make_buffer("abc");
  const Buffer second(ppn_buffer_acquire(buffer.get()));
  BOOST_TEST((second.get() == buffer.get()));
  buffer.reset();
  BOOST_TEST(bytes_of(second.get()) == "abc");
}

BOOST_AUTO_TEST_CASE(body_of_a_response_is_shared_and_outlives_it) {
  const std::string body(100'000, 'b');
  Buffer buffer;
  {
    const ScriptedServer server({Script{}.expect_request().send(http_ok(body))});
    const Client client = make_client();
    const Request request = make_request(client, "GET", server.url());
    Response response;
    BOOST_REQUIRE_EQUAL(ppn_request_send(request.get(), response.out(), nullptr), PPN_OK);
    BOOST_TEST(ppn_response_body_buffer(response.get(), buffer.out(), nullptr) == PPN_OK);
    size_t length = 0;
    BOOST_TEST((ppn_response_body(response.get(), &length) == ppn_buffer_data(buffer.get())));
  }
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  BOOST_TEST(ppn_debug_live_objects() == 1);
  BOOST_TEST((bytes_of(buffer.get()) == body));
  BOOST_TEST(ppn_buffer_data(buffer.get())[body.size()] == 0);
}

BOOST_AUTO_TEST_CASE(body_that_still_arrives_is_not_handed_out) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("hello", "Trailer: x\r\n"))});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  Recorder recorder;
  std::atomic<int32_t> body_early{-1};
  std::atomic<int32_t> trailers_early{-1};
  std::atomic<int32_t> body_late{-1};
  std::atomic<int32_t> trailers_late{-1};
  recorder.in_headers = [&](ppn_request*, ppn_response* response) {
    Buffer buffer;
    Headers trailers;
    body_early = ppn_response_body_buffer(response, buffer.out(), nullptr);
    trailers_early = ppn_response_trailers(response, trailers.out(), nullptr);
    return PPN_CB_CONTINUE;
  };
  recorder.in_complete = [&](ppn_request*, ppn_response* response, const ppn_error*) {
    Buffer buffer;
    Headers trailers;
    body_late = ppn_response_body_buffer(response, buffer.out(), nullptr);
    trailers_late = ppn_response_trailers(response, trailers.out(), nullptr);
  };
  BOOST_REQUIRE_EQUAL(recorder.install(request.get()), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
  BOOST_TEST(recorder.wait_for_end().body == "hello");
  BOOST_TEST(body_early == PPN_E_INVALID_STATE);
  BOOST_TEST(trailers_early == PPN_E_INVALID_STATE);
  BOOST_TEST(body_late == PPN_OK);
  BOOST_TEST(trailers_late == PPN_OK);
}

BOOST_AUTO_TEST_CASE(what_had_arrived_of_a_body_that_failed_is_handed_out) {
  const ScriptedServer server(
      {Script{}.expect_request().send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").close()});
  const Client client = make_client_without_retries();
  const Request request = make_request(client, "GET", server.url());
  Response response;
  Buffer buffer;
  BOOST_REQUIRE_EQUAL(ppn_request_send(request.get(), response.out(), nullptr), PPN_E_BODY_TRUNCATED);
  BOOST_TEST(ppn_response_body_buffer(response.get(), buffer.out(), nullptr) == PPN_OK);
  BOOST_TEST(bytes_of(buffer.get()) == "half");
}

BOOST_AUTO_TEST_CASE(buffer_is_the_body_of_many_requests) {
  // One that travels with the head, and one that does not.
  for (const std::size_t size : {std::size_t{10}, std::size_t{300'000}}) {
    const ScriptedServer server({Script{}.expect_request().send(http_ok("1", "Connection: close\r\n")).close()},
                                {.repeat_last = true});
    const Client client = make_client();
    const std::string body = std::string(size, 'q') + std::string("\0!", 2);
    Buffer buffer = make_buffer(body);
    std::vector<Request> requests;
    for (int i = 0; i < 2; ++i) {
      requests.push_back(make_request(client, "POST", server.url()));
      BOOST_TEST(ppn_request_set_body_buffer(requests.back().get(), buffer.get(), nullptr) == PPN_OK);
    }
    // The requests keep the bytes.
    buffer.reset();
    for (const Request& request : requests) {
      Response response;
      BOOST_TEST(ppn_request_send(request.get(), response.out(), nullptr) == PPN_OK);
    }
    BOOST_REQUIRE_EQUAL(server.requests().size(), 2U);
    for (const std::string& seen : server.requests()) {
      BOOST_TEST(seen.find("Content-Length: " + std::to_string(body.size()) + "\r\n") != seen.npos);
      BOOST_TEST((seen.substr(seen.find("\r\n\r\n") + 4) == body));
    }
  }
}

BOOST_AUTO_TEST_CASE(last_body_that_was_set_counts) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("1", "Connection: close\r\n")).close()},
                              {.repeat_last = true});
  const Client client = make_client();
  const Buffer buffer = make_buffer("shared");
  const uint8_t own[] = {'o', 'w', 'n'};
  for (const bool shared_last : {true, false}) {
    const Request request = make_request(client, "POST", server.url());
    if (!shared_last) BOOST_TEST(ppn_request_set_body_buffer(request.get(), buffer.get(), nullptr) == PPN_OK);
    BOOST_TEST(ppn_request_set_body(request.get(), own, sizeof own, nullptr) == PPN_OK);
    if (shared_last) BOOST_TEST(ppn_request_set_body_buffer(request.get(), buffer.get(), nullptr) == PPN_OK);
    Response response;
    BOOST_TEST(ppn_request_send(request.get(), response.out(), nullptr) == PPN_OK);
    BOOST_TEST(server.requests().back().ends_with(shared_last ? "\r\n\r\nshared" : "\r\n\r\nown"));
    BOOST_TEST(ppn_request_set_body_buffer(request.get(), buffer.get(), nullptr) == PPN_E_INVALID_STATE);
  }
}

BOOST_AUTO_TEST_SUITE_END()
