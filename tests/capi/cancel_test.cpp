// Cancel in flight: from another thread, in every phase, within its budget.
#include <chrono>
#include <string>
#include <thread>

#include "capi/capi.hpp"
#include "capi/recorder.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

// Cancels as soon as the server says so, and waits for the end.
Seen cancel_at_mark(Script script) {
  const ScriptedServer server({std::move(script.mark("now").wait_for_peer_close())});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  Recorder recorder;
  BOOST_REQUIRE_EQUAL(recorder.install_for_data(request.get()), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
  BOOST_REQUIRE(server.wait_for_mark("now"));
  const auto begin = std::chrono::steady_clock::now();
  BOOST_TEST(ppn_request_cancel(request.get()) == PPN_OK);
  Seen seen = recorder.wait_for_end();
  // The budget is 50 ms; a loaded machine under a sanitizer gets ten times that.
  BOOST_TEST((std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(500)));
  BOOST_TEST(server.wait_for_finished(1));
  // A second call, and a call after the end, have no effect.
  BOOST_TEST(ppn_request_cancel(request.get()) == PPN_OK);
  return seen;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(cancel, NoLeak)

BOOST_AUTO_TEST_CASE(before_the_response_it_completes_without_one) {
  const Seen seen = cancel_at_mark(Script{}.expect_request());
  BOOST_TEST(seen.code == PPN_E_CANCELLED);
  BOOST_TEST(seen.headers == 0);
  BOOST_TEST(seen.completions == 1);
}

BOOST_AUTO_TEST_CASE(inside_the_head_it_completes_without_response) {
  const Seen seen = cancel_at_mark(Script{}.expect_request().send("HTTP/1.1 200 OK\r\nX: "));
  BOOST_TEST(seen.code == PPN_E_CANCELLED);
  BOOST_TEST(seen.headers == 0);
}

BOOST_AUTO_TEST_CASE(inside_the_body_it_closes_the_connection) {
  const Seen seen = cancel_at_mark(Script{}.expect_request().send(open_head("text/plain") + "part"));
  BOOST_TEST(seen.code == PPN_E_CANCELLED);
}

BOOST_AUTO_TEST_CASE(paused_request_is_cancelled_as_well) {
  const ScriptedServer server({Script{}.expect_request().send(open_head("text/plain") + "part").wait_for_peer_close()});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  Recorder recorder;
  recorder.in_headers = [](auto...) { return PPN_CB_PAUSE; };
  BOOST_REQUIRE_EQUAL(recorder.install_for_data(request.get()), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
  BOOST_REQUIRE(recorder.wait_for([](const Seen& seen) { return seen.headers == 1; }));
  BOOST_TEST(ppn_request_cancel(request.get()) == PPN_OK);
  const Seen seen = recorder.wait_for_end();
  BOOST_TEST(seen.code == PPN_E_CANCELLED);
  BOOST_TEST(seen.pieces == 0);
  BOOST_TEST(server.wait_for_finished(1));
}

BOOST_AUTO_TEST_CASE(cancel_from_another_thread_ends_a_blocking_call) {
  const ScriptedServer server({Script{}.expect_request().hold()});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  std::thread canceller([&] {
    if (server.wait_for_requests(1)) ppn_request_cancel(request.get());
  });
  Response response;
  ErrorHandle error;
  BOOST_TEST(ppn_request_send(request.get(), response.out(), error.out()) == PPN_E_CANCELLED);
  canceller.join();
  BOOST_TEST((response.get() == nullptr));
  BOOST_TEST(ppn_error_sent(error.get()) == PPN_SENT_FULL);
}

BOOST_AUTO_TEST_CASE(cancel_races_with_the_end_and_there_is_one_completion) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))}, {.repeat_last = true});
  const Client client = make_client();
  for (int i = 0; i < 50; ++i) {
    const Request request = make_request(client, "GET", server.url());
    Recorder recorder;
    BOOST_REQUIRE_EQUAL(recorder.install(request.get()), PPN_OK);
    BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
    std::thread first([&] { ppn_request_cancel(request.get()); });
    std::thread second([&] { ppn_request_cancel(request.get()); });
    const Seen seen = recorder.wait_for_end();
    first.join();
    second.join();
    BOOST_TEST(seen.completions == 1);
    BOOST_TEST(seen.destroyed == 1);
    BOOST_TEST((seen.code == PPN_OK || seen.code == PPN_E_CANCELLED));
  }
}

BOOST_AUTO_TEST_SUITE_END()
