#include "io/resolver.hpp"

#include <netdb.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "core/io/fake_dns.hpp"
#include "core/io/loop_thread.hpp"

namespace ppn::test {
namespace {

// The clock of the cache, moved by hand.
std::atomic<Nanos> clock_of_cache{0};
Nanos read_clock() noexcept {
  return clock_of_cache;
}

// What became of one question: "192.0.2.1:80 192.0.2.2:80 ", or the name of the error.
struct Reply {
  std::string text = {};
  std::string message = {};
  bool retryable = false;
  int os_errno = 0;
  bool on_its_loop = false;
  Phase phase = Phase::dns;
};

struct Ask {
  std::string host;
  std::uint16_t port = 80;
  DnsMaxAge max_age = {};
  std::int64_t limit_ms = 0;  // 0 = none
};

// A question under way on some loop.
class Question {
 public:
  Question(LoopThread& on, Resolver& resolver, Ask ask) : token_(std::make_shared<Token>(on.loop())) {
    auto promise = std::make_shared<std::promise<Reply>>();
    reply_ = promise->get_future();
    on.loop().submit(
        [token = token_, &resolver, ask = std::move(ask), promise] { spawn(put(token, resolver, ask, promise)); });
  }

  void cancel() {
    token_->loop().submit([token = token_] { token->cancel(); });
  }
  Reply reply() {
    BOOST_REQUIRE((reply_.wait_until(default_deadline()) == std::future_status::ready));
    const Reply reply = reply_.get();
    BOOST_TEST((reply.phase == Phase::dns));
    return reply;
  }

 private:
  static Task<> put(std::shared_ptr<Token> token, Resolver& resolver, Ask ask,
                    std::shared_ptr<std::promise<Reply>> promise) {
    EventLoop& loop = token->loop();
    const Nanos deadline = deadline_after(loop.now(), ask.limit_ms);
    const auto addresses = co_await resolver.resolve(ask.host, ask.port, ask.max_age, *token, deadline);
    Reply reply;
    reply.on_its_loop = loop.in_loop_thread();
    if (addresses) {
      for (const auto& address : *addresses) reply.text += address.toString() + " ";
    } else {
      const Error& error = addresses.error();
      reply.text = describe(error.code).name;
      reply.message = error.message;
      reply.retryable = error.retryable;
      reply.os_errno = error.os_errno;
      reply.phase = error.phase;
    }
    token->stop();
    promise->set_value(reply);
  }

  std::shared_ptr<Token> token_;
  std::future<Reply> reply_;
};

// A resolver over names of the test's own.
struct ResolverFixture {
  FakeDns dns;
  LoopThread thread;  // ends after the resolver
  Resolver resolver{dns.lookup(), read_clock};

  ResolverFixture() { clock_of_cache = 1'000 * kSecond; }
  ~ResolverFixture() { dns.release(); }

  Question ask(Ask ask) { return {thread, resolver, std::move(ask)}; }
  Reply reply_to(Ask ask) { return Question(thread, resolver, std::move(ask)).reply(); }
  std::string resolve(const std::string& host, std::uint16_t port = 80) {
    return reply_to({.host = host, .port = port}).text;
  }
  // All that was submitted to the loop before has run.
  void settle() {
    thread.on_loop([] {});
  }
};

// The resolver of the system.
struct SystemFixture {
  LoopThread thread;
  Resolver resolver;

  Reply reply_to(Ask ask) { return Question(thread, resolver, std::move(ask)).reply(); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(resolver, ResolverFixture)

BOOST_AUTO_TEST_CASE(numeric_addresses_need_no_lookup) {
  BOOST_TEST(resolve("192.0.2.7", 8'080) == "192.0.2.7:8080 ");
  BOOST_TEST(resolve("2001:db8::1", 443) == "[2001:db8::1]:443 ");
  BOOST_TEST(resolver.lookups() == 0U);
}

BOOST_AUTO_TEST_CASE(order_of_the_system_is_kept_and_the_port_applied) {
  dns.tell("a.test", {"2001:db8::9", "203.0.113.77", "2001:db8::1", "203.0.113.5"});
  BOOST_TEST(resolve("a.test", 443) == "[2001:db8::9]:443 203.0.113.77:443 [2001:db8::1]:443 203.0.113.5:443 ");
}

BOOST_AUTO_TEST_CASE(name_is_asked_once_a_minute_whatever_the_port_and_the_case) {
  dns.tell("a.test", {"192.0.2.1", "192.0.2.2"});
  BOOST_TEST(resolve("a.test", 80) == "192.0.2.1:80 192.0.2.2:80 ");
  clock_of_cache += 60 * kSecond - 1;
  BOOST_TEST(resolve("a.test", 443) == "192.0.2.1:443 192.0.2.2:443 ");
  BOOST_TEST(resolve("A.Test", 1) == "192.0.2.1:1 192.0.2.2:1 ");
  BOOST_TEST(resolver.lookups() == 1U);
  dns.tell("a.test", {"192.0.2.3"});
  clock_of_cache += 1;
  BOOST_TEST(resolve("a.test") == "192.0.2.3:80 ");
  BOOST_TEST(resolver.lookups() == 2U);
}

BOOST_AUTO_TEST_CASE(asker_that_wants_a_younger_answer_refreshes_it_for_all) {
  dns.tell("a.test", {"192.0.2.1"});
  resolve("a.test");
  clock_of_cache += 2 * kSecond;
  dns.tell("a.test", {"192.0.2.2"});
  BOOST_TEST(reply_to({.host = "a.test", .max_age = {.addresses = kSecond}}).text == "192.0.2.2:80 ");
  BOOST_TEST(resolve("a.test") == "192.0.2.2:80 ");
  BOOST_TEST(resolver.lookups() == 2U);
}

BOOST_AUTO_TEST_CASE(asker_without_cache_asks_each_time) {
  dns.tell("a.test", {"192.0.2.1"});
  for (int i = 0; i < 3; ++i) reply_to({.host = "a.test", .max_age = {.addresses = 0}});
  BOOST_TEST(resolver.lookups() == 3U);
}

BOOST_AUTO_TEST_CASE(name_without_address_is_named_not_retryable_and_known_for_five_seconds) {
  const Reply reply = reply_to({.host = "none.test"});
  BOOST_TEST(reply.text == "DNS_FAILED");
  BOOST_TEST(reply.message == std::string("resolving none.test: ") + ::gai_strerror(EAI_NONAME));
  BOOST_TEST(!reply.retryable);
  clock_of_cache += 5 * kSecond - 1;
  BOOST_TEST(!reply_to({.host = "none.test"}).retryable);
  BOOST_TEST(resolver.lookups() == 1U);
  dns.tell("none.test", {"192.0.2.1"});
  clock_of_cache += 1;
  BOOST_TEST(resolve("none.test") == "192.0.2.1:80 ");
}

BOOST_AUTO_TEST_CASE(temporary_failure_is_retryable_and_asked_again_at_once) {
  dns.tell_failure("a.test", EAI_AGAIN);
  const Reply reply = reply_to({.host = "a.test"});
  BOOST_TEST(reply.text == "DNS_FAILED");
  BOOST_TEST(reply.message == std::string("resolving a.test: ") + ::gai_strerror(EAI_AGAIN));
  BOOST_TEST(reply.retryable);
  dns.tell("a.test", {"192.0.2.1"});
  BOOST_TEST(resolve("a.test") == "192.0.2.1:80 ");
}

BOOST_AUTO_TEST_CASE(failure_of_the_system_names_its_errno) {
  dns.tell_failure("a.test", EAI_SYSTEM, EMFILE);
  const Reply reply = reply_to({.host = "a.test"});
  BOOST_TEST(reply.message == "resolving a.test: Too many open files");
  BOOST_TEST(reply.os_errno == EMFILE);
  BOOST_TEST(reply.retryable);
}

BOOST_AUTO_TEST_CASE(forgotten_name_is_asked_again) {
  dns.tell("a.test", {"192.0.2.1"});
  resolve("a.test");
  dns.tell("a.test", {"192.0.2.2"});
  resolver.forget("A.test");
  BOOST_TEST(resolve("a.test") == "192.0.2.2:80 ");
}

BOOST_AUTO_TEST_CASE(calls_that_ask_for_one_name_at_once_share_one_query) {
  dns.tell("a.test", {"192.0.2.1"});
  dns.hold();
  std::vector<Question> questions;
  for (int i = 0; i < 50; ++i) questions.push_back(ask({.host = "a.test", .port = static_cast<std::uint16_t>(i + 1)}));
  settle();
  dns.release();
  for (int i = 0; i < 50; ++i) {
    BOOST_TEST(questions[static_cast<std::size_t>(i)].reply().text == "192.0.2.1:" + std::to_string(i + 1) + " ");
  }
  BOOST_TEST(resolver.lookups() == 1U);
}

BOOST_AUTO_TEST_CASE(even_calls_without_cache_share_a_query_under_way) {
  dns.tell("a.test", {"192.0.2.1"});
  dns.hold();
  Question one = ask({.host = "a.test", .max_age = {.addresses = 0}});
  Question two = ask({.host = "a.test", .max_age = {.addresses = 0}});
  settle();
  dns.release();
  BOOST_TEST(one.reply().text == "192.0.2.1:80 ");
  BOOST_TEST(two.reply().text == "192.0.2.1:80 ");
  BOOST_TEST(resolver.lookups() == 1U);
}

BOOST_AUTO_TEST_CASE(each_asker_has_its_own_deadline_and_its_own_cancellation) {
  dns.tell("a.test", {"192.0.2.1"});
  dns.hold();
  Question patient = ask({.host = "a.test"});
  Question hasty = ask({.host = "a.test", .limit_ms = 1});
  Question cancelled = ask({.host = "a.test"});
  BOOST_TEST(dns.wait_for_asked(1));
  cancelled.cancel();
  BOOST_TEST(cancelled.reply().text == "CANCELLED");
  BOOST_TEST(hasty.reply().text == "DNS_TIMEOUT");
  dns.release();
  BOOST_TEST(patient.reply().text == "192.0.2.1:80 ");
  BOOST_TEST(resolver.lookups() == 1U);
}

BOOST_AUTO_TEST_CASE(answer_that_nobody_waits_for_any_more_is_kept) {
  dns.tell("a.test", {"192.0.2.1"});
  dns.hold();
  Question gone = ask({.host = "a.test"});
  BOOST_TEST(dns.wait_for_asked(1));
  gone.cancel();
  BOOST_TEST(gone.reply().text == "CANCELLED");
  dns.release();
  BOOST_TEST(resolve("a.test") == "192.0.2.1:80 ");  // from the query that still runs, or from the cache
  BOOST_TEST(resolver.lookups() == 1U);
}

BOOST_AUTO_TEST_CASE(lookups_that_all_hang_end_calls_at_their_deadlines) {
  dns.hold();
  std::vector<Question> stuck;
  for (const char* host : {"a.test", "b.test", "c.test", "d.test"}) stuck.push_back(ask({.host = host}));
  BOOST_TEST(dns.wait_for_asked(4));
  for (int i = 0; i < 100; ++i) {
    const std::string host = "n" + std::to_string(i) + ".test";
    BOOST_TEST(reply_to({.host = host, .limit_ms = 1}).text == "DNS_TIMEOUT");
  }
  Question late = ask({.host = "late.test"});
  settle();
  dns.tell("late.test", {"192.0.2.1"});
  dns.release();
  BOOST_TEST(late.reply().text == "192.0.2.1:80 ");
  for (Question& question : stuck) BOOST_TEST(question.reply().text == "DNS_FAILED");
  // Names whose last asker left before a thread was free are not asked at all.
  BOOST_TEST(resolver.lookups() == 5U);
}

BOOST_AUTO_TEST_CASE(too_many_waiting_names_are_refused) {
  dns.hold();
  std::vector<Question> waiting;
  for (int i = 0; i < 4; ++i) waiting.push_back(ask({.host = "stuck" + std::to_string(i) + ".test"}));
  BOOST_TEST(dns.wait_for_asked(4));
  for (int i = 0; i < 10'000; ++i) waiting.push_back(ask({.host = "n" + std::to_string(i) + ".test"}));
  const Reply reply = reply_to({.host = "one-more.test"});
  BOOST_TEST(reply.text == "DNS_FAILED");
  BOOST_TEST(reply.message == "resolving one-more.test: too many names wait to be resolved");
  BOOST_TEST(reply.retryable);
  dns.release();
  for (Question& question : waiting) BOOST_TEST(question.reply().text == "DNS_FAILED");
}

BOOST_AUTO_TEST_CASE(several_loops_share_queries_and_cache) {
  dns.tell("a.test", {"192.0.2.1"});
  dns.hold();
  LoopThread other;
  std::vector<Question> questions;
  for (int i = 0; i < 20; ++i) questions.emplace_back(i % 2 == 0 ? thread : other, resolver, Ask{.host = "a.test"});
  settle();
  other.on_loop([] {});
  dns.release();
  for (Question& question : questions) {
    const Reply reply = question.reply();
    BOOST_TEST(reply.text == "192.0.2.1:80 ");
    BOOST_TEST(reply.on_its_loop);
  }
  BOOST_TEST(Question(other, resolver, {.host = "a.test"}).reply().text == "192.0.2.1:80 ");
  BOOST_TEST(resolver.lookups() == 1U);
}

BOOST_AUTO_TEST_CASE(loops_that_ask_and_leave_at_random_lose_no_answer) {
  for (int host = 0; host < 8; ++host) dns.tell("h" + std::to_string(host) + ".test", {"192.0.2.1"});
  LoopThread other;
  for (int round = 0; round < 50; ++round) {
    std::vector<Question> questions;
    for (int i = 0; i < 32; ++i) {
      const std::string host = "h" + std::to_string(i % 8) + ".test";
      questions.emplace_back(i % 3 == 0 ? other : thread, resolver, Ask{.host = host, .max_age = {.addresses = 0}});
      if (i % 5 == 0) questions.back().cancel();
    }
    for (std::size_t i = 0; i < questions.size(); ++i) {
      const std::string text = questions[i].reply().text;
      BOOST_TEST((text == "192.0.2.1:80 " || (i % 5 == 0 && text == "CANCELLED")), text);
    }
  }
}

BOOST_AUTO_TEST_CASE(lookup_without_memory_is_a_failed_one) {
  Resolver poor([](const std::string&) -> DnsAnswer { throw std::bad_alloc(); });
  const Reply reply = Question(thread, poor, {.host = "a.test"}).reply();
  BOOST_TEST(reply.text == "DNS_FAILED");
  BOOST_TEST(reply.message == std::string("resolving a.test: ") + ::gai_strerror(EAI_MEMORY));
  BOOST_TEST(reply.retryable);
}

BOOST_AUTO_TEST_CASE(resolver_may_end_while_its_lookups_hang) {
  dns.hold();
  {
    Resolver own(dns.lookup());
    Question stuck(thread, own, {.host = "a.test"});
    BOOST_TEST(dns.wait_for_asked(1));
    stuck.cancel();
    BOOST_TEST(stuck.reply().text == "CANCELLED");
  }
  dns.release();
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(system_resolver, SystemFixture)

BOOST_AUTO_TEST_CASE(localhost_is_looked_up) {
  const std::string found = reply_to({.host = "localhost", .port = 81, .limit_ms = 15'000}).text;
  BOOST_TEST((found.find("127.0.0.1:81 ") != std::string::npos || found.find("[::1]:81 ") != std::string::npos), found);
}

BOOST_AUTO_TEST_CASE(unknown_name_is_named) {
  // RFC 6761 6.4: nobody has this name. Without a network the answer may not come at all.
  const std::string told = reply_to({.host = "no-such-host.invalid", .limit_ms = 15'000}).text;
  BOOST_TEST((told == "DNS_FAILED" || told == "DNS_TIMEOUT"), told);
}

BOOST_AUTO_TEST_CASE(resolver_may_end_before_its_answers_come) {
  for (int i = 0; i < 20; ++i) {
    Resolver own;
    Question question(thread, own, {.host = "localhost"});
    question.cancel();
    const std::string told = question.reply().text;
    BOOST_TEST((told == "CANCELLED" || told.find(":80 ") != std::string::npos), told);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
