#include "io/resolver.hpp"

#include <boost/test/unit_test.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/task.hpp"
#include "io/event_loop.hpp"

namespace ppn::test {
namespace {

// A resolver with a loop on this thread.
struct ResolverFixture {
  EventLoop loop;
  Resolver resolver;

  void run(Task<> task) {
    BOOST_TEST(loop.submit([&] { spawn(std::move(task)); }));
    loop.run();
  }
  Nanos in_seconds(int seconds) const { return loop.now() + seconds * kSecond; }

  // One name with a token of its own.
  std::string resolve(const std::string& host, std::uint16_t port = 80) {
    std::string told;
    run([](ResolverFixture& self, std::string name, std::uint16_t at, std::string& out) -> Task<> {
      Token token(self.loop);
      const auto addresses = co_await self.resolver.resolve(name, at, token, self.in_seconds(15));
      if (!addresses) {
        out = describe(addresses.error().code).name;
        BOOST_TEST((addresses.error().phase == Phase::dns));
      } else {
        for (const auto& address : *addresses) out += address.toString() + " ";
      }
      self.loop.stop();
    }(*this, host, port, told));
    return told;
  }
};

std::string code_of(std::string_view overrides) {
  const auto parsed = ResolveOverrides::parse(overrides);
  return parsed ? "OK" : std::string(describe(parsed.error().code).name);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(resolver, ResolverFixture)

BOOST_AUTO_TEST_CASE(numeric_addresses_need_no_lookup) {
  BOOST_TEST(resolve("192.0.2.7", 8'080) == "192.0.2.7:8080 ");
}

BOOST_AUTO_TEST_CASE(numeric_address_of_ipv6_needs_no_lookup) {
  BOOST_TEST(resolve("2001:db8::1", 443) == "[2001:db8::1]:443 ");
}

BOOST_AUTO_TEST_CASE(localhost_is_looked_up) {
  const std::string found = resolve("localhost", 81);
  BOOST_TEST((found.find("127.0.0.1:81 ") != std::string::npos || found.find("[::1]:81 ") != std::string::npos), found);
}

BOOST_AUTO_TEST_CASE(unknown_name_is_named) {
  // RFC 6761 6.4: nobody has this name. Without a network the answer may not come at all.
  const std::string told = resolve("no-such-host.invalid");
  BOOST_TEST((told == "DNS_FAILED" || told == "DNS_TIMEOUT"), told);
}

BOOST_AUTO_TEST_CASE(many_names_are_resolved_at_once) {
  constexpr int count = 50;
  int good = 0;
  int done = 0;
  run([](ResolverFixture& self, int& good_ones, int& ended) -> Task<> {
    for (int i = 0; i < count; ++i) {
      spawn([](ResolverFixture& fixture, int& fine, int& over) -> Task<> {
        Token token(fixture.loop);
        const auto addresses = co_await fixture.resolver.resolve("localhost", 80, token, fixture.in_seconds(15));
        if (addresses && !addresses->empty()) ++fine;
        if (++over == count) fixture.loop.stop();
      }(self, good_ones, ended));
    }
    co_return;
  }(*this, good, done));
  BOOST_TEST(good == count);
}

BOOST_AUTO_TEST_CASE(deadline_is_a_dns_timeout) {
  std::optional<ErrorCode> code;
  run([](ResolverFixture& self, std::optional<ErrorCode>& out) -> Task<> {
    Token token(self.loop);
    // Work of the loop comes after its timers, and an answer is work: a deadline that has passed comes first.
    const auto addresses = co_await self.resolver.resolve("localhost", 80, token, self.loop.now() - 1);
    if (!addresses) out = addresses.error().code;
    self.loop.stop();
  }(*this, code));
  BOOST_TEST((code == ErrorCode::dns_timeout));
}

BOOST_AUTO_TEST_CASE(answer_to_a_cancelled_question_is_dropped) {
  std::optional<ErrorCode> code;
  bool next_answered = false;
  run([](ResolverFixture& self, std::optional<ErrorCode>& out, bool& answered) -> Task<> {
    {
      Token cancelled(self.loop);
      self.loop.submit([&cancelled] { cancelled.cancel(); });
      const auto addresses = co_await self.resolver.resolve("localhost", 80, cancelled, self.in_seconds(15));
      if (!addresses) out = addresses.error().code;
    }
    // Questions are taken in order: while these are answered, the answer to the first one arrives.
    Token token(self.loop);
    for (int i = 0; i < 8; ++i) {
      const auto addresses = co_await self.resolver.resolve("localhost", 80, token, self.in_seconds(15));
      answered = addresses.ok();
    }
    self.loop.stop();
  }(*this, code, next_answered));
  BOOST_TEST((code == ErrorCode::cancelled));
  BOOST_TEST(next_answered);
}

BOOST_AUTO_TEST_CASE(resolver_may_end_before_its_answers_come) {
  for (int i = 0; i < 20; ++i) {
    EventLoop own_loop;
    auto own = std::make_unique<Resolver>();
    BOOST_TEST(own_loop.submit([&] {
      spawn([](EventLoop& on, Resolver& with) -> Task<> {
        Token token(on);
        on.submit([&token] { token.cancel(); });
        const auto addresses = co_await with.resolve("localhost", 80, token, kNever);
        BOOST_TEST(!addresses.ok());
        on.stop();
      }(own_loop, *own));
    }));
    own_loop.run();
    own.reset();
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(resolve_overrides)

BOOST_AUTO_TEST_CASE(entries_are_found_by_host_and_port) {
  const auto overrides = ResolveOverrides::parse(
      "api.test:443:127.0.0.1,api.test:80:127.0.0.2,six.test:443:[::1],plain.test:443:2001:db8::2");
  BOOST_REQUIRE(overrides.ok());
  const auto text = [&](std::string_view host, std::uint16_t port) {
    const auto* const found = overrides->find(host, port);
    return found == nullptr ? std::string("none") : found->toString();
  };
  BOOST_TEST(text("api.test", 443) == "127.0.0.1:443");
  BOOST_TEST(text("api.test", 80) == "127.0.0.2:80");
  BOOST_TEST(text("API.Test", 443) == "127.0.0.1:443");
  BOOST_TEST(text("six.test", 443) == "[::1]:443");
  BOOST_TEST(text("plain.test", 443) == "[2001:db8::2]:443");
  BOOST_TEST(text("api.test", 81) == "none");
  BOOST_TEST(text("pi.test", 443) == "none");
}

BOOST_AUTO_TEST_CASE(no_text_is_no_override) {
  BOOST_TEST(code_of("") == "OK");
}

BOOST_AUTO_TEST_CASE(text_that_is_no_list_of_overrides_is_refused) {
  for (const char* text :
       {"api.test", "api.test:443", "api.test:443:", ":443:127.0.0.1", "api.test:0:127.0.0.1",
        "api.test:65536:127.0.0.1", "api.test:-1:127.0.0.1", "api.test:44x:127.0.0.1", "api.test:443:other.test",
        "api.test:443:127.1", "api.test:443:[::1", "api.test:443:127.0.0.1:1", ",api.test:443:127.0.0.1",
        "a.test:1:127.0.0.1,,b.test:1:127.0.0.1", "a.test:1:127.0.0.1, b.test:x:127.0.0.1", " "}) {
    BOOST_TEST_CONTEXT(text) {
      BOOST_TEST(code_of(text) == "CONFIG_ERROR");
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
