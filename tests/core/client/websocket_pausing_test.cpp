// A reader that is slower than the server (SEMANTICS 3.5.7).
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>
#include <thread>

#include "core/client/websocket_fixture.hpp"

namespace ppn::test {
namespace {

using std::chrono::milliseconds;

Flow pause_always(WebSocket& /*socket*/, std::size_t /*count*/) {
  return Flow::pause;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(websocket_pausing, EngineFixture)

BOOST_AUTO_TEST_CASE(paused_reader_gets_one_message_for_each_resume) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    std::string burst = peer.acceptance();
    for (int i = 0; i < 5; ++i) burst += ws_frame(ws_text, std::to_string(i));
    peer.send(burst + ws_frame(ws_close, ws_close_payload(1000)));
    peer.read_close();
  });
  TestSocket socket(make_client(), {.url = server.url(), .hooks = {.message = pause_always}});
  socket.start();
  for (std::size_t count = 1; count <= 5; ++count) {
    BOOST_TEST(socket.wait_for_messages(count));
    BOOST_TEST(!socket.wait_for_messages(count + 1, after(milliseconds(5))));
    socket->resume();
  }
  const Story expected{"open",      "message 0", "message 1",     "message 2",
                       "message 3", "message 4", "close 1000 OK", "terminated OK"};
  BOOST_TEST(socket.finish() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(resume_inside_the_pausing_callback_goes_on) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    for (int i = 0; i < 100; ++i) peer.send_text(std::to_string(i));
    peer.close_with();
  });
  TestSocket socket(make_client(), {.url = server.url(), .hooks = {.message = [](WebSocket& paused, std::size_t) {
                                                           paused.resume();
                                                           return Flow::pause;
                                                         }}});
  BOOST_TEST(socket.start().finish().back() == "terminated OK");
  BOOST_TEST(socket.messages().size() == 100U);
}

BOOST_AUTO_TEST_CASE(early_resume_does_not_undo_a_later_pause) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    for (int i = 0; i < 3; ++i) peer.send_text(std::to_string(i));
    peer.close_with();
  });
  TestSocket socket(make_client(), {.url = server.url(), .hooks = {.message = [](WebSocket& paused, std::size_t count) {
                                                           if (count == 1) paused.resume();
                                                           return count == 2 ? Flow::pause : Flow::proceed;
                                                         }}});
  socket.start();
  BOOST_TEST(socket.wait_for_messages(2));
  BOOST_TEST(!socket.wait_for_messages(3, after(milliseconds(20))));
  socket->resume();
  BOOST_TEST(socket.finish().back() == "terminated OK");
}

BOOST_AUTO_TEST_CASE(paused_reader_does_not_spin_is_not_pinged_to_death_and_can_still_send) {
  WebSocketServer server([](WebSocketPeer& peer) {
    std::string burst = peer.acceptance() + ws_frame(ws_text, "one");
    for (int i = 0; i < 1'000; ++i) burst += ws_frame(ws_text, "more");
    peer.send(burst);
    peer.read_message();
    peer.send_close();
    peer.mark("all said");
    peer.read_close();
  });
  const auto client = make_client();
  TestSocket socket(
      client,
      {.url = server.url(),
       .options = {{"ping_interval_ms", "10"}, {"pong_timeout_ms", "10"}},
       .hooks = {.message = [](WebSocket&, std::size_t count) { return count == 1 ? Flow::pause : Flow::proceed; }}});
  socket.start();
  BOOST_TEST(socket.wait_for_messages(1));
  const std::uint64_t before = loop_of(client).turns;
  BOOST_TEST(!socket.wait_for_messages(2, after(milliseconds(200))));
  BOOST_TEST(loop_of(client).turns - before < 6U);  // a loop that spins makes a hundred thousand
  socket.send("sent while paused");
  BOOST_TEST(server.wait_for_mark("all said"));
  BOOST_TEST(!socket.wait_for_messages(2, after(milliseconds(5))));
  socket->resume();
  BOOST_TEST(socket.finish().back() == "terminated OK");
  BOOST_TEST(socket.messages().size() == 1'001U);
}

BOOST_AUTO_TEST_CASE(full_queue_stops_the_server_and_nothing_is_lost) {
  constexpr std::size_t size = 50'000;
  constexpr std::size_t count = 1'000;  // 50 MB
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    for (std::size_t i = 0; i < count; ++i) {
      std::string message = std::to_string(i);
      message.resize(size, '.');
      peer.send_binary(message);
    }
    peer.mark("all sent");
    peer.close_with();
  });
  TestSocket socket(make_client(),
                    {.url = server.url(), .options = {{"receive_queue_bytes", "200000"}}, .takes_messages = false});
  socket.start();
  BOOST_TEST((socket->wait_open(-1) == WebSocket::Outcome::done));
  BOOST_TEST(!server.wait_for_mark("all sent", after(milliseconds(200))));
  std::size_t received = 0;
  while (socket->next(-1) == WebSocket::Outcome::done) {
    const WebSocketMessage& message = socket->message();
    if (message.index != received || message.data.size() != size || std::stoull(message.data) != received) {
      BOOST_FAIL("out of order at " << received);
    }
    ++received;
  }
  BOOST_TEST(received == count);
  BOOST_TEST((socket->next(0) == WebSocket::Outcome::end));
  BOOST_TEST((socket->wait_closed(-1) == WebSocket::Outcome::end));
}

BOOST_AUTO_TEST_CASE(queue_of_one_message_is_read_to_the_end) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    std::string burst = peer.acceptance();
    for (int i = 0; i < 2'000; ++i) burst += ws_frame(ws_text, std::to_string(i));
    peer.send(burst);
    peer.close_with();
  });
  for (const char* messages : {"1", "2", "3", "16"}) {
    TestSocket socket(
        make_client(),
        {.url = server.url(), .options = {{"receive_queue_messages", messages}}, .takes_messages = false});
    socket.start();
    int next = 0;
    while (socket->next(-1) == WebSocket::Outcome::done) {
      if (socket->message().data != std::to_string(next)) BOOST_FAIL("out of order");
      ++next;
    }
    BOOST_TEST(next == 2'000);
  }
}

BOOST_AUTO_TEST_CASE(flood_into_one_socket_leaves_the_others_their_pace) {
  const WebSocketServer flood([](WebSocketPeer& peer) {
    peer.accept();
    const std::string frames = [] {
      std::string all;
      for (int i = 0; i < 1'000; ++i) all += ws_frame(ws_text, std::string(1'000, 'f'));
      return all;
    }();
    for (;;) peer.send(frames);
  });
  const WebSocketServer echo([](WebSocketPeer& peer) {
    peer.accept();
    peer.echo();
  });
  const auto client = make_client();
  TestSocket flooded(client, {.url = flood.url()});
  TestSocket other(
      client, {.url = echo.url(),
               .hooks = {.open = [](WebSocket& opened) { must(opened.send(WebSocket::Payload::text, "0", {}, 0)); },
                         .message =
                             [](WebSocket& socket, std::size_t count) {
                               if (count < 50) {
                                 must(socket.send(WebSocket::Payload::text, std::to_string(count), {}, 0));
                               } else {
                                 must(socket.close(1000, ""));
                               }
                               return Flow::proceed;
                             }}});
  flooded.start();
  BOOST_TEST(flooded.wait_for_messages(1));
  other.start();
  BOOST_TEST(other.finish().back() == "terminated OK");
  BOOST_TEST(other.messages().size() == 50U);
  flooded->cancel();
  BOOST_TEST(flooded.finish().back() == "terminated CANCELLED");
}

BOOST_AUTO_TEST_CASE(server_that_goes_away_from_a_paused_reader_does_not_spin_and_loses_nothing) {
  for (const bool sends : {false, true}) {
    WebSocketServer server([](WebSocketPeer& peer) {
      std::string burst = peer.acceptance();
      for (int i = 0; i < 200; ++i) burst += ws_frame(ws_text, std::string(600, 'x'));
      peer.send(burst);
      peer.close();
    });
    const auto client = make_client();
    TestSocket socket(client, {.url = server.url(), .hooks = {.message = [](WebSocket&, std::size_t count) {
                                                      return count == 1 ? Flow::pause : Flow::proceed;
                                                    }}});
    socket.start();
    BOOST_TEST(socket.wait_for_messages(1));
    BOOST_TEST(server.wait_for_finished(1));
    // Writing to it makes the kernel tell of the end; what it holds is still for the reader.
    for (int i = 0; sends && i < 3; ++i) {
      socket.send("into the void");
      static_cast<void>(loop_of(client));
      BOOST_TEST(!socket.wait_for("close", 1, after(milliseconds(5))));
    }
    const std::uint64_t before = loop_of(client).turns;
    BOOST_TEST(!socket.wait_for("close", 1, after(milliseconds(100))));
    BOOST_TEST(loop_of(client).turns - before < 6U);
    socket->resume();
    BOOST_TEST(socket.finish().back() == "terminated WS_CLOSED");
    if (!sends) BOOST_TEST(socket.messages().size() == 200U);
    BOOST_TEST(socket.messages().size() > 1U);
    check_loop_is_empty(client);
  }
}

BOOST_AUTO_TEST_CASE(one_message_at_a_time_out_of_a_large_chunk_costs_no_copy_of_the_rest) {
  constexpr std::size_t count = 30'000;  // empty messages: all lie in one read
  const WebSocketServer server([](WebSocketPeer& peer) {
    std::string burst = peer.acceptance();
    for (std::size_t i = 0; i < count; ++i) burst += ws_frame(ws_text, "");
    peer.send(burst);
    peer.close_with();
  });
  TestSocket socket(make_client(),
                    {.url = server.url(), .options = {{"receive_queue_messages", "1"}}, .takes_messages = false});
  socket.start();
  std::size_t received = 0;
  while (socket->next(-1) == WebSocket::Outcome::done) ++received;
  BOOST_TEST(received == count);
}

BOOST_AUTO_TEST_CASE(close_of_a_socket_that_nobody_reads_any_more_ends_in_good_order) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    for (int i = 0; i < 1'000; ++i) peer.send_text(std::to_string(i));
    peer.answer_close();
  });
  for (const bool iterated : {true, false}) {
    TestSocket socket(make_client(), {.url = server.url(),
                                      .options = {{"receive_queue_messages", "2"}, {"close_timeout_ms", "30"}},
                                      .hooks = {.message = [](WebSocket&, std::size_t) { return Flow::pause; }},
                                      .takes_messages = !iterated});
    socket.start();
    if (iterated) {
      BOOST_TEST((socket->next(-1) == WebSocket::Outcome::done));
    } else {
      BOOST_TEST(socket.wait_for_messages(1));
    }
    socket.close();
    BOOST_TEST((socket->wait_closed(-1) == WebSocket::Outcome::end));
    const Story story = socket.finish();
    BOOST_TEST(story.at(story.size() - 2) == "close 1000 OK");
    // What was taken in before can still be read, in order.
    std::vector<std::string> rest;
    while (iterated && socket->next(-1) == WebSocket::Outcome::done) rest.push_back(socket->message().data);
    if (iterated) BOOST_TEST(rest.front() == "1");
    if (!iterated) BOOST_TEST(socket.messages().size() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(cancel_of_a_paused_socket_drops_what_waits) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    for (;;) peer.send_text("more");
  });
  TestSocket socket(make_client(), {.url = server.url(), .takes_messages = false});
  socket.start();
  BOOST_TEST((socket->next(-1) == WebSocket::Outcome::done));
  socket->cancel();
  BOOST_TEST((socket->next(-1) == WebSocket::Outcome::failed));
  BOOST_TEST((socket->error().code == ErrorCode::cancelled));
  const Story story = socket.finish();
  BOOST_TEST(story.back() == "terminated CANCELLED");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
