// What a program may show. The rules themselves are tested beside them, in tests/core/codec.
#include <string>

#include "capi/capi.hpp"

using namespace ppn::test;

namespace {

std::string redacted(std::string_view url) {
  Buffer buffer;
  BOOST_REQUIRE_EQUAL(ppn_redact_url(url.data(), url.size(), buffer.out(), nullptr), PPN_OK);
  BOOST_TEST(ppn_buffer_data(buffer.get())[ppn_buffer_length(buffer.get())] == 0);
  return bytes_of(buffer.get());
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(redact, NoLeak)

BOOST_AUTO_TEST_CASE(url_loses_its_secrets_and_keeps_the_rest) {
  BOOST_TEST(redacted("https://me:pw@h/p?api_key=S&a=b#f") == "https://REDACTED:REDACTED@h/p?api_key=REDACTED&a=b");
  BOOST_TEST(redacted("not a url\n") == "not a url\n");
  BOOST_TEST(redacted("") == "");
  BOOST_TEST(redacted(std::string_view("?key=a\0b", 8)) == "?key=REDACTED");
  Buffer buffer;
  BOOST_TEST(ppn_redact_url("?token=SXX", 8, buffer.out(), nullptr) == PPN_OK);
  BOOST_TEST(bytes_of(buffer.get()) == "?token=REDACTED");
  BOOST_TEST(ppn_redact_url("?token=SXX", PPN_AUTO_LENGTH, buffer.out(), nullptr) == PPN_OK);
}

BOOST_AUTO_TEST_CASE(url_that_is_null_is_refused) {
  Buffer buffer;
  BOOST_TEST(ppn_redact_url(nullptr, 1, buffer.out(), nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_redact_url("x", PPN_AUTO_LENGTH - 1, buffer.out(), nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_redact_url("x", 1, nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST((buffer.get() == nullptr));
}

BOOST_AUTO_TEST_CASE(sensitive_headers_are_known_by_name) {
  BOOST_TEST(ppn_header_is_sensitive("Authorization", PPN_AUTO_LENGTH) == 1);
  BOOST_TEST(ppn_header_is_sensitive("x-vendor-api-key", PPN_AUTO_LENGTH) == 1);
  BOOST_TEST(ppn_header_is_sensitive("Content-Type", PPN_AUTO_LENGTH) == 0);
  BOOST_TEST(ppn_header_is_sensitive("Idempotency-Key", PPN_AUTO_LENGTH) == 0);
  BOOST_TEST(ppn_header_is_sensitive("tokenXXX", 5) == 1);
  BOOST_TEST(ppn_header_is_sensitive("", 0) == 0);
  // What can not be told is hidden.
  BOOST_TEST(ppn_header_is_sensitive(nullptr, 0) == 1);
  BOOST_TEST(ppn_header_is_sensitive("Accept", PPN_AUTO_LENGTH - 1) == 1);
}

BOOST_AUTO_TEST_CASE(registered_secret_is_hidden_in_texts_until_it_is_forgotten) {
  const auto shown = [](std::string_view text) {
    Buffer buffer;
    BOOST_REQUIRE_EQUAL(ppn_redact_text(text.data(), text.size(), buffer.out(), nullptr), PPN_OK);
    return bytes_of(buffer.get());
  };
  BOOST_TEST(shown("a pass/word! b") == "a pass/word! b");
  BOOST_TEST(ppn_secret_register("pass/word!", PPN_AUTO_LENGTH, nullptr) == PPN_OK);
  BOOST_TEST(ppn_secret_register("pass/word!XX", 10, nullptr) == PPN_OK);
  BOOST_TEST(shown("a pass/word! pass%2fword%21 cGFzcy93b3JkIQ== b") == "a *** *** *** b");
  BOOST_TEST(ppn_secret_forget("pass/word!", PPN_AUTO_LENGTH, nullptr) == PPN_OK);
  BOOST_TEST(shown("pass/word!") == "***");
  BOOST_TEST(ppn_secret_forget("pass/word!", PPN_AUTO_LENGTH, nullptr) == PPN_OK);
  BOOST_TEST(shown("pass/word!") == "pass/word!");
  BOOST_TEST(ppn_secret_forget("pass/word!", PPN_AUTO_LENGTH, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(shown("Bearer abc, sk-12345678") == "Bearer ***, sk-***");
  BOOST_TEST(shown("") == "");
}

BOOST_AUTO_TEST_CASE(text_or_secret_that_is_null_or_too_short_is_refused) {
  Buffer buffer;
  BOOST_TEST(ppn_redact_text(nullptr, 1, buffer.out(), nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_redact_text("x", 1, nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST((buffer.get() == nullptr));
  ErrorHandle error;
  BOOST_TEST(ppn_secret_register(nullptr, 8, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_secret_register("1234567", 7, error.out()) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(std::string(ppn_error_message(error.get())).find("1234567") == std::string::npos);
  BOOST_TEST(ppn_secret_forget(nullptr, 8, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_secret_forget("12345678", 8, nullptr) == PPN_E_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_SUITE_END()
