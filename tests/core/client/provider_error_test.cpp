// What JSON error bodies say, in the shapes of the providers.
#include "client/provider_error.hpp"

#include <boost/test/unit_test.hpp>
#include <random>
#include <string>
#include <vector>

#include "client/status_error.hpp"

using namespace ppn;

namespace {

struct Case {
  const char* provider;
  std::string body;
  std::string code;
  std::string type;
  std::string message;
};

const std::vector<Case> kCases = {
    {"OpenAI",
     R"({"error":{"message":"You exceeded your current quota","type":"insufficient_quota","param":null,)"
     R"("code":"insufficient_quota"}})",
     "insufficient_quota", "insufficient_quota", "You exceeded your current quota"},
    {"OpenAI without a code", R"({"error":{"message":"m","type":"server_error","param":null,"code":null}})", "",
     "server_error", "m"},
    {"Anthropic", R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"})",
     "", "overloaded_error", "Overloaded"},
    {"Google", R"({"error":{"code":429,"message":"Quota","status":"RESOURCE_EXHAUSTED","details":[]}})", "429",
     "RESOURCE_EXHAUSTED", "Quota"},
    {"Google in a stream", R"([{"error":{"code":503,"message":"Busy","status":"UNAVAILABLE"}}])", "503", "UNAVAILABLE",
     "Busy"},
    {"Azure", R"({"error":{"code":"DeploymentNotFound","message":"No such deployment"}})", "DeploymentNotFound", "",
     "No such deployment"},
    {"Azure with a number", R"({"error":{"code":"429","message":"Retry after 6 seconds."}})", "429", "",
     "Retry after 6 seconds."},
    {"plain text", R"({"error":"model not found"})", "", "", "model not found"},
    {"text and code", R"({"code":"not_found","error":"no model"})", "not_found", "", "no model"},
    {"reason phrase", R"({"error":"Bad Request","message":"temperature is too high"})", "", "",
     "temperature is too high"},
    {"flag", R"({"error":true,"message":"m","code":7})", "7", "", "m"},
    {"OAuth", R"({"error":"invalid_grant","error_description":"expired"})", "invalid_grant", "", "expired"},
    {"Mistral", R"({"object":"error","message":"Too many","type":"rate_limited","param":null,"code":"1300"})", "1300",
     "rate_limited", "Too many"},
    {"FastAPI", R"({"detail":"Not authenticated"})", "", "", "Not authenticated"},
    {"FastAPI validation", R"({"detail":[{"loc":["body","n"],"msg":"field required","type":"value_error.missing"}]})",
     "", "value_error.missing", "field required"},
    {"FastAPI object", R"({"detail":{"status":"quota_exceeded","message":"none left"}})", "", "quota_exceeded",
     "none left"},
    {"problem details", R"({"type":"https://localhost/out-of-credit","title":"No credit","detail":"30 < 50"})", "",
     "https://localhost/out-of-credit", "30 < 50"},
    {"problem without a detail", R"({"type":"about:blank","title":"Not Found","status":404})", "", "", "Not Found"},
};

std::string text_of(const ProviderError& said) {
  return "[" + said.code + "][" + said.type + "][" + said.message + "]";
}

bool says_nothing(const ProviderError& said) {
  return said.code.empty() && said.type.empty() && said.message.empty();
}

std::string openai(const std::string& escaped_message) {
  return R"({"error":{"message":")" + escaped_message + R"(","code":"c"}})";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(provider_error)

BOOST_AUTO_TEST_CASE(shapes_of_the_providers_are_read) {
  for (const Case& c : kCases) {
    const ProviderError said = parse_provider_error(c.body);
    BOOST_TEST(text_of(said) == text_of({.code = c.code, .message = c.message, .type = c.type}), c.provider);
  }
}

BOOST_AUTO_TEST_CASE(name_is_the_code_and_a_number_gives_way_to_the_type) {
  BOOST_TEST(provider_code_of(kCases[0].body) == "insufficient_quota");
  BOOST_TEST(provider_code_of(kCases[1].body) == "server_error");
  BOOST_TEST(provider_code_of(kCases[2].body) == "overloaded_error");
  BOOST_TEST(provider_code_of(kCases[3].body) == "RESOURCE_EXHAUSTED");
  BOOST_TEST(provider_code_of(kCases[6].body) == "429");
  BOOST_TEST(provider_code_of(R"({"error":{"code":"a","type":"b"}})") == "a");
  BOOST_TEST(provider_code_of("") == "");
}

BOOST_AUTO_TEST_CASE(what_is_no_error_body_says_nothing) {
  const std::string deep(60'000, '[');
  for (const std::string& body :
       {std::string(), std::string("   "), std::string("<html>502</html>"), std::string("{"), std::string("null"),
        std::string("\"text\""), std::string("[]"), std::string("[1]"), std::string("{}"),
        std::string(R"({"error":null})"), std::string(R"({"error":{}})"), std::string(R"({"error":[1,2]})"),
        std::string(R"({"error":{"code":{},"type":3,"message":["m"]}})"), std::string("{\"error\":\"\xFF\"}"), deep}) {
    BOOST_TEST(says_nothing(parse_provider_error(body)), body.substr(0, 40));
  }
}

BOOST_AUTO_TEST_CASE(body_above_the_limit_is_not_read) {
  const std::string body = openai("m");
  const std::string largest = body + std::string(kMaxErrorBodyBytes - body.size(), ' ');
  BOOST_TEST(provider_code_of(largest) == "c");
  BOOST_TEST(provider_code_of(largest + " ") == "");
}

BOOST_AUTO_TEST_CASE(every_prefix_and_every_changed_byte_is_survived) {
  std::mt19937 random(4711);
  for (const Case& c : kCases) {
    for (std::size_t size = 0; size < c.body.size(); ++size) {
      BOOST_TEST(says_nothing(parse_provider_error(c.body.substr(0, size))));
    }
    for (int i = 0; i < 200; ++i) {
      std::string body = c.body;
      body[random() % body.size()] = static_cast<char>(random() % 256);
      const ProviderError said = parse_provider_error(body);
      for (const char character : said.message + said.code + said.type) {
        BOOST_REQUIRE(static_cast<unsigned char>(character) >= 0x20);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(message_is_one_line_without_control_characters) {
  BOOST_TEST(
      parse_provider_error(openai(R"(  a\r\n\tb  c\u0000d\u001b[31m\u007f\u0085e\u2028f\u202eg\u2066h\n)")).message ==
      "a b cd[31m e fgh");
  BOOST_TEST(parse_provider_error(openai("gr\xC3\xBC\xC3\x9F\xE2\x82\xAC\xF0\x9F\x98\x80")).message ==
             "gr\xC3\xBC\xC3\x9F\xE2\x82\xAC\xF0\x9F\x98\x80");
}

BOOST_AUTO_TEST_CASE(message_is_cut_at_a_character) {
  BOOST_TEST(parse_provider_error(openai(std::string(1'024, 'x'))).message == std::string(1'024, 'x'));
  BOOST_TEST(parse_provider_error(openai(std::string(1'025, 'x'))).message == std::string(1'024, 'x'));
  std::string euros;
  for (int i = 0; i < 400; ++i) euros += "\xE2\x82\xAC";
  BOOST_TEST(parse_provider_error(openai(euros)).message == euros.substr(0, 1'023));
  BOOST_TEST(provider_code_of(R"({"error":{"code":")" + std::string(500, 'c') + "\"}}") == std::string(128, 'c'));
}

BOOST_AUTO_TEST_CASE(key_in_a_message_is_hidden_also_where_the_message_is_cut) {
  BOOST_TEST(parse_provider_error(openai("Incorrect API key provided: sk-proj-1234****wxyz. See the docs.")).message ==
             "Incorrect API key provided: ***. See the docs.");
  const std::string cut = parse_provider_error(openai(std::string(1'018, 'x') + " sk-secret-secret")).message;
  BOOST_TEST(cut == std::string(1'018, 'x') + " ***");
}

BOOST_AUTO_TEST_CASE(only_bodies_that_call_themselves_json_are_read) {
  const std::string body = openai("m");
  for (const char* type : {"application/json", "Application/JSON; charset=utf-8", "application/problem+json",
                           "application/vnd.api+json", "text/json"}) {
    HeaderList headers;
    headers.add("Content-Type", type);
    BOOST_TEST(provider_error_of(headers, body).code == "c", type);
  }
  for (const char* type : {"text/html", "text/plain", "json", "application/jsonl", ""}) {
    HeaderList headers;
    headers.add("Content-Type", type);
    BOOST_TEST(provider_error_of(headers, body).code == "", type);
  }
  BOOST_TEST(provider_error_of(HeaderList(), body).code == "c");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(status_errors)

BOOST_AUTO_TEST_CASE(text_holds_status_message_and_code) {
  Response response;
  response.status = 429;
  response.headers.add("Retry-After", "3");
  response.headers.add("X-Request-Id", "req_7");
  const Error whole =
      status_error(response, R"({"error":{"message":"Rate limit reached","code":"rate_limit_exceeded"}})");
  BOOST_TEST(whole.message == "the server answered with status 429: Rate limit reached (rate_limit_exceeded)");
  BOOST_TEST(whole.provider_code == "rate_limit_exceeded");
  BOOST_TEST(whole.provider_message == "Rate limit reached");
  BOOST_TEST(whole.request_id == "req_7");
  BOOST_TEST(whole.retry_after_ms == 3'000);
  BOOST_TEST((whole.code == ErrorCode::http_too_many_requests));
  BOOST_TEST(whole.http_status == 429);

  BOOST_TEST(status_error(response).message == "the server answered with status 429");
  BOOST_TEST(status_error(response, "<html>").message == "the server answered with status 429");
  BOOST_TEST(status_error(response, R"({"error":{"code":"c"}})").message == "the server answered with status 429 (c)");
  BOOST_TEST(status_error(response, R"({"error":"m"})").message == "the server answered with status 429: m");
  BOOST_TEST(status_error(response).request_id == "req_7");
}

BOOST_AUTO_TEST_CASE(request_id_is_the_first_of_the_known_headers) {
  HeaderList headers;
  BOOST_TEST(request_id_of(headers) == "");
  headers.add("CF-Ray", "ray");
  BOOST_TEST(request_id_of(headers) == "ray");
  headers.add("x-amzn-RequestId", "amzn");
  BOOST_TEST(request_id_of(headers) == "amzn");
  headers.add("Request-Id", "plain");
  BOOST_TEST(request_id_of(headers) == "plain");
  headers.add("X-Request-ID", "");
  BOOST_TEST(request_id_of(headers) == "plain");
  headers.set("X-Request-ID", "first");
  BOOST_TEST(request_id_of(headers) == "first");
  headers.set("X-Request-ID", "a\tb \xE9" + std::string(1'000, 'x'));
  BOOST_TEST(request_id_of(headers) == "ab" + std::string(251, 'x'));
}

BOOST_AUTO_TEST_SUITE_END()
