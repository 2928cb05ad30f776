// Literal secrets: found in every form, gone when nobody needs them hidden.
#include "base/secret_registry.hpp"

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "support/encodings.hpp"

namespace ppn::test {
namespace {

constexpr std::string_view kSecret = "Tr0ub4dor&3 %/+=";

std::string scrubbed(std::string_view text) {
  return scrub(text);
}

bool holds(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(secret_registry)

BOOST_AUTO_TEST_CASE(text_without_a_secret_is_not_copied) {
  const SecretRegistration registered(kSecret);
  std::string storage;
  const std::string_view text = "GET https://example.com/ 200";
  BOOST_TEST(static_cast<const void*>(scrub(text, storage).data()) == static_cast<const void*>(text.data()));
  BOOST_TEST(scrubbed("") == "");
  BOOST_TEST(scrubbed(text) == text);
}

BOOST_AUTO_TEST_CASE(secret_is_hidden_verbatim_wherever_it_stands) {
  const SecretRegistration registered(kSecret);
  const std::string secret(kSecret);
  BOOST_TEST(scrubbed(secret) == "***");
  BOOST_TEST(scrubbed("a" + secret + "b") == "a***b");
  BOOST_TEST(scrubbed(secret + " and " + secret) == "*** and ***");
  BOOST_TEST(scrubbed(secret + secret) == "***");
  BOOST_TEST(scrubbed(secret.substr(1)) == secret.substr(1));
  BOOST_TEST(scrubbed(secret.substr(0, secret.size() - 1)) == secret.substr(0, secret.size() - 1));
}

BOOST_AUTO_TEST_CASE(percent_encoded_secret_is_hidden_whatever_was_encoded) {
  const SecretRegistration registered(kSecret);
  BOOST_TEST(scrubbed("?q=" + percent_encoded(kSecret, Hex::upper) + "&b=1") == "?q=***&b=1");
  BOOST_TEST(scrubbed("?q=" + percent_encoded(kSecret, Hex::lower)) == "?q=***");
  // Each of the 2^16 choices of bytes that an encoder may have encoded.
  std::size_t left = 0;
  for (unsigned chosen = 0; chosen < 1U << kSecret.size(); ++chosen) {
    std::string text = "<";
    for (std::size_t i = 0; i < kSecret.size(); ++i) {
      text += (chosen >> i & 1U) != 0 ? percent_encoded(kSecret.substr(i, 1), i % 2 != 0 ? Hex::upper : Hex::lower)
                                      : std::string(kSecret.substr(i, 1));
    }
    if (scrubbed(text + ">") != "<***>") ++left;
  }
  BOOST_TEST(left == 0U);
  BOOST_TEST(scrubbed("Tr0ub4dor%263+%25%2F%2B%3D") == "***");  // a form
  BOOST_TEST(scrubbed("Tr0ub4dor%26") == "Tr0ub4dor%26");
  BOOST_TEST(scrubbed("%") == "%");
  BOOST_TEST(scrubbed("%5") == "%5");
}

BOOST_AUTO_TEST_CASE(secret_that_looks_percent_encoded_is_hidden_as_it_is_and_encoded) {
  const SecretRegistration registered("ab%41%25cd%");
  for (const char* text : {"ab%41%25cd%", "ab%2541%2525cd%25", "ab%41%2525cd%", "%61b%2541%25cd%25"}) {
    BOOST_TEST(scrubbed(text) == "***", text);
  }
  BOOST_TEST(scrubbed("abA%25cd%") == "abA%25cd%");
}

BOOST_AUTO_TEST_CASE(base64_of_a_secret_is_hidden_at_every_place_and_in_both_alphabets) {
  for (const std::string& secret : {std::string("eight888"), std::string("nine99999"), std::string("ten1010101"),
                                    std::string(kSecret), std::string("\xfb\xff\xfe?>~\xbf\xef\xff\x01")}) {
    const SecretRegistration registered(secret);
    for (const std::string& before : std::vector<std::string>{"", "u", "us", "use", "user:", "a longer user:"}) {
      for (const std::string& after : std::vector<std::string>{"", "x", "xy", "xyz"}) {
        for (const Alphabet alphabet : {Alphabet::standard, Alphabet::url_safe}) {
          const std::string encoded = base64(before + secret + after, alphabet);
          const std::string shown = scrubbed("Basic " + encoded + " end");
          BOOST_TEST(shown.starts_with("Basic "), shown);
          BOOST_TEST(shown.ends_with(" end"), shown);
          BOOST_TEST(holds(shown, "***"), encoded);
          // Nothing that belongs to the secret is left, not even in part.
          const std::size_t first = before.size() * 8 / 6;
          const std::size_t end = ((before.size() + secret.size()) * 8 + 5) / 6;
          BOOST_TEST(shown.size() <= 10 + 3 + encoded.size() - (end - first), shown);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(base64_inside_a_url_is_hidden_with_its_padding) {
  const SecretRegistration registered("\xfb\xef\xbe\xfb\xef\xbe\xfb\xef\xbe\xff");  // "++++" and "////" in base64
  BOOST_TEST(scrubbed("?a=%2B%2B%2B%2B%2b%2b%2b%2b%2B%2B%2B%2B%2Fw%3D%3D&b") == "?a=***&b");
  BOOST_TEST(scrubbed("++++++++++++/w== b") == "*** b");
  BOOST_TEST(scrubbed("------------_w b") == "*** b");
}

BOOST_AUTO_TEST_CASE(secrets_that_begin_alike_or_overlap_leave_nothing) {
  const SecretRegistration shorter("abcdefgh");
  const SecretRegistration longer("abcdefghijkl");
  const SecretRegistration overlapping("ghijklmnop");
  BOOST_TEST(scrubbed("<abcdefgh>") == "<***>");
  BOOST_TEST(scrubbed("<abcdefghij>") == "<***ij>");
  BOOST_TEST(scrubbed("<abcdefghijkl>") == "<***>");
  BOOST_TEST(scrubbed("<abcdefghijklmnop>") == "<***>");
  BOOST_TEST(scrubbed("<ghijklmnop>") == "<***>");
  const std::array<std::string_view, 1> own{"mnopqrst"};
  BOOST_TEST(scrub("<abcdefghijklmnopqrst>", own) == "<***>");
  BOOST_TEST(scrub("<mnopqrst>", own) == "<***>");
  BOOST_TEST(scrubbed("<mnopqrst>") == "<mnopqrst>");
}

BOOST_AUTO_TEST_CASE(what_is_shorter_than_eight_bytes_is_no_secret) {
  BOOST_TEST(!SecretRegistration("1234567"));
  BOOST_TEST(!register_secret("1234567"));
  BOOST_TEST(!register_secret(""));
  BOOST_TEST(!forget_secret("1234567"));
  BOOST_TEST(registered_secrets() == 0U);
  const std::array<std::string_view, 2> own{"1234567", ""};
  BOOST_TEST(scrub("1234567", own) == "1234567");
}

BOOST_AUTO_TEST_CASE(registrations_are_counted) {
  BOOST_TEST(registered_secrets() == 0U);
  {
    SecretRegistration first("password1");
    const SecretRegistration second("password1");
    BOOST_TEST(registered_secrets() == 1U);
    SecretRegistration moved(std::move(first));
    BOOST_TEST(!first);
    moved = SecretRegistration();
    BOOST_TEST(scrubbed("password1") == "***");
  }
  BOOST_TEST(registered_secrets() == 0U);
  BOOST_TEST(scrubbed("password1") == "password1");
  BOOST_TEST(register_secret("password1"));
  BOOST_TEST(register_secret("password1"));
  BOOST_TEST(forget_secret("password1"));
  BOOST_TEST(scrubbed("password1") == "***");
  BOOST_TEST(forget_secret("password1"));
  BOOST_TEST(!forget_secret("password1"));
  BOOST_TEST(scrubbed("password1") == "password1");
}

BOOST_AUTO_TEST_CASE(what_looks_like_a_credential_is_hidden_without_being_registered) {
  BOOST_TEST(scrubbed("Incorrect API key provided: sk-abc12***wxyz.") == "Incorrect API key provided: sk-***.");
  BOOST_TEST(scrubbed("sk-proj-A_b-9") == "sk-***");
  BOOST_TEST(scrubbed("{\"key\":\"sk-12345678\"}") == "{\"key\":\"sk-***\"}");
  BOOST_TEST(scrubbed("?k=%22sk-12345678%22") == "?k=%22sk-***%22");
  BOOST_TEST(scrubbed("authorization: Bearer abc.d-e_f~g+h/i==, next") == "authorization: Bearer ***, next");
  BOOST_TEST(scrubbed("BEARER  x\nbearer%20y\tBearer+z") == "BEARER  ***\nbearer%20***\tBearer+***");
  for (const char* text :
       {"risk-free", "task-1234567", "sk-", "sk-SK", "Bearer", "Bearer ", "forbearer x", "bearers x"}) {
    BOOST_TEST(scrubbed(text) == text);
  }
  const std::string clean = scrubbed("Bearer abc sk-12345");
  BOOST_TEST(scrubbed(clean) == clean);
}

BOOST_AUTO_TEST_CASE(text_is_scrubbed_while_secrets_come_and_go) {
  const SecretRegistration kept("kept-secret");
  std::atomic<bool> stop{false};
  std::thread changing([&] {
    while (!stop) {
      const SecretRegistration one("another-secret");
      const SecretRegistration two("kept-secret");
    }
  });
  int left = 0;
  for (int i = 0; i < 2'000; ++i) {
    if (scrubbed("<kept-secret>") != "<***>") ++left;
  }
  stop = true;
  changing.join();
  BOOST_TEST(left == 0);
  BOOST_TEST(registered_secrets() == 1U);
}

// Random secrets of random bytes in random surroundings, in every form.
BOOST_AUTO_TEST_CASE(no_form_of_a_random_secret_is_left) {
  std::mt19937 random(20'261'125);
  const auto bytes = [&](std::size_t least, std::size_t most) {
    std::string text(least + random() % (most - least + 1), '\0');
    for (char& c : text) c = static_cast<char>(random() % 3 == 0 ? random() % 256 : '!' + random() % 90);
    return text;
  };
  for (int round = 0; round < 3'000; ++round) {
    const std::string secret = bytes(8, 40);
    if (holds(secret, "*")) continue;  // "***" could be a part of it
    const SecretRegistration registered(secret);
    const std::string around = bytes(0, 9);
    std::string text = bytes(0, 20);
    for (const std::string& form : forms_of(secret)) text += form + around;
    text += base64(around + secret, Alphabet::standard) + bytes(0, 20);
    const std::string shown = scrubbed(text);
    for (const std::string& form : forms_of(secret)) BOOST_REQUIRE_MESSAGE(!holds(shown, form), round);
    for (const std::string& core : base64_cores(secret)) BOOST_REQUIRE_MESSAGE(!holds(shown, core), round);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
