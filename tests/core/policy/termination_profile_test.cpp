// Which events end a stream, and which status an error inside it stands for (SEMANTICS 3.4.5).
#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>
#include <vector>

#include "policy/termination_profile.hpp"

namespace ppn::test {
namespace {

TerminationProfile profile_of(StreamProfile name) {
  StreamOptions options;
  options.profile = name;
  return TerminationProfile::of(options);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(termination_profile)

BOOST_AUTO_TEST_CASE(without_a_profile_every_event_is_ordinary) {
  const TerminationProfile none = profile_of(StreamProfile::none);
  BOOST_TEST(!none.active());
  BOOST_TEST(!none.wants_marker());
  BOOST_TEST((none.role_of("error", "[DONE]") == EventRole::ordinary));
}

BOOST_AUTO_TEST_CASE(sentinel_of_openai_is_compared_whole_but_for_spaces) {
  const TerminationProfile openai = profile_of(StreamProfile::openai);
  BOOST_TEST(openai.wants_marker());
  BOOST_TEST(openai.error_member);
  for (const char* data : {"[DONE]", " [DONE]", "[DONE] ", "  [DONE]  "}) {
    BOOST_TEST((openai.role_of("message", data) == EventRole::sentinel), data);
  }
  for (const char* data : {"", "[DONE", "[done]", "[DONE].", "\t[DONE]", "[DONE]\n", "x[DONE]", "{\"a\":\"[DONE]\"}"}) {
    BOOST_TEST((openai.role_of("message", data) == EventRole::ordinary), data);
  }
  BOOST_TEST((openai.role_of("error", "{}") == EventRole::error));
}

BOOST_AUTO_TEST_CASE(types_end_the_streams_of_anthropic_and_of_responses) {
  const TerminationProfile anthropic = profile_of(StreamProfile::anthropic);
  BOOST_TEST((anthropic.role_of("message_stop", "{}") == EventRole::terminal));
  BOOST_TEST((anthropic.role_of("error", "{}") == EventRole::error));
  BOOST_TEST((anthropic.role_of("message_delta", "{}") == EventRole::ordinary));
  BOOST_TEST((anthropic.role_of("message", "[DONE]") == EventRole::ordinary));
  const TerminationProfile responses = profile_of(StreamProfile::openai_responses);
  for (const char* type : {"response.completed", "response.failed", "response.incomplete"}) {
    BOOST_TEST((responses.role_of(type, "{}") == EventRole::terminal), type);
  }
  BOOST_TEST((responses.role_of("response.created", "{}") == EventRole::ordinary));
}

BOOST_AUTO_TEST_CASE(options_replace_parts_of_a_profile) {
  StreamOptions options;
  options.profile = StreamProfile::custom;
  BOOST_TEST(!TerminationProfile::of(options).wants_marker());
  options.sentinel = "bye";
  options.terminal_events = "done, stop";
  options.error_events = "oops";
  const TerminationProfile custom = TerminationProfile::of(options);
  BOOST_TEST(custom.wants_marker());
  BOOST_TEST((custom.role_of("message", "bye") == EventRole::sentinel));
  BOOST_TEST((custom.role_of("stop", "x") == EventRole::terminal));
  BOOST_TEST((custom.role_of("oops", "x") == EventRole::error));
  BOOST_TEST((custom.role_of("error", "x") == EventRole::ordinary));
  options.require_terminal = false;
  BOOST_TEST(!TerminationProfile::of(options).wants_marker());
}

BOOST_AUTO_TEST_CASE(words_of_profiles_are_read_in_any_case) {
  for (const char* word : {"none", "openai", "openai_responses", "anthropic", "custom"}) {
    const auto profile = parse_stream_profile(word);
    BOOST_REQUIRE(profile.has_value());
    BOOST_TEST(name_of(*profile) == word);
  }
  BOOST_TEST(parse_stream_profile("OpenAI").has_value());
  BOOST_TEST(!parse_stream_profile("other").has_value());
}

BOOST_AUTO_TEST_CASE(errors_inside_a_stream_stand_for_their_status) {
  const std::vector<std::pair<std::string, int>> types{
      {"overloaded_error", 529},      {"rate_limit_error", 429},  {"api_error", 500},
      {"authentication_error", 401},  {"permission_error", 403},  {"not_found_error", 404},
      {"invalid_request_error", 400}, {"request_too_large", 413}, {"RESOURCE_EXHAUSTED", 429}};
  for (const auto& [type, status] : types) BOOST_TEST(status_of_stream_error(type, "") == status, type);
  BOOST_TEST(status_of_stream_error("error", "rate_limit_exceeded") == 429);
  BOOST_TEST(status_of_stream_error("", "502") == 502);
  for (const char* code : {"", "200", "399", "600", "5020", "-500", "none", "502x"}) {
    BOOST_TEST(status_of_stream_error("other", code) == 0, code);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
