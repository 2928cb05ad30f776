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
  check_each_allocation("config_new_api_client", [](ppn_error** error) {
    Config config;
    return ppn_config_new_api_client("https://localhost/a/path/that/is/too/long", PPN_AUTO_LENGTH,
                                     "a key that is too long for the string itself", PPN_AUTO_LENGTH, config.out(),
                                     error);
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

BOOST_AUTO_TEST_CASE(missing_memory_leaves_data_as_it_was) {
  const std::string text(100, 't');
  const auto* const bytes = reinterpret_cast<const uint8_t*>(text.data());
  const std::string json = R"({"a": ")" + text + R"("})";
  const Headers headers = make_headers();
  const Request request = make_request(make_client(), "POST", "http://127.0.0.1:9/");
  check_each_allocation("buffer_new", [&](ppn_error** error) {
    Buffer made;
    return ppn_buffer_new(bytes, text.size(), made.out(), error);
  });
  check_each_allocation("redact_url", [&](ppn_error** error) {
    Buffer made;
    return ppn_redact_url(text.data(), text.size(), made.out(), error);
  });
  check_each_allocation("headers_new", [&](ppn_error** error) {
    Headers made;
    return ppn_headers_new(made.out(), error);
  });
  check_each_allocation("headers_add", [&](ppn_error** error) {
    const int32_t code = ppn_headers_add(headers.get(), text.data(), text.size(), text.data(), text.size(), error);
    BOOST_TEST(ppn_headers_count(headers.get()) == (code == PPN_OK ? 1U : 0U));
    return code;
  });
  check_each_allocation("request_set_headers", [&](ppn_error** error) {
    return ppn_request_set_headers(request.get(), headers.get(), error);
  });
  check_each_allocation("json_parse", [&](ppn_error** error) {
    Json made;
    return ppn_json_parse(json.data(), json.size(), made.out(), error);
  });
  const Json document = make_json(json);
  const char* found = nullptr;
  check_each_allocation("json_string", [&](ppn_error** error) {
    return ppn_json_string(document.get(), "/a", 2, &found, nullptr, error);
  });
  check_each_allocation(
      "json_text", [&](ppn_error** error) { return ppn_json_text(document.get(), "/a", 2, &found, nullptr, error); });
  check_each_allocation("retry_policy_new", [&](ppn_error** error) {
    RetryPolicy made;
    return ppn_retry_policy_new(made.out(), error);
  });
  check_each_allocation("sse_decoder_new", [&](ppn_error** error) {
    SseDecoderHandle made;
    return ppn_sse_decoder_new(0, 0, 0, made.out(), error);
  });
  check_each_allocation("line_decoder_new", [&](ppn_error** error) {
    LineDecoderHandle made;
    return ppn_line_decoder_new(0, made.out(), error);
  });
  const SseDecoderHandle decoder = make_sse_decoder();
  check_each_allocation("sse_decoder_feed", [&](ppn_error** error) {
    return ppn_sse_decoder_feed(decoder.get(), bytes, text.size(), error);
  });
}

BOOST_AUTO_TEST_CASE(decoder_that_had_no_memory_says_so_until_it_is_reset) {
  const std::string input =
      "id: 7\ndata: a\n\ndata: " + std::string(100, 'a') + "\ndata: " + std::string(1'000, 'b') + "\n\n";
  bool enough = false;
  for (long allowed = 0; allowed < 100 && !enough; ++allowed) {
    const SseDecoderHandle decoder = make_sse_decoder();
    BOOST_REQUIRE_EQUAL(
        ppn_sse_decoder_feed(decoder.get(), reinterpret_cast<const uint8_t*>(input.data()), input.size(), nullptr),
        PPN_OK);
    const ppn_event* event = nullptr;
    BOOST_REQUIRE_EQUAL(ppn_sse_decoder_next(decoder.get(), &event, nullptr), PPN_OK);
    int32_t code = -1;
    {
      const FailAfter limit(allowed);
      code = ppn_sse_decoder_next(decoder.get(), &event, nullptr);
    }
    enough = code == PPN_OK;
    if (enough) {
      BOOST_TEST(data_of(event).size() == 1'101U);
      continue;
    }
    BOOST_TEST(code == PPN_E_OUT_OF_MEMORY);
    BOOST_TEST(ppn_sse_decoder_next(decoder.get(), &event, nullptr) == PPN_E_OUT_OF_MEMORY);
    BOOST_TEST(ppn_sse_decoder_reset(decoder.get(), nullptr) == PPN_OK);
    BOOST_TEST(ppn_sse_decoder_next(decoder.get(), &event, nullptr) == PPN_PENDING);
    BOOST_TEST(std::string(ppn_sse_decoder_last_event_id(decoder.get(), nullptr)) == "7");
  }
  BOOST_TEST(enough);
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
