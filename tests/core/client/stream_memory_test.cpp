// A reader that does not read: memory stays at its bound, nothing is lost, and its neighbour on the same loop keeps its
// pace (SEMANTICS 3.8). PPN_TEST_STREAM_MIB makes the stream longer.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>
#include <string>

#include "client/pull_stream.hpp"
#include "core/client/chunked.hpp"
#include "core/client/engine.hpp"
#include "support/sanitized.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

using Pulled = PullStream::Outcome;

constexpr std::size_t kMost = std::size_t{16} << 20;  // far above the queue and the buffers of the socket

std::size_t stream_mib() {
  const char* const text = std::getenv("PPN_TEST_STREAM_MIB");
  return text != nullptr ? std::strtoul(text, nullptr, 10) : 64;
}

void reset_peak() {
  std::ofstream("/proc/self/clear_refs") << "5";
}
std::size_t peak() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::size_t kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib * 1024;
  }
  return 0;
}

std::shared_ptr<PullStream> open(const std::shared_ptr<Client>& client, const std::string& url, Delivery delivery) {
  const TestCall described(client, {.url = url, .delivery = delivery});
  auto stream = PullStream::open(described.call(), delivery);
  BOOST_REQUIRE(stream.ok());
  return *stream;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(stream_memory, EngineFixture)

BOOST_AUTO_TEST_CASE(unread_stream_is_bounded_and_its_neighbour_keeps_its_pace) {
  // No power of two, so that bytes which are lost or change places show.
  std::string part;
  for (std::size_t i = 0; part.size() < 65'521; ++i) part += std::to_string(i) + ",";
  const std::size_t parts = stream_mib() * (std::size_t{1} << 20) / part.size();
  const ScriptedServer sending({Script{}
                                    .expect_request()
                                    .send(chunked_head)
                                    .send_repeated(chunk(part), parts)
                                    .send(last_chunk)
                                    .mark("all sent")
                                    .wait_for_peer_close()});
  constexpr int rounds = 100;
  Script talking = Script{}.expect_request().send(events_head);
  for (int i = 0; i < rounds; ++i) {
    talking.wait_for_signal(std::to_string(i)).send(chunk("data: " + std::to_string(i) + "\n\n"));
  }
  ScriptedServer answering({talking.send(last_chunk)});

  const auto client = make_client();
  reset_peak();
  const std::size_t before = peak();
  const auto held = open(client, sending.url(), Delivery::chunks);
  std::shared_ptr<Response> head;
  std::unique_ptr<Error> error;
  BOOST_REQUIRE((held->wait_for_head(-1, head, error) == Pulled::piece));
  // The neighbour sends each event when the last one was read, on the loop on which the other stream waits.
  const auto lively = open(client, answering.url(), Delivery::events);
  for (int i = 0; i < rounds; ++i) {
    answering.signal(std::to_string(i));
    BOOST_REQUIRE((lively->next(-1) == Pulled::piece));
    BOOST_REQUIRE(lively->current().data == std::to_string(i));
  }
  BOOST_TEST((lively->next(-1) == Pulled::end));
  BOOST_TEST(!sending.wait_for_mark("all sent", after(std::chrono::milliseconds(0))));

  std::size_t offset = 0;
  bool in_order = true;
  while (held->next(-1) == Pulled::piece) {
    for (std::string_view bytes = held->current().data; !bytes.empty();) {
      const std::size_t at = offset % part.size();
      const std::string_view expected = std::string_view(part).substr(at, bytes.size());
      in_order = in_order && bytes.substr(0, expected.size()) == expected;
      bytes.remove_prefix(expected.size());
      offset += expected.size();
    }
  }
  BOOST_TEST((held->next(-1) == Pulled::end));
  BOOST_TEST(in_order);
  BOOST_TEST(offset == parts * part.size());
  if (!sanitized) BOOST_TEST(peak() - before < kMost);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
