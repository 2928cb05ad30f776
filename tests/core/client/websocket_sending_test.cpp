// Messages both ways: many threads, TLS, compression.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <thread>
#include <vector>

#include "codec/websocket_deflater.hpp"
#include "codec/websocket_inflater.hpp"
#include "core/client/websocket_fixture.hpp"
#include "support/certificates.hpp"

namespace ppn::test {
namespace {

constexpr int threads = 8;
constexpr int per_thread = 200;

void echo(WebSocketPeer& peer) {
  peer.accept();
  peer.echo();
}

// "thread:number:" and padding of a length that only they decide.
std::string message_of(int thread, int number) {
  std::string message = std::to_string(thread) + ":" + std::to_string(number) + ":";
  return message.append(static_cast<std::size_t>((thread * 7'919 + number * 104'729) % 3'000), 'p');
}

// Whether each thread's messages are all there, whole and in order.
void check_messages(const std::vector<std::string>& messages) {
  std::vector<int> next(threads);
  int wrong = 0;
  for (const std::string& message : messages) {
    const int thread = std::stoi(message);
    if (message != message_of(thread, next[static_cast<std::size_t>(thread)]++)) ++wrong;
  }
  BOOST_TEST(wrong == 0);
  for (const int count : next) BOOST_TEST(count == per_thread);
}

void check_many_threads(const std::shared_ptr<Client>& client, const WebSocketServer& server,
                        std::vector<std::pair<std::string, std::string>> options) {
  TestSocket socket(client, {.url = server.url(), .options = std::move(options)});
  socket.start();
  std::vector<std::thread> senders;
  for (int thread = 0; thread < threads; ++thread) {
    senders.emplace_back([&, thread] {
      for (int i = 0; i < per_thread; ++i) {
        must(socket->send(WebSocket::Payload::text, message_of(thread, i), {}, -1));
      }
    });
  }
  for (std::thread& sender : senders) sender.join();
  BOOST_TEST(socket.wait_for_messages(threads * per_thread));
  socket.close();
  BOOST_TEST(socket.finish().back() == "terminated OK");
  check_messages(socket.messages());
  BOOST_TEST(server.all_masked());
  BOOST_TEST(socket->queued_bytes() == 0U);
  check_loop_is_empty(client);
}

// A server that speaks permessage-deflate with these parameters, and sends back what it read.
WebSocketServer::Play deflating_echo(DeflateParameters agreed, std::string_view answer) {
  return [agreed, answer = std::string(answer)](WebSocketPeer& peer) {
    peer.accept("Sec-WebSocket-Extensions: " + answer + "\r\n");
    // The same codec with the parts of client and server exchanged.
    const DeflateParameters mirrored{.client_no_context_takeover = agreed.server_no_context_takeover,
                                     .server_no_context_takeover = agreed.client_no_context_takeover};
    WebSocketDeflater deflater(mirrored, 6);
    WebSocketInflater inflater(mirrored, 1 << 24);
    std::string payload;
    bool compressed = false;
    for (;;) {
      const PeerFrame frame = peer.read_frame();
      if (frame.opcode == ws_close) return peer.send_frame(ws_close, frame.payload.substr(0, 2));
      if (frame.opcode > ws_close) continue;
      if (frame.opcode != ws_continuation) compressed = frame.rsv == 4;
      payload += frame.payload;
      if (!frame.fin) continue;
      if (compressed) peer.mark("compressed");
      std::string message;
      if (compressed) {
        std::string_view input = payload;
        while (inflater.next(input, message) == WebSocketInflater::Step::more) {
        }
        while (inflater.finish(message) == WebSocketInflater::Step::more) {
        }
      } else {
        message = payload;
      }
      payload.clear();
      std::string out;
      deflater.compress(message, true, out);
      peer.send_frame(ws_text, out, true, 4);
    }
  };
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(websocket_sending, EngineFixture)

BOOST_AUTO_TEST_CASE(messages_of_many_threads_are_whole_in_order_and_none_is_lost) {
  const WebSocketServer server(&echo);
  check_many_threads(make_client(), server, {{"fragment_bytes", "1024"}, {"send_queue_bytes", "10000"}});
  check_messages(server.messages());
}

BOOST_AUTO_TEST_CASE(the_same_over_tls) {
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca();
  const WebSocketServer server(std::vector<WebSocketServer::Play>{&echo},
                               {.tls = factory.make_leaf(ca, loopback_names()).identity()});
  const auto client = make_client([&](Options& options) { options.tls.ca_file = ca.certificate_file; });
  check_many_threads(client, server, {});
  check_messages(server.messages());
}

BOOST_AUTO_TEST_CASE(the_same_compressed_with_and_without_context_takeover) {
  for (const bool keeps : {false, true}) {
    const DeflateParameters agreed{.client_no_context_takeover = !keeps, .server_no_context_takeover = !keeps};
    const WebSocketServer server(
        deflating_echo(agreed, keeps ? "permessage-deflate"
                                     : "permessage-deflate; client_no_context_takeover; server_no_context_takeover"));
    check_many_threads(make_client(), server,
                       {{"deflate", "true"}, {"deflate_context_takeover", keeps ? "true" : "false"}});
    BOOST_TEST(server.wait_for_mark("compressed", after(std::chrono::milliseconds(0))));
  }
}

BOOST_AUTO_TEST_CASE(message_that_inflates_a_thousandfold_ends_at_the_limit) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept(
        "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover\r\n");
    WebSocketDeflater deflater({}, 9);
    std::string bomb;
    deflater.compress(std::string(100 << 20, '\0'), true, bomb);
    peer.send_frame(ws_binary, bomb, true, 4);
    peer.read_close();
  });
  TestSocket socket(make_client(), {.url = server.url(), .options = {{"deflate", "true"}}});
  const Story expected{"open", "close 1009 WS_MESSAGE_TOO_BIG", "terminated WS_MESSAGE_TOO_BIG"};
  BOOST_TEST(socket.start().finish() == expected, boost::test_tools::per_element());
  BOOST_TEST(server.closes() == std::vector<std::string>{ws_close_payload(1009)});
}

BOOST_AUTO_TEST_CASE(compressed_frame_that_nobody_agreed_on_is_a_fault) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.accept();
    peer.send_frame(ws_text, "x", true, 4);
    peer.read_close();
  });
  TestSocket socket(make_client(), {.url = server.url()});
  BOOST_TEST(socket.start().finish().back() == "terminated WS_PROTOCOL");
}

BOOST_AUTO_TEST_CASE(messages_that_can_not_be_sent_are_refused_and_nothing_is_queued) {
  const WebSocketServer server(&echo);
  TestSocket socket(make_client(),
                    {.url = server.url(), .options = {{"max_message_bytes", "100"}, {"send_queue_bytes", "50"}}});
  const auto code = [&](WebSocket::Payload kind, std::string_view data) {
    const Status sent = socket->send(kind, data, {}, 0);
    return sent ? std::string("OK") : std::string(describe(sent.error().code).name);
  };
  using Payload = WebSocket::Payload;
  BOOST_TEST(code(Payload::text, "early") == "INVALID_STATE");
  socket.start();
  BOOST_TEST(code(Payload::text, "\xff") == "INVALID_ARGUMENT");
  BOOST_TEST(code(Payload::json, "{") == "JSON_PARSE");
  BOOST_TEST(code(Payload::binary, std::string(101, 'x')) == "WS_MESSAGE_TOO_BIG");
  BOOST_TEST(socket->queued_bytes() == 0U);
  BOOST_TEST(code(Payload::json, "{\"a\": 1}") == "OK");
  BOOST_TEST(code(Payload::binary, "\xff") == "OK");
  BOOST_TEST(socket.wait_for_messages(2));
  socket.close();
  BOOST_TEST(code(Payload::text, "late") == "WS_CLOSED");
  BOOST_TEST(socket.finish().back() == "terminated OK");
  const std::vector<std::string> expected{"{\"a\": 1}", "\xff"};
  BOOST_TEST(server.messages() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(echo_out_of_the_callback_goes_on_for_thousands_of_messages) {
  const WebSocketServer server(&echo);
  TestSocket socket(
      make_client(),
      {.url = server.url(),
       .hooks = {.open = [](WebSocket& opened) { must(opened.send(WebSocket::Payload::text, "0", {}, 0)); },
                 .message =
                     [](WebSocket& echoing, std::size_t count) {
                       must(count < 3'000 ? echoing.send(WebSocket::Payload::text, std::to_string(count), {}, 0)
                                          : echoing.close(1000, ""));
                       return Flow::proceed;
                     }}});
  BOOST_TEST(socket.start().finish().back() == "terminated OK");
  BOOST_TEST(socket.messages().size() == 3'000U);
  BOOST_TEST(socket.messages().back() == "2999");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
