// What may be called inside which callback: the table in capi/README.md, row by row.
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "capi/capi.hpp"
#include "capi/recorder.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

enum class Where { headers, data, event, line, read, rewind, complete, destroy };
constexpr Where all_places[] = {Where::headers, Where::data,   Where::event,    Where::line,
                                Where::read,    Where::rewind, Where::complete, Where::destroy};

// The body callbacks of one request. It gives a byte, so that there is something to rewind, and then nothing.
struct BodyHooks {
  std::function<int32_t(ppn_request*)> read = [](auto...) { return PPN_CB_CONTINUE; };
  std::function<void(ppn_request*)> rewind = [](auto...) {};
  bool given = false;

  int32_t install(ppn_request* request) {
    return ppn_request_set_body_callback(request, -1, on_read, on_rewind, this, nullptr, nullptr);
  }
  static int32_t on_read(void* user, ppn_request* request, uint8_t* buffer, size_t, size_t* out_length) {
    BodyHooks& self = *static_cast<BodyHooks*>(user);
    const int32_t answer = self.read(request);
    if (answer == PPN_CB_CONTINUE && !std::exchange(self.given, true)) {
      *buffer = 'x';
      *out_length = 1;
    }
    return answer;
  }
  static int32_t on_rewind(void* user, ppn_request* request) {
    BodyHooks& self = *static_cast<BodyHooks*>(user);
    self.given = false;
    self.rewind(request);
    return 0;
  }
};

// Runs one request against a fresh server and `action` once inside the callback `where`. Returns what was seen.
Seen run_inside(Where where, const std::function<void(ppn_request*)>& action, int32_t answer = PPN_CB_CONTINUE) {
  const bool events = where == Where::event;
  std::vector<Script> scripts{
      Script{}
          .expect_request()
          .send(open_head(events ? "text/event-stream" : "text/plain") + "data: x\n\ndata: y\n\n")
          .close()};
  // A body is rewound when its connection is closed under it.
  if (where == Where::rewind) {
    scripts.insert(scripts.begin(), Script{}.expect_request().send(http_ok("first")).expect_request().close());
  }
  const ScriptedServer server(scripts);
  const Client client = make_client();
  if (where == Where::rewind) {
    Response response;
    const Request first = make_request(client, "GET", server.url());
    BOOST_REQUIRE_EQUAL(ppn_request_send(first.get(), response.out(), nullptr), PPN_OK);
  }
  const Request request = make_request(client, "GET", server.url());
  BodyHooks body;
  Recorder recorder;
  std::atomic<bool> done{false};
  const auto once = [&](ppn_request* handle) {
    if (done.exchange(true)) return PPN_CB_CONTINUE + 0;
    action(handle);
    return answer;
  };
  if (where == Where::headers) recorder.in_headers = [&](ppn_request* handle, ppn_response*) { return once(handle); };
  const bool lines = where == Where::line;
  if (where == Where::data || events || lines) recorder.in_piece = [&](ppn_request* handle) { return once(handle); };
  if (where == Where::complete) recorder.in_complete = [&](ppn_request* handle, auto...) { once(handle); };
  if (where == Where::destroy) recorder.in_destroy = [&] { once(request.get()); };
  if (where == Where::read) body.read = once;
  if (where == Where::rewind) body.rewind = once;
  if (where == Where::read || where == Where::rewind) BOOST_REQUIRE_EQUAL(body.install(request.get()), PPN_OK);
  const int32_t installed = events  ? recorder.install_for_events(request.get())
                            : lines ? recorder.install_for_lines(request.get())
                                    : recorder.install_for_data(request.get());
  BOOST_REQUIRE_EQUAL(installed, PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
  Seen seen = recorder.wait_for_end();
  BOOST_TEST(done.load());
  return seen;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(reentrancy, NoLeak)

BOOST_AUTO_TEST_CASE(blocking_calls_are_refused_before_anything_starts) {
  const ScriptedServer other({});
  const Client client = make_client();
  for (const Where where : all_places) {
    const Request request = make_request(client, "GET", other.url());
    Response response;
    Response head;
    const ppn_event* piece = nullptr;
    std::vector<int32_t> codes;
    const Request streamed = make_request(client, "GET", other.url());
    run_inside(where, [&](ppn_request*) {
      codes.push_back(ppn_request_send(request.get(), response.out(), nullptr));
      codes.push_back(ppn_runtime_shutdown(nullptr));
      codes.push_back(ppn_log_set_sink(PPN_LOG_INFO, nullptr, nullptr, nullptr, nullptr));
    });
    BOOST_REQUIRE_EQUAL(codes.size(), 3U);
    for (const int32_t code : codes) BOOST_TEST(code == PPN_E_WOULD_DEADLOCK);
    BOOST_TEST((response.get() == nullptr && head.get() == nullptr && piece == nullptr));
    // It was not started: it still can be described.
    BOOST_TEST(ppn_request_set_header(request.get(), "a", 1, "b", 1, nullptr) == PPN_OK);
  }
  BOOST_TEST(other.connections() == 0);
}

BOOST_AUTO_TEST_CASE(streams_can_not_be_waited_for) {
  const ScriptedServer other({Script{}.expect_request().hold()}, {.repeat_last = true});
  const Client client = make_client();
  for (const Where where : all_places) {
    const Request request = make_request(client, "GET", other.url());
    Stream stream;
    BOOST_REQUIRE_EQUAL(ppn_stream_open(request.get(), PPN_STREAM_CHUNKS, stream.out(), nullptr), PPN_OK);
    std::vector<int32_t> codes;
    run_inside(where, [&](ppn_request*) {
      const ppn_event* piece = nullptr;
      Response head;
      for (const int64_t timeout_ms : {-1, 0, 10}) {
        codes.push_back(ppn_stream_next(stream.get(), timeout_ms, &piece, nullptr));
        codes.push_back(ppn_stream_response(stream.get(), timeout_ms, head.out(), nullptr));
      }
    });
    // A look waits for nothing.
    BOOST_TEST((codes == std::vector<int32_t>{PPN_E_WOULD_DEADLOCK, PPN_E_WOULD_DEADLOCK, PPN_PENDING, PPN_PENDING,
                                              PPN_E_WOULD_DEADLOCK, PPN_E_WOULD_DEADLOCK}));
  }
}

BOOST_AUTO_TEST_CASE(cancel_of_itself_ends_the_request_unless_it_has_ended) {
  for (const Where where : all_places) {
    std::atomic<int32_t> code{-1};
    const Seen seen = run_inside(where, [&](ppn_request* request) { code = ppn_request_cancel(request); });
    BOOST_TEST(code == PPN_OK);
    const bool ended = where == Where::complete || where == Where::destroy;
    BOOST_TEST(seen.code == (ended ? PPN_OK : PPN_E_CANCELLED));
    BOOST_TEST(seen.completions == 1);
    // Two events came in one piece; after the cancel inside the first there is no second.
    if (where == Where::event) BOOST_TEST(seen.pieces == 1);
  }
}

BOOST_AUTO_TEST_CASE(resume_of_itself_takes_a_pause_back_and_has_no_effect_at_the_end) {
  for (const Where where : all_places) {
    std::atomic<int32_t> code{-1};
    const Seen seen = run_inside(
        where, [&](ppn_request* request) { code = ppn_request_resume(request); }, PPN_CB_PAUSE);
    BOOST_TEST(code == PPN_OK);
    BOOST_TEST(seen.code == PPN_OK);
  }
}

BOOST_AUTO_TEST_CASE(another_request_can_be_made_and_started) {
  for (const Where where : all_places) {
    const ScriptedServer other({Script{}.expect_request().send(http_ok("other"))});
    const Client client = make_client();
    Recorder recorder;
    std::vector<int32_t> codes;
    run_inside(where, [&](ppn_request*) {
      Request request;
      const std::string url = other.url();
      codes.push_back(ppn_request_new(client.get(), "GET", 3, url.data(), url.size(), request.out(), nullptr));
      codes.push_back(ppn_request_set_header(request.get(), "a", 1, "b", 1, nullptr));
      codes.push_back(recorder.install(request.get()));
      codes.push_back(ppn_request_start(request.get(), nullptr));
    });
    for (const int32_t code : codes) BOOST_TEST(code == PPN_OK);
    BOOST_TEST(recorder.wait_for_end().body == "other");
  }
}

BOOST_AUTO_TEST_CASE(stream_can_be_opened_cancelled_and_released) {
  for (const Where where : all_places) {
    const ScriptedServer other({Script{}.expect_request().wait_for_peer_close()}, {.repeat_last = true});
    const Client client = make_client();
    const Request first = make_request(client, "GET", other.url());
    const Request second = make_request(client, "GET", other.url());
    std::vector<int32_t> codes;
    run_inside(where, [&](ppn_request*) {
      Stream cancelled;
      Stream released;
      codes.push_back(ppn_stream_open(first.get(), PPN_STREAM_LINES, cancelled.out(), nullptr));
      codes.push_back(ppn_stream_open(second.get(), PPN_STREAM_EVENTS, released.out(), nullptr));
      codes.push_back(ppn_stream_cancel(cancelled.get()));
    });
    for (const int32_t code : codes) BOOST_TEST(code == PPN_OK);
  }
}

BOOST_AUTO_TEST_CASE(closing_a_client_inside_a_callback_cancels_its_requests) {
  for (const Where where : all_places) {
    const ScriptedServer other({Script{}.expect_request().hold()});
    const Client client = make_client();
    const Request request = make_request(client, "GET", other.url());
    Recorder recorder;
    BOOST_REQUIRE_EQUAL(recorder.install(request.get()), PPN_OK);
    BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
    BOOST_REQUIRE(other.wait_for_requests(1));
    std::atomic<int32_t> code{-1};
    run_inside(where, [&](ppn_request*) { code = ppn_client_close(client.get(), nullptr); });
    BOOST_TEST(code == PPN_OK);
    BOOST_TEST(recorder.wait_for_end().code == PPN_E_CANCELLED);
  }
}

BOOST_AUTO_TEST_CASE(configuration_and_client_can_be_made_and_released) {
  for (const Where where : all_places) {
    std::vector<int32_t> codes;
    run_inside(where, [&](ppn_request*) {
      Config config;
      Client client;
      codes.push_back(ppn_config_new(config.out(), nullptr));
      codes.push_back(ppn_config_set_timeout_ms(config.get(), 5, nullptr));
      codes.push_back(ppn_client_new(config.get(), client.out(), nullptr));
    });
    for (const int32_t code : codes) BOOST_TEST(code == PPN_OK);
  }
}

BOOST_AUTO_TEST_CASE(data_may_be_made_and_read_everywhere) {
  for (const Where where : all_places) {
    std::vector<int32_t> codes;
    run_inside(where, [&](ppn_request*) {
      const uint8_t line[] = {'d', 'a', 't', 'a', ':', '1', '\n', '\n'};
      Buffer buffer;
      Headers headers;
      Json json;
      SseDecoderHandle events;
      LineDecoderHandle lines;
      RetryPolicy policy;
      const ppn_event* piece = nullptr;
      int64_t number = 0;
      codes.push_back(ppn_buffer_new(line, sizeof line, buffer.out(), nullptr));
      codes.push_back(ppn_headers_new(headers.out(), nullptr));
      codes.push_back(ppn_headers_set(headers.get(), "a", 1, "b", 1, nullptr));
      codes.push_back(ppn_json_parse("7", 1, json.out(), nullptr));
      codes.push_back(ppn_json_int64(json.get(), "", 0, &number, nullptr));
      codes.push_back(ppn_sse_decoder_new(0, 0, 0, events.out(), nullptr));
      codes.push_back(ppn_sse_decoder_feed(events.get(), line, sizeof line, nullptr));
      codes.push_back(ppn_sse_decoder_next(events.get(), &piece, nullptr));
      codes.push_back(ppn_line_decoder_new(0, lines.out(), nullptr));
      codes.push_back(ppn_line_decoder_feed(lines.get(), line, sizeof line, nullptr));
      codes.push_back(ppn_line_decoder_next(lines.get(), &piece, nullptr));
      codes.push_back(ppn_redact_url("x", 1, buffer.out(), nullptr));
      codes.push_back(ppn_retry_policy_new(policy.out(), nullptr));
    });
    BOOST_TEST(codes == std::vector<int32_t>(13, PPN_OK), boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_SUITE_END()
