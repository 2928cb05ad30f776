// Calls that find no free connection: they wait their turn, for a while, and not too many of them.
#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <vector>

#include "core/client/engine.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

std::shared_ptr<Client> client_of_one_place(const std::function<void(ConnectionOptions&)>& adjust = {}) {
  return make_client([&](Options& options) {
    options.connection.max_connections_per_origin = 1;
    if (adjust) adjust(options.connection);
  });
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(pool_limits, EngineFixture)

BOOST_AUTO_TEST_CASE(waiting_calls_are_served_in_the_order_of_their_start) {
  Script script;
  script.expect_request().wait_for_signal("go").send(ok_response("0"));
  for (int i = 1; i < 6; ++i) script.expect_request().send(ok_response(std::to_string(i)));
  ScriptedServer server({script});
  const auto client = client_of_one_place();
  std::vector<std::unique_ptr<TestCall>> calls;
  for (int i = 0; i < 6; ++i) {
    calls.push_back(std::make_unique<TestCall>(client, Request{.url = server.url("/" + std::to_string(i))}));
    calls.back()->start();
  }
  BOOST_TEST(server.wait_for_requests(1));
  server.signal("go");
  for (int i = 0; i < 6; ++i) {
    BOOST_TEST(calls[static_cast<std::size_t>(i)]->finish().body() == std::to_string(i));
    BOOST_TEST(server.requests().at(static_cast<std::size_t>(i)).starts_with("GET /" + std::to_string(i) + " "));
  }
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(waiter_gets_a_fresh_connection_when_the_old_one_is_spent) {
  ScriptedServer server(
      {Script{}.expect_request().wait_for_signal("go").send(ok_response("first", "Connection: close\r\n")),
       Script{}.expect_request().send(ok_response("second"))});
  const auto client = client_of_one_place();
  TestCall first(client, {.url = server.url()});
  TestCall second(client, {.url = server.url()});
  first.start();
  second.start();
  BOOST_TEST(server.wait_for_requests(1));
  server.signal("go");
  BOOST_TEST(first.finish().body() == "first");
  const Outcome outcome = second.finish();
  BOOST_TEST(outcome.body() == "second");
  BOOST_TEST(!outcome.reused());
}

BOOST_AUTO_TEST_CASE(wait_for_a_connection_that_takes_too_long_is_named) {
  const ScriptedServer server({Script{}.expect_request().wait_for_peer_close()});
  const auto client = client_of_one_place([](ConnectionOptions& options) { options.pool_timeout_ms = 120; });
  TestCall first(client, {.url = server.url()});
  first.start();
  BOOST_TEST(server.wait_for_requests(1));
  const Outcome second = fetch(client, server.url());
  BOOST_TEST(second.code() == "POOL_TIMEOUT");
  BOOST_TEST(second.phase() == "pool");
  BOOST_TEST((second.error->sent == Sent::none));
  BOOST_TEST(second.error->message.find("within 120 ms") != std::string::npos);
  first.cancel();
  BOOST_TEST(first.finish().code() == "CANCELLED");
}

BOOST_AUTO_TEST_CASE(total_deadline_bounds_the_wait_for_a_connection) {
  const ScriptedServer server({Script{}.expect_request().wait_for_peer_close()});
  const auto client = client_of_one_place();
  TestCall first(client, {.url = server.url()});
  first.start();
  BOOST_TEST(server.wait_for_requests(1));
  const Outcome second = fetch(client, {.url = server.url(), .options = {{"timeout_ms", "100"}}});
  BOOST_TEST(second.code() == "TIMEOUT");
  BOOST_TEST(second.phase() == "pool");
  first.cancel();
  BOOST_TEST(first.finish().code() == "CANCELLED");
}

BOOST_AUTO_TEST_CASE(full_queue_is_named_at_once) {
  const ScriptedServer server({Script{}.expect_request().wait_for_peer_close()});
  const auto client = client_of_one_place([](ConnectionOptions& options) { options.max_pool_waiters = 1; });
  TestCall first(client, {.url = server.url()});
  TestCall second(client, {.url = server.url()});
  first.start();
  second.start();
  const Outcome third = fetch(client, server.url());
  BOOST_TEST(third.code() == "POOL_QUEUE_FULL");
  BOOST_TEST(third.phase() == "pool");
  second.cancel();
  BOOST_TEST(second.finish().code() == "CANCELLED");
  first.cancel();
  BOOST_TEST(first.finish().code() == "CANCELLED");
}

BOOST_AUTO_TEST_CASE(idle_connection_to_another_server_gives_way) {
  const ScriptedServer one({Script{}.expect_request().send(ok_response("one")).wait_for_peer_close()});
  const ScriptedServer two({Script{}.expect_request().send(ok_response("two"))});
  const auto client = make_client([](Options& options) {
    options.connection.max_connections = 1;
    options.connection.pool_timeout_ms = 5'000;
  });
  BOOST_TEST(fetch(client, one.url()).body() == "one");
  BOOST_TEST(fetch(client, two.url()).body() == "two");
  BOOST_TEST(one.wait_for_finished(1));
}

BOOST_AUTO_TEST_CASE(connection_that_becomes_idle_gives_way_to_a_waiter_of_another_server) {
  ScriptedServer one({Script{}.expect_request().wait_for_signal("go").send(ok_response("one")).wait_for_peer_close()});
  const ScriptedServer two({Script{}.expect_request().send(ok_response("two"))});
  const auto client = make_client([](Options& options) { options.connection.max_connections = 1; });
  TestCall first(client, {.url = one.url()});
  TestCall second(client, {.url = two.url()});
  first.start();
  BOOST_TEST(one.wait_for_requests(1));
  second.start();
  one.signal("go");
  BOOST_TEST(first.finish().body() == "one");
  BOOST_TEST(second.finish().body() == "two");
}

BOOST_AUTO_TEST_CASE(waiter_of_one_server_does_not_hold_up_another_server) {
  const ScriptedServer busy({Script{}.expect_request().wait_for_peer_close()});
  const ScriptedServer free({Script{}.expect_request().send(ok_response("free"))});
  const auto client = client_of_one_place();
  TestCall first(client, {.url = busy.url()});
  TestCall waiting(client, {.url = busy.url()});
  first.start();
  waiting.start();
  BOOST_TEST(fetch(client, free.url()).body() == "free");
  waiting.cancel();
  first.cancel();
  BOOST_TEST(first.finish().code() == "CANCELLED");
  BOOST_TEST(waiting.finish().code() == "CANCELLED");
}

BOOST_AUTO_TEST_CASE(many_calls_over_few_connections_all_end) {
  Script script;
  for (int i = 0; i < 200; ++i) script.expect_request().send(ok_response("ok"));
  const ScriptedServer server({script}, {.repeat_last = true});
  const auto client = make_client([](Options& options) { options.connection.max_connections_per_origin = 4; });
  std::vector<std::unique_ptr<TestCall>> calls;
  for (int i = 0; i < 200; ++i) {
    calls.push_back(std::make_unique<TestCall>(client, Request{.url = server.url()}));
    calls.back()->start();
  }
  for (const auto& call : calls) BOOST_TEST(call->finish().code() == "OK");
  BOOST_TEST(server.connections() <= 4);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
