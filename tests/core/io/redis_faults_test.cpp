// What a peer that is no Redis, or a Redis in trouble, can say: `unavailable`, and nothing worse.
#include <boost/test/unit_test.hpp>
#include <random>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "core/io/gate_asker.hpp"
#include "io/redis_reader.hpp"
#include "io/redis_script.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

const std::string kDigest = "$40\r\n0123456789012345678901234567890123456789\r\n";
const std::string kGranted = "*7\r\n:1\r\n:14400000000\r\n:0\r\n:3600000000\r\n:0\r\n:3\r\n:1700000000000000\r\n";

std::size_t length_of(const std::vector<std::string_view>& command) {
  std::size_t length = 0;
  append_redis_command(command, [&](std::string_view bytes) { length += bytes.size(); });
  return length;
}

// Bytes of the one command of a greeting without password and database.
std::size_t greeting_length() {
  return length_of({"SCRIPT", "LOAD", redis_script()});
}

Script greeted() {
  return Script{}.expect_bytes(greeting_length()).send(kDigest).expect_bytes(10);
}

std::string url_of(const ScriptedServer& server) {
  return "redis://127.0.0.1:" + std::to_string(server.port());
}

struct Lines final : LogSink {
  explicit Lines(std::vector<std::string>& to) : lines(to) {}
  void write(LogLevel, std::string_view line) noexcept override { lines.emplace_back(line); }
  std::vector<std::string>& lines;
};

std::vector<RedisReply> read_all(std::string_view bytes, std::size_t step, bool& failed) {
  RedisReader reader;
  std::vector<RedisReply> replies;
  for (std::size_t i = 0; i < bytes.size(); i += step) {
    reader.feed(bytes.substr(i, step));
    RedisReply reply;
    while (reader.next(reply)) replies.push_back(std::move(reply));
  }
  failed = reader.failed();
  return replies;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(redis_faults)

BOOST_AUTO_TEST_CASE(reply_of_the_script_is_a_decision) {
  ScriptedServer server({greeted().send_byte_by_byte(kGranted).wait_for_peer_close()});
  const auto gate = gate_at(url_of(server));
  const Dated granted = ask_one(*gate, "s");
  BOOST_TEST(kind_name(granted) == "granted");
  BOOST_TEST(granted.answer.remaining == 4);
  BOOST_TEST(granted.answer.replicas == 3);
  BOOST_TEST(granted.answer.reset == 3'600 * kSecond);
  BOOST_TEST(granted.decided_at_us == 1'700'000'000'000'000);
}

BOOST_AUTO_TEST_CASE(what_is_no_reply_of_the_script_is_unavailable) {
  const std::vector<std::string> replies = {
      "hello\r\n", "\r\n", std::string(4, '\0'), ":1\r\n", "+OK\r\n", "$-1\r\n", "*-1\r\n", "*0\r\n", "$-5\r\n",
      "*-5\r\n", "_\r\n", "%1\r\n", "*7\r\n:1\r\n:2\r\n:3\r\n:4\r\n:5\r\n:6\r\n$1\r\n7\r\n",
      // Out of their ranges: granted, spans, replicas.
      "*7\r\n:2\r\n:0\r\n:0\r\n:0\r\n:0\r\n:1\r\n:1\r\n", "*7\r\n:1\r\n:-1\r\n:0\r\n:0\r\n:0\r\n:1\r\n:1\r\n",
      "*7\r\n:1\r\n:0\r\n:1000\r\n:0\r\n:0\r\n:1\r\n:1\r\n",
      "*7\r\n:1\r\n:9223372036854775807\r\n:0\r\n:0\r\n:0\r\n:1\r\n:1\r\n",
      "*7\r\n:1\r\n:0\r\n:0\r\n:0\r\n:0\r\n:0\r\n:1\r\n", "*7\r\n:99999999999999999999\r\n",
      // More than was asked for.
      kGranted + kGranted, kGranted + "+",
      // Lengths that nobody reserves memory for, depth, and lines without an end.
      "*17\r\n:1\r\n", "*2147483647\r\n", "*1000000000000\r\n", "$1000000000000\r\n" + std::string(100'000, 'x'),
      "$2147483647\r\n" + std::string(100'000, 'x'), "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n",
      "+" + std::string(100'000, 'x'),
      // Redis in trouble.
      "-LOADING Redis is loading the dataset in memory\r\n",
      "-READONLY You can't write against a read only replica.\r\n", "-MOVED 1 127.0.0.1:1\r\n",
      "-OOM command not allowed\r\n", "-NOAUTH Authentication required.\r\n", "-\r\n", "-ERR\r\n"};
  for (const std::string& reply : replies) {
    ScriptedServer server({greeted().send(reply).close()});
    const auto gate = gate_at(url_of(server));
    BOOST_TEST_CONTEXT(reply.substr(0, 60)) {
      BOOST_TEST(kind_name(ask_one(*gate, "s")) == "unavailable");
      BOOST_TEST(!gate->available());
      BOOST_TEST(kind_name(ask_one(*gate, "s")) == "unavailable");
      BOOST_TEST(server.connections() == 1);  // nobody asks a server that is down
    }
  }
}

BOOST_AUTO_TEST_CASE(reply_cut_at_any_byte_is_unavailable) {
  for (std::size_t cut = 0; cut < kGranted.size(); ++cut) {
    ScriptedServer server({greeted().send(kGranted.substr(0, cut)).close()});
    const auto gate = gate_at(url_of(server));
    BOOST_TEST(kind_name(ask_one(*gate, "s")) == "unavailable");
  }
  ScriptedServer resets({greeted().send(kGranted.substr(0, 5)).reset()});
  BOOST_TEST(kind_name(ask_one(*gate_at(url_of(resets)), "s")) == "unavailable");
}

BOOST_AUTO_TEST_CASE(replies_before_the_fault_are_decisions) {
  // Replies come after a question: before it they would be replies that nobody asked for.
  ScriptedServer server({greeted().expect_bytes(64).send(kGranted + kGranted + "garbage\r\n").wait_for_peer_close()});
  const auto gate = gate_at(url_of(server));
  // The thread is kept busy while four questions gather. It has to be busy before the first of them: a thread that
  // starts late would take some of them with what keeps it busy, and ask for fewer than the server answers.
  std::promise<void> busy;
  std::promise<void> go_on;
  gate->ask("", 2, kSecond, 1, [&](FleetGate::Answer) {
    busy.set_value();
    go_on.get_future().wait();
  });
  BOOST_REQUIRE((busy.get_future().wait_until(default_deadline()) == std::future_status::ready));
  std::vector<std::string> kinds;
  std::promise<void> all;
  for (int i = 0; i < 4; ++i) {
    gate->ask("s", 1, 3'600 * kSecond, 5, [&](FleetGate::Answer answer) {
      kinds.push_back(kind_name({answer}));
      if (kinds.size() == 4) all.set_value();
    });
  }
  go_on.set_value();
  BOOST_REQUIRE((all.get_future().wait_until(default_deadline()) == std::future_status::ready));
  BOOST_TEST(kinds == (std::vector<std::string>{"granted", "granted", "unavailable", "unavailable"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(greeting_that_is_not_one_of_redis_is_unavailable) {
  for (const std::string reply :
       {"HTTP/1.1 400 Bad Request\r\n\r\n", "+OK\r\n", "$3\r\nabc\r\n", "-LOADING Redis is loading\r\n", "*1\r\n:1\r\n",
        "$40\r\n0123456789012345678901234567890123456xyz\r\n", ""}) {
    ScriptedServer server({Script{}.expect_bytes(greeting_length()).send(reply).close()});
    const auto gate = gate_at(url_of(server));
    BOOST_TEST(kind_name(ask_one(*gate, "s")) == "unavailable");
    BOOST_TEST(!gate->available());
  }
}

BOOST_AUTO_TEST_CASE(peer_that_says_nothing_or_half_of_it_is_given_up) {
  const std::vector<Script> scripts = {Script{}.hold(),
                                       Script{}.expect_bytes(greeting_length()).send("$40\r\n0123").hold(),
                                       greeted().hold(), greeted().send(kGranted.substr(0, 20)).hold()};
  for (const Script& script : scripts) {
    ScriptedServer server({script});
    const auto gate = gate_at(url_of(server), 50);
    BOOST_TEST(kind_name(ask_one(*gate, "s")) == "unavailable");
  }
  // Nobody listens, nobody is there, and no such name.
  for (const char* url : {"redis://127.0.0.1:1", "unix:///nowhere/redis.sock", "redis://no.such.host.invalid"}) {
    BOOST_TEST(kind_name(ask_one(*gate_at(url), "s")) == "unavailable");
  }
}

BOOST_AUTO_TEST_CASE(log_tells_a_fault_once_and_no_secret) {
  std::vector<std::string> lines;
  BOOST_REQUIRE(set_log_sink(LogLevel::debug, std::make_unique<Lines>(lines)).ok());
  {
    const std::string echo = "-ERR unknown command `AUTH`, with args beginning with: `user` `topsecret`\r\n";
    const std::size_t length = length_of({"AUTH", "user", "topsecret"}) + greeting_length();
    Script good;
    good.expect_bytes(length).send("+OK\r\n" + kDigest).expect_bytes(10).send(kGranted).wait_for_peer_close();
    ScriptedServer server({Script{}.expect_bytes(length).send(echo + kDigest).wait_for_peer_close(), good});
    const auto gate = gate_at("redis://user:topsecret@127.0.0.1:" + std::to_string(server.port()));
    for (int i = 0; i < 3; ++i) ask_one(*gate, "s");
    BOOST_TEST(probe(*gate));
    BOOST_TEST(kind_name(ask_one(*gate, "s")) == "granted");
    const std::string place = "redis at 127.0.0.1:" + std::to_string(server.port());
    BOOST_REQUIRE(lines.size() == 2U);
    BOOST_TEST(lines[0] == place +
                               " can not be asked for rate limits: AUTH was answered with ERR; the fallback applies "
                               "until it answers");
    BOOST_TEST(lines[1] == place + " answers again");
  }
  BOOST_REQUIRE(set_log_sink(LogLevel::off, nullptr).ok());
}

BOOST_AUTO_TEST_CASE(replies_are_the_same_however_they_are_cut) {
  const std::string bytes = "+OK\r\n" + kDigest + kGranted + "-NOSCRIPT No matching script.\r\n$-1\r\n";
  for (std::size_t step = 1; step <= bytes.size(); ++step) {
    bool failed = true;
    const auto replies = read_all(bytes, step, failed);
    BOOST_REQUIRE(replies.size() == 5U);
    BOOST_TEST(!failed);
    BOOST_TEST(replies[1].text.size() == 40U);
    BOOST_TEST(replies[2].numbers.size() == 7U);
    BOOST_TEST(replies[3].code() == "NOSCRIPT");
    BOOST_TEST((replies[4].kind == RedisReply::Kind::other));
  }
}

BOOST_AUTO_TEST_CASE(random_changes_of_replies_never_break_the_reader) {
  std::mt19937 random(1);
  const RedisQuestion question{"s", 1, kSecond, 5};
  int decisions = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = kGranted + kDigest;
    for (unsigned changes = random() % 4; changes > 0; --changes) {
      const std::size_t at = random() % bytes.size();
      if (random() % 3 == 0) {
        bytes.erase(at, random() % 5);
      } else {
        bytes[at] = "*$:+-_0123456789\r\n\xFF"[random() % 19];
      }
    }
    bool failed = false;
    for (const RedisReply& reply : read_all(bytes, 1 + random() % bytes.size(), failed)) {
      const auto decision = redis_decision(question, reply);
      if (!decision) continue;
      ++decisions;
      BOOST_REQUIRE(decision->answer.wait >= 0);
      BOOST_REQUIRE(decision->answer.reset >= 0);
      BOOST_REQUIRE(decision->answer.remaining >= 0);
      BOOST_REQUIRE(decision->answer.replicas >= 1);
    }
  }
  BOOST_TEST(decisions > 1'000);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
