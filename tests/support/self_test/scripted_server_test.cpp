#include "support/scripted_server.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <boost/test/unit_test.hpp>

#include "support/socket.hpp"

namespace ppn::test {
namespace {

constexpr std::string_view get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

UniqueFd connected_to(const ScriptedServer& server) {
  return connect_to_loopback(server.port(), default_deadline());
}

std::string all_from(const UniqueFd& client) {
  const Received received = receive_until_end(client.get(), default_deadline());
  BOOST_TEST(received.ended);
  return received.bytes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(scripted_server)

BOOST_AUTO_TEST_CASE(answer_follows_the_whole_request) {
  ScriptedServer server({Script{}.expect_request().send("answer")});
  const UniqueFd client = connected_to(server);
  const std::string post = "POST / HTTP/1.1\r\ncontent-length: 5\r\n\r\nhello";
  send_all(client.get(), post.substr(0, post.size() - 1), default_deadline());
  BOOST_TEST(server.requests().empty());
  send_all(client.get(), "o", default_deadline());
  BOOST_TEST(all_from(client) == "answer");
  BOOST_REQUIRE_EQUAL(server.requests().size(), 1U);
  BOOST_TEST(server.requests()[0] == post);
  BOOST_TEST(server.problems().empty());
}

BOOST_AUTO_TEST_CASE(chunked_request_is_read_to_its_trailers) {
  ScriptedServer server({Script{}.expect_request().expect_request().send("ok")});
  const UniqueFd client = connected_to(server);
  const std::string chunked =
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nTrailer: 1\r\n\r\n";
  send_all(client.get(), chunked + std::string(get), default_deadline());
  BOOST_TEST(all_from(client) == "ok");
  BOOST_REQUIRE_EQUAL(server.requests().size(), 2U);
  BOOST_TEST(server.requests()[0] == chunked);
  BOOST_TEST(server.requests()[1] == get);
}

BOOST_AUTO_TEST_CASE(head_alone_can_be_expected) {
  ScriptedServer server({Script{}.expect_head().send("HTTP/1.1 100 Continue\r\n\r\n").expect_bytes(2).send("done")});
  const UniqueFd client = connected_to(server);
  send_all(client.get(), "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n", default_deadline());
  BOOST_TEST(server.wait_for_requests(1));
  send_all(client.get(), "ab", default_deadline());
  BOOST_TEST(all_from(client) == "HTTP/1.1 100 Continue\r\n\r\ndone");
}

BOOST_AUTO_TEST_CASE(bytes_come_one_by_one_in_order) {
  ScriptedServer server({Script{}.send_byte_by_byte("one at a time").send_repeated("ab", 3)});
  BOOST_TEST(all_from(connected_to(server)) == "one at a timeababab");
}

BOOST_AUTO_TEST_CASE(each_connection_plays_its_own_script) {
  ScriptedServer server({Script{}.send("first"), Script{}.send("second")});
  BOOST_TEST(all_from(connected_to(server)) == "first");
  BOOST_TEST(all_from(connected_to(server)) == "second");
  BOOST_TEST(all_from(connected_to(server)) == "");
  BOOST_TEST(server.wait_for_finished(3));
  BOOST_TEST(server.connections() == 3);
  BOOST_REQUIRE_EQUAL(server.problems().size(), 1U);
  BOOST_TEST(server.problems()[0] == "connection 2: no script");
}

BOOST_AUTO_TEST_CASE(last_script_repeats_when_asked) {
  ScriptedServer server({Script{}.send("again")}, {.repeat_last = true});
  BOOST_TEST(all_from(connected_to(server)) == "again");
  BOOST_TEST(all_from(connected_to(server)) == "again");
  BOOST_TEST(server.problems().empty());
}

BOOST_AUTO_TEST_CASE(reset_reaches_the_peer_as_a_reset) {
  ScriptedServer server({Script{}.expect_request().reset()});
  const UniqueFd client = connected_to(server);
  send_all(client.get(), get, default_deadline());
  const Received received = receive_until_end(client.get(), default_deadline());
  BOOST_TEST(received.reset);
  BOOST_TEST(!received.ended);
}

BOOST_AUTO_TEST_CASE(half_closed_server_still_reads) {
  ScriptedServer server({Script{}.send("early").half_close().expect_request()});
  const UniqueFd client = connected_to(server);
  BOOST_TEST(all_from(client) == "early");
  send_all(client.get(), get, default_deadline());
  BOOST_TEST(server.wait_for_requests(1));
}

BOOST_AUTO_TEST_CASE(signals_and_marks_force_an_order) {
  ScriptedServer server({Script{}.send("a").mark("sent a").wait_for_signal("go").send("b")});
  const UniqueFd client = connected_to(server);
  BOOST_TEST(server.wait_for_mark("sent a"));
  BOOST_TEST(receive_until_end(client.get(), default_deadline(), 1).bytes == "a");
  BOOST_TEST(!wait_until_ready(client.get(), POLLIN, after(std::chrono::milliseconds(0))));
  server.signal("go");
  BOOST_TEST(all_from(client) == "b");
}

BOOST_AUTO_TEST_CASE(peer_that_leaves_ends_a_hold) {
  ScriptedServer server({Script{}.expect_request().hold()});
  {
    const UniqueFd client = connected_to(server);
    send_all(client.get(), get, default_deadline());
    BOOST_TEST(server.wait_for_requests(1));
    BOOST_TEST(server.finished_connections() == 0);
  }
  BOOST_TEST(server.wait_for_finished(1));
  BOOST_TEST(server.problems().empty());
}

BOOST_AUTO_TEST_CASE(held_connection_stops_reading) {
  ScriptedServer server({Script{}.mark("holding").hold()});
  const UniqueFd client = connected_to(server);
  BOOST_TEST(server.wait_for_mark("holding"));
  const std::string block(std::size_t{1} << 16, 'x');
  // The kernel's buffers take some megabytes; then the socket stays full, for nobody reads.
  int blocks = 0;
  while (blocks < 4096 && ::send(client.get(), block.data(), block.size(), MSG_NOSIGNAL) > 0) ++blocks;
  BOOST_TEST(blocks < 4096);
}

BOOST_AUTO_TEST_CASE(departure_of_the_peer_can_be_awaited) {
  ScriptedServer server({Script{}.wait_for_peer_close().mark("gone").hold()});
  {
    const UniqueFd client = connected_to(server);
    send_all(client.get(), "whatever", default_deadline());
  }
  BOOST_TEST(server.wait_for_mark("gone"));
}

BOOST_AUTO_TEST_CASE(request_cut_short_is_a_problem) {
  ScriptedServer server({Script{}.expect_request()});
  {
    const UniqueFd client = connected_to(server);
    send_all(client.get(), get.substr(0, 10), default_deadline());
  }
  BOOST_TEST(server.wait_for_finished(1));
  BOOST_REQUIRE_EQUAL(server.problems().size(), 1U);
  BOOST_TEST(server.problems()[0] == "connection 0: expect_request: peer closed");
}

BOOST_AUTO_TEST_CASE(step_without_its_peer_ends_at_its_deadline) {
  ScriptedServer server({Script{}.expect_request()}, {.step_patience = std::chrono::milliseconds(20)});
  const UniqueFd client = connected_to(server);
  BOOST_TEST(all_from(client) == "");
  BOOST_TEST(server.wait_for_finished(1));
  BOOST_REQUIRE_EQUAL(server.problems().size(), 1U);
  BOOST_TEST(server.problems()[0] == "connection 0: expect_request: deadline passed");
}

BOOST_AUTO_TEST_CASE(waits_of_the_test_end_at_their_deadline) {
  ScriptedServer server({Script{}});
  BOOST_TEST(!server.wait_for_connections(1, after(std::chrono::milliseconds(10))));
  BOOST_TEST(!server.wait_for_mark("never", after(std::chrono::milliseconds(10))));
}

BOOST_AUTO_TEST_CASE(destructor_ends_scripts_in_every_wait) {
  std::vector<UniqueFd> clients;
  const Deadline begun = std::chrono::steady_clock::now();
  {
    ScriptedServer server({Script{}.mark("0").hold(), Script{}.mark("1").wait_for_signal("never"),
                           Script{}.mark("2").expect_request(), Script{}.mark("3").wait_for_peer_close(),
                           Script{}.mark("4").send_repeated(std::string(std::size_t{1} << 20, 'x'), 1000)});
    for (const char* mark : {"0", "1", "2", "3", "4"}) {
      clients.push_back(connected_to(server));
      BOOST_TEST(server.wait_for_mark(mark));
    }
  }
  BOOST_TEST((std::chrono::steady_clock::now() - begun < default_patience));
  BOOST_TEST(receive_until_end(clients[0].get(), default_deadline()).bytes.empty());
}

BOOST_AUTO_TEST_CASE(ipv6_loopback_is_served) {
  ScriptedServer server({Script{}.send("six")}, {.family = Loopback::ipv6});
  BOOST_TEST(server.url("/x") == "http://[::1]:" + std::to_string(server.port()) + "/x");
  const UniqueFd client = connect_to_loopback(server.port(), default_deadline(), Loopback::ipv6);
  BOOST_TEST(all_from(client) == "six");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
