// The asynchronous call: callbacks in order, PAUSE and resume, events.
#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "capi/capi.hpp"
#include "capi/no_retries.hpp"
#include "capi/recorder.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

BOOST_FIXTURE_TEST_SUITE(push, NoLeak)

BOOST_AUTO_TEST_CASE(collected_body_arrives_with_the_completion) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("hello"))});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  Recorder recorder;
  std::atomic<bool> body_in_headers{false};
  std::atomic<std::thread::id> callback_thread;
  recorder.in_headers = [&](ppn_request* handle, ppn_response* response) {
    body_in_headers = !body_of(response).empty() || handle != request.get();
    callback_thread = std::this_thread::get_id();
    return PPN_CB_CONTINUE;
  };
  BOOST_REQUIRE_EQUAL(recorder.install(request.get()), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
  const Seen seen = recorder.wait_for_end();
  BOOST_TEST(seen.headers == 1);
  BOOST_TEST(seen.head_status == 200);
  BOOST_TEST(!body_in_headers);
  BOOST_TEST((callback_thread.load() != std::this_thread::get_id()));
  BOOST_TEST(seen.code == PPN_OK);
  BOOST_TEST(seen.body == "hello");
  BOOST_TEST(seen.completions == 1);
  BOOST_TEST(seen.destroyed == 1);
  BOOST_TEST(!seen.destroyed_before_complete);
  BOOST_TEST(!seen.overlapped);
}

BOOST_AUTO_TEST_CASE(data_callback_gets_the_body_and_the_response_keeps_none) {
  const ScriptedServer server(
      {Script{}.expect_request().send(open_head("text/plain")).send_byte_by_byte("piece by piece").close()});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  Recorder recorder;
  BOOST_REQUIRE_EQUAL(recorder.install_for_data(request.get()), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
  const Seen seen = recorder.wait_for_end();
  BOOST_TEST(seen.data == "piece by piece");
  BOOST_TEST(seen.pieces >= 1);
  BOOST_TEST(seen.body.empty());
  BOOST_TEST(seen.code == PPN_OK);
}

BOOST_AUTO_TEST_CASE(error_status_is_delivered_as_a_success) {
  const ScriptedServer server({Script{}.expect_request().send("HTTP/1.1 500 Oh\r\nContent-Length: 3\r\n\r\nbad")});
  const Client client = make_client_without_retries();
  const Request request = make_request(client, "GET", server.url());
  Recorder recorder;
  BOOST_REQUIRE_EQUAL(recorder.install(request.get()), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
  const Seen seen = recorder.wait_for_end();
  BOOST_TEST(seen.code == PPN_OK);
  BOOST_TEST(seen.status == 500);
  BOOST_TEST(seen.body == "bad");
}

BOOST_AUTO_TEST_CASE(failed_call_completes_without_response) {
  std::string url;
  { url = ScriptedServer({}).url(); }
  const Client client = make_client_without_retries();
  const Request request = make_request(client, "GET", url);
  Recorder recorder;
  BOOST_REQUIRE_EQUAL(recorder.install(request.get()), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
  const Seen seen = recorder.wait_for_end();
  BOOST_TEST(seen.code == PPN_E_CONNECT_FAILED);
  BOOST_TEST(seen.headers == 0);
  BOOST_TEST(seen.status == 0);
  BOOST_TEST(!seen.message.empty());
}

BOOST_AUTO_TEST_CASE(nothing_is_delivered_between_pause_and_resume) {
  ScriptedServer server({Script{}
                             .expect_request()
                             .send(open_head("text/plain") + "first")
                             .wait_for_signal("more")
                             .send("second")
                             .mark("sent")
                             .close()});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  Recorder recorder;
  std::atomic<bool> pausing{true};
  recorder.in_piece = [&](ppn_request*) { return pausing.exchange(false) ? PPN_CB_PAUSE : PPN_CB_CONTINUE; };
  BOOST_REQUIRE_EQUAL(recorder.install_for_data(request.get()), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
  BOOST_REQUIRE(recorder.wait_for([](const Seen& seen) { return seen.pieces == 1; }));
  server.signal("more");
  BOOST_REQUIRE(server.wait_for_mark("sent"));
  // Another call runs through the same thread from start to end: the paused one had its turns and took none.
  {
    const ScriptedServer other({Script{}.expect_request().send(http_ok("x"))});
    Response response;
    const Request second = make_request(client, "GET", other.url());
    BOOST_TEST(ppn_request_send(second.get(), response.out(), nullptr) == PPN_OK);
  }
  BOOST_TEST(recorder.seen().data == "first");
  BOOST_TEST(ppn_request_resume(request.get()) == PPN_OK);
  const Seen seen = recorder.wait_for_end();
  BOOST_TEST(seen.data == "firstsecond");
  BOOST_TEST(seen.code == PPN_OK);
}

BOOST_AUTO_TEST_CASE(paused_request_stops_its_server) {
  // More than the socket buffers of both sides hold: the server can only finish when somebody reads.
  constexpr std::size_t size = std::size_t{64} << 20;
  ScriptedServer server({Script{}
                             .expect_request()
                             .send(open_head("text/plain"))
                             .send_repeated(std::string(1 << 16, 'x'), size >> 16)
                             .mark("sent")
                             .close()});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  std::atomic<std::size_t> received{0};
  struct Counter {
    std::atomic<std::size_t>& received;
    std::atomic<bool> paused{false};
    std::atomic<int32_t> code{-1};
    std::atomic<bool> destroyed{false};
  } counter{received};
  const auto on_data = [](void* user, ppn_request*, const uint8_t*, size_t length) -> int32_t {
    auto& self = *static_cast<Counter*>(user);
    self.received += length;
    return self.paused.exchange(true) ? PPN_CB_CONTINUE : PPN_CB_PAUSE;
  };
  const auto on_complete = [](void* user, ppn_request*, ppn_response*, const ppn_error* error) {
    static_cast<Counter*>(user)->code = ppn_error_code(error);
  };
  const auto on_destroy = [](void* user) {
    auto& self = *static_cast<Counter*>(user);
    self.destroyed = true;
    self.destroyed.notify_all();
  };
  BOOST_REQUIRE_EQUAL(
      ppn_request_set_callbacks(request.get(), nullptr, on_data, on_complete, &counter, on_destroy, nullptr), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
  // The server does not come to its end as long as the request is paused.
  BOOST_TEST(!server.wait_for_mark("sent", after(std::chrono::milliseconds(300))));
  BOOST_TEST(received.load() < size);
  BOOST_TEST(ppn_request_resume(request.get()) == PPN_OK);
  BOOST_TEST(server.wait_for_mark("sent"));
  counter.destroyed.wait(false);
  BOOST_TEST(received.load() == size);
  BOOST_TEST(counter.code.load() == PPN_OK);
}

BOOST_AUTO_TEST_CASE(resume_inside_the_callback_takes_its_pause_back) {
  const ScriptedServer server(
      {Script{}.expect_request().send(open_head("text/plain")).send_byte_by_byte("abcdef").close()});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  Recorder recorder;
  std::atomic<int> refused{0};
  const auto resume_and_pause = [&](ppn_request* handle) {
    if (ppn_request_resume(handle) != PPN_OK) ++refused;
    return PPN_CB_PAUSE;
  };
  recorder.in_headers = [&](ppn_request* handle, ppn_response*) { return resume_and_pause(handle); };
  recorder.in_piece = resume_and_pause;
  BOOST_REQUIRE_EQUAL(recorder.install_for_data(request.get()), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
  const Seen seen = recorder.wait_for_end();
  BOOST_TEST(seen.data == "abcdef");
  BOOST_TEST(seen.code == PPN_OK);
  BOOST_TEST(refused == 0);
}

BOOST_AUTO_TEST_CASE(abort_or_any_other_number_ends_the_request_as_cancelled) {
  for (const int32_t answer : {PPN_CB_ABORT + 0, 3, -1, INT32_MAX, INT32_MIN}) {
    for (const bool in_headers : {true, false}) {
      const ScriptedServer server(
          {Script{}.expect_request().send(open_head("text/plain") + "x").wait_for_peer_close()});
      const Client client = make_client();
      const Request request = make_request(client, "GET", server.url());
      Recorder recorder;
      if (in_headers) recorder.in_headers = [answer](auto...) { return answer; };
      recorder.in_piece = [answer](ppn_request*) { return answer; };
      BOOST_REQUIRE_EQUAL(recorder.install_for_data(request.get()), PPN_OK);
      BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
      const Seen seen = recorder.wait_for_end();
      BOOST_TEST(seen.code == PPN_E_CANCELLED);
      BOOST_TEST(seen.pieces == (in_headers ? 0 : 1));
      BOOST_TEST(server.wait_for_finished(1));
    }
  }
}

BOOST_AUTO_TEST_CASE(number_that_means_nothing_ends_a_stream_of_events_at_that_event) {
  for (const int32_t answer : {PPN_CB_ABORT + 0, 77, INT32_MIN}) {
    const ScriptedServer server({Script{}
                                     .expect_request()
                                     .send(open_head("text/event-stream") + "data: 1\n\ndata: 2\n\n")
                                     .wait_for_peer_close()});
    const Client client = make_client();
    const Request request = make_request(client, "GET", server.url());
    Recorder recorder;
    recorder.in_piece = [answer](ppn_request*) { return answer; };
    BOOST_REQUIRE_EQUAL(recorder.install_for_events(request.get()), PPN_OK);
    BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
    const Seen seen = recorder.wait_for_end();
    BOOST_TEST(seen.code == PPN_E_CANCELLED);
    BOOST_TEST(seen.pieces == 1);
    BOOST_TEST(server.wait_for_finished(1));
  }
}

BOOST_AUTO_TEST_CASE(events_are_delivered_one_by_one) {
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send(open_head("text/event-stream"))
                                   .send_byte_by_byte("data: one\n\n: comment\nevent: x\nid: 7\nretry: 1500\n"
                                                      "data: two\ndata: lines\n\n")
                                   .close()});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  Recorder recorder;
  BOOST_REQUIRE_EQUAL(recorder.install_for_events(request.get()), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
  const Seen seen = recorder.wait_for_end();
  BOOST_TEST(seen.code == PPN_OK);
  BOOST_REQUIRE_EQUAL(seen.events.size(), 2U);
  BOOST_TEST(seen.events[0] == "one");
  BOOST_TEST(seen.events[1] == "two\nlines");
  BOOST_TEST(server.requests().at(0).find("Accept: text/event-stream\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(events_need_status_200_and_their_media_type) {
  const std::pair<const char*, int32_t> cases[] = {
      {"HTTP/1.1 401 No\r\nContent-Length: 4\r\n\r\nwhy?", PPN_E_HTTP_UNAUTHORIZED},
      {"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\nwhy?", PPN_E_CONTENT_TYPE},
      {"HTTP/1.1 204 No Content\r\n\r\n", PPN_OK}};
  for (const auto& [response, code] : cases) {
    const ScriptedServer server({Script{}.expect_request().send(response)});
    const Client client = make_client();
    const Request request = make_request(client, "GET", server.url());
    Recorder recorder;
    BOOST_REQUIRE_EQUAL(recorder.install_for_events(request.get()), PPN_OK);
    BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
    const Seen seen = recorder.wait_for_end();
    BOOST_TEST(seen.code == code);
    BOOST_TEST(seen.pieces == 0);
    BOOST_TEST(seen.body == (code == PPN_OK ? "" : "why?"));
  }
}

BOOST_AUTO_TEST_CASE(blocking_call_with_callbacks_calls_them_before_it_returns) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("hello"))});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  Recorder recorder;
  BOOST_REQUIRE_EQUAL(recorder.install_for_data(request.get()), PPN_OK);
  Response response;
  BOOST_TEST(ppn_request_send(request.get(), response.out(), nullptr) == PPN_OK);
  const Seen seen = recorder.seen();
  BOOST_TEST(seen.data == "hello");
  BOOST_TEST(seen.completions == 1);
  BOOST_TEST(seen.destroyed == 1);
  BOOST_TEST(ppn_response_body_bytes(response.get()) == 5U);
}

BOOST_AUTO_TEST_CASE(request_without_any_callback_runs_as_well) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("hello")).mark("answered")});
  const Client client = make_client();
  {
    const Request request = make_request(client, "GET", server.url());
    BOOST_TEST(ppn_request_start(request.get(), nullptr) == PPN_OK);
    BOOST_TEST(ppn_request_start(request.get(), nullptr) == PPN_E_INVALID_STATE);
  }
  BOOST_TEST(server.wait_for_mark("answered"));
}

BOOST_AUTO_TEST_SUITE_END()
