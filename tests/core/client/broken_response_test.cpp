// Responses that end too early, in order or by a reset, at every point.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "core/client/chunked.hpp"
#include "core/client/engine.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

struct Row {
  std::string sent;
  const char* closed;  // code after an orderly close
  const char* reset;   // code after a reset
  const char* phase;
  std::string body = "";
};

std::vector<Row> rows() {
  return {
      {"", "CONNECTION_CLOSED", "CONNECTION_RESET", "first_byte"},
      {"HTTP/1.1 2", "HTTP_PROTOCOL", "CONNECTION_RESET", "first_byte"},
      {"HTTP/1.1 200 OK\r\nContent-Le", "HTTP_PROTOCOL", "CONNECTION_RESET", "first_byte"},
      {"HTTP/1.1 103 Early Hints\r\n\r\n", "HTTP_PROTOCOL", "CONNECTION_RESET", "first_byte"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", "BODY_TRUNCATED", "CONNECTION_RESET", "body"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345", "BODY_TRUNCATED", "CONNECTION_RESET", "body", "12345"},
      {chunked_head, "BODY_TRUNCATED", "CONNECTION_RESET", "body"},
      {chunked_head + "a\r\n12345", "BODY_TRUNCATED", "CONNECTION_RESET", "body", "12345"},
      {chunked_head + chunk("12345"), "BODY_TRUNCATED", "CONNECTION_RESET", "body", "12345"},
      {chunked_head + chunk("12345") + "0\r\n", "BODY_TRUNCATED", "CONNECTION_RESET", "body", "12345"},
      {chunked_head + chunk("12345") + "0\r\nX-Sum: 1\r\n", "BODY_TRUNCATED", "CONNECTION_RESET", "body", "12345"},
      {"HTTP/1.1 200 OK\r\n\r\n12345", "OK", "CONNECTION_RESET", "body", "12345"},
  };
}

// A reset overtakes bytes that nobody has read yet, so it waits until the call has seen what it can.
Outcome fetch_broken(const Row& row, bool reset) {
  Script script;
  script.expect_request();
  if (!row.sent.empty()) script.send(row.sent);
  if (reset) script.wait_for_signal("seen").reset();
  ScriptedServer server({script});
  TestCall call(make_client(), {.url = server.url(), .delivery = Delivery::chunks});
  call.start();
  BOOST_TEST(server.wait_for_requests(1));
  if (std::string_view(row.phase) == "body") BOOST_TEST(call.wait_for_head());
  if (!row.body.empty()) BOOST_TEST(call.wait_for_pieces(1));
  server.signal("seen");
  return call.finish();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(broken_response, EngineFixture)

BOOST_AUTO_TEST_CASE(response_that_ends_too_early_is_named_by_where_it_ended) {
  for (const Row& row : rows()) {
    for (const bool reset : {false, true}) {
      BOOST_TEST_CONTEXT((reset ? "reset after: " : "closed after: ") << row.sent) {
        const char* const code = reset ? row.reset : row.closed;
        const Outcome outcome = fetch_broken(row, reset);
        BOOST_TEST(outcome.code() == code);
        BOOST_TEST(outcome.joined() == row.body);
        if (!outcome.error) continue;
        BOOST_TEST(outcome.phase() == row.phase);
        BOOST_TEST((outcome.error->sent == Sent::full));
        BOOST_TEST(outcome.error->received_bytes == row.body.size());
        BOOST_TEST(outcome.error->attempts == 1);
        BOOST_TEST((outcome.error->os_errno != 0) == reset);
        BOOST_TEST(!outcome.error->message.empty());
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(response_cut_at_any_byte_is_never_taken_for_a_whole_one) {
  struct Whole {
    std::string bytes;
    std::size_t head;  // bytes of the final head, interim ones included
    std::string body;
  };
  const std::string length_head =
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
  const Whole rows_of_bytes[] = {{length_head + "1234567890", length_head.size(), "1234567890"},
                                 {chunked_head + "5;a=\"b\"\r\n12345\r\n" + chunk("67890") + "0\r\nX-Sum: 1\r\n\r\n",
                                  chunked_head.size(), "1234567890"}};
  for (const Whole& whole : rows_of_bytes) {
    for (const bool reset : {false, true}) {
      std::vector<Script> scripts;
      for (std::size_t cut = 1; cut < whole.bytes.size(); ++cut) {
        scripts.push_back(Script{}.expect_request().send(whole.bytes.substr(0, cut)));
        if (reset) scripts.back().reset();
      }
      const ScriptedServer server(scripts);
      const auto client = make_client();
      for (std::size_t cut = 1; cut < whole.bytes.size(); ++cut) {
        BOOST_TEST_CONTEXT((reset ? "reset after " : "closed after ") << cut << " bytes of " << whole.bytes) {
          const Outcome outcome = fetch(client, {.url = server.url(), .delivery = Delivery::chunks});
          const std::string expected = cut < whole.head ? "HTTP_PROTOCOL" : "BODY_TRUNCATED";
          // A reset may overtake what was sent before it.
          BOOST_TEST((outcome.code() == expected || (reset && outcome.code() == "CONNECTION_RESET")), outcome.code());
          BOOST_TEST(whole.body.starts_with(outcome.joined()));
          BOOST_TEST(outcome.heads <= (cut < whole.head ? 0 : 1));
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(collected_body_that_is_cut_keeps_what_arrived) {
  const ScriptedServer server(
      {Script{}.expect_request().send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345").close()});
  const Outcome outcome = fetch(make_client(), server.url());
  BOOST_TEST(outcome.code() == "BODY_TRUNCATED");
  BOOST_TEST(outcome.body() == "12345");
  BOOST_TEST(outcome.error->http_status == 200);
  BOOST_TEST(outcome.error->received_bytes == 5U);
}

BOOST_AUTO_TEST_CASE(garbage_in_the_framing_is_named) {
  const std::string broken[] = {
      "no http at all\r\n\r\n",
      "HTTP/1.1 200 OK\r\nBad Field: x\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
      chunked_head + "xyz\r\n",
      chunked_head + "5\r\nhelloXX0\r\n\r\n",
  };
  for (const std::string& sent : broken) {
    BOOST_TEST_CONTEXT(sent) {
      const ScriptedServer server({Script{}.expect_request().send(sent).wait_for_peer_close()});
      BOOST_TEST(fetch(make_client(), server.url()).code() == "HTTP_PROTOCOL");
      BOOST_TEST(server.wait_for_finished(1));
    }
  }
}

BOOST_AUTO_TEST_CASE(reset_while_a_body_is_being_sent_is_named) {
  const ScriptedServer server({Script{}.expect_head().reset()});
  const Outcome outcome =
      fetch(make_client(), {.url = server.url(), .method = "POST", .body = std::string(64 << 20, 'b')});
  BOOST_TEST(outcome.code() == "CONNECTION_RESET");
  BOOST_TEST(outcome.phase() == "send");
  BOOST_TEST((outcome.error->sent == Sent::partial));
}

BOOST_AUTO_TEST_CASE(error_names_the_url_without_its_secrets) {
  const ScriptedServer server({Script{}.expect_request().close()});
  const Outcome outcome = fetch(make_client(), server.url("/v1/models?api_key=sk-secret"));
  BOOST_TEST(outcome.error->url.find("/v1/models") != std::string::npos);
  BOOST_TEST(outcome.error->url.find("sk-secret") == std::string::npos);
  BOOST_TEST(outcome.error->message.find("sk-secret") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
