// A client as a whole: connections before they are needed, counts, and its graceful end.
#include <boost/test/unit_test.hpp>
#include <string>
#include <thread>

#include "capi/capi.hpp"
#include "capi/recorder.hpp"
#include "support/deadline.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

int32_t preconnect(const Client& client, const std::string& url, int32_t count, ppn_error** error = nullptr) {
  return ppn_client_preconnect(client.get(), url.data(), url.size(), count, error);
}

// Counts follow the loop; they are watched until they say so.
bool counts_to(const Client& client, int32_t which, int64_t wanted) {
  const Deadline deadline = default_deadline();
  while (ppn_client_count(client.get(), which) != wanted) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(client_as_a_whole, NoLeak)

BOOST_AUTO_TEST_CASE(connections_that_were_made_before_serve_the_first_requests) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))}, {.repeat_last = true});
  const Client client = make_client();
  BOOST_TEST(preconnect(client, server.url("/any/path?x=1"), 2) == PPN_OK);
  BOOST_TEST(counts_to(client, PPN_COUNT_IDLE, 2));
  BOOST_TEST(ppn_client_count(client.get(), PPN_COUNT_CONNECTIONS) == 2);
  const Request request = make_request(client, "GET", server.url());
  Response response;
  BOOST_TEST(ppn_request_send(request.get(), response.out(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_response_timing_ms(response.get(), PPN_TIMING_CONNECT) == -1);
  BOOST_TEST(server.connections() == 2);
}

BOOST_AUTO_TEST_CASE(preconnect_names_what_is_wrong) {
  const Client client = make_client();
  BOOST_TEST(preconnect(client, "http://", 1) == PPN_E_INVALID_URL);
  BOOST_TEST(preconnect(client, "ftp://a/", 1) == PPN_E_UNSUPPORTED_SCHEME);
  BOOST_TEST(preconnect(client, "http://127.0.0.1:9/", 0) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(preconnect(client, "http://127.0.0.1:9/", 1'001) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_client_preconnect(nullptr, "http://a/", 9, 1, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_client_preconnect(client.get(), nullptr, 0, 1, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_client_close(client.get(), nullptr) == PPN_OK);
  BOOST_TEST(preconnect(client, "http://127.0.0.1:9/", 1) == PPN_E_CLIENT_CLOSED);
}

BOOST_AUTO_TEST_CASE(counts_tell_who_waits) {
  const ScriptedServer server({Script{}.expect_request().wait_for_peer_close()});
  const Client client = make_client(R"({"max_connections_per_origin": 1})");
  BOOST_TEST(ppn_client_count(client.get(), PPN_COUNT_CONNECTIONS) == 0);
  const Request first = make_request(client, "GET", server.url());
  const Request second = make_request(client, "GET", server.url());
  BOOST_TEST(ppn_request_start(first.get(), nullptr) == PPN_OK);
  BOOST_TEST(server.wait_for_requests(1));
  BOOST_TEST(ppn_request_start(second.get(), nullptr) == PPN_OK);
  BOOST_TEST(counts_to(client, PPN_COUNT_WAITING, 1));
  BOOST_TEST(ppn_client_count(client.get(), PPN_COUNT_CONNECTIONS) == 1);
  BOOST_TEST(ppn_client_count(client.get(), 99) == 0);
  BOOST_TEST(ppn_client_count(nullptr, PPN_COUNT_WAITING) == 0);
  ppn_request_cancel(second.get());
  ppn_request_cancel(first.get());
  BOOST_TEST(counts_to(client, PPN_COUNT_CONNECTIONS, 0));
  BOOST_TEST(ppn_client_count(client.get(), PPN_COUNT_WAITING) == 0);
}

BOOST_AUTO_TEST_CASE(drain_lets_running_requests_end_and_refuses_new_ones) {
  ScriptedServer server({Script{}.expect_request().wait_for_signal("go").send(http_ok("done"))});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  Recorder recorder;
  BOOST_TEST(recorder.install(request.get()) == PPN_OK);
  BOOST_TEST(ppn_request_start(request.get(), nullptr) == PPN_OK);
  BOOST_TEST(server.wait_for_requests(1));
  int32_t drained = -1;
  std::thread drainer([&] { drained = ppn_client_drain(client.get(), -1, nullptr); });
  const std::string url = server.url();
  Request late;
  while (ppn_request_new(client.get(), "GET", 3, url.data(), url.size(), late.out(), nullptr) == PPN_OK) {
    std::this_thread::yield();
  }
  BOOST_TEST(ppn_request_new(client.get(), "GET", 3, url.data(), url.size(), late.out(), nullptr) ==
             PPN_E_CLIENT_CLOSED);
  server.signal("go");
  drainer.join();
  BOOST_TEST(drained == PPN_OK);
  // Its callbacks have returned.
  BOOST_TEST(recorder.seen().completions == 1);
  BOOST_TEST(recorder.seen().body == "done");
}

BOOST_AUTO_TEST_CASE(drain_cancels_what_does_not_end_in_time) {
  const ScriptedServer server({Script{}.expect_request().wait_for_peer_close()});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  Recorder recorder;
  BOOST_TEST(recorder.install(request.get()) == PPN_OK);
  BOOST_TEST(ppn_request_start(request.get(), nullptr) == PPN_OK);
  BOOST_TEST(server.wait_for_requests(1));
  BOOST_TEST(ppn_client_drain(client.get(), 20, nullptr) == PPN_PENDING);
  BOOST_TEST(recorder.wait_for_end().code == PPN_E_CANCELLED);
  BOOST_TEST(ppn_client_drain(client.get(), 0, nullptr) == PPN_OK);
}

BOOST_AUTO_TEST_CASE(drain_of_an_idle_client_ends_at_once_and_names_misuse) {
  const Client client = make_client();
  BOOST_TEST(ppn_client_drain(client.get(), -2, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_client_drain(nullptr, 0, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_client_drain(client.get(), -1, nullptr) == PPN_OK);

  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))});
  const Client other = make_client();
  const Request request = make_request(other, "GET", server.url());
  Recorder recorder;
  int32_t inside = -1;
  recorder.in_complete = [&](auto...) { inside = ppn_client_drain(other.get(), -1, nullptr); };
  BOOST_TEST(recorder.install(request.get()) == PPN_OK);
  BOOST_TEST(ppn_request_start(request.get(), nullptr) == PPN_OK);
  recorder.wait_for_end();
  BOOST_TEST(inside == PPN_E_WOULD_DEADLOCK);
}

BOOST_AUTO_TEST_SUITE_END()
