// The pull twin of a stream: pieces on the caller's own thread.
#include <boost/test/unit_test.hpp>
#include <string>
#include <thread>

#include "client/pull_stream.hpp"
#include "core/client/chunked.hpp"
#include "core/client/engine.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

using Pulled = PullStream::Outcome;

std::shared_ptr<PullStream> open(const std::shared_ptr<Client>& client, Request request) {
  const Delivery delivery = request.delivery;
  const TestCall described(client, std::move(request));
  auto stream = PullStream::open(described.call(), delivery);
  BOOST_REQUIRE(stream.ok());
  return *stream;
}

const std::string two_events = chunk("retry: 250\nid: 1\ndata: one\n\n") + chunk("id: 2\nevent: note\ndata: two\n\n");

}  // namespace

BOOST_FIXTURE_TEST_SUITE(pull_stream, EngineFixture)

BOOST_AUTO_TEST_CASE(pieces_come_in_order_and_then_the_end) {
  const ScriptedServer server({Script{}.expect_request().send(events_head + two_events + last_chunk)});
  const auto stream = open(make_client(), {.url = server.url(), .delivery = Delivery::events});
  BOOST_REQUIRE((stream->next(20'000) == Pulled::piece));
  BOOST_TEST(stream->current().type == "message");
  BOOST_TEST(stream->current().data == "one");
  BOOST_TEST(stream->current().index == 0U);
  BOOST_TEST(stream->last_event_id() == "1");
  BOOST_TEST(stream->retry_ms().value_or(0) == 250U);
  BOOST_REQUIRE((stream->next(20'000) == Pulled::piece));
  BOOST_TEST(stream->current().type == "note");
  BOOST_TEST(stream->current().id == "2");
  BOOST_TEST(stream->current().index == 1U);
  BOOST_TEST((stream->next(-1) == Pulled::end));
  BOOST_TEST((stream->next(-1) == Pulled::end));
  BOOST_TEST(stream->last_event_id() == "2");
  BOOST_TEST(stream->retry_ms().value_or(0) == 250U);
}

BOOST_AUTO_TEST_CASE(id_and_retry_without_an_event_count_at_the_end) {
  const ScriptedServer server(
      {Script{}.expect_request().send(events_head + two_events + chunk("id: 9\nretry: 700\n\n") + last_chunk)});
  const auto stream = open(make_client(), {.url = server.url(), .delivery = Delivery::events});
  while (stream->next(-1) == Pulled::piece) BOOST_TEST(stream->last_event_id() == stream->current().id);
  BOOST_TEST(stream->last_event_id() == "9");
  BOOST_TEST(stream->retry_ms().value_or(0) == 700U);
}

BOOST_AUTO_TEST_CASE(look_without_waiting_says_pending) {
  ScriptedServer server({Script{}.expect_request().wait_for_signal("go").send(ok_response("now"))});
  const auto stream = open(make_client(), {.url = server.url(), .delivery = Delivery::chunks});
  BOOST_TEST((stream->next(0) == Pulled::pending));
  BOOST_TEST((stream->next(20) == Pulled::pending));
  server.signal("go");
  BOOST_TEST((stream->next(-1) == Pulled::piece));
  BOOST_TEST(stream->current().data == "now");
  BOOST_TEST((stream->next(-1) == Pulled::end));
}

BOOST_AUTO_TEST_CASE(failure_comes_after_the_pieces_before_it_and_stays) {
  const ScriptedServer server({Script{}.expect_request().send(chunked_head + chunk("a\nb\n")).close()});
  const auto stream = open(make_client(), {.url = server.url(), .delivery = Delivery::lines});
  BOOST_TEST((stream->next(-1) == Pulled::piece));
  BOOST_TEST((stream->next(-1) == Pulled::piece));
  for (int i = 0; i < 2; ++i) {
    BOOST_REQUIRE((stream->next(-1) == Pulled::failed));
    BOOST_TEST((stream->error().code == ErrorCode::stream_truncated));
    BOOST_TEST(!stream->error().message.empty());
  }
}

BOOST_AUTO_TEST_CASE(head_can_be_waited_for) {
  ScriptedServer server({Script{}.expect_request().wait_for_signal("go").send(chunked_head).wait_for_peer_close()});
  const auto stream = open(make_client(), {.url = server.url(), .delivery = Delivery::chunks});
  std::shared_ptr<Response> response;
  std::unique_ptr<Error> error;
  BOOST_TEST((stream->wait_for_head(0, response, error) == Pulled::pending));
  server.signal("go");
  BOOST_TEST((stream->wait_for_head(-1, response, error) == Pulled::piece));
  BOOST_TEST(response->status == 200);
}

BOOST_AUTO_TEST_CASE(wait_for_a_head_that_never_comes_tells_why) {
  const ScriptedServer server({Script{}.expect_request().close()});
  const auto stream = open(make_client(), {.url = server.url(), .delivery = Delivery::chunks});
  std::shared_ptr<Response> response;
  std::unique_ptr<Error> error;
  BOOST_TEST((stream->wait_for_head(-1, response, error) == Pulled::failed));
  BOOST_REQUIRE(error);
  BOOST_TEST((error->code == ErrorCode::connection_closed));
  BOOST_REQUIRE((stream->next(-1) == Pulled::failed));
  BOOST_TEST((stream->error().code == ErrorCode::connection_closed));
}

BOOST_AUTO_TEST_CASE(cancel_from_another_thread_ends_a_waiting_reader) {
  const ScriptedServer server({Script{}.expect_request().send(chunked_head).mark("head").wait_for_peer_close()});
  const auto stream = open(make_client(), {.url = server.url(), .delivery = Delivery::chunks});
  std::thread other([&] {
    server.wait_for_mark("head");
    stream->cancel();
  });
  BOOST_TEST((stream->next(-1) == Pulled::failed));
  BOOST_TEST((stream->error().code == ErrorCode::cancelled));
  other.join();
  BOOST_TEST(server.wait_for_finished(1));
}

BOOST_AUTO_TEST_CASE(end_of_the_stream_object_closes_its_connection) {
  const ScriptedServer server(
      {Script{}.expect_request().send(chunked_head).send_repeated(chunk(std::string(1 << 16, 'x')), 1'000'000)});
  {
    const auto stream = open(make_client(), {.url = server.url(), .delivery = Delivery::chunks});
    BOOST_TEST((stream->next(-1) == Pulled::piece));
  }
  BOOST_TEST(server.wait_for_finished(1));
}

BOOST_AUTO_TEST_CASE(slow_reader_stops_the_socket_and_gets_everything) {
  constexpr std::size_t part = 1 << 16;
  constexpr std::size_t parts = 1'024;  // 64 MiB
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send(chunked_head)
                                   .send_repeated(chunk(std::string(part, 'x')), parts)
                                   .send(last_chunk)
                                   .mark("all sent")});
  const auto stream =
      open(make_client(),
           {.url = server.url(), .delivery = Delivery::chunks, .options = {{"stream_buffer_bytes", "100000"}}});
  BOOST_TEST(!server.wait_for_mark("all sent", after(std::chrono::milliseconds(300))));
  std::size_t received = 0;
  while (stream->next(-1) == Pulled::piece) received += stream->current().data.size();
  BOOST_TEST(received == part * parts);
  BOOST_TEST((stream->next(-1) == Pulled::end));
}

BOOST_AUTO_TEST_CASE(full_queue_is_resumed_when_a_quarter_is_left) {
  std::string lines;
  for (int i = 0; i < 1'000; ++i) lines += std::to_string(i) + "\n";
  for (const char* capacity : {"1", "2", "3", "8", "256"}) {
    const ScriptedServer server({Script{}.expect_request().send(ok_response(lines))});
    const auto stream =
        open(make_client(),
             {.url = server.url(), .delivery = Delivery::lines, .options = {{"stream_buffer_events", capacity}}});
    int next = 0;
    while (stream->next(-1) == Pulled::piece) {
      if (stream->current().data != std::to_string(next)) BOOST_ERROR("out of order");
      ++next;
    }
    BOOST_TEST(next == 1'000);
  }
}

BOOST_AUTO_TEST_CASE(refused_stream_fails_with_its_status) {
  const ScriptedServer server(
      {Script{}.expect_request().send("HTTP/1.1 429 Slow down\r\nRetry-After: 7\r\n"
                                      "Content-Length: 4\r\n\r\nbusy")});
  const auto stream = open(make_client(), {.url = server.url(), .delivery = Delivery::events});
  BOOST_REQUIRE((stream->next(-1) == Pulled::failed));
  BOOST_TEST((stream->error().code == ErrorCode::http_too_many_requests));
  BOOST_TEST(stream->error().retry_after_ms == 7'000);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
