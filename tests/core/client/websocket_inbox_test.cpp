// The queue of messages that wait to be read, without a network.
#include "client/websocket_inbox.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <thread>

namespace ppn::test {
namespace {

using Taken = WebSocketInbox::Outcome;

constexpr auto text = WebSocketMessageType::text;

bool pauses(WebSocketInbox& inbox, std::string_view data = "m") {
  const Flow flow = inbox.add(text, data);
  BOOST_TEST((flow != Flow::abort));
  return flow == Flow::pause;
}

// Whether taking one message says that the connection is to go on.
bool resumes(WebSocketInbox& inbox) {
  WebSocketMessage message;
  bool resume = false;
  BOOST_TEST((inbox.take(0, message, resume) == Taken::message));
  return resume;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(websocket_inbox)

BOOST_AUTO_TEST_CASE(messages_come_in_order_with_type_and_number) {
  WebSocketInbox inbox(1'000, 16);
  BOOST_TEST((inbox.add(text, "one") == Flow::proceed));
  BOOST_TEST((inbox.add(WebSocketMessageType::binary, "") == Flow::proceed));
  WebSocketMessage message;
  bool resume = true;
  BOOST_TEST((inbox.take(0, message, resume) == Taken::message));
  BOOST_TEST(message.data == "one");
  BOOST_TEST((message.type == text));
  BOOST_TEST(message.index == 0U);
  BOOST_TEST(!resume);
  BOOST_TEST((inbox.take(-1, message, resume) == Taken::message));
  BOOST_TEST(message.data == "");
  BOOST_TEST((message.type == WebSocketMessageType::binary));
  BOOST_TEST(message.index == 1U);
  BOOST_TEST((inbox.take(0, message, resume) == Taken::pending));
  BOOST_TEST((inbox.take(1, message, resume) == Taken::pending));
}

BOOST_AUTO_TEST_CASE(pauses_at_the_last_message_that_fits_and_resumes_once_at_a_quarter) {
  WebSocketInbox inbox(1'000, 16);
  for (int i = 1; i <= 16; ++i) BOOST_TEST(pauses(inbox) == (i == 16));
  for (int left = 15; left >= 0; --left) BOOST_TEST(resumes(inbox) == (left == 4));
}

BOOST_AUTO_TEST_CASE(pauses_at_its_bytes_and_resumes_once_at_a_quarter_of_them) {
  WebSocketInbox inbox(100, 1'000);
  for (int i = 1; i <= 10; ++i) BOOST_TEST(pauses(inbox, "1234567890") == (i == 10));
  for (int left = 9; left >= 0; --left) BOOST_TEST(resumes(inbox) == (left == 2));  // 20 bytes; 25 are a quarter
}

BOOST_AUTO_TEST_CASE(both_limits_have_to_be_low_to_resume) {
  WebSocketInbox inbox(100, 4);
  BOOST_TEST(!pauses(inbox, "x"));
  BOOST_TEST(!pauses(inbox, "y"));
  BOOST_TEST(pauses(inbox, std::string(100, 'z')));
  BOOST_TEST(!resumes(inbox));
  BOOST_TEST(!resumes(inbox));  // one message, but all of the bytes
  BOOST_TEST(resumes(inbox));
}

BOOST_AUTO_TEST_CASE(smallest_limits_take_one_message_at_a_time) {
  WebSocketInbox inbox(1, 1);
  for (int i = 0; i < 3; ++i) {
    BOOST_TEST(pauses(inbox, i == 1 ? "" : "large"));
    BOOST_TEST(resumes(inbox));
  }
}

BOOST_AUTO_TEST_CASE(message_beyond_the_limit_pauses_again_and_is_resumed_again) {
  // A resume that was on its way when another connection had filled the queue.
  WebSocketInbox inbox(1'000, 2);
  BOOST_TEST(!pauses(inbox));
  BOOST_TEST(pauses(inbox));
  BOOST_TEST(pauses(inbox));
  BOOST_TEST(!resumes(inbox));
  BOOST_TEST(!resumes(inbox));
  BOOST_TEST(resumes(inbox));
}

BOOST_AUTO_TEST_CASE(end_comes_after_the_messages_and_stays) {
  WebSocketInbox inbox(1'000, 16);
  BOOST_TEST(!pauses(inbox, "last"));
  inbox.end();
  WebSocketMessage message;
  bool resume = false;
  BOOST_TEST((inbox.take(-1, message, resume) == Taken::message));
  BOOST_TEST(message.data == "last");
  for (int i = 0; i < 2; ++i) BOOST_TEST((inbox.take(-1, message, resume) == Taken::end));
  BOOST_TEST((inbox.take(0, message, resume) == Taken::end));
}

BOOST_AUTO_TEST_CASE(reader_that_waits_is_woken_by_a_message_and_by_the_end) {
  WebSocketInbox inbox(1'000, 16);
  Taken first = Taken::pending;
  Taken second = Taken::pending;
  std::string data;
  std::thread reader([&] {
    WebSocketMessage message;
    bool resume = false;
    first = inbox.take(-1, message, resume);
    data = message.data;
    second = inbox.take(60'000, message, resume);
  });
  BOOST_TEST(!pauses(inbox, "woken"));
  inbox.end();
  reader.join();
  BOOST_TEST((first == Taken::message));
  BOOST_TEST(data == "woken");
  BOOST_TEST((second == Taken::end));
}

BOOST_AUTO_TEST_CASE(discarded_queue_drops_what_waits_and_takes_nothing_more) {
  WebSocketInbox inbox(1'000, 16);
  BOOST_TEST(!pauses(inbox));
  inbox.discard();
  WebSocketMessage message;
  bool resume = false;
  BOOST_TEST((inbox.take(0, message, resume) == Taken::pending));
  BOOST_TEST((inbox.add(text, "late") == Flow::abort));
  BOOST_TEST((inbox.take(0, message, resume) == Taken::pending));
  inbox.end();
  BOOST_TEST((inbox.take(-1, message, resume) == Taken::end));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
