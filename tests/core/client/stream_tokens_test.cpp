// What the events of a stream say of its tokens, and how that settles the limit (SEMANTICS 3.2.4).
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "client/token_usage.hpp"
#include "core/client/answers.hpp"
#include "core/client/engine.hpp"
#include "core/client/transcripts.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

std::shared_ptr<Client> token_client(std::int64_t burst) {
  return make_client([burst](Options& options) {
    options.rate_limit.tokens = {.count = 1'000, .period_ms = 3'600'000, .burst = burst};
    options.rate_limit.mode = LimitMode::fail_fast;
  });
}

std::int64_t total_of(const std::vector<std::string>& events) {
  StreamTokenUsage usage;
  for (const std::string& data : events) usage.look_at(data);
  return usage.total().value_or(-1);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(stream_tokens, EngineFixture)

BOOST_AUTO_TEST_CASE(reserved_tokens_are_settled_by_what_a_stream_says) {
  struct Row {
    const char* profile;
    std::string text;
    std::int64_t used;
  };
  const std::vector<Row> rows{{"openai", openai_chat + openai_done, 21},
                              {"anthropic", anthropic_messages + anthropic_stop, 40},
                              {"anthropic", anthropic_messages + anthropic_error, 40},
                              {"openai_responses", responses_begin + responses_completed, 48}};
  for (const Row& row : rows) {
    const ScriptedServer server({answering_with(200, "Content-Type: text/event-stream\r\n", row.text)},
                                {.repeat_last = true});
    const auto client = token_client(100);
    const auto ask = [&](std::int64_t tokens) {
      const Outcome outcome =
          fetch(client, {.url = server.url(),
                         .delivery = Delivery::events,
                         .options = {{"rate_limit_tokens", std::to_string(tokens)}, {"stream_profile", row.profile}}});
      return outcome.code();
    };
    BOOST_TEST(ask(100) != "RATE_LIMITED");
    // All but what was used is there again, and no more. Ten tokens take half a minute to grow.
    BOOST_TEST(ask(100 - row.used + 10) == "RATE_LIMITED");
    BOOST_TEST(ask(100 - row.used) != "RATE_LIMITED");
  }
}

BOOST_AUTO_TEST_CASE(counts_only_grow_and_nothing_is_made_up) {
  BOOST_TEST(total_of({}) == -1);
  BOOST_TEST(total_of({R"({"usage":null})", R"({"choices":[]})", "not JSON", R"("usage")"}) == -1);
  BOOST_TEST(total_of({R"({"usage" : {"total_tokens":7}})", R"({"usage":{"total_tokens":5}})"}) == 7);
  BOOST_TEST(total_of({R"({"usage":{"input_tokens":3}})", R"({"usage":{"output_tokens":1}})",
                       R"({"usage":{"output_tokens":9}})"}) == 12);
  BOOST_TEST(total_of({R"({"usageMetadata":{"totalTokenCount":3}})", R"({"usageMetadata":{"totalTokenCount":30}})"}) ==
             30);
  BOOST_TEST(total_of({R"({"usage":{"total_tokens":-5,"input_tokens":"7"}})"}) == -1);
  BOOST_TEST(total_of({R"({"message":{"content":"\"usage\":{}"},"usage":{"total_tokens":4}})"}) == 4);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
