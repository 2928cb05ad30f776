// The queue of messages that wait to be sent, without a network.
#include "client/websocket_outbox.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "support/deadline.hpp"

namespace ppn::test {
namespace {

constexpr auto text = WebSocketMessageType::text;
constexpr auto binary = WebSocketMessageType::binary;

std::string code_of(const Status& status) {
  return status ? "OK" : std::string(describe(status.error().code).name);
}

std::string add(WebSocketOutbox& outbox, std::string_view data, std::int64_t timeout_ms = 0) {
  return code_of(outbox.add(text, data, {}, timeout_ms));
}

// The data of all messages that one take() gives.
std::vector<std::string> take(WebSocketOutbox& outbox, WebSocketBatch& batch) {
  batch.clear();
  std::vector<std::string> taken;
  if (!outbox.take(batch)) return taken;
  for (const OutgoingMessage& message : batch.messages) taken.emplace_back(batch.data(message));
  return taken;
}

std::vector<std::string> take(WebSocketOutbox& outbox) {
  WebSocketBatch batch;
  return take(outbox, batch);
}

using Texts = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(websocket_outbox)

BOOST_AUTO_TEST_CASE(messages_are_taken_in_order_with_their_types_and_receipts) {
  WebSocketOutbox outbox(100);
  int user = 0;
  const WebSocketReceipt receipt{[](void*, std::int32_t) {}, &user};
  BOOST_TEST(add(outbox, "one") == "OK");
  BOOST_TEST(code_of(outbox.add(binary, std::string_view("\0\xff", 2), receipt, 0)) == "OK");
  BOOST_TEST(add(outbox, "") == "OK");
  WebSocketBatch batch;
  const Texts expected{"one", std::string("\0\xff", 2), ""};
  BOOST_TEST(take(outbox, batch) == expected);
  BOOST_TEST((batch.messages[0].type == text));
  BOOST_TEST((batch.messages[1].type == binary));
  BOOST_TEST(batch.messages[0].receipt.user == nullptr);
  BOOST_TEST(batch.messages[1].receipt.user == &user);
  BOOST_TEST(take(outbox).empty());
}

BOOST_AUTO_TEST_CASE(limit_counts_what_is_taken_until_it_is_released) {
  WebSocketOutbox outbox(10);
  BOOST_TEST(add(outbox, "12345") == "OK");
  BOOST_TEST(add(outbox, "12345") == "OK");
  BOOST_TEST(outbox.queued_bytes() == 10U);
  BOOST_TEST(add(outbox, "1") == "WS_QUEUE_FULL");
  BOOST_TEST(take(outbox).size() == 2U);
  BOOST_TEST(add(outbox, "1") == "WS_QUEUE_FULL");
  outbox.release(5);
  BOOST_TEST(outbox.queued_bytes() == 5U);
  BOOST_TEST(add(outbox, "123456") == "WS_QUEUE_FULL");
  BOOST_TEST(add(outbox, "12345") == "OK");
  outbox.release(5);
  outbox.release(5);
  BOOST_TEST(outbox.queued_bytes() == 0U);
}

BOOST_AUTO_TEST_CASE(refused_message_leaves_nothing_behind) {
  WebSocketOutbox outbox(4);
  BOOST_TEST(add(outbox, "abc") == "OK");
  BOOST_TEST(add(outbox, "de") == "WS_QUEUE_FULL");
  BOOST_TEST(outbox.queued_bytes() == 3U);
  BOOST_TEST(take(outbox) == Texts{"abc"});
}

BOOST_AUTO_TEST_CASE(message_larger_than_the_queue_fits_when_nothing_waits) {
  WebSocketOutbox outbox(10);
  const std::string large(1'000, 'x');
  BOOST_TEST(add(outbox, "1") == "OK");
  BOOST_TEST(add(outbox, large) == "WS_QUEUE_FULL");
  BOOST_TEST(take(outbox).size() == 1U);
  outbox.release(1);
  BOOST_TEST(add(outbox, large) == "OK");
  BOOST_TEST(add(outbox, "1") == "WS_QUEUE_FULL");
  BOOST_TEST(add(outbox, "") == "WS_QUEUE_FULL");
  BOOST_TEST(take(outbox) == Texts{large});
  outbox.release(large.size());
  BOOST_TEST(add(outbox, "1") == "OK");
}

BOOST_AUTO_TEST_CASE(empty_messages_are_not_free) {
  WebSocketOutbox outbox(3);
  for (int i = 0; i < 3; ++i) BOOST_TEST(add(outbox, "") == "OK");
  BOOST_TEST(add(outbox, "") == "WS_QUEUE_FULL");
  BOOST_TEST(take(outbox).size() == 3U);
  for (int i = 0; i < 3; ++i) outbox.release(0);
  BOOST_TEST(outbox.queued_bytes() == 0U);
}

BOOST_AUTO_TEST_CASE(full_queue_makes_a_sender_wait_until_there_is_room) {
  WebSocketOutbox outbox(10);
  BOOST_TEST(add(outbox, "1234567890") == "OK");
  BOOST_TEST(add(outbox, "x", 1) == "WS_QUEUE_FULL");
  std::vector<std::string> outcomes(3);
  std::vector<std::thread> senders;
  for (std::string& outcome : outcomes) senders.emplace_back([&] { outcome = add(outbox, "1234", -1); });
  BOOST_TEST(take(outbox).size() == 1U);
  outbox.release(10);
  Texts taken;
  while (taken.size() < 3) {  // two fit, and the third after them
    for (const std::string& message : take(outbox)) {
      taken.push_back(message);
      outbox.release(message.size());
    }
    std::this_thread::yield();
  }
  for (std::thread& sender : senders) sender.join();
  BOOST_TEST(outcomes == Texts({"OK", "OK", "OK"}));
  BOOST_TEST(outbox.queued_bytes() == 0U);
}

BOOST_AUTO_TEST_CASE(shut_queue_refuses_and_wakes_who_waits) {
  WebSocketOutbox outbox(4);
  BOOST_TEST(add(outbox, "1234") == "OK");
  std::string forever;
  std::string long_time;
  std::thread one([&] { forever = add(outbox, "5", -1); });
  std::thread two([&] { long_time = add(outbox, "5", 60'000); });
  outbox.shut();
  one.join();
  two.join();
  BOOST_TEST(forever == "WS_CLOSED");
  BOOST_TEST(long_time == "WS_CLOSED");
  BOOST_TEST(add(outbox, "5") == "WS_CLOSED");
  // What was accepted before can still be taken.
  BOOST_TEST(take(outbox) == Texts{"1234"});
}

BOOST_AUTO_TEST_CASE(returned_messages_go_first_and_still_count) {
  WebSocketOutbox outbox(100);
  for (const char* message : {"a", "b", "c"}) BOOST_TEST(add(outbox, message) == "OK");
  WebSocketBatch batch;
  BOOST_TEST(take(outbox, batch).size() == 3U);
  BOOST_TEST(add(outbox, "d") == "OK");
  outbox.release(1);
  batch.messages.erase(batch.messages.begin());  // "a" has left
  outbox.put_back(std::move(batch));
  BOOST_TEST(add(outbox, "e") == "OK");
  BOOST_TEST(outbox.queued_bytes() == 4U);
  BOOST_TEST(take(outbox) == Texts({"b", "c"}));
  BOOST_TEST(take(outbox) == Texts({"d", "e"}));
  BOOST_TEST(take(outbox).empty());
}

BOOST_AUTO_TEST_CASE(nothing_returned_changes_nothing) {
  WebSocketOutbox outbox(100);
  BOOST_TEST(add(outbox, "a") == "OK");
  outbox.put_back({});
  BOOST_TEST(take(outbox) == Texts{"a"});
}

BOOST_AUTO_TEST_CASE(idle_queue_gives_its_memory_back) {
  WebSocketOutbox outbox(100);
  WebSocketBatch batch;
  BOOST_TEST(add(outbox, std::string(1 << 20, 'x')) == "OK");
  BOOST_TEST(take(outbox, batch).size() == 1U);
  outbox.release(1 << 20);
  BOOST_TEST(add(outbox, "y") == "OK");
  BOOST_TEST(take(outbox, batch) == Texts{"y"});  // the large memory is back in the queue
  outbox.release_buffers();
  WebSocketBatch next;
  BOOST_TEST(add(outbox, "z") == "OK");
  BOOST_TEST(take(outbox, next) == Texts{"z"});
  BOOST_TEST(next.bytes.capacity() < 1'000U);
  BOOST_TEST(add(outbox, "kept") == "OK");
  outbox.release_buffers();
  BOOST_TEST(take(outbox) == Texts{"kept"});
}

BOOST_AUTO_TEST_CASE(cost_of_a_message_does_not_grow_with_what_waits) {
  // With a new array for each message, a hundred thousand of them would copy 200 GB.
  WebSocketOutbox outbox(1 << 20);
  constexpr std::size_t count = 100'000;
  const Deadline limit = after(std::chrono::seconds(20));
  for (std::size_t i = 0; i < count && std::chrono::steady_clock::now() < limit; ++i) {
    if (!outbox.add(text, "m", {}, 0)) BOOST_FAIL("refused");
  }
  BOOST_TEST(take(outbox).size() == count);
}

BOOST_AUTO_TEST_CASE(threads_lose_nothing_and_keep_their_order) {
  constexpr int threads = 8;
  constexpr int count = 2'000;
  WebSocketOutbox outbox(64);
  std::vector<std::thread> senders;
  for (int t = 0; t < threads; ++t) {
    senders.emplace_back([&outbox, t] {
      for (int i = 0; i < count; ++i) {
        const std::string message = std::to_string(t) + ":" + std::to_string(i);
        if (!outbox.add(text, message, {}, -1)) throw std::runtime_error("refused");
      }
    });
  }
  std::vector<int> next(threads);
  std::size_t most = 0;
  int received = 0;
  int wrong = 0;
  WebSocketBatch batch;
  while (received < threads * count) {
    most = std::max(most, outbox.queued_bytes());
    for (const std::string& message : take(outbox, batch)) {
      const std::size_t colon = message.find(':');
      int& expected = next[static_cast<std::size_t>(std::stoi(message.substr(0, colon)))];
      if (std::stoi(message.substr(colon + 1)) != expected++) ++wrong;
      ++received;
      outbox.release(message.size());
    }
  }
  for (std::thread& sender : senders) sender.join();
  BOOST_TEST(wrong == 0);
  BOOST_TEST(most <= 64U);
  BOOST_TEST(outbox.queued_bytes() == 0U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
