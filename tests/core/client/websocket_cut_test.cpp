// A conversation that the server cuts off, at every byte.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "core/client/websocket_fixture.hpp"
#include "support/certificates.hpp"

namespace ppn::test {
namespace {

struct Item {
  std::string bytes;
  std::string message = {};  // that is complete with it
  bool inside = false;       // a message is under way behind it
};

const std::vector<Item>& items() {
  static const std::vector<Item> all{
      {ws_frame(ws_text, "hello"), "hello"}, {ws_frame(ws_binary, "be", false), "", true},
      {ws_frame(ws_ping, "p"), "", true},    {ws_frame(ws_continuation, "gin", true), "begin"},
      {ws_frame(ws_pong, "unasked")},        {ws_frame(ws_text, std::string(130, 'x')), std::string(130, 'x')},
  };
  return all;
}

std::string frames() {
  std::string all;
  for (const Item& item : items()) all += item.bytes;
  return all;
}

// What is complete after `size` bytes behind the handshake.
struct Expected {
  std::vector<std::string> messages;
  bool in_the_middle = false;
};

Expected expected_after(std::size_t size) {
  Expected expected;
  for (const Item& item : items()) {
    if (size == 0) break;
    if (size < item.bytes.size()) {
      expected.in_the_middle = true;
      break;
    }
    size -= item.bytes.size();
    if (!item.message.empty()) expected.messages.push_back(item.message);
    expected.in_the_middle = item.inside;
  }
  return expected;
}

// Cuts every `stride` bytes; `how` ends the connection.
void check_cuts(const std::shared_ptr<Client>& client, ServerIdentity identity, std::size_t stride,
                void (WebSocketPeer::*how)()) {
  std::atomic<std::size_t> head_size{0};
  const WebSocketServer server({[&](WebSocketPeer& peer) {
                                 const std::string all = peer.acceptance() + frames();
                                 head_size = all.size() - frames().size();
                                 peer.send(all.substr(0, static_cast<std::size_t>(peer.number()) * stride));
                                 (peer.*how)();
                               }},
                               {.tls = std::move(identity), .repeat_last = true});
  for (std::size_t cut = 0; cut < 1'000; cut += stride) {
    TestSocket socket(client, {.url = server.url(), .options = {{"reconnect", "off"}}});
    socket.start();
    const Story story = socket.finish();
    if (cut < head_size) {
      const Story refused{"terminated WS_HANDSHAKE"};
      BOOST_TEST(story == refused, boost::test_tools::per_element());
      BOOST_TEST(socket->error().retryable);
      BOOST_TEST(socket->close_code() == 0);
      continue;
    }
    const std::size_t behind = std::min(cut - head_size, frames().size());
    const Expected expected = expected_after(behind);
    BOOST_TEST(socket.messages() == expected.messages, boost::test_tools::per_element());
    BOOST_TEST(story.at(story.size() - 2) == "close 1006 WS_CLOSED");
    BOOST_TEST(story.back() == "terminated WS_CLOSED");
    BOOST_TEST(story.size() == expected.messages.size() + 3);
    BOOST_TEST((socket.error_text().find("in the middle of a message") != std::string::npos) == expected.in_the_middle);
    BOOST_TEST(socket->close_code() == 1006);
    if (behind == frames().size()) break;
  }
  check_loop_is_empty(client);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(websocket_cut, EngineFixture)

BOOST_AUTO_TEST_CASE(connection_that_ends_at_any_byte_ends_once_and_delivers_what_was_complete) {
  check_cuts(make_client(), {}, 1, &WebSocketPeer::close);
}

BOOST_AUTO_TEST_CASE(the_same_over_tls) {
  CertificateFactory factory;
  const CertFiles ca = factory.make_ca();
  check_cuts(make_client([&](Options& options) { options.tls.ca_file = ca.certificate_file; }),
             factory.make_leaf(ca, loopback_names()).identity(), 13, &WebSocketPeer::close);
}

BOOST_AUTO_TEST_CASE(frames_that_come_byte_by_byte_are_the_same_frames) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.send_byte_by_byte(peer.acceptance() + frames() + ws_frame(ws_close, ws_close_payload(1000, "done")));
    peer.read_close();
  });
  const auto client = make_client();
  TestSocket socket(client, {.url = server.url()});
  const Story story = socket.start().finish();
  BOOST_TEST(socket.messages() == expected_after(frames().size()).messages, boost::test_tools::per_element());
  BOOST_TEST(story.at(story.size() - 2) == "close 1000 done OK");
  BOOST_TEST(story.back() == "terminated OK");
  check_loop_is_empty(client);
}

BOOST_AUTO_TEST_CASE(frames_in_the_packet_of_the_handshake_are_delivered_even_with_its_end) {
  const WebSocketServer server([](WebSocketPeer& peer) {
    peer.send(peer.acceptance() + ws_frame(ws_text, "early") + ws_frame(ws_close, ws_close_payload(1001)));
    peer.close();
  });
  TestSocket socket(make_client(), {.url = server.url()});
  const Story expected{"open", "message early", "close 1001 OK", "terminated OK"};
  BOOST_TEST(socket.start().finish() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(messages_before_a_broken_frame_are_delivered_and_the_server_is_told) {
  struct Case {
    std::string bytes;
    int code;
    const char* error;
  };
  for (const Case& broken : {Case{ws_frame(ws_text, "x", true, 4), 1002, "WS_PROTOCOL"},
                             Case{ws_frame(ws_continuation, "x"), 1002, "WS_PROTOCOL"},
                             Case{ws_frame(ws_text, "\xff"), 1007, "WS_INVALID_UTF8"},
                             Case{ws_frame(ws_text, std::string(2'000, 'x')), 1009, "WS_MESSAGE_TOO_BIG"}}) {
    const WebSocketServer server([&](WebSocketPeer& peer) {
      peer.send(peer.acceptance() + ws_frame(ws_text, "good") + broken.bytes + ws_frame(ws_text, "never"));
      peer.read_close();
    });
    TestSocket socket(make_client(), {.url = server.url(), .options = {{"max_message_bytes", "1000"}}});
    const std::string code = std::to_string(broken.code);
    const Story expected{"open", "message good", "close " + code + " " + broken.error,
                         std::string("terminated ") + broken.error};
    BOOST_TEST(socket.start().finish() == expected, boost::test_tools::per_element());
    BOOST_TEST(server.closes() == std::vector<std::string>{ws_close_payload(broken.code)});
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
