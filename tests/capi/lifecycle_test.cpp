// Who ends what: user data exactly once on every way, handles released wherever that is allowed.
#include <atomic>
#include <string>
#include <vector>

#include "capi/capi.hpp"
#include "capi/recorder.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

BOOST_FIXTURE_TEST_SUITE(lifecycle, NoLeak)

BOOST_AUTO_TEST_CASE(request_that_is_never_started_ends_its_user_data_with_its_last_reference) {
  const Client client = make_client();
  Request request = make_request(client, "GET", "http://127.0.0.1:9/");
  Recorder recorder;
  BOOST_REQUIRE_EQUAL(recorder.install(request.get()), PPN_OK);
  Request second(ppn_request_acquire(request.get()));
  request.reset();
  BOOST_TEST(recorder.seen().destroyed == 0);
  second.reset();
  BOOST_TEST(recorder.seen().destroyed == 1);
  BOOST_TEST(recorder.seen().completions == 0);
}

BOOST_AUTO_TEST_CASE(start_that_fails_ends_the_user_data_without_another_callback) {
  const Client client = make_client();
  Recorder closed;
  Recorder cancelled;
  const Request first = make_request(client, "GET", "http://127.0.0.1:9/");
  const Request second = make_request(client, "GET", "http://127.0.0.1:9/");
  BOOST_REQUIRE_EQUAL(closed.install(first.get()), PPN_OK);
  BOOST_REQUIRE_EQUAL(cancelled.install(second.get()), PPN_OK);
  BOOST_TEST(ppn_request_cancel(second.get()) == PPN_OK);
  BOOST_TEST(ppn_request_start(second.get(), nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_client_close(client.get(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_request_start(first.get(), nullptr) == PPN_E_CLIENT_CLOSED);
  for (Recorder* recorder : {&closed, &cancelled}) {
    BOOST_TEST(recorder->seen().destroyed == 1);
    BOOST_TEST(recorder->seen().completions == 0);
  }
}

BOOST_AUTO_TEST_CASE(second_start_leaves_the_user_data_of_the_first_alone) {
  ScriptedServer server({Script{}.expect_request().wait_for_signal("go").send(http_ok("x"))});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  Recorder recorder;
  BOOST_REQUIRE_EQUAL(recorder.install(request.get()), PPN_OK);
  BOOST_TEST(ppn_request_start(request.get(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_request_start(request.get(), nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(recorder.seen().destroyed == 0);
  server.signal("go");
  const Seen seen = recorder.wait_for_end();
  BOOST_TEST(seen.code == PPN_OK);
  BOOST_TEST(seen.destroyed == 1);
}

BOOST_AUTO_TEST_CASE(request_and_client_may_be_released_right_after_the_start) {
  ScriptedServer server({Script{}.expect_request().wait_for_signal("go").send(http_ok("still here"))});
  Recorder recorder;
  std::atomic<int32_t> cancel_code{-1};
  recorder.in_complete = [&](ppn_request* handle, auto...) { cancel_code = ppn_request_cancel(handle); };
  {
    const Client client = make_client();
    const Request request = make_request(client, "GET", server.url());
    BOOST_REQUIRE_EQUAL(recorder.install(request.get()), PPN_OK);
    BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
  }
  server.signal("go");
  const Seen seen = recorder.wait_for_end();
  BOOST_TEST(seen.code == PPN_OK);
  BOOST_TEST(seen.body == "still here");
  // The handle that callbacks get is alive although nobody else holds one.
  BOOST_TEST(cancel_code == PPN_OK);
}

BOOST_AUTO_TEST_CASE(request_may_be_released_inside_each_of_its_callbacks) {
  for (const std::string where : {"headers", "data", "complete", "destroy"}) {
    const ScriptedServer server(
        {Script{}.expect_request().send(open_head("text/plain")).send_byte_by_byte("abc").close()});
    const Client client = make_client();
    Request request = make_request(client, "GET", server.url());
    Recorder recorder;
    std::atomic<int> released{0};
    ppn_request* const mine = request.detach();
    const auto release_once = [&, mine] {
      if (released++ == 0) ppn_request_release(mine);
    };
    if (where == "headers") {
      recorder.in_headers = [&](auto...) {
        release_once();
        return PPN_CB_CONTINUE;
      };
    } else if (where == "data") {
      recorder.in_piece = [&](auto...) {
        release_once();
        return PPN_CB_CONTINUE;
      };
    } else if (where == "complete") {
      recorder.in_complete = [&](auto...) { release_once(); };
    } else {
      recorder.in_destroy = release_once;
    }
    BOOST_REQUIRE_EQUAL(recorder.install_for_data(mine), PPN_OK);
    BOOST_REQUIRE_EQUAL(ppn_request_start(mine, nullptr), PPN_OK);
    const Seen seen = recorder.wait_for_end();
    BOOST_TEST(released > 0, where);
    BOOST_TEST(seen.data == "abc", where);
    BOOST_TEST(seen.code == PPN_OK, where);
    BOOST_TEST(seen.destroyed == 1, where);
    BOOST_TEST(!seen.destroyed_before_complete, where);
  }
}

BOOST_AUTO_TEST_CASE(request_that_is_released_once_too_often_still_comes_to_its_end) {
  const ScriptedServer server(
      {Script{}.expect_request().send(open_head("text/plain")).send_byte_by_byte("abc").close()});
  const Client client = make_client();
  Request request = make_request(client, "GET", server.url());
  ppn_request* const mine = request.detach();
  Recorder recorder;
  std::atomic<int32_t> code{-1};
  recorder.in_headers = [mine](auto...) {
    for (int i = 0; i < 3; ++i) ppn_request_release(mine);
    return PPN_CB_CONTINUE;
  };
  recorder.in_complete = [&](ppn_request* handle, auto...) { code = ppn_request_cancel(handle); };
  BOOST_REQUIRE_EQUAL(recorder.install_for_data(mine), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_request_start(mine, nullptr), PPN_OK);
  const Seen seen = recorder.wait_for_end();
  BOOST_TEST(seen.data == "abc");
  BOOST_TEST(seen.code == PPN_OK);
  BOOST_TEST(seen.destroyed == 1);
  BOOST_TEST(code == PPN_E_INVALID_STATE);
}

BOOST_AUTO_TEST_CASE(borrowed_response_and_error_end_with_their_callback) {
  const ScriptedServer server(
      {Script{}.expect_request().send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").close()});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  Recorder recorder;
  std::atomic<ppn_response*> head{nullptr};
  std::atomic<ppn_response*> whole{nullptr};
  std::atomic<const ppn_error*> error{nullptr};
  recorder.in_headers = [&](ppn_request*, ppn_response* response) {
    head = response;
    return PPN_CB_CONTINUE;
  };
  recorder.in_complete = [&](ppn_request*, ppn_response* response, const ppn_error* problem) {
    whole = response;
    error = problem;
  };
  BOOST_REQUIRE_EQUAL(recorder.install(request.get()), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
  BOOST_TEST(recorder.wait_for_end().code == PPN_E_BODY_TRUNCATED);
  BOOST_REQUIRE((head.load() != nullptr && whole.load() != nullptr && error.load() != nullptr));
  BOOST_TEST(ppn_response_status(head) == 0);
  BOOST_TEST(ppn_response_status(whole) == 0);
  BOOST_TEST(ppn_error_code(error) == PPN_E_INVALID_STATE);
}

BOOST_AUTO_TEST_CASE(acquired_response_and_error_outlive_everything) {
  Response kept;
  ErrorHandle error;
  {
    const ScriptedServer server(
        {Script{}.expect_request().send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").close()});
    const Client client = make_client();
    const Request request = make_request(client, "GET", server.url());
    Recorder recorder;
    std::atomic<ppn_response*> head{nullptr};
    std::atomic<ppn_error*> problem{nullptr};
    recorder.in_headers = [&](ppn_request*, ppn_response* response) {
      head = ppn_response_acquire(response);
      return PPN_CB_CONTINUE;
    };
    recorder.in_complete = [&](ppn_request*, ppn_response*, const ppn_error* lent) {
      problem = ppn_error_acquire(lent);
    };
    BOOST_REQUIRE_EQUAL(recorder.install(request.get()), PPN_OK);
    BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
    recorder.wait_for_end();
    kept.reset(head);
    error.reset(problem);
  }
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  BOOST_TEST(ppn_response_status(kept.get()) == 200);
  BOOST_TEST(body_of(kept.get()) == "half");
  BOOST_TEST(ppn_error_code(error.get()) == PPN_E_BODY_TRUNCATED);
}

BOOST_AUTO_TEST_CASE(released_response_is_recognised_by_every_function) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("{}"))});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  Response response;
  BOOST_REQUIRE_EQUAL(ppn_request_send(request.get(), response.out(), nullptr), PPN_OK);
  ppn_response* const gone = response.get();
  response.reset();
  int32_t type = -1;
  BOOST_TEST(ppn_response_status(gone) == 0);
  BOOST_TEST((ppn_response_body(gone, nullptr) == nullptr));
  BOOST_TEST(ppn_response_check_status(gone, nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_response_json_type(gone, "", 0, &type, nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST((ppn_response_acquire(gone) == nullptr));
}

BOOST_AUTO_TEST_CASE(shutdown_gives_every_running_request_its_end) {
  const ScriptedServer server({Script{}.expect_request().hold()}, {.repeat_last = true});
  const Client client = make_client();
  constexpr int count = 5;
  std::vector<std::unique_ptr<Recorder>> recorders;
  for (int i = 0; i < count; ++i) {
    const Request request = make_request(client, "GET", server.url());
    Recorder& recorder = *recorders.emplace_back(std::make_unique<Recorder>());
    BOOST_REQUIRE_EQUAL(recorder.install(request.get()), PPN_OK);
    BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
  }
  BOOST_REQUIRE(server.wait_for_requests(count));
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  for (const auto& recorder : recorders) {
    BOOST_TEST(recorder->seen().completions == 1);
    BOOST_TEST(recorder->seen().destroyed == 1);
    BOOST_TEST(recorder->seen().code == PPN_E_CANCELLED);
  }
}

BOOST_AUTO_TEST_CASE(closing_the_client_cancels_its_requests) {
  const ScriptedServer server({Script{}.expect_request().hold()});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  Recorder recorder;
  BOOST_REQUIRE_EQUAL(recorder.install(request.get()), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
  BOOST_REQUIRE(server.wait_for_requests(1));
  BOOST_TEST(ppn_client_close(client.get(), nullptr) == PPN_OK);
  BOOST_TEST(recorder.wait_for_end().code == PPN_E_CANCELLED);
  BOOST_TEST(server.wait_for_finished(1));
}

BOOST_AUTO_TEST_CASE(last_release_of_a_client_closes_its_idle_connections) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x")).wait_for_peer_close()});
  {
    const Client client = make_client();
    const Request request = make_request(client, "GET", server.url());
    Response response;
    BOOST_REQUIRE_EQUAL(ppn_request_send(request.get(), response.out(), nullptr), PPN_OK);
  }
  BOOST_TEST(server.wait_for_finished(1));
}

BOOST_AUTO_TEST_CASE(request_needs_neither_its_list_of_headers_nor_its_buffer_any_more) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))});
  const Client client = make_client();
  const Request request = make_request(client, "POST", server.url());
  {
    const Headers headers = make_headers();
    const Buffer buffer = make_buffer("body");
    BOOST_TEST(ppn_headers_set(headers.get(), "X-List", 6, "1", 1, nullptr) == PPN_OK);
    BOOST_TEST(ppn_request_set_headers(request.get(), headers.get(), nullptr) == PPN_OK);
    BOOST_TEST(ppn_headers_set(headers.get(), "X-List", 6, "2", 1, nullptr) == PPN_OK);
    BOOST_TEST(ppn_request_set_body_buffer(request.get(), buffer.get(), nullptr) == PPN_OK);
  }
  Response response;
  BOOST_TEST(ppn_request_send(request.get(), response.out(), nullptr) == PPN_OK);
  BOOST_TEST(server.requests().at(0).find("X-List: 1\r\n") != std::string::npos);
  BOOST_TEST(server.requests().at(0).ends_with("\r\n\r\nbody"));
}

BOOST_AUTO_TEST_CASE(data_needs_no_runtime) {
  const Json json = make_json("[1]");
  const SseDecoderHandle events = make_sse_decoder();
  const LineDecoderHandle lines = make_line_decoder();
  const Headers headers = make_headers();
  const Buffer buffer = make_buffer("x");
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  BOOST_TEST(ppn_debug_live_objects() == 5);
  size_t size = 0;
  const ppn_event* event = nullptr;
  BOOST_TEST(ppn_json_size(json.get(), "", 0, &size, nullptr) == PPN_OK);
  BOOST_TEST(ppn_sse_decoder_next(events.get(), &event, nullptr) == PPN_PENDING);
  BOOST_TEST(ppn_line_decoder_next(lines.get(), &event, nullptr) == PPN_PENDING);
  BOOST_TEST(ppn_headers_clear(headers.get(), nullptr) == PPN_OK);
  BOOST_TEST(bytes_of(buffer.get()) == "x");
}

BOOST_AUTO_TEST_SUITE_END()
