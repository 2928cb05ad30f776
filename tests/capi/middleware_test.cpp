// Middleware without a request: how it is made, who owns it, what is refused.
#include "capi/middleware.hpp"

#include <atomic>
#include <string>

using namespace ppn::test;

namespace {

void count_destroy(void* user_data) {
  ++*static_cast<std::atomic<int>*>(user_data);
}

int32_t done(void*, ppn_middleware_context*) {
  return PPN_MW_DONE;
}

int32_t no_token(void*, ppn_middleware*) {
  return -1;
}

int32_t make_new(const char* name, int32_t kind, ppn_middleware** out, void* user = nullptr,
                 ppn_destroy_fn destroy = nullptr) {
  return ppn_middleware_new(name, PPN_AUTO_LENGTH, kind, done, nullptr, nullptr, user, destroy, out, nullptr);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(middleware_objects, NoLeak)

BOOST_AUTO_TEST_CASE(user_data_ends_once_with_the_last_owner) {
  std::atomic<int> destroyed{0};
  Middleware middleware;
  BOOST_TEST(make_new("a", PPN_MIDDLEWARE_APPLICATION, middleware.out(), &destroyed, count_destroy) == PPN_OK);
  Client client = make_client();
  BOOST_TEST(ppn_client_add_middleware(client.get(), middleware.get(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_client_add_middleware(client.get(), middleware.get(), nullptr) == PPN_OK);
  middleware.reset();
  BOOST_TEST(destroyed == 0);
  client.reset();
  BOOST_TEST(destroyed == 1);
}

BOOST_AUTO_TEST_CASE(user_data_stays_the_users_when_nothing_was_made) {
  std::atomic<int> destroyed{0};
  ppn_middleware* middleware = nullptr;
  for (const std::string& name : {std::string(), std::string("a\nb"), std::string(129, 'n')}) {
    BOOST_TEST(ppn_middleware_new(name.data(), name.size(), PPN_MIDDLEWARE_ATTEMPT, done, done, done, &destroyed,
                                  count_destroy, &middleware, nullptr) == PPN_E_INVALID_ARGUMENT);
  }
  for (const int32_t kind : {-1, 2}) {
    BOOST_TEST(make_new("a", kind, &middleware, &destroyed, count_destroy) == PPN_E_INVALID_ARGUMENT);
  }
  BOOST_TEST(make_new(nullptr, PPN_MIDDLEWARE_ATTEMPT, &middleware) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(make_new("a", PPN_MIDDLEWARE_ATTEMPT, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST((middleware == nullptr));
  BOOST_TEST(ppn_middleware_new_token_refresh("nothing", PPN_AUTO_LENGTH, "Authorization", PPN_AUTO_LENGTH, "", 0, "",
                                              0, no_token, &destroyed, count_destroy, &middleware,
                                              nullptr) == PPN_E_INVALID_URL);
  BOOST_TEST(destroyed == 0);
}

BOOST_AUTO_TEST_CASE(filters_are_set_before_a_client_has_the_middleware) {
  const auto chunk = [](void*, ppn_middleware_context*, const uint8_t*, size_t) -> int32_t { return PPN_MW_DONE; };
  const auto event = [](void*, ppn_middleware_context*, const ppn_event*) -> int32_t { return PPN_MW_DONE; };
  const auto end = [](void*, ppn_middleware_context*, const ppn_error*) {};
  Middleware middleware;
  BOOST_TEST(make_new("a", PPN_MIDDLEWARE_APPLICATION, middleware.out()) == PPN_OK);
  BOOST_TEST(ppn_middleware_set_chunk_filter(middleware.get(), chunk, nullptr) == PPN_OK);
  BOOST_TEST(ppn_middleware_set_event_filter(middleware.get(), event, nullptr) == PPN_OK);
  BOOST_TEST(ppn_middleware_set_stream_end(middleware.get(), end, nullptr) == PPN_OK);
  BOOST_TEST(ppn_middleware_set_chunk_filter(middleware.get(), nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  const Client client = make_client();
  BOOST_TEST(ppn_client_add_middleware(client.get(), middleware.get(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_middleware_set_chunk_filter(middleware.get(), chunk, nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_middleware_set_event_filter(middleware.get(), event, nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_middleware_set_stream_end(middleware.get(), end, nullptr) == PPN_E_INVALID_STATE);

  Middleware built_in;
  BOOST_TEST(ppn_middleware_new_trace_context(built_in.out(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_middleware_set_chunk_filter(built_in.get(), chunk, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_middleware_set_token(built_in.get(), "t", 1, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_middleware_refresh_failed(built_in.get(), nullptr) == PPN_E_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(credentials_that_can_not_be_sent_are_refused_without_repeating_them) {
  const auto auth = [](const char* url, const char* header, const char* scheme, const char* secret, Middleware& out,
                       ErrorHandle& error) {
    return ppn_middleware_new_auth(url, PPN_AUTO_LENGTH, header, PPN_AUTO_LENGTH, scheme, PPN_AUTO_LENGTH, secret,
                                   PPN_AUTO_LENGTH, out.out(), error.out());
  };
  Middleware out;
  ErrorHandle error;
  BOOST_TEST(auth("http://a.test/", "Authorization", "Bearer", "S3CRET\r\nX: y", out, error) == PPN_E_INVALID_HEADER);
  BOOST_TEST(std::string(ppn_error_message(error.get())).find("S3CRET") == std::string::npos);
  BOOST_TEST(auth("http://a.test/", "Host", "Bearer", "s", out, error) == PPN_E_INVALID_HEADER);
  BOOST_TEST(auth("http://a.test/", "Authorization", "Bearer", "", out, error) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(auth("ws://a.test/", "Authorization", "Bearer", "s", out, error) == PPN_E_UNSUPPORTED_SCHEME);
  BOOST_TEST(auth(nullptr, "Authorization", "Bearer", "s", out, error) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST((out.get() == nullptr));
  BOOST_TEST(auth("http://a.test/", "Authorization", "", "s", out, error) == PPN_OK);
}

BOOST_AUTO_TEST_CASE(token_can_be_given_at_any_time) {
  std::atomic<int> destroyed{0};
  Middleware middleware;
  BOOST_TEST(ppn_middleware_new_token_refresh("http://a.test/", PPN_AUTO_LENGTH, "Authorization", PPN_AUTO_LENGTH,
                                              "Bearer", PPN_AUTO_LENGTH, nullptr, 0, no_token, &destroyed,
                                              count_destroy, middleware.out(), nullptr) == PPN_OK);
  BOOST_TEST(ppn_middleware_set_token(middleware.get(), "t", 1, nullptr) == PPN_OK);
  BOOST_TEST(ppn_middleware_set_token(middleware.get(), "a\nb", 3, nullptr) == PPN_E_INVALID_HEADER);
  BOOST_TEST(ppn_middleware_set_token(middleware.get(), nullptr, 0, nullptr) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(ppn_middleware_refresh_failed(middleware.get(), nullptr) == PPN_OK);
  middleware.reset();
  BOOST_TEST(destroyed == 1);
}

BOOST_AUTO_TEST_SUITE_END()
