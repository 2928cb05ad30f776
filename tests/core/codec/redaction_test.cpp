#include "codec/redaction.hpp"

#include <boost/test/unit_test.hpp>
#include <string_view>
#include <vector>

using namespace ppn;

BOOST_AUTO_TEST_SUITE(redaction)

BOOST_AUTO_TEST_CASE(credentials_and_cookies_are_sensitive_in_any_case) {
  for (const char* name :
       {"authorization", "AUTHORIZATION", "Proxy-Authorization", "Cookie", "set-cookie", "api-key", "X-Api-Key",
        "x-goog-api-key", "x-amz-security-token", "x-auth-token", "ocp-apim-subscription-key", "sec-websocket-key",
        "www-authenticate", "proxy-authenticate"}) {
    BOOST_TEST(is_sensitive_header(name), name);
  }
}

BOOST_AUTO_TEST_CASE(word_of_a_name_makes_it_sensitive) {
  for (const char* name : {"token", "X-Token", "token-of-mine", "my_secret", "X_PASSWORD_2", "a-signature", "Session",
                           "x-session-id", "-key", "key-", "x-apikey"}) {
    BOOST_TEST(is_sensitive_header(name), name);
  }
}

BOOST_AUTO_TEST_CASE(part_of_a_word_does_not_make_a_name_sensitive) {
  for (const char* name : {"", "-", "_", "monkey", "x-monkey", "tokens", "keyboard", "content-type", "x-secretary",
                           "authorization-x", "accept", "x key"}) {
    BOOST_TEST(!is_sensitive_header(name), name);
  }
}

BOOST_AUTO_TEST_CASE(names_that_only_look_like_secrets_are_allowed) {
  for (const char* name : {"idempotency-key", "Idempotency-Key", "sec-websocket-accept", "X-Request-Id"}) {
    BOOST_TEST(!is_sensitive_header(name), name);
  }
}

BOOST_AUTO_TEST_CASE(user_information_is_hidden_wherever_a_reader_may_see_it) {
  BOOST_TEST(redact_url("https://me:pw@h/p") == "https://REDACTED:REDACTED@h/p");
  BOOST_TEST(redact_url("https://me@h") == "https://REDACTED:REDACTED@h");
  BOOST_TEST(redact_url("https://a@b:c@h/p@q") == "https://REDACTED:REDACTED@h/p@q");
  BOOST_TEST(redact_url("//me:pw@h/") == "//REDACTED:REDACTED@h/");
  BOOST_TEST(redact_url("me:pw@h/p") == "REDACTED:REDACTED@h/p");
  BOOST_TEST(redact_url("https:/me:pw@h/p") == "https:/REDACTED:REDACTED@h/p");
  BOOST_TEST(redact_url("https:\\\\me:pw@h/p") == "https:\\\\REDACTED:REDACTED@h/p");
  BOOST_TEST(redact_url("https:////me:pw@h/p") == "https:////REDACTED:REDACTED@h/p");
  BOOST_TEST(redact_url("me:pw@h?x=//y") == "REDACTED:REDACTED@h?x=//y");
}

BOOST_AUTO_TEST_CASE(secret_parameters_keep_their_names_only) {
  BOOST_TEST(redact_url("https://h/v1?key=S&a=b") == "https://h/v1?key=REDACTED&a=b");
  BOOST_TEST(redact_url("/v1?API_KEY=S;token=T") == "/v1?API_KEY=REDACTED;token=REDACTED");
  BOOST_TEST(redact_url("?sig=S&SIG=kept") == "?sig=REDACTED&SIG=kept");
  BOOST_TEST(redact_url("https://h/?client%5fsecret=S&code=") == "https://h/?client%5fsecret=REDACTED&code=REDACTED");
  BOOST_TEST(redact_url("https://h/?key&%zz=1&x=token=1") == "https://h/?key&%zz=1&x=token=1");
}

BOOST_AUTO_TEST_CASE(fragment_goes_and_everything_else_stays_byte_for_byte) {
  BOOST_TEST(redact_url("https://h/p#token=S") == "https://h/p");
  BOOST_TEST(redact_url("#S") == "");
  BOOST_TEST(redact_url("") == "");
  BOOST_TEST(redact_url("https://H:8080/A%2f/../b?Q=%20") == "https://H:8080/A%2f/../b?Q=%20");
  BOOST_TEST(redact_url("/users/@me") == "/users/@me");
  BOOST_TEST(redact_url("https:") == "https:");
  BOOST_TEST(redact_url("https://") == "https://");
  const std::string zero("h\0?key=S\0", 9);
  BOOST_TEST(redact_url(zero) == std::string("h\0?key=REDACTED", 15));
}

BOOST_AUTO_TEST_CASE(what_looks_like_a_key_is_hidden_in_any_text) {
  BOOST_TEST(filter_key_patterns("Incorrect API key provided: sk-abc***xyz.") == "Incorrect API key provided: ***.");
  BOOST_TEST(filter_key_patterns("sk-1") == "***");
  BOOST_TEST(filter_key_patterns("'sk-proj-a_b-C9', then sk-ant-x") == "'***', then ***");
  BOOST_TEST(filter_key_patterns("Authorization: Bearer eyJh.bGci-Oi_J/9+==, no") == "Authorization: Bearer ***, no");
  BOOST_TEST(filter_key_patterns("bearer secret") == "bearer ***");
  BOOST_TEST(filter_key_patterns("BEARER: secret") == "BEARER: ***");
  BOOST_TEST(filter_key_patterns("Bearer sk-1 Bearer sk-2") == "Bearer *** Bearer ***");
  BOOST_TEST(filter_key_patterns("SK-UPPER") == "***");
}

BOOST_AUTO_TEST_CASE(text_without_a_key_stays_as_it_is) {
  for (const char* text : {"", "sk-", "sk- x", "a risk-free disk-full task-force", "Bearer", "Bearer ", "Bearer .",
                           "bearers of news", "Missing bearer or basic authentication in header",
                           "a Bearer token is required", "the forbearer xyz", "gr\xC3\xBC\xC3\x9F"}) {
    BOOST_TEST(filter_key_patterns(text) == text, text);
  }
}

BOOST_AUTO_TEST_CASE(values_of_secret_parameters_are_found_as_they_stand) {
  using Values = std::vector<std::string_view>;
  BOOST_TEST((secret_query_values("a=1&api_key=x%2Fy;token=&API%5FKEY=z") == Values{"x%2Fy", "", "z"}));
  BOOST_TEST((secret_query_values("") == Values{}));
  BOOST_TEST(percent_decoded("x%2Fy%2fz%4%zz%41") == "x/y/z%4%zzA");
}

BOOST_AUTO_TEST_SUITE_END()
