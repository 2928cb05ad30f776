// Errors that are made by hand, so that a program can rehearse each of them.
#include <string>

#include "capi/capi.hpp"

using namespace ppn::test;

namespace {

ErrorHandle make_error(int32_t code) {
  ErrorHandle made;
  BOOST_REQUIRE_EQUAL(ppn_error_new(code, nullptr, 0, made.out(), nullptr), PPN_OK);
  return made;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(rehearsal, NoLeak)

BOOST_AUTO_TEST_CASE(every_code_can_be_rehearsed) {
  int seen = 0;
  for (size_t i = 0; ppn_code_at(i) >= 0; ++i) {
    const int32_t code = ppn_code_at(i);
    if (code == PPN_OK) continue;
    const ErrorHandle made = make_error(code);
    BOOST_TEST(ppn_error_code(made.get()) == code);
    BOOST_TEST(ppn_error_category(made.get()) == ppn_code_category(code));
    BOOST_TEST(std::string(ppn_error_message(made.get())) == ppn_code_text(code));
    BOOST_TEST(ppn_error_is_cancelled(made.get()) == (code == PPN_E_CANCELLED ? 1 : 0));
    BOOST_TEST(ppn_error_attempts(made.get()) == 0);
    BOOST_TEST(ppn_error_attempt_count(made.get()) == 0U);
    BOOST_TEST(ppn_error_retry_after_ms(made.get()) == -1);
    BOOST_TEST(ppn_error_sent(made.get()) == PPN_SENT_NONE);
    ++seen;
  }
  BOOST_TEST(seen > 75);
}

BOOST_AUTO_TEST_CASE(code_that_is_no_error_can_not_be_made) {
  for (const int32_t code : {PPN_OK + 0, PPN_END + 0, PPN_PENDING + 0, -1, 100, 998, 1'000, INT32_MAX, INT32_MIN}) {
    ppn_error* made = reinterpret_cast<ppn_error*>(1);
    ErrorHandle error;
    BOOST_TEST(ppn_error_new(code, "x", 1, &made, error.out()) == PPN_E_INVALID_ARGUMENT);
    BOOST_TEST((made == nullptr));
    BOOST_TEST(std::string(ppn_error_message(error.get())).find("code") != std::string::npos);
  }
  BOOST_TEST(ppn_error_new(PPN_E_TIMEOUT, nullptr, 0, nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  ErrorHandle made;
  BOOST_TEST(ppn_error_new(PPN_E_TIMEOUT, nullptr, 3, made.out(), nullptr) == PPN_E_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(message_is_taken_as_it_is_given) {
  ErrorHandle made;
  BOOST_TEST(ppn_error_new(PPN_E_TIMEOUT, "took too long", 4, made.out(), nullptr) == PPN_OK);
  BOOST_TEST(std::string(ppn_error_message(made.get())) == "took");
  BOOST_TEST(ppn_error_new(PPN_E_TIMEOUT, "all of it", PPN_AUTO_LENGTH, made.out(), nullptr) == PPN_OK);
  BOOST_TEST(std::string(ppn_error_message(made.get())) == "all of it");
  BOOST_TEST(ppn_error_is_timeout(made.get()) == 1);
}

BOOST_AUTO_TEST_CASE(status_of_a_code_that_stands_for_one_is_set) {
  BOOST_TEST(ppn_error_http_status(make_error(PPN_E_HTTP_BAD_REQUEST).get()) == 400);
  BOOST_TEST(ppn_error_http_status(make_error(PPN_E_HTTP_TOO_MANY_REQUESTS).get()) == 429);
  BOOST_TEST(ppn_error_http_status(make_error(PPN_E_HTTP_PAYLOAD_TOO_LARGE).get()) == 413);
  BOOST_TEST(ppn_error_http_status(make_error(PPN_E_HTTP_OVERLOADED).get()) == 529);
  for (const int32_t code : {PPN_E_HTTP_OTHER_4XX, PPN_E_HTTP_OTHER_5XX, PPN_E_HTTP_OTHER_STATUS, PPN_E_TIMEOUT}) {
    BOOST_TEST(ppn_error_http_status(make_error(code).get()) == 0);
  }
}

BOOST_AUTO_TEST_CASE(fields_of_a_made_error_can_be_set) {
  const ErrorHandle made = make_error(PPN_E_HTTP_OTHER_4XX);
  BOOST_TEST(ppn_error_set_http_status(made.get(), 402, nullptr) == PPN_OK);
  BOOST_TEST(ppn_error_set_retry_after_ms(made.get(), 1'500, nullptr) == PPN_OK);
  BOOST_TEST(ppn_error_set_sent(made.get(), PPN_SENT_FULL, nullptr) == PPN_OK);
  BOOST_TEST(ppn_error_set_provider_code(made.get(), "insufficient_quota!", 18, nullptr) == PPN_OK);
  BOOST_TEST(ppn_error_http_status(made.get()) == 402);
  BOOST_TEST(ppn_error_retry_after_ms(made.get()) == 1'500);
  BOOST_TEST(ppn_error_sent(made.get()) == PPN_SENT_FULL);
  BOOST_TEST(std::string(ppn_error_provider_code(made.get())) == "insufficient_quota");
  BOOST_TEST(ppn_error_set_retry_after_ms(made.get(), -1, nullptr) == PPN_OK);
  BOOST_TEST(ppn_error_set_http_status(made.get(), 0, nullptr) == PPN_OK);
  BOOST_TEST(ppn_error_set_provider_code(made.get(), nullptr, 0, nullptr) == PPN_OK);
  BOOST_TEST(ppn_error_retry_after_ms(made.get()) == -1);
  BOOST_TEST(ppn_error_http_status(made.get()) == 0);
  BOOST_TEST(std::string(ppn_error_provider_code(made.get())).empty());
}

BOOST_AUTO_TEST_CASE(value_that_is_out_of_range_changes_nothing) {
  const ErrorHandle made = make_error(PPN_E_HTTP_TOO_MANY_REQUESTS);
  for (const int32_t status : {-1, 1, 99, 1'000, INT32_MAX, INT32_MIN}) {
    BOOST_TEST(ppn_error_set_http_status(made.get(), status, nullptr) == PPN_E_INVALID_ARGUMENT);
  }
  for (const int64_t ms : {int64_t{-2}, INT64_MIN}) {
    BOOST_TEST(ppn_error_set_retry_after_ms(made.get(), ms, nullptr) == PPN_E_INVALID_ARGUMENT);
  }
  for (const int32_t sent : {-1, 3}) {
    BOOST_TEST(ppn_error_set_sent(made.get(), sent, nullptr) == PPN_E_INVALID_ARGUMENT);
  }
  BOOST_TEST(ppn_error_set_provider_code(made.get(), nullptr, 1, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_error_http_status(made.get()) == 429);
  BOOST_TEST(ppn_error_retry_after_ms(made.get()) == -1);
  BOOST_TEST(ppn_error_sent(made.get()) == PPN_SENT_NONE);
}

BOOST_AUTO_TEST_CASE(error_of_the_library_and_dead_handles_can_not_be_changed) {
  ErrorHandle real;
  BOOST_TEST(ppn_client_close(nullptr, real.out()) == PPN_E_INVALID_ARGUMENT);
  ErrorHandle made = make_error(PPN_E_TIMEOUT);
  ppn_error* const released = made.get();
  made.reset();
  for (ppn_error* error : {real.get(), released, static_cast<ppn_error*>(nullptr)}) {
    const int32_t wanted = error == nullptr ? PPN_E_INVALID_ARGUMENT : PPN_E_INVALID_STATE;
    BOOST_TEST(ppn_error_set_http_status(error, 500, nullptr) == wanted);
    BOOST_TEST(ppn_error_set_retry_after_ms(error, 1, nullptr) == wanted);
    BOOST_TEST(ppn_error_set_sent(error, PPN_SENT_FULL, nullptr) == wanted);
    BOOST_TEST(ppn_error_set_provider_code(error, "c", 1, nullptr) == wanted);
  }
  BOOST_TEST(ppn_error_http_status(real.get()) == 0);
}

BOOST_AUTO_TEST_CASE(predicates_know_their_codes) {
  for (size_t i = 1; ppn_code_at(i) >= 0; ++i) {
    const int32_t code = ppn_code_at(i);
    const ErrorHandle made = make_error(code);
    const bool limited =
        code == PPN_E_HTTP_TOO_MANY_REQUESTS || code == PPN_E_RATE_LIMITED || code == PPN_E_RATE_LIMIT_QUEUE_FULL;
    const bool refused = code == PPN_E_HTTP_UNAUTHORIZED || code == PPN_E_HTTP_FORBIDDEN;
    BOOST_TEST((ppn_error_is_rate_limited(made.get()) == 1) == limited, ppn_code_name(code));
    BOOST_TEST((ppn_error_is_auth(made.get()) == 1) == refused, ppn_code_name(code));
  }
}

BOOST_AUTO_TEST_CASE(made_error_is_counted_like_any_other) {
  ErrorHandle made = make_error(PPN_E_CIRCUIT_OPEN);
  const ErrorHandle second(ppn_error_acquire(made.get()));
  made.reset();
  BOOST_TEST(ppn_error_set_retry_after_ms(second.get(), 7, nullptr) == PPN_OK);
  BOOST_TEST(ppn_error_retry_after_ms(second.get()) == 7);
}

BOOST_AUTO_TEST_SUITE_END()
