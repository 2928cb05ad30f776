// Every allocation that a function makes, failing in its turn.
#include "capi/failing_allocations.hpp"

#if PPN_TEST_FAILING_ALLOCATIONS

#include <atomic>
#include <functional>
#include <string>

#include "capi/capi.hpp"
#include "capi/recorder.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

// Calls `function` with ever more memory until it succeeds. Every failure before is told as what it is.
void check_each_allocation(const char* name, const std::function<int32_t(ppn_error**)>& function) {
  constexpr long enough = 200;
  for (long allowed = 0; allowed < enough; ++allowed) {
    ErrorHandle error;
    int32_t code = -1;
    {
      const FailAfter limit(allowed);
      code = function(error.out());
    }
    if (code == PPN_OK) {
      BOOST_TEST((error.get() == nullptr));
      BOOST_TEST(allowed > 0, name << " allocates nothing");
      return;
    }
    BOOST_TEST(code == PPN_E_OUT_OF_MEMORY, name << " returned " << code << " after " << allowed);
    BOOST_TEST(ppn_error_code(error.get()) == PPN_E_OUT_OF_MEMORY);
    BOOST_TEST(std::string(ppn_error_message(error.get())) == "out of memory");
  }
  BOOST_ERROR(name << " never succeeded");
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(memory, NoLeak)

BOOST_AUTO_TEST_CASE(missing_memory_is_an_error_of_its_own) {
  const std::string json = R"({"timeout_ms": 5000, "user_agent": "a text that is too long for the string itself"})";
  const std::string url = "http://127.0.0.1:9/a/path/that/is/too/long/for/the/string/itself";
  const std::string value(100, 'v');
  check_each_allocation("config_new", [](ppn_error** error) {
    Config config;
    return ppn_config_new(config.out(), error);
  });
  const Config config = make_config();
  check_each_allocation("config_set_json", [&](ppn_error** error) {
    return ppn_config_set_json(config.get(), json.data(), json.size(), error);
  });
  check_each_allocation("config_dump", [&](ppn_error** error) {
    const char* text = nullptr;
    return ppn_config_dump(config.get(), &text, nullptr, error);
  });
  check_each_allocation("client_new", [&](ppn_error** error) {
    Client client;
    return ppn_client_new(config.get(), client.out(), error);
  });
  const Client client = make_client();
  check_each_allocation("request_new", [&](ppn_error** error) {
    Request request;
    return ppn_request_new(client.get(), "GET", 3, url.data(), url.size(), request.out(), error);
  });
  Recorder recorder;
  std::atomic<int> ended{0};
  const Request request = make_request(client, "POST", url);
  check_each_allocation("set_header", [&](ppn_error** error) {
    return ppn_request_set_header(request.get(), "X-Name", 6, value.data(), value.size(), error);
  });
  check_each_allocation("set_json", [&](ppn_error** error) {
    return ppn_request_set_json(request.get(), json.data(), json.size(), error);
  });
  check_each_allocation("set_body_file", [&](ppn_error** error) {
    return ppn_request_set_body_file(request.get(), "/etc/passwd", PPN_AUTO_LENGTH, error);
  });
  const auto read = [](void*, ppn_request*, uint8_t*, size_t, size_t*) -> int32_t { return PPN_CB_ABORT; };
  const auto end = [](void* user) { ++*static_cast<std::atomic<int>*>(user); };
  check_each_allocation("set_body_callback", [&](ppn_error** error) {
    return ppn_request_set_body_callback(request.get(), -1, read, nullptr, &ended, end, error);
  });
  BOOST_TEST(ended == 0);
  check_each_allocation("set_callbacks", [&](ppn_error** error) { return recorder.install(request.get(), error); });
  BOOST_TEST(recorder.seen().destroyed == 0);
}

BOOST_AUTO_TEST_CASE(error_without_memory_for_it_is_the_error_about_memory) {
  const Client client = make_client();
  ErrorHandle error;
  int32_t code = PPN_OK;
  {
    const FailAfter limit(0);
    code = ppn_client_close(nullptr, error.out());
  }
  BOOST_TEST(code == PPN_E_OUT_OF_MEMORY);
  BOOST_TEST(ppn_error_code(error.get()) == PPN_E_OUT_OF_MEMORY);
  // It is the same object each time, and no release takes it away.
  ppn_error* const first = error.get();
  error.reset();
  {
    const FailAfter limit(0);
    BOOST_TEST(ppn_error_acquire(first) == first);
  }
  ppn_error_release(first);
  BOOST_TEST(ppn_error_code(first) == PPN_E_OUT_OF_MEMORY);
}

BOOST_AUTO_TEST_CASE(start_without_memory_ends_the_user_data_or_starts) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))}, {.repeat_last = true});
  const Client client = make_client();
  {
    const Request first = make_request(client, "GET", server.url());
    Response response;
    BOOST_REQUIRE_EQUAL(ppn_request_send(first.get(), response.out(), nullptr), PPN_OK);
  }
  bool started = false;
  for (long allowed = 0; allowed < 100 && !started; ++allowed) {
    Request request = make_request(client, "GET", server.url());
    Recorder recorder;
    BOOST_REQUIRE_EQUAL(recorder.install(request.get()), PPN_OK);
    {
      const FailAfter limit(allowed);
      started = ppn_request_start(request.get(), nullptr) == PPN_OK;
    }
    request.reset();
    const Seen seen = recorder.wait_for_end();
    BOOST_TEST(seen.destroyed == 1);
    BOOST_TEST(seen.completions == (started ? 1 : 0));
  }
  BOOST_TEST(started);
}

BOOST_AUTO_TEST_CASE(cancel_needs_no_memory) {
  const ScriptedServer server({Script{}.expect_request().wait_for_peer_close()});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  Recorder recorder;
  BOOST_REQUIRE_EQUAL(recorder.install(request.get()), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
  BOOST_TEST(server.wait_for_requests(1));
  {
    const FailAfter limit(0);
    BOOST_TEST(ppn_request_cancel(request.get()) == PPN_OK);
  }
  BOOST_TEST(recorder.wait_for_end().code == PPN_E_CANCELLED);
}

BOOST_AUTO_TEST_SUITE_END()

#endif
