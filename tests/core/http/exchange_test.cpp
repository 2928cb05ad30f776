#include "http/exchange.hpp"

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>

#include "core/http/fake_transport.hpp"
#include "io/event_loop.hpp"

namespace ppn::test {
namespace {

using Step = Exchange::Step;

struct ExchangeFixture {
  EventLoop loop;
  std::shared_ptr<FakePeer> peer = std::make_shared<FakePeer>();
  Connection connection{std::make_unique<FakeTransport>(peer), Http1Limits{}};
  std::string head = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  std::string body;
  std::unique_ptr<BodySource> source;

  std::unique_ptr<Exchange> exchange(bool head_request = false) {
    if (!body.empty()) source = std::make_unique<MemoryBody>(nullptr, body);
    return std::make_unique<Exchange>(connection, loop, head, source.get(), head_request);
  }
  // The whole response, as a call would read it.
  static std::string read_all(Exchange& exchange) {
    std::string data;
    for (;;) {
      switch (exchange.receive()) {
        case Step::data: data += exchange.data(); break;
        case Step::yield: break;
        case Step::end: return data;
        default: return data + "|stopped";
      }
    }
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(exchange_steps, ExchangeFixture)

BOOST_AUTO_TEST_CASE(request_that_the_kernel_takes_in_parts_is_written_once) {
  body = std::string(1'000, 'b');
  const auto exchange = this->exchange();
  BOOST_TEST((exchange->sent() == Sent::none));
  for (std::size_t i = 0; i < 10; ++i) {
    peer->takes = 100;
    BOOST_TEST((exchange->send() == Step::blocked));
    BOOST_TEST((exchange->sent() == Sent::partial));
  }
  peer->takes = 1'000;
  BOOST_TEST((exchange->send() == Step::done));
  BOOST_TEST((exchange->sent() == Sent::full));
  BOOST_TEST(peer->written == head + body);
}

BOOST_AUTO_TEST_CASE(clean_response_leaves_the_connection_reusable) {
  peer->incoming = {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "he", "llo"};
  const auto exchange = this->exchange();
  BOOST_TEST((exchange->send() == Step::done));
  BOOST_TEST(!exchange->reusable());
  BOOST_TEST((exchange->receive() == Step::head));
  BOOST_TEST(exchange->take_head().status == 200);
  BOOST_TEST(read_all(*exchange) == "hello");
  BOOST_TEST(exchange->reusable());
}

BOOST_AUTO_TEST_CASE(end_of_a_body_is_known_without_another_read) {
  peer->incoming = {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"};
  peer->after = IoResult::Kind::reset;  // a read that would follow fails
  const auto exchange = this->exchange();
  BOOST_TEST((exchange->send() == Step::done));
  BOOST_TEST((exchange->receive() == Step::head));
  BOOST_TEST(read_all(*exchange) == "ok");
}

BOOST_AUTO_TEST_CASE(bytes_after_the_response_spoil_the_connection) {
  peer->incoming = {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok!"};
  const auto exchange = this->exchange();
  BOOST_TEST((exchange->send() == Step::done));
  BOOST_TEST((exchange->receive() == Step::head));
  BOOST_TEST(read_all(*exchange) == "ok");
  BOOST_TEST(!exchange->reusable());
}

BOOST_AUTO_TEST_CASE(bytes_still_in_the_socket_spoil_the_connection) {
  peer->incoming = {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"};
  const auto exchange = this->exchange();
  BOOST_TEST((exchange->send() == Step::done));
  BOOST_TEST((exchange->receive() == Step::head));
  BOOST_TEST(read_all(*exchange) == "ok");
  peer->disturbed = true;
  BOOST_TEST(!exchange->reusable());
}

BOOST_AUTO_TEST_CASE(answer_before_the_end_of_the_request_is_taken_and_spoils_the_connection) {
  body = std::string(1'000, 'b');
  peer->takes = 50;
  const auto exchange = this->exchange();
  BOOST_TEST((exchange->send() == Step::blocked));
  peer->incoming = {"HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno"};
  BOOST_TEST((exchange->send() == Step::head));
  BOOST_TEST(exchange->take_head().status == 413);
  BOOST_TEST(read_all(*exchange) == "no");
  BOOST_TEST((exchange->sent() == Sent::partial));
  BOOST_TEST(!exchange->reusable());
}

BOOST_AUTO_TEST_CASE(answer_of_a_server_that_closed_its_side_says_more_than_the_failed_write) {
  body = std::string(1'000, 'b');
  peer->takes = 50;
  peer->when_full = IoResult::Kind::reset;
  peer->incoming = {"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno"};
  const auto exchange = this->exchange();
  BOOST_TEST((exchange->send() == Step::head));
  BOOST_TEST(read_all(*exchange) == "no");
}

BOOST_AUTO_TEST_CASE(large_request_gives_way_to_other_calls) {
  body = std::string(1 << 20, 'x');
  const auto exchange = this->exchange();
  peer->takes = 300 * 1024;
  BOOST_TEST((exchange->send() == Step::yield));
  BOOST_TEST((exchange->send() == Step::blocked));
  peer->takes = static_cast<std::size_t>(-1);
  BOOST_TEST((exchange->send() == Step::done));
  BOOST_TEST((peer->written == head + body));
}

BOOST_AUTO_TEST_CASE(failed_write_without_an_answer_is_of_phase_send) {
  body = std::string(1'000, 'b');
  peer->takes = 50;
  peer->when_full = IoResult::Kind::reset;
  const auto exchange = this->exchange();
  BOOST_TEST((exchange->send() == Step::failed));
  BOOST_TEST((exchange->error().code == ErrorCode::connection_reset));
  BOOST_TEST((exchange->error().phase == Phase::send));
}

BOOST_AUTO_TEST_CASE(read_ahead_of_the_decoder_survives_a_wait) {
  peer->incoming = {
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n"};
  const auto exchange = this->exchange();
  BOOST_TEST((exchange->send() == Step::done));
  BOOST_TEST((exchange->receive() == Step::head));
  std::string data;
  while (exchange->receive() == Step::data) {
    data += exchange->data();
    exchange->keep_unread();
    // Another connection reads into the same memory.
    std::fill(loop.scratch().begin(), loop.scratch().end(), '!');
  }
  BOOST_TEST(data == "onetwothree");
  BOOST_TEST(exchange->reusable());
}

BOOST_AUTO_TEST_CASE(connection_that_has_read_its_share_lets_others_go_first) {
  peer->incoming.push_back("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
  for (int i = 0; i < 100; ++i) peer->incoming.push_back(std::string(10'000, 'x'));
  const auto exchange = this->exchange();
  BOOST_TEST((exchange->send() == Step::done));
  BOOST_TEST((exchange->receive() == Step::head));
  std::size_t received = 0;
  int yields = 0;
  for (Step step = exchange->receive(); step != Step::end; step = exchange->receive()) {
    BOOST_REQUIRE((step == Step::data || step == Step::yield));
    if (step == Step::yield) ++yields;
    if (step == Step::data) received += exchange->data().size();
  }
  BOOST_TEST(received == 1'000'000U);
  BOOST_TEST(yields >= 3);
}

BOOST_AUTO_TEST_CASE(keep_alive_hints_are_noted_and_counted_down) {
  peer->incoming = {"HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5, max=2\r\nContent-Length: 0\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"};
  for (int i = 0; i < 3; ++i) {
    const auto exchange = this->exchange();
    BOOST_TEST((exchange->send() == Step::done));
    BOOST_TEST((exchange->receive() == Step::head));
    BOOST_TEST(read_all(*exchange).empty());
    BOOST_TEST(exchange->reusable() == (i < 2));
    BOOST_TEST(connection.keep_alive_timeout_ms == 5'000);
  }
}

BOOST_AUTO_TEST_CASE(keep_alive_hints_that_are_none_are_ignored) {
  for (const char* value :
       {"", "timeout", "timeout=", "timeout=-1", "timeout=x", "max=1x", "=5", "timeout=5x", ",,,"}) {
    connection.keep_alive_timeout_ms = -1;
    connection.keep_alive_max = -1;
    peer->incoming = {std::string("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nKeep-Alive: ") + value + "\r\n\r\n"};
    const auto exchange = this->exchange();
    BOOST_TEST((exchange->send() == Step::done));
    BOOST_TEST((exchange->receive() == Step::head));
    BOOST_TEST(connection.keep_alive_timeout_ms == -1);
    BOOST_TEST(connection.keep_alive_max == -1);
  }
}

BOOST_AUTO_TEST_CASE(missing_close_notify_matters_only_where_the_end_is_the_framing) {
  struct Row {
    const char* head;
    Step step;
  };
  for (const Row& row :
       {Row{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Step::end}, Row{"HTTP/1.1 200 OK\r\n\r\n", Step::failed}}) {
    peer->incoming = {row.head};
    peer->after = IoResult::Kind::truncated;
    const auto exchange = this->exchange();
    BOOST_TEST((exchange->send() == Step::done));
    BOOST_TEST((exchange->receive() == Step::head));
    BOOST_TEST((exchange->receive() == row.step));
    if (row.step == Step::failed) BOOST_TEST((exchange->error().code == ErrorCode::body_truncated));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
