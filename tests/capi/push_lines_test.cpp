// Lines that are pushed, and what a response says about its stream afterwards.
#include <atomic>
#include <string>
#include <vector>

#include "capi/capi.hpp"
#include "capi/recorder.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

using Lines = std::vector<std::string>;

int32_t ignore_line(void*, ppn_request*, const char*, size_t) {
  return PPN_CB_CONTINUE;
}
int32_t ignore_event(void*, ppn_request*, const ppn_event*) {
  return PPN_CB_CONTINUE;
}
int32_t ignore_data(void*, ppn_request*, const uint8_t*, size_t) {
  return PPN_CB_CONTINUE;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(push_lines, NoLeak)

BOOST_AUTO_TEST_CASE(lines_are_delivered_whole_however_they_arrive) {
  const std::string body = "{\"a\":1}\r\n\n[2]\n" + std::string("x\0y", 3) + "\nlast";
  for (const bool byte_by_byte : {false, true}) {
    Script script;
    script.expect_request().send(open_head("application/x-ndjson"));
    byte_by_byte ? script.send_byte_by_byte(body) : script.send(body);
    const ScriptedServer server({script.close()});
    const Client client = make_client();
    const Request request = make_request(client, "GET", server.url());
    Recorder recorder;
    BOOST_REQUIRE_EQUAL(recorder.install_for_lines(request.get()), PPN_OK);
    BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
    const Seen seen = recorder.wait_for_end();
    BOOST_TEST(seen.code == PPN_OK);
    BOOST_CHECK((seen.lines == Lines{"{\"a\":1}", "[2]", std::string("x\0y", 3), "last"}));
    BOOST_TEST(seen.body.empty());
    BOOST_TEST(seen.headers == 1);
    BOOST_TEST(seen.completions == 1);
    BOOST_TEST(seen.destroyed == 1);
    BOOST_TEST(!seen.overlapped);
    BOOST_TEST(server.requests().at(0).find("Accept: */*\r\n") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(blocking_call_delivers_its_lines_before_it_returns) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("a\nb\n"))});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  Recorder recorder;
  BOOST_REQUIRE_EQUAL(recorder.install_for_lines(request.get()), PPN_OK);
  Response response;
  BOOST_TEST(ppn_request_send(request.get(), response.out(), nullptr) == PPN_OK);
  BOOST_CHECK((recorder.seen().lines == Lines{"a", "b"}));
  BOOST_TEST(ppn_response_body_bytes(response.get()) == 4U);
}

BOOST_AUTO_TEST_CASE(paused_lines_go_on_where_they_stopped) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("a\nb\nc\n"))});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  Recorder recorder;
  recorder.in_piece = [](ppn_request*) { return PPN_CB_PAUSE; };
  BOOST_REQUIRE_EQUAL(recorder.install_for_lines(request.get()), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
  for (int i = 1; i <= 3; ++i) {
    BOOST_REQUIRE(recorder.wait_for([i](const Seen& seen) { return seen.pieces == i; }));
    BOOST_TEST(recorder.seen().completions == 0);
    BOOST_TEST(ppn_request_resume(request.get()) == PPN_OK);
  }
  const Seen seen = recorder.wait_for_end();
  BOOST_TEST(seen.code == PPN_OK);
  BOOST_CHECK((seen.lines == Lines{"a", "b", "c"}));
}

BOOST_AUTO_TEST_CASE(aborting_line_ends_the_request_as_cancelled) {
  const ScriptedServer server(
      {Script{}.expect_request().send(open_head("application/x-ndjson") + "a\nb\n").wait_for_peer_close()});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  Recorder recorder;
  recorder.in_piece = [](ppn_request*) { return PPN_CB_ABORT; };
  BOOST_REQUIRE_EQUAL(recorder.install_for_lines(request.get()), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
  const Seen seen = recorder.wait_for_end();
  BOOST_TEST(seen.code == PPN_E_CANCELLED);
  BOOST_CHECK((seen.lines == Lines{"a"}));
}

BOOST_AUTO_TEST_CASE(line_above_its_limit_and_truncated_stream_are_errors) {
  const std::pair<std::string, int32_t> cases[] = {
      {http_ok("12345678901\n"), PPN_E_STREAM_EVENT_TOO_LARGE},
      {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na\nb", PPN_E_STREAM_TRUNCATED}};
  for (const auto& [answer, code] : cases) {
    const ScriptedServer server({Script{}.expect_request().send(answer).close()});
    const Client client = make_client(R"({"max_line_bytes": 10})");
    const Request request = make_request(client, "GET", server.url());
    Recorder recorder;
    BOOST_REQUIRE_EQUAL(recorder.install_for_lines(request.get()), PPN_OK);
    BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
    BOOST_TEST(recorder.wait_for_end().code == code);
  }
}

BOOST_AUTO_TEST_CASE(only_one_callback_takes_the_body) {
  const Client client = make_client();
  const auto request = [&] { return make_request(client, "GET", "http://127.0.0.1:9/"); };
  const auto set_callbacks = [](const Request& to, ppn_data_fn on_data) {
    return ppn_request_set_callbacks(to.get(), nullptr, on_data, nullptr, nullptr, nullptr, nullptr);
  };
  const Request bare = request();
  BOOST_TEST(ppn_request_set_line_callback(bare.get(), ignore_line, nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(set_callbacks(bare, nullptr) == PPN_OK);
  BOOST_TEST(ppn_request_set_line_callback(bare.get(), nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_request_set_line_callback(bare.get(), ignore_line, nullptr) == PPN_OK);
  BOOST_TEST(ppn_request_set_event_callback(bare.get(), ignore_event, nullptr) == PPN_E_INVALID_STATE);
  const Request with_event = request();
  BOOST_TEST(set_callbacks(with_event, nullptr) == PPN_OK);
  BOOST_TEST(ppn_request_set_event_callback(with_event.get(), ignore_event, nullptr) == PPN_OK);
  BOOST_TEST(ppn_request_set_line_callback(with_event.get(), ignore_line, nullptr) == PPN_E_INVALID_STATE);
  const Request with_data = request();
  BOOST_TEST(set_callbacks(with_data, ignore_data) == PPN_OK);
  BOOST_TEST(ppn_request_set_line_callback(with_data.get(), ignore_line, nullptr) == PPN_E_INVALID_STATE);
  const Request started = request();
  BOOST_TEST(set_callbacks(started, nullptr) == PPN_OK);
  BOOST_TEST(ppn_request_start(started.get(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_request_set_line_callback(started.get(), ignore_line, nullptr) == PPN_E_INVALID_STATE);
}

BOOST_AUTO_TEST_CASE(response_of_pushed_events_knows_id_and_retry_once_it_is_complete) {
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send(open_head("text/event-stream") + "id: 7\nretry: 1500\ndata: a\n\nid: 8\n\n")
                                   .close()});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  Recorder recorder;
  std::atomic<bool> known_early{false};
  recorder.in_headers = [&](ppn_request*, ppn_response* response) {
    size_t length = 7;
    known_early =
        *ppn_response_last_event_id(response, &length) != '\0' || length != 0 || ppn_response_retry_ms(response) != -1;
    return PPN_CB_CONTINUE;
  };
  BOOST_REQUIRE_EQUAL(recorder.install_for_events(request.get()), PPN_OK);
  Response response;
  BOOST_TEST(ppn_request_send(request.get(), response.out(), nullptr) == PPN_OK);
  BOOST_TEST(!known_early);
  size_t length = 0;
  BOOST_TEST(std::string(ppn_response_last_event_id(response.get(), &length)) == "8");
  BOOST_TEST(length == 1U);
  BOOST_TEST(ppn_response_retry_ms(response.get()) == 1500);
}

BOOST_AUTO_TEST_CASE(response_without_a_stream_has_neither_id_nor_retry) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  Response response;
  BOOST_TEST(ppn_request_send(request.get(), response.out(), nullptr) == PPN_OK);
  BOOST_TEST(std::string(ppn_response_last_event_id(response.get(), nullptr)).empty());
  BOOST_TEST(ppn_response_retry_ms(response.get()) == -1);
}

BOOST_AUTO_TEST_SUITE_END()
