// Handles of middleware and of its steps, as handle_test.cpp has it for the others.
#include <utility>
#include <vector>

#include "capi/middleware.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

using Calls = std::vector<std::pair<const char*, int32_t>>;

Calls calls_with(ppn_middleware* middleware) {
  const auto chunk = [](void*, ppn_middleware_context*, const uint8_t*, size_t) -> int32_t { return PPN_MW_DONE; };
  const auto event = [](void*, ppn_middleware_context*, const ppn_event*) -> int32_t { return PPN_MW_DONE; };
  const auto end = [](void*, ppn_middleware_context*, const ppn_error*) {};
  const Client client = make_client();
  return {{"set_chunk_filter", ppn_middleware_set_chunk_filter(middleware, chunk, nullptr)},
          {"set_event_filter", ppn_middleware_set_event_filter(middleware, event, nullptr)},
          {"set_stream_end", ppn_middleware_set_stream_end(middleware, end, nullptr)},
          {"set_token", ppn_middleware_set_token(middleware, "t", 1, nullptr)},
          {"refresh_failed", ppn_middleware_refresh_failed(middleware, nullptr)},
          {"add_middleware", ppn_client_add_middleware(client.get(), middleware, nullptr)}};
}

Calls calls_with(ppn_middleware_context* context) {
  const char* text = nullptr;
  int32_t number = 0;
  ppn_response* response = nullptr;
  ppn_error* error = nullptr;
  const uint8_t byte = 0;
  return {{"method", ppn_middleware_context_method(context, &text, nullptr, nullptr)},
          {"url", ppn_middleware_context_url(context, &text, nullptr, nullptr)},
          {"url_redacted", ppn_middleware_context_url_redacted(context, &text, nullptr, nullptr)},
          {"attempt", ppn_middleware_context_attempt(context, &number, nullptr)},
          {"header", ppn_middleware_context_header(context, "a", 1, &text, nullptr, nullptr)},
          {"set_header", ppn_middleware_context_set_header(context, "a", 1, "b", 1, nullptr)},
          {"add_header", ppn_middleware_context_add_header(context, "a", 1, "b", 1, nullptr)},
          {"remove_header", ppn_middleware_context_remove_header(context, "a", 1, nullptr)},
          {"set_url", ppn_middleware_context_set_url(context, "http://a.test/", PPN_AUTO_LENGTH, nullptr)},
          {"set_body", ppn_middleware_context_set_body(context, &byte, 1, nullptr)},
          {"set_option", ppn_middleware_context_set_option(context, "timeout_ms", 10, "1", 1, nullptr)},
          {"attribute", ppn_middleware_context_attribute(context, "a", 1, &text, nullptr, nullptr)},
          {"set_attribute", ppn_middleware_context_set_attribute(context, "a", 1, "b", 1, nullptr)},
          {"response", ppn_middleware_context_response(context, &response, nullptr)},
          {"error", ppn_middleware_context_error(context, &error, nullptr)},
          {"respond", ppn_middleware_context_respond(context, 200, nullptr, nullptr, 0, nullptr)},
          {"fail", ppn_middleware_context_fail(context, PPN_E_INTERNAL, "", 0, nullptr)},
          {"retry_once", ppn_middleware_context_retry_once(context, 0, nullptr)},
          {"finish", ppn_middleware_context_finish(context, nullptr)},
          {"emit_chunk", ppn_middleware_context_emit_chunk(context, &byte, 1, nullptr)},
          {"emit_event", ppn_middleware_context_emit_event(context, "a", 1, "", 0, "", 0, -1, nullptr)}};
}

Middleware make_middleware() {
  Middleware middleware;
  BOOST_REQUIRE_EQUAL(ppn_middleware_new_trace_context(middleware.out(), nullptr), PPN_OK);
  return middleware;
}

template <class Handle>
void check_all(Handle* handle, int32_t expected) {
  for (const auto& [name, code] : calls_with(handle)) BOOST_TEST(code == expected, name << " returned " << code);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(middleware_handles, NoLeak)

BOOST_AUTO_TEST_CASE(null_is_an_invalid_argument_everywhere) {
  check_all(static_cast<ppn_middleware*>(nullptr), PPN_E_INVALID_ARGUMENT);
  check_all(static_cast<ppn_middleware_context*>(nullptr), PPN_E_INVALID_ARGUMENT);
  BOOST_TEST((ppn_middleware_acquire(nullptr) == nullptr));
  BOOST_TEST((ppn_middleware_context_acquire(nullptr) == nullptr));
  ppn_middleware_release(nullptr);
  ppn_middleware_context_release(nullptr);
}

BOOST_AUTO_TEST_CASE(released_invented_and_mistaken_handles_are_an_invalid_state_everywhere) {
  Middleware released = make_middleware();
  ppn_middleware* const gone = released.get();
  released.reset();
  check_all(gone, PPN_E_INVALID_STATE);
  BOOST_TEST((ppn_middleware_acquire(gone) == nullptr));
  ppn_middleware_release(gone);

  const Config config = make_config();
  const Middleware other = make_middleware();
  check_all(reinterpret_cast<ppn_middleware*>(config.get()), PPN_E_INVALID_STATE);
  check_all(reinterpret_cast<ppn_middleware_context*>(config.get()), PPN_E_INVALID_STATE);
  check_all(reinterpret_cast<ppn_middleware_context*>(other.get()), PPN_E_INVALID_STATE);
  for (const std::uintptr_t bits : {std::uintptr_t{1}, ~std::uintptr_t{0}, std::uintptr_t{0x4f00'0000'0000'0001},
                                    std::uintptr_t{0x5000'ffff'ff00'0001}}) {
    check_all(reinterpret_cast<ppn_middleware*>(bits), PPN_E_INVALID_STATE);
    check_all(reinterpret_cast<ppn_middleware_context*>(bits), PPN_E_INVALID_STATE);
  }
}

BOOST_AUTO_TEST_CASE(context_that_was_not_acquired_ends_with_its_callback) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("1"))});
  ppn_middleware_context* gone = nullptr;
  StepRecorder recorder;
  recorder.before = [&](ppn_middleware_context* context) {
    gone = context;
    return PPN_MW_DONE;
  };
  const Client client = make_client();
  recorder.add_to(client, "a");
  const Request request = make_request(client, "GET", server.url());
  Response response;
  BOOST_TEST(ppn_request_send(request.get(), response.out(), nullptr) == PPN_OK);
  BOOST_TEST((gone != nullptr));
  if (gone != nullptr) check_all(gone, PPN_E_INVALID_STATE);
}

BOOST_AUTO_TEST_SUITE_END()
