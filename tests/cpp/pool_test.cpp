// A client as a whole: connections before they are needed, counts, its graceful end, and what TLS agreed on.
#include <future>
#include <string>
#include <thread>

#include "cpp/cpp.hpp"

using namespace cpp_test;

namespace {

// Counts follow the loop; they are watched until they say so.
bool counts_to(const ppn::HTTPClient& client, ppn::Count which, int64_t wanted) {
  const auto deadline = after(20s);
  while (client.count(which) != wanted) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(pool, NoLeak)

BOOST_AUTO_TEST_CASE(connections_that_were_made_before_serve_the_first_requests) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))}, {.repeat_last = true});
  const ppn::HTTPClient client;
  client.preconnect(server.url("/any/path?x=1"), 2);
  BOOST_TEST(counts_to(client, ppn::Count::idle, 2));
  BOOST_TEST(client.count(ppn::Count::connections) == 2);
  BOOST_TEST(client.count(ppn::Count::connecting) == 0);
  BOOST_TEST(!client.get(server.url()).timings().connect.has_value());
  BOOST_TEST(server.connections() == 2);
}

BOOST_AUTO_TEST_CASE(preconnect_names_what_is_wrong) {
  ppn::HTTPClient client;
  BOOST_TEST(code_of([&] { client.preconnect("http://"); }) == PPN_E_INVALID_URL);
  BOOST_TEST(code_of([&] { client.preconnect(std::string_view()); }) == PPN_E_INVALID_URL);
  BOOST_TEST(code_of([&] { client.preconnect("ftp://a/"); }) == PPN_E_UNSUPPORTED_SCHEME);
  BOOST_TEST(code_of([&] { client.preconnect("http://127.0.0.1:9/", 0); }) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(code_of([&] { client.preconnect("http://127.0.0.1:9/", 1'001); }) == PPN_E_INVALID_ARGUMENT);
  client.close();
  BOOST_TEST(code_of([&] { client.preconnect("http://127.0.0.1:9/"); }) == PPN_E_CLIENT_CLOSED);
}

BOOST_AUTO_TEST_CASE(counts_tell_who_waits) {
  const ScriptedServer server({Script{}.expect_request().wait_for_peer_close()});
  const ppn::HTTPClient client(ppn::NetworkConfig().set("max_connections_per_origin", 1));
  BOOST_TEST(client.count(ppn::Count::connections) == 0);
  ppn::Request first = client.request("GET", server.url());
  ppn::Request second = client.request("GET", server.url());
  first.start();
  BOOST_TEST(server.wait_for_requests(1));
  second.start();
  BOOST_TEST(counts_to(client, ppn::Count::waiting, 1));
  BOOST_TEST(client.count(ppn::Count::connections) == 1);
  second.cancel();
  first.cancel();
  BOOST_TEST(counts_to(client, ppn::Count::connections, 0));
  BOOST_TEST(client.count(ppn::Count::waiting) == 0);
}

BOOST_AUTO_TEST_CASE(drain_lets_running_requests_end_and_refuses_new_ones) {
  ScriptedServer server({Script{}.expect_request().wait_for_signal("go").send(http_ok("done"))});
  ppn::HTTPClient client;
  std::future<ppn::Response> future = client.request("GET", server.url()).send_async();
  BOOST_TEST(server.wait_for_requests(1));
  std::thread drainer([&] { client.drain(); });
  while (code_of([&] { client.request("GET", server.url()); }) == PPN_OK) std::this_thread::yield();
  BOOST_TEST(code_of([&] { client.request("GET", server.url()); }) == PPN_E_CLIENT_CLOSED);
  server.signal("go");
  drainer.join();
  BOOST_TEST((future.wait_for(0s) == std::future_status::ready));
  BOOST_TEST(future.get().body() == "done");
  BOOST_TEST(client.drain(1h));
}

BOOST_AUTO_TEST_CASE(drain_cancels_what_does_not_end_in_time) {
  const ScriptedServer server({Script{}.expect_request().wait_for_peer_close()});
  ppn::RequestManager client(server.url());
  std::future<ppn::Response> future = client.request("GET", "").send_async();
  BOOST_TEST(server.wait_for_requests(1));
  BOOST_TEST(!client.drain(20ms));
  BOOST_REQUIRE((future.wait_for(30s) == std::future_status::ready));
  BOOST_CHECK_THROW(future.get(), ppn::CancelledError);
  BOOST_TEST(client.drain(-5s));  // a time that has passed is no wait
  client.drain();
}

BOOST_AUTO_TEST_CASE(drain_inside_a_lambda_is_refused) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))});
  ppn::APIClient client(server.url(), "key");
  int32_t unlimited = PPN_OK;
  int32_t limited = PPN_OK;
  client.request("GET", "")
      .on_complete([&](const ppn::Completion&) {
        unlimited = code_of([&] { client.drain(); });
        limited = code_of([&] { client.drain(1s); });
      })
      .send();
  BOOST_TEST(unlimited == PPN_E_WOULD_DEADLOCK);
  BOOST_TEST(limited == PPN_E_WOULD_DEADLOCK);
}

BOOST_AUTO_TEST_SUITE_END()
