// How streams end through the C ABI: by profile, with an error event, cut, too slow, resumed; and what they leave behind.
#include <string>
#include <utility>
#include <vector>

#include "capi/no_retries.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

struct Ended {
  int32_t code = 0;
  std::vector<std::string> pieces;
  ErrorHandle error;
  Stream stream;
  Response response;
};

Ended read_stream(const Client& client, const std::string& url, int32_t kind, const Settings& settings,
                  const char* method = "GET", const std::string& body = "") {
  Ended ended;
  const Request request = make_request(client, method, url);
  for (const auto& [name, value] : settings) {
    BOOST_TEST(ppn_request_set_option(request.get(), name.data(), name.size(), value.data(), value.size(), nullptr) ==
               PPN_OK);
  }
  if (!body.empty()) {
    BOOST_TEST(ppn_request_set_json(request.get(), body.data(), body.size(), nullptr) == PPN_OK);
  }
  BOOST_REQUIRE(ppn_stream_open(request.get(), kind, ended.stream.out(), nullptr) == PPN_OK);
  const ppn_event* piece = nullptr;
  while ((ended.code = ppn_stream_next(ended.stream.get(), -1, &piece, ended.error.out())) == PPN_OK) {
    ended.pieces.push_back(data_of(piece));
  }
  ppn_stream_response(ended.stream.get(), -1, ended.response.out(), nullptr);
  return ended;
}

Script events(const std::string& text) {
  return Script{}.expect_request().send(http_ok(text, "Content-Type: text/event-stream\r\n"));
}

std::string partial_of(const ppn_error* error) {
  size_t length = 0;
  const char* const bytes = ppn_error_stream_partial(error, &length);
  return std::string(bytes, length);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(stream_ends, NoLeak)

BOOST_AUTO_TEST_CASE(posted_chat_ends_at_its_marker_and_tells_its_pace) {
  const ScriptedServer server({events("data: {\"a\":1}\n\ndata: {\"a\":2}\n\ndata: [DONE]\n\n")});
  const Ended ended = read_stream(make_client_without_retries(), server.url(), PPN_STREAM_EVENTS,
                                  {{"stream_profile", "openai"}}, "POST", "{\"stream\":true}");
  BOOST_TEST(ended.code == PPN_END);
  BOOST_TEST(ended.pieces == (std::vector<std::string>{"{\"a\":1}", "{\"a\":2}"}), boost::test_tools::per_element());
  BOOST_TEST(server.requests().at(0).ends_with("{\"stream\":true}"));
  BOOST_TEST(ppn_response_pieces(ended.response.get()) == 2U);
  BOOST_TEST(ppn_response_pace_ms(ended.response.get(), PPN_PACE_FIRST) > 0);
  BOOST_TEST(ppn_response_pace_ms(ended.response.get(), PPN_PACE_SHORTEST) == 0);
  BOOST_TEST(ppn_response_pace_ms(ended.response.get(), PPN_PACE_MEAN) == 0);
  BOOST_TEST(ppn_response_pace_ms(ended.response.get(), PPN_PACE_LONGEST) == 0);
  BOOST_TEST(ppn_response_pace_ms(ended.response.get(), 4) == -1);
}

BOOST_AUTO_TEST_CASE(error_event_is_told_with_kind_status_and_class) {
  const ScriptedServer server({events(
      "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"rate_limit_error\",\"message\":\"slow\"}}\n\n")});
  const Ended ended =
      read_stream(make_client_without_retries(), server.url(), PPN_STREAM_EVENTS, {{"stream_profile", "anthropic"}});
  BOOST_TEST(ended.code == PPN_E_STREAM_ERROR_EVENT);
  BOOST_TEST(ppn_error_stream_status(ended.error.get()) == 429);
  BOOST_TEST(ppn_error_http_status(ended.error.get()) == 200);
  BOOST_TEST(std::string(ppn_error_provider_type(ended.error.get())) == "rate_limit_error");
  BOOST_TEST(std::string(ppn_error_provider_message(ended.error.get())) == "slow");
  BOOST_TEST(ppn_error_is_retryable(ended.error.get()) == 1);
  BOOST_TEST(ppn_error_is_rate_limited(ended.error.get()) == 1);
  BOOST_TEST(ppn_error_is_auth(ended.error.get()) == 0);
  BOOST_TEST(ppn_error_stream_framing(ended.error.get()) == -1);
}

BOOST_AUTO_TEST_CASE(cut_lines_leave_their_begin_in_the_error) {
  const std::string cut = "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"a\":1}\n{\"b\":";
  const ScriptedServer server({Script{}.expect_request().send(cut).close(), events("data: 1\n\n")});
  const Ended lines = read_stream(make_client_without_retries(), server.url(), PPN_STREAM_LINES, {});
  BOOST_TEST(lines.code == PPN_E_STREAM_TRUNCATED);
  BOOST_TEST(lines.pieces.size() == 1U);
  BOOST_TEST(ppn_error_stream_framing(lines.error.get()) == 1);
  BOOST_TEST(partial_of(lines.error.get()) == "{\"b\":");
  const Ended unmarked =
      read_stream(make_client_without_retries(), server.url(), PPN_STREAM_EVENTS, {{"stream_profile", "openai"}});
  BOOST_TEST(unmarked.code == PPN_E_STREAM_TRUNCATED);
  BOOST_TEST(ppn_error_stream_framing(unmarked.error.get()) == 0);
  BOOST_TEST(partial_of(unmarked.error.get()).empty());
}

BOOST_AUTO_TEST_CASE(ceiling_and_least_rate_end_a_stream_by_their_codes) {
  const std::string head = open_head("text/event-stream");
  const ScriptedServer server({Script{}.expect_request().send(head).send_repeated("data: 1\n\n", 1'000'000'000),
                               Script{}.expect_request().send(head + "data: 1\n\n").wait_for_peer_close()});
  const Client client = make_client_without_retries();
  BOOST_TEST(read_stream(client, server.url(), PPN_STREAM_EVENTS, {{"stream_ceiling_ms", "60"}}).code ==
             PPN_E_STREAM_CEILING);
  const Ended slow =
      read_stream(client, server.url(), PPN_STREAM_EVENTS, {{"min_rate_bytes", "500"}, {"min_rate_window_ms", "1000"}});
  BOOST_TEST(slow.code == PPN_E_TOO_SLOW);
  BOOST_TEST(ppn_error_is_timeout(slow.error.get()) == 1);
}

BOOST_AUTO_TEST_CASE(stream_goes_on_after_its_connection) {
  const ScriptedServer server(
      {Script{}.expect_request().send(open_head("text/event-stream") + "id: 7\ndata: a\n\n").close(),
       Script{}.expect_request().send("HTTP/1.1 204 None\r\nConnection: close\r\n\r\n").close()});
  const Ended ended = read_stream(make_client_without_retries(), server.url(), PPN_STREAM_EVENTS,
                                  {{"stream_auto_reconnect", "true"}, {"stream_reconnect_ms", "1"}});
  BOOST_TEST(ended.code == PPN_END);
  BOOST_TEST(ended.pieces.size() == 1U);
  BOOST_TEST(server.requests().at(1).find("\r\nLast-Event-ID: 7\r\n") != std::string::npos);
  BOOST_TEST(ppn_response_status(ended.response.get()) == 204);
  BOOST_TEST(std::string(ppn_delay_source_name(PPN_DELAY_RECONNECT)) == "reconnect");
}

BOOST_AUTO_TEST_CASE(null_and_other_errors_have_none_of_it) {
  size_t length = 1;
  BOOST_TEST(ppn_response_pieces(nullptr) == 0U);
  BOOST_TEST(ppn_response_pace_ms(nullptr, PPN_PACE_FIRST) == -1);
  BOOST_TEST(ppn_error_stream_framing(nullptr) == -1);
  BOOST_TEST(ppn_error_stream_status(nullptr) == 0);
  BOOST_TEST(std::string(ppn_error_provider_type(nullptr)).empty());
  BOOST_TEST(std::string(ppn_error_stream_partial(nullptr, &length)).empty());
  BOOST_TEST(length == 0U);
  const ScriptedServer server({Script{}.expect_request().send(http_ok("body"))});
  const Client client = make_client_without_retries();
  const Request request = make_request(client, "GET", server.url());
  Response response;
  BOOST_REQUIRE(ppn_request_send(request.get(), response.out(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_response_pieces(response.get()) == 0U);
  BOOST_TEST(ppn_response_pace_ms(response.get(), PPN_PACE_FIRST) == -1);
  ppn_response* const released = response.get();
  response = Response();
  BOOST_TEST(ppn_response_pieces(released) == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
