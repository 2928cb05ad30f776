// What a silent TLS stream costs in memory of the process: the floor is what OpenSSL keeps for a connection.
#include <malloc.h>

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/live_objects.hpp"
#include "core/client/engine.hpp"
#include "core/client/until.hpp"
#include "support/nginx_server.hpp"

namespace ppn::test {
namespace {

bool nginx_is_there(boost::unit_test::test_unit_id) {
  return nginx_available();
}

// Sanitizers have a heap of their own: with them this tells next to nothing, and the cases hold by themselves.
long heap_bytes() {
  const struct mallinfo2 info = ::mallinfo2();
  return static_cast<long>(info.uordblks + info.hblkhd);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(tls_memory, EngineFixture)

constexpr long most_bytes = 28 * 1024;  // 36 KiB with one buffer of OpenSSL, 53 KiB with both

BOOST_AUTO_TEST_CASE(silent_tls_stream_keeps_no_buffer, *boost::unit_test::precondition(nginx_is_there)) {
  constexpr std::size_t streams = 200;
  NginxServer nginx;
  std::string comments;
  while (comments.size() < (1U << 20)) comments += ":\n";
  nginx.add_file("comments", comments);
  const auto client = make_client([&](Options& options) {
    options.tls.ca_file = nginx.ca_file();
    options.connection.max_connections_per_origin = streams + 10;
  });
  const auto open = [&](std::size_t count) {
    std::vector<std::unique_ptr<TestCall>> calls;
    for (std::size_t i = 0; i < count; ++i) {
      calls.push_back(std::make_unique<TestCall>(
          client, Request{.url = nginx.https_url("/drip/comments"), .delivery = Delivery::events}));
      calls.back()->start();
    }
    for (const auto& call : calls) BOOST_REQUIRE(call->wait_for_head());
    return calls;
  };
  // Threads, trust and sessions are paid for once.
  const auto first = open(10);
  const long before = heap_bytes();
  const auto rest = open(streams);
  const long each = (heap_bytes() - before) / static_cast<long>(streams);
  BOOST_TEST_MESSAGE("one silent TLS stream: " << each << " bytes");
  BOOST_TEST(each <= most_bytes);
  for (const auto& calls : {&first, &rest}) {
    for (const auto& call : *calls) call->cancel();
    for (const auto& call : *calls) BOOST_TEST(call->finish().code() == "CANCELLED");
  }
}

BOOST_AUTO_TEST_CASE(resting_tls_connection_keeps_no_buffer, *boost::unit_test::precondition(nginx_is_there)) {
  constexpr std::size_t connections = 100;
  NginxServer nginx;
  const auto client = make_client([&](Options& options) {
    options.tls.ca_file = nginx.ca_file();
    options.connection.max_connections_per_origin = connections;
  });
  const auto call_at_once = [&](std::size_t count) {
    std::vector<std::unique_ptr<TestCall>> calls;
    for (std::size_t i = 0; i < count; ++i) {
      calls.push_back(std::make_unique<TestCall>(client, Request{.url = nginx.https_url("/json")}));
      calls.back()->start();
    }
    for (const auto& call : calls) BOOST_TEST(call->finish().code() == "OK");
  };
  call_at_once(5);
  const long before = heap_bytes();
  call_at_once(connections);
  BOOST_TEST(
      until([] { return live_object_count() <= 1 + static_cast<long>(connections); }));  // the client, and no call
  const long each = (heap_bytes() - before) / static_cast<long>(connections - 5);
  BOOST_TEST_MESSAGE("one resting TLS connection: " << each << " bytes");
  BOOST_TEST(each <= most_bytes);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
