// Servers that never come to an end: each is cut off by a limit with a named error, and takes no memory beyond it.
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <string>

#include "core/client/chunked.hpp"
#include "core/client/engine.hpp"
#include "support/sanitized.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

const std::string status_line = "HTTP/1.1 200 OK\r\n";
const std::string block(4'096, 'x');

// The most memory this process has had in use since construction, beyond what it had then.
class PeakMemory {
 public:
  PeakMemory() {
    std::ofstream("/proc/self/clear_refs") << "5";
    before_ = kib("VmHWM:");
  }
  long grown_kib() const { return sanitized ? 0 : kib("VmHWM:") - before_; }

 private:
  static long kib(const std::string& name) {
    std::ifstream status("/proc/self/status");
    std::string word;
    long value = 0;
    while (status >> word) {
      if (word == name && status >> value) return value;
    }
    return 0;
  }
  long before_ = 0;
};

struct Row {
  const char* what;
  std::string begin;
  std::string again;  // sent for ever
  const char* code;
  const char* phase;
};

std::vector<Row> rows() {
  return {
      {"status line", "HTTP/1.1 200 ", block, "HEADERS_TOO_LARGE", "first_byte"},
      {"line that is no status line", "", block, "HTTP_PROTOCOL", "first_byte"},
      {"header value", status_line + "X-Endless: ", block, "HEADERS_TOO_LARGE", "first_byte"},
      {"header name", status_line + "X", block, "HEADERS_TOO_LARGE", "first_byte"},
      {"folded header", status_line + "X: y\r\n", " more\r\n", "HEADERS_TOO_LARGE", "first_byte"},
      {"number of headers", status_line, "X: y\r\n", "HEADERS_TOO_LARGE", "first_byte"},
      {"large headers", status_line, "X: " + block + "\r\n", "HEADERS_TOO_LARGE", "first_byte"},
      {"interim responses", "", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", "HTTP_PROTOCOL", "first_byte"},
      {"chunk size", chunked_head, std::string(100, '0'), "HTTP_PROTOCOL", "body"},
      {"chunk extension", chunked_head + "1;", block, "HTTP_PROTOCOL", "body"},
      {"space after a chunk size", chunked_head + "1", std::string(100, ' '), "HTTP_PROTOCOL", "body"},
      {"number of trailers", chunked_head + "0\r\n", "X: y\r\n", "HEADERS_TOO_LARGE", "body"},
      {"trailer", chunked_head + "0\r\nX: ", block, "HEADERS_TOO_LARGE", "body"},
      {"folded trailer", chunked_head + "0\r\nX: y\r\n", " more\r\n", "HEADERS_TOO_LARGE", "body"},
  };
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(hostile_server, EngineFixture)

BOOST_AUTO_TEST_CASE(response_without_end_is_cut_off_in_bounded_memory) {
  const auto client = make_client();
  for (const Row& row : rows()) {
    for (const Delivery delivery : {Delivery::collect, Delivery::chunks}) {
      BOOST_TEST_CONTEXT(row.what) {
        Script script;
        script.expect_request();
        if (!row.begin.empty()) script.send(row.begin);
        const ScriptedServer server({script.send_repeated(row.again, 1'000'000'000)});
        const PeakMemory memory;
        const Outcome outcome = fetch(client, {.url = server.url(), .delivery = delivery});
        BOOST_TEST(outcome.code() == row.code);
        BOOST_TEST(outcome.phase() == row.phase);
        // The head (256 KiB), its tables and the read buffer; whatever else this program does beside.
        BOOST_TEST(memory.grown_kib() < 4'096);
        BOOST_TEST(server.wait_for_finished(1));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(body_without_end_is_cut_off_at_the_limit_of_collected_bodies) {
  const auto client = make_client();
  for (const std::string& head : {chunked_head, status_line + "\r\n"}) {
    const ScriptedServer server({Script{}.expect_request().send(head).send_repeated(
        head == chunked_head ? chunk(block) : block, 1'000'000'000)});
    const PeakMemory memory;
    const Outcome outcome = fetch(client, {.url = server.url(), .options = {{"max_response_bytes", "1048576"}}});
    BOOST_TEST(outcome.code() == "BODY_TOO_LARGE");
    BOOST_TEST(outcome.body().size() <= 1'048'576U);
    BOOST_TEST(memory.grown_kib() < 8'192);
    BOOST_TEST(server.wait_for_finished(1));
  }
}

BOOST_AUTO_TEST_CASE(streamed_piece_without_end_is_cut_off_at_its_limit) {
  const std::pair<Delivery, std::string> kinds[] = {
      {Delivery::lines, "HTTP/1.1 200 OK\r\n\r\n"},
      {Delivery::events, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: "}};
  for (const auto& [delivery, head] : kinds) {
    const ScriptedServer server({Script{}.expect_request().send(head).send_repeated(block, 1'000'000'000)});
    const PeakMemory memory;
    const Outcome outcome = fetch(make_client(), {.url = server.url(), .delivery = delivery});
    BOOST_TEST(outcome.code() == "STREAM_EVENT_TOO_LARGE");
    BOOST_TEST(memory.grown_kib() < 8'192);
    BOOST_TEST(server.wait_for_finished(1));
  }
}

BOOST_AUTO_TEST_CASE(head_of_300_kib_is_refused_and_one_below_the_limit_taken) {
  const auto fields = [](std::size_t kib) {
    std::string text;
    for (std::size_t i = 0; i < kib; ++i)
      text += "X-Field-" + std::to_string(i) + ": " + std::string(1'000, 'v') + "\r\n";
    return text;
  };
  const auto client = make_client();
  const ScriptedServer large({Script{}.expect_request().send(ok_response("body", fields(300))).wait_for_peer_close()});
  const Outcome refused = fetch(client, large.url());
  BOOST_TEST(refused.code() == "HEADERS_TOO_LARGE");
  BOOST_TEST(refused.status() == 0);
  BOOST_TEST(large.wait_for_finished(1));
  const ScriptedServer fitting({Script{}.expect_request().send(ok_response("body", fields(250)))});
  const Outcome taken = fetch(client, fitting.url());
  BOOST_TEST(taken.body() == "body");
  BOOST_TEST(taken.response->headers.size() == 251U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
