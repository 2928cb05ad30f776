// Lambdas and futures: what they are given, what they may return, how long they live.
#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "cpp/cpp.hpp"

using namespace cpp_test;

namespace {

template <class Value>
Value value_of(std::future<Value> future) {
  BOOST_REQUIRE((future.wait_for(30s) == std::future_status::ready));
  return future.get();
}

// Fulfilled by the completion of a request.
struct Ending {
  std::promise<ppn::Completion> promise;

  auto lambda() {
    return [this](ppn::Completion outcome) { promise.set_value(std::move(outcome)); };
  }
  ppn::Completion wait() { return value_of(promise.get_future()); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(push, NoLeak)

BOOST_AUTO_TEST_CASE(future_gives_the_whole_response) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("later"))});
  std::future<ppn::Response> future = ppn::HTTPClient().request("GET", server.url()).send_async();
  BOOST_TEST(value_of(std::move(future)).body() == "later");
}

BOOST_AUTO_TEST_CASE(future_gives_the_error) {
  std::future<ppn::Response> future = ppn::HTTPClient().request("GET", dead_url()).send_async();
  const auto error = error_of([&] { value_of(std::move(future)); });
  BOOST_REQUIRE(error.has_value());
  BOOST_TEST(error->code() == PPN_E_CONNECT_FAILED);
  BOOST_TEST(error->os_errno() == ECONNREFUSED);
}

BOOST_AUTO_TEST_CASE(dropped_future_waits_for_nothing) {
  ScriptedServer server({Script{}.expect_request().wait_for_signal("go").send(http_ok("x")).mark("sent")});
  const ppn::HTTPClient client;
  client.request("GET", server.url()).send_async();
  BOOST_TEST(server.wait_for_requests(1));
  server.signal("go");
  BOOST_TEST(server.wait_for_mark("sent"));
}

BOOST_AUTO_TEST_CASE(lambdas_see_head_data_and_end_in_this_order) {
  const ScriptedServer server(
      {Script{}.expect_request().send(open_head("text/plain")).send_byte_by_byte("in pieces").close()});
  std::string seen;
  std::string data;
  int32_t status = 0;
  Ending ending;
  ppn::HTTPClient()
      .request("GET", server.url())
      .on_headers([&](const ppn::Response& head) {
        seen += 'h';
        status = head.status();
      })
      .on_data([&](std::string_view bytes) {
        if (seen.back() != 'd') seen += 'd';
        data += bytes;
      })
      .on_complete([&](ppn::Completion outcome) {
        seen += 'c';
        ending.promise.set_value(std::move(outcome));
      })
      .start();
  ppn::Completion outcome = ending.wait();
  BOOST_TEST(seen == "hdc");
  BOOST_TEST(status == 200);
  BOOST_TEST(data == "in pieces");
  BOOST_TEST((outcome.error == nullptr));
  const ppn::Response response = std::move(outcome).get();
  BOOST_TEST(response.body().empty());
  BOOST_TEST(response.body_bytes() == 9U);
}

BOOST_AUTO_TEST_CASE(events_are_pushed_with_their_fields) {
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send(open_head("text/event-stream"))
                                   .send("data: one\n\nevent: done\nid: 7\nretry: 1500\ndata: two\n\n")
                                   .close()});
  std::string seen;
  std::optional<std::chrono::milliseconds> retry;
  const ppn::Response response = ppn::HTTPClient()
                                     .request("GET", server.url())
                                     .on_event([&](const ppn::Event& event) {
                                       seen.append(event.type()).append("=").append(event.data()).append("#");
                                       seen.append(event.id()).append(std::to_string(event.index())).append(";");
                                       retry = event.retry();
                                     })
                                     .send();
  BOOST_TEST(seen == "message=one#0;done=two#71;");
  BOOST_TEST((retry == 1'500ms));
  BOOST_TEST(response.status() == 200);
  BOOST_TEST(response.last_event_id() == "7");
  BOOST_TEST((response.retry() == 1'500ms));
}

BOOST_AUTO_TEST_CASE(lines_are_pushed_without_their_ends) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("one\r\n\ntwo\nlast"))});
  std::string seen;
  ppn::HTTPClient()
      .request("GET", server.url())
      .on_line([&](std::string_view line) { seen.append(line).append("|"); })
      .send();
  BOOST_TEST(seen == "one|two|last|");
}

BOOST_AUTO_TEST_CASE(kept_head_becomes_the_whole_response) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("body"))});
  std::optional<ppn::Response> kept;
  ppn::HTTPClient().request("GET", server.url()).on_headers([&](ppn::Response head) { kept = std::move(head); }).send();
  BOOST_REQUIRE(kept.has_value());
  BOOST_TEST(kept->body() == "body");
}

BOOST_AUTO_TEST_CASE(flow_of_a_lambda_pauses_and_resume_goes_on) {
  const ScriptedServer server({Script{}.expect_request().send(open_head("text/plain") + "data").close()});
  std::promise<void> paused;
  std::string data;
  ppn::Request request = ppn::HTTPClient().request("GET", server.url());
  request.on_headers([&](const ppn::Response&) {
    paused.set_value();
    return ppn::Flow::pause;
  });
  request.on_data([&](std::string_view bytes) {
    data += bytes;
    return ppn::Flow::proceed;
  });
  std::future<ppn::Response> future = request.send_async();
  value_of(paused.get_future());
  BOOST_TEST((future.wait_for(30ms) == std::future_status::timeout));
  request.resume();
  BOOST_TEST(value_of(std::move(future)).body_bytes() == 4U);
  BOOST_TEST(data == "data");
}

BOOST_AUTO_TEST_CASE(flow_of_a_lambda_aborts) {
  const ScriptedServer server({Script{}.expect_request().send(open_head("text/plain") + "data").wait_for_peer_close()});
  ppn::Request request = ppn::HTTPClient().request("GET", server.url());
  request.on_data([](std::string_view) { return ppn::Flow::abort; });
  BOOST_CHECK_THROW(request.send(), ppn::CancelledError);
  BOOST_TEST(server.wait_for_finished(1));
}

BOOST_AUTO_TEST_CASE(cancel_from_another_thread_fulfils_the_future) {
  const ScriptedServer server({Script{}.expect_request().hold()});
  ppn::Request request = ppn::HTTPClient().request("GET", server.url());
  std::future<ppn::Response> future = request.send_async();
  BOOST_REQUIRE(server.wait_for_requests(1));
  std::thread([&] { request.cancel(); }).join();
  BOOST_CHECK_THROW(value_of(std::move(future)), ppn::CancelledError);
}

BOOST_AUTO_TEST_CASE(request_may_go_while_it_is_under_way) {
  ScriptedServer server({Script{}.expect_request().wait_for_signal("go").send(http_ok("x"))});
  std::future<ppn::Response> future;
  {
    const ppn::HTTPClient client;
    ppn::Request request = client.request("GET", server.url());
    future = request.send_async();
  }
  server.signal("go");
  BOOST_TEST(value_of(std::move(future)).body() == "x");
}

BOOST_AUTO_TEST_CASE(lambdas_may_be_move_only_and_end_with_the_request) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))});
  auto owned = std::make_unique<int>(5);
  auto shared = std::make_shared<int>(0);
  const std::weak_ptr<int> watched = shared;
  ppn::Request request = ppn::HTTPClient().request("GET", server.url());
  request.on_data([inside = std::move(owned), shared = std::move(shared)](std::string_view) { *shared = *inside; });
  BOOST_TEST(!watched.expired());
  request.send();
  BOOST_TEST(watched.expired());
}

BOOST_AUTO_TEST_CASE(lambdas_of_a_request_that_is_never_started_end_with_it) {
  auto shared = std::make_shared<int>(0);
  {
    ppn::Request request = ppn::HTTPClient().request("GET", "http://127.0.0.1:1/");
    request.on_data([shared](std::string_view) {});
    BOOST_TEST(shared.use_count() == 2);
    // The library owns them now, and refuses to stream a request with lambdas.
    BOOST_TEST(code_of([&] { request.lines(); }) == PPN_E_INVALID_STATE);
    BOOST_TEST(shared.use_count() == 2);
  }
  BOOST_TEST(shared.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(lambdas_of_a_start_that_fails_end_with_it) {
  auto shared = std::make_shared<int>(0);
  ppn::HTTPClient client;
  ppn::Request request = client.request("GET", "http://127.0.0.1:1/");
  client.close();
  request.on_data([shared](std::string_view) {});
  BOOST_TEST(code_of([&] { request.send_async(); }) == PPN_E_CLIENT_CLOSED);
  BOOST_TEST(shared.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(more_than_one_lambda_for_the_body_is_refused) {
  ppn::Request request = ppn::HTTPClient().request("GET", "http://127.0.0.1:1/");
  request.on_data([](std::string_view) {}).on_event([](const ppn::Event&) {});
  BOOST_TEST(code_of([&] { request.send(); }) == PPN_E_INVALID_STATE);
  ppn::Request lines = ppn::HTTPClient().request("GET", "http://127.0.0.1:1/");
  lines.on_line([](std::string_view) {}).on_event([](const ppn::Event&) {});
  BOOST_TEST(code_of([&] { lines.send_async(); }) == PPN_E_INVALID_STATE);
  BOOST_TEST(code_of([&] { request.start(); }) == PPN_E_INVALID_STATE);
}

BOOST_AUTO_TEST_CASE(waiting_inside_a_lambda_is_refused_and_starting_is_not) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x", "Connection: close\r\n")).close()},
                              {.repeat_last = true});
  const ppn::HTTPClient client;
  int32_t code = PPN_OK;
  int32_t shutdown = PPN_OK;
  std::future<ppn::Response> inner;
  std::optional<ppn::Request> refused;
  client.request("GET", server.url())
      .on_headers([&](const ppn::Response&) {
        refused = client.request("GET", server.url()).on_data([](std::string_view) {});
        code = code_of([&] { refused->send(); });
        shutdown = code_of([] { ppn::shutdown(); });
        inner = client.request("GET", server.url()).send_async();
      })
      .send();
  BOOST_TEST(code == PPN_E_WOULD_DEADLOCK);
  BOOST_TEST(shutdown == PPN_E_WOULD_DEADLOCK);
  BOOST_TEST(value_of(std::move(inner)).body() == "x");
  BOOST_TEST(refused->send().status() == 200);  // nothing of it had been started
}

BOOST_AUTO_TEST_CASE(shutdown_completes_what_is_under_way) {
  const ScriptedServer server({Script{}.expect_request().hold()});
  Ending ending;
  std::future<ppn::Response> future =
      ppn::HTTPClient().request("GET", server.url()).on_complete(ending.lambda()).send_async();
  BOOST_REQUIRE(server.wait_for_requests(1));
  ppn::shutdown();
  BOOST_TEST((ending.wait().error != nullptr));
  BOOST_TEST((code_of([&] { value_of(std::move(future)); }) != PPN_OK));
}

BOOST_AUTO_TEST_SUITE_END()
