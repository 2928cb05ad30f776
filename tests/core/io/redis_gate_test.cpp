#include "io/redis_gate.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <string>
#include <thread>

#include "base/process_generation.hpp"
#include "core/io/gate_asker.hpp"
#include "support/redis_server.hpp"
#include "support/sanitized.hpp"

namespace ppn::test {
namespace {

boost::test_tools::assertion_result has_redis(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result result(redis_available());
  result.message() << "redis-server is not installed";
  return result;
}

std::string url_with(const RedisServer& server, std::string_view credentials, std::string_view database = "") {
  return "redis://" + std::string(credentials) + "127.0.0.1:" + std::to_string(server.port()) + std::string(database);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(redis_gate, *boost::unit_test::precondition(has_redis))

BOOST_AUTO_TEST_CASE(burst_is_granted_and_the_next_one_waits_exactly_as_gcra_says) {
  RedisServer server;
  const auto gate = gate_at(server.url());
  const Limit limit{.interval = 3'600 * kSecond + 7, .burst = 5};
  const auto answers = ask_many(*gate, "scope", 7, limit);
  const std::int64_t first = answers[0].decided_at_us;
  BOOST_TEST(first > 0);
  for (std::size_t i = 0; i < 5; ++i) {
    BOOST_TEST(kind_name(answers[i]) == "granted");
    const Nanos since_first = (answers[i].decided_at_us - first) * 1'000;
    const auto debt = static_cast<Nanos>(i + 1) * limit.interval - since_first;
    BOOST_TEST(answers[i].answer.reset == debt);
    BOOST_TEST(answers[i].answer.remaining == (limit.burst * limit.interval - debt) / limit.interval);
    BOOST_TEST(answers[i].answer.remaining == static_cast<std::int64_t>(4 - i));
    BOOST_TEST(answers[i].answer.wait == 0);
  }
  for (std::size_t i = 5; i < 7; ++i) {
    BOOST_TEST(kind_name(answers[i]) == "wait");
    const Nanos since_first = (answers[i].decided_at_us - first) * 1'000;
    // Both wait for the same moment: a refusal charges nothing.
    BOOST_TEST(answers[i].answer.wait == limit.interval - since_first);
    BOOST_TEST(answers[i].answer.reset == 5 * limit.interval - since_first);
    BOOST_TEST(answers[i].answer.remaining == 0);
  }
  const RedisGate::Counts counts = gate->counts();
  BOOST_TEST(counts.asked == 7U);
  BOOST_TEST(counts.granted == 5U);
  BOOST_TEST(counts.refused == 2U);
  BOOST_TEST(counts.unavailable == 0U);
  BOOST_TEST(counts.reconnects == 0U);
  BOOST_TEST(gate->available());
}

BOOST_AUTO_TEST_CASE(costs_are_charged_whole_or_not_at_all) {
  RedisServer server;
  const auto gate = gate_at(server.url());
  BOOST_TEST(kind_name(ask_one(*gate, "s", {.burst = 5, .cost = 6})) == "never");
  const Dated four = ask_one(*gate, "s", {.burst = 5, .cost = 4});
  BOOST_TEST(kind_name(four) == "granted");
  BOOST_TEST(four.answer.remaining == 1);
  const Dated two = ask_one(*gate, "s", {.burst = 5, .cost = 2});
  BOOST_TEST(kind_name(two) == "wait");
  BOOST_TEST(two.answer.remaining == 1);
  BOOST_TEST(kind_name(ask_one(*gate, "s", {.burst = 5, .cost = 1})) == "granted");
  BOOST_TEST(kind_name(ask_one(*gate, "s", {.burst = 5, .cost = 1})) == "wait");
  BOOST_TEST(gate->counts().refused == 3U);
}

BOOST_AUTO_TEST_CASE(hundred_thousand_grants_do_not_drift_by_a_nanosecond) {
  RedisServer server;
  const auto gate = gate_at(server.url());
  // Seven a minute: no whole number of microseconds, and a debt of 27 years at the end.
  constexpr std::int64_t rounds = sanitized ? 2 : 10;
  constexpr std::int64_t each = 10'000;
  const Limit limit{.interval = 60 * kSecond / 7, .burst = rounds * each};
  Nanos first_us = 0;
  std::int64_t grants = 0;
  std::int64_t wrong = 0;
  for (std::int64_t round = 0; round < rounds; ++round) {
    for (const Dated& one : ask_many(*gate, "drift", each, limit)) {
      if (grants == 0) first_us = one.decided_at_us;
      ++grants;
      const Nanos expected = grants * limit.interval - (one.decided_at_us - first_us) * 1'000;
      if (kind_name(one) != "granted" || one.answer.reset != expected) ++wrong;
    }
  }
  BOOST_TEST(grants == rounds * each);
  BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_CASE(two_gates_share_one_limit_and_count_each_other) {
  RedisServer server;
  const auto one = gate_at(server.url());
  const auto other = gate_at(server.url());
  const Dated alone = ask_one(*one, "shared");
  BOOST_TEST(alone.answer.replicas == 1);
  BOOST_TEST(alone.answer.remaining == 4);
  const Dated second = ask_one(*other, "shared");
  BOOST_TEST(second.answer.replicas == 2);
  BOOST_TEST(second.answer.remaining == 3);
  BOOST_TEST(ask_one(*one, "shared").answer.replicas == 2);
  // Nobody else asks for this one.
  BOOST_TEST(ask_one(*one, "own").answer.replicas == 1);
  // A replica that has not asked for ten seconds is none.
  BOOST_TEST(server.answers("ZADD ppn:rl:{shared}:replicas 1000 gone\r\n").starts_with(":1\r\n"));
  BOOST_TEST(ask_one(*one, "shared").answer.replicas == 2);
}

BOOST_AUTO_TEST_CASE(keys_of_a_scope_lie_in_one_slot_and_expire_with_the_debt) {
  RedisServer server;
  const auto gate = gate_at(server.url());
  for (const char* scope : {"a", "", "x{y}z%", "one two\r\n"}) {
    BOOST_TEST(kind_name(ask_one(*gate, scope, {.interval = 100 * kSecond})) == "granted");
  }
  const std::string keys = server.answers("KEYS *\r\n");
  for (const std::string key : {"ppn:rl:{a}", "ppn:rl:{%}", "ppn:rl:{x%7By%7Dz%25}", "ppn:rl:{one two\r\n}"}) {
    BOOST_TEST(keys.find("\r\n" + key + "\r\n") != std::string::npos);
    BOOST_TEST(keys.find("\r\n" + key + ":replicas\r\n") != std::string::npos);
  }
  const std::string left = server.answers("PTTL ppn:rl:{a}\r\n");
  const int ms = std::stoi(left.substr(1));
  BOOST_TEST(ms > 50'000);
  BOOST_TEST(ms <= 100'000);
  BOOST_TEST(std::stoi(server.answers("PTTL ppn:rl:{a}:replicas\r\n").substr(1)) <= 10'000);
}

BOOST_AUTO_TEST_CASE(script_that_redis_has_forgotten_is_loaded_again) {
  RedisServer server;
  const auto gate = gate_at(server.url());
  BOOST_TEST(kind_name(ask_one(*gate, "s")) == "granted");
  BOOST_TEST(server.answers("SCRIPT FLUSH\r\n").starts_with("+OK\r\n"));
  const auto answers = ask_many(*gate, "s", 5);
  for (std::size_t i = 0; i < 4; ++i) BOOST_TEST(kind_name(answers[i]) == "granted");
  BOOST_TEST(kind_name(answers[4]) == "wait");
  BOOST_TEST(gate->counts().unavailable == 0U);
}

BOOST_AUTO_TEST_CASE(unix_socket_password_and_database_are_used) {
  RedisServer server({.password = "p@ss:word"});
  BOOST_TEST(kind_name(ask_one(*gate_at(url_with(server, ":p%40ss%3Aword@", "/3")), "s")) == "granted");
  BOOST_TEST(server.answers("SELECT 3\r\nEXISTS ppn:rl:{s}\r\n") == "+OK\r\n+OK\r\n:1\r\n+OK\r\n");
  BOOST_TEST(server.answers("EXISTS ppn:rl:{s}\r\n") == "+OK\r\n:0\r\n+OK\r\n");
  BOOST_TEST(kind_name(ask_one(*gate_at(url_with(server, "default:p%40ss%3Aword@")), "s")) == "granted");
  BOOST_TEST(kind_name(ask_one(*gate_at(url_with(server, ":wrong@")), "s")) == "unavailable");
  BOOST_TEST(kind_name(ask_one(*gate_at(server.url()), "s")) == "unavailable");
  // There are four databases.
  BOOST_TEST(kind_name(ask_one(*gate_at(url_with(server, ":p%40ss%3Aword@", "/4")), "s")) == "unavailable");

  RedisServer open;
  BOOST_TEST(kind_name(ask_one(*gate_at(open.unix_url()), "s")) == "granted");
  BOOST_TEST(ask_one(*gate_at("redis://localhost:" + std::to_string(open.port())), "s").answer.remaining == 3);
}

BOOST_AUTO_TEST_CASE(key_of_another_kind_spoils_its_own_scope_alone) {
  RedisServer server;
  const auto gate = gate_at(server.url());
  server.answers(
      "LPUSH ppn:rl:{list} x\r\nSET ppn:rl:{text} hello\r\nSET ppn:rl:{big} \"99999999999999999999 0 1\"\r\n");
  for (const char* scope : {"list", "text", "big"}) {
    BOOST_TEST(kind_name(ask_one(*gate, scope)) == "unavailable");
    BOOST_TEST(gate->available());
  }
  BOOST_TEST(kind_name(ask_one(*gate, "good")) == "granted");
  BOOST_TEST(gate->counts().reconnects == 0U);
}

BOOST_AUTO_TEST_CASE(clock_of_redis_that_was_set_back_keeps_the_debt_and_nothing_more) {
  RedisServer server;
  const auto gate = gate_at(server.url());
  // The last grant was in the year 2096, and left a debt of three hours.
  const std::int64_t ahead_us = 4'000'000'000'000'000;
  server.answers("SET ppn:rl:{s} \"" + std::to_string(ahead_us + 3LL * 3'600'000'000) + " 500 " +
                 std::to_string(ahead_us) + "\"\r\n");
  const Dated granted = ask_one(*gate, "s");
  BOOST_TEST(kind_name(granted) == "granted");
  BOOST_TEST(granted.answer.reset == 4 * 3'600 * kSecond + 500);
  // And from here on time passes.
  server.answers("SET ppn:rl:{s} \"" + std::to_string(ahead_us + 5LL * 3'600'000'000) + " 0 " +
                 std::to_string(ahead_us) + "\"\r\n");
  const Dated refused = ask_one(*gate, "s");
  BOOST_TEST(kind_name(refused) == "wait");
  BOOST_TEST(refused.answer.wait == 3'600 * kSecond);
  const Dated later = ask_one(*gate, "s");
  BOOST_TEST(later.answer.wait == 3'600 * kSecond - (later.decided_at_us - refused.decided_at_us) * 1'000);
}

BOOST_AUTO_TEST_CASE(rates_at_the_ends_of_the_range_are_decided) {
  RedisServer server;
  const auto gate = gate_at(server.url());
  BOOST_TEST(kind_name(ask_one(*gate, "unlimited", {.interval = 0, .burst = 1})) == "granted");
  BOOST_TEST(kind_name(ask_one(*gate, "no burst", {.burst = 0})) == "never");
  BOOST_TEST(kind_name(ask_one(*gate, "free", {.cost = 0})) == "granted");
  const Limit huge{.interval = kNever, .burst = kNever};
  BOOST_TEST(kind_name(ask_one(*gate, "huge", huge)) == "never");
  const Limit wide{.interval = kSecond, .burst = kNever};
  const Dated one = ask_one(*gate, "wide", wide);
  BOOST_TEST(kind_name(one) == "granted");
  BOOST_TEST(one.answer.reset == kSecond);
  const Limit fast{.interval = 1, .burst = 1'000'000};
  BOOST_TEST(kind_name(ask_one(*gate, "fast", fast)) == "granted");
}

BOOST_AUTO_TEST_CASE(killed_redis_is_unavailable_at_once_until_a_probe_finds_it) {
  RedisServer server;
  const auto gate = gate_at(server.url());
  const auto other = gate_at(server.url());
  ask_one(*other, "s");
  BOOST_TEST(ask_one(*gate, "s").answer.replicas == 2);
  server.kill();
  for (int i = 0; i < 3; ++i) {
    const auto down = ask_many(*gate, "s", 20);
    for (const Dated& one : down) {
      BOOST_TEST(kind_name(one) == "unavailable");
      BOOST_TEST(one.answer.replicas == 2);  // for a fallback of rate / N
    }
  }
  BOOST_TEST(!gate->available());
  BOOST_TEST(!probe(*gate));
  server.restart();
  // Nobody has looked yet.
  BOOST_TEST(kind_name(ask_one(*gate, "s")) == "unavailable");
  BOOST_TEST(probe(*gate));
  BOOST_TEST(gate->available());
  const auto again = ask_many(*gate, "s", 6);
  for (std::size_t i = 0; i < 5; ++i) BOOST_TEST(kind_name(again[i]) == "granted");
  BOOST_TEST(kind_name(again[5]) == "wait");
  BOOST_TEST(gate->counts().reconnects == 1U);
  BOOST_TEST(gate->counts().unavailable == 61U);
}

BOOST_AUTO_TEST_CASE(kill_between_two_questions_loses_no_answer) {
  RedisServer server;
  const auto gate = gate_at(server.url());
  ask_one(*gate, "s");
  std::atomic<int> answers{0};
  std::promise<void> all;
  constexpr int questions = 3'000;
  for (int i = 0; i < questions; ++i) {
    if (i == questions / 2) server.kill();
    gate->ask("s", 1, kSecond, 5, [&](FleetGate::Answer) {
      if (++answers == questions) all.set_value();
    });
  }
  BOOST_TEST((all.get_future().wait_until(default_deadline()) == std::future_status::ready));
  BOOST_TEST(!gate->available());
  BOOST_TEST(gate->counts().unavailable >= 1'500U);
}

BOOST_AUTO_TEST_CASE(redis_that_hangs_is_given_up_after_the_timeout) {
  RedisServer server;
  const auto gate = gate_at(server.url(), 50);
  // On a loaded machine 50 ms may be too short for a first answer.
  while (kind_name(ask_one(*gate, "s", {.burst = 1'000'000})) != "granted") probe(*gate);
  server.freeze();
  const Nanos before = monotonic_now();
  BOOST_TEST(kind_name(ask_one(*gate, "s")) == "unavailable");
  const Nanos waited = monotonic_now() - before;
  BOOST_TEST(waited >= 50 * kMillisecond);
  BOOST_TEST(waited < 10 * kSecond);
  BOOST_TEST(!gate->available());
  server.thaw();
}

BOOST_AUTO_TEST_CASE(connection_that_redis_closed_while_idle_is_made_again_without_a_loss) {
  RedisServer server;
  const auto gate = gate_at(server.url());
  ask_one(*gate, "s");
  server.answers("CLIENT KILL TYPE normal SKIPME yes\r\n");
  BOOST_TEST(kind_name(ask_one(*gate, "s")) == "granted");
  BOOST_TEST(gate->counts().reconnects == 1U);
  BOOST_TEST(gate->counts().unavailable == 0U);
}

BOOST_AUTO_TEST_CASE(probes_come_by_themselves) {
  RedisServer server;
  auto gate = RedisGate::create(server.url(), kPatientMs, 1);
  BOOST_REQUIRE(gate.ok());
  ask_one(**gate, "s");
  server.kill();
  BOOST_TEST(kind_name(ask_one(**gate, "s")) == "unavailable");
  server.restart();
  const Deadline deadline = default_deadline();
  while (!(*gate)->available() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  BOOST_TEST(kind_name(ask_one(**gate, "s")) == "granted");
}

BOOST_AUTO_TEST_CASE(question_beyond_a_full_queue_is_unavailable) {
  RedisServer server;
  const auto gate = gate_at(server.url());
  ask_one(*gate, "first");
  std::promise<void> inside;
  std::promise<void> go_on;
  // The thread of the gate stands in here, so that nothing leaves the queue.
  gate->ask("s", 1, kSecond, 5, [&](FleetGate::Answer) {
    inside.set_value();
    go_on.get_future().wait();
  });
  inside.get_future().wait();
  std::atomic<std::size_t> answers{0};
  std::promise<void> all;
  const std::size_t questions = RedisGate::kMaxQueued + 10;
  for (std::size_t i = 0; i < questions; ++i) {
    gate->ask("s", 1, kSecond, 5, [&](FleetGate::Answer) {
      if (++answers == questions) all.set_value();
    });
  }
  go_on.set_value();
  BOOST_TEST((all.get_future().wait_until(default_deadline()) == std::future_status::ready));
  BOOST_TEST(gate->counts().unavailable == 10U);
  BOOST_TEST(gate->available());
}

BOOST_AUTO_TEST_CASE(gate_may_be_destroyed_by_its_own_callback_and_with_questions_open) {
  RedisServer server;
  auto gate = gate_at(server.url());
  std::promise<void> gone;
  gate->ask("s", 1, kSecond, 5, [&](FleetGate::Answer) {
    gate.reset();
    gone.set_value();
  });
  BOOST_TEST((gone.get_future().wait_until(default_deadline()) == std::future_status::ready));

  auto hanging = gate_at(server.url());
  ask_one(*hanging, "s");
  server.freeze();
  std::vector<std::string> answers;
  for (int i = 0; i < 3; ++i) {
    hanging->ask("s", 1, kSecond, 5, [&](FleetGate::Answer answer) { answers.push_back(kind_name({answer})); });
  }
  hanging.reset();  // long before its timeout
  BOOST_TEST(answers == (std::vector<std::string>{"unavailable", "unavailable", "unavailable"}),
             boost::test_tools::per_element());
  server.thaw();
}

BOOST_AUTO_TEST_CASE(child_of_fork_leaves_the_connection_alone) {
  RedisServer server;
  const auto used = gate_at(server.url());
  const auto fresh = gate_at(server.url());
  ask_one(*used, "s");
  process_generation().fetch_add(1);
  BOOST_TEST(kind_name(ask_one(*used, "s")) == "unavailable");
  BOOST_TEST(ask_one(*fresh, "s").answer.remaining == 3);  // was never used, and works
  process_generation().fetch_sub(1);
  BOOST_TEST(ask_one(*used, "s").answer.remaining == 2);
  process_generation().fetch_add(1);
  const_cast<std::shared_ptr<RedisGate>&>(fresh).reset();
  process_generation().fetch_sub(1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
