// Middleware around requests: what it changes, sees and decides.
#include "capi/middleware.hpp"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "capi/recorder.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

using Words = std::vector<std::string>;

// Sends a GET; the code of its end.
int32_t send(const Client& client, const std::string& url, Response& response, ErrorHandle* error = nullptr) {
  const Request request = make_request(client, "GET", url);
  return ppn_request_send(request.get(), response.out(), error != nullptr ? error->out() : nullptr);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(middleware_of_requests, NoLeak)

BOOST_AUTO_TEST_CASE(request_is_changed_before_it_is_sent) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("1"))});
  Words answers;
  StepRecorder recorder;
  recorder.before = [&](ppn_middleware_context* context) {
    answers.push_back(text_of(ppn_middleware_context_method, context));
    answers.push_back(text_of(ppn_middleware_context_url_redacted, context));
    answers.push_back(name_of(ppn_middleware_context_set_header(context, "X-Mine", 6, "1", 1, nullptr)));
    answers.push_back(name_of(ppn_middleware_context_set_header(context, "Host", 4, "evil", 4, nullptr)));
    answers.push_back(name_of(ppn_middleware_context_set_header(context, "X-A", 3, "a\r\nb", 4, nullptr)));
    answers.push_back(header_of(context, "x-mine"));
    answers.push_back(
        name_of(ppn_middleware_context_set_body(context, reinterpret_cast<const uint8_t*>("body"), 4, nullptr)));
    answers.push_back(name_of(ppn_middleware_context_set_option(context, "timeout_ms", 10, "5000", 4, nullptr)));
    answers.push_back(name_of(ppn_middleware_context_set_option(context, "no_option", 9, "1", 1, nullptr)));
    answers.push_back(name_of(ppn_middleware_context_set_attribute(context, "a", 1, "v", 1, nullptr)));
    answers.push_back(attribute_of(context, "a") + attribute_of(context, "b"));
    int32_t attempt = 7;
    answers.push_back(name_of(ppn_middleware_context_attempt(context, &attempt, nullptr)));
    answers.push_back(std::to_string(attempt));
    return PPN_MW_DONE;
  };
  const Client client = make_client();
  recorder.add_to(client, "a");
  Response response;
  BOOST_TEST(send(client, server.url() + "?key=hidden", response) == PPN_OK);
  const std::string sent = server.requests().at(0);
  BOOST_TEST(sent.find("X-Mine: 1\r\n") != sent.npos);
  BOOST_TEST(sent.find("Content-Length: 4\r\n") != sent.npos);
  BOOST_TEST(sent.find("\r\n\r\nbody") != sent.npos);
  const Words expected{"GET",
                       server.url() + "?key=REDACTED",
                       "OK",
                       "INVALID_HEADER",
                       "INVALID_HEADER",
                       "1",
                       "OK",
                       "OK",
                       "CONFIG_ERROR",
                       "OK",
                       "vnone",
                       "OK",
                       "0"};
  BOOST_TEST(answers == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(url_can_lead_elsewhere) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("1"))});
  const std::string url = server.url() + "elsewhere";
  StepRecorder recorder;
  recorder.before = [&](ppn_middleware_context* context) {
    recorder.note(name_of(ppn_middleware_context_set_url(context, "nothing", 7, nullptr)));
    recorder.note(name_of(ppn_middleware_context_set_url(context, url.data(), url.size(), nullptr)));
    return PPN_MW_DONE;
  };
  const Client client = make_client();
  recorder.add_to(client, "a");
  Response response;
  BOOST_TEST(send(client, "http://host.invalid/", response) == PPN_OK);
  BOOST_TEST(server.requests().at(0).find("GET /elsewhere HTTP/1.1") == 0U);
  const Words expected{"before a", "INVALID_URL", "OK", "after a"};
  BOOST_TEST(recorder.words() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(steps_run_in_order_and_see_the_response) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("hello", "X-Seen: yes\r\n"))});
  Words seen;
  StepRecorder recorder;
  recorder.after = [&](ppn_middleware_context* context) {
    Response response;
    ErrorHandle error;
    seen.push_back(name_of(ppn_middleware_context_response(context, response.out(), nullptr)));
    seen.push_back(std::to_string(ppn_response_status(response.get())) + body_of(response.get()));
    seen.push_back(name_of(ppn_middleware_context_error(context, error.out(), nullptr)));
    seen.push_back(error.get() == nullptr ? "none" : "some");
    return PPN_MW_DONE;
  };
  const Client client = make_client();
  recorder.add_to(client, "outer");
  recorder.add_to(client, "inner");
  recorder.add_to(client, "attempt", PPN_MIDDLEWARE_ATTEMPT);
  Response response;
  BOOST_TEST(send(client, server.url(), response) == PPN_OK);
  const Words order{"before outer", "before inner", "before attempt", "after attempt", "after inner", "after outer"};
  BOOST_TEST(recorder.words() == order, boost::test_tools::per_element());
  BOOST_REQUIRE_EQUAL(seen.size(), 12U);
  for (size_t i = 4; i < 12; i += 4) {
    BOOST_TEST(seen[i] == "OK");
    BOOST_TEST(seen[i + 1] == "200hello");
    BOOST_TEST(seen[i + 2] == "OK");
    BOOST_TEST(seen[i + 3] == "none");
  }
}

BOOST_AUTO_TEST_CASE(answer_of_a_middleware_needs_no_server) {
  StepRecorder recorder;
  recorder.before = [&](ppn_middleware_context* context) {
    const Headers headers = make_headers();
    static_cast<void>(ppn_headers_set(headers.get(), "X-From", 6, "cache", 5, nullptr));
    recorder.note(name_of(ppn_middleware_context_respond(context, 100, nullptr, nullptr, 0, nullptr)));
    recorder.note(name_of(ppn_middleware_context_respond(context, 203, headers.get(),
                                                         reinterpret_cast<const uint8_t*>("mine"), 4, nullptr)));
    return PPN_MW_DONE;
  };
  const Client client = make_client();
  recorder.add_to(client, "a");
  Response response;
  BOOST_TEST(send(client, "http://host.invalid/", response) == PPN_OK);
  BOOST_TEST(ppn_response_status(response.get()) == 203);
  BOOST_TEST(body_of(response.get()) == "mine");
  size_t length = 0;
  const char* const from = ppn_response_header(response.get(), "x-from", PPN_AUTO_LENGTH, &length);
  BOOST_TEST(std::string(from != nullptr ? from : "", length) == "cache");
  const Words expected{"before a", "INVALID_ARGUMENT", "OK", "after a"};
  BOOST_TEST(recorder.words() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(failure_names_the_middleware) {
  StepRecorder recorder;
  recorder.before = [](ppn_middleware_context* context) {
    return ppn_middleware_context_fail(context, PPN_E_MIDDLEWARE_FAILED, "no", 2, nullptr) == PPN_OK ? PPN_MW_DONE : -1;
  };
  const Client client = make_client();
  recorder.add_to(client, "guard");
  Response response;
  ErrorHandle error;
  BOOST_TEST(send(client, "http://host.invalid/", response, &error) == PPN_E_MIDDLEWARE_FAILED);
  BOOST_TEST(std::string(ppn_error_message(error.get())) == "middleware 'guard': no");
  BOOST_TEST(std::string(ppn_error_phase(error.get())) == "middleware");
  const Words expected{"before guard", "error guard"};
  BOOST_TEST(recorder.words() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(number_without_a_meaning_is_a_failure) {
  StepRecorder recorder;
  recorder.before = [](ppn_middleware_context*) { return 42; };
  const Client client = make_client();
  recorder.add_to(client, "a");
  Response response;
  BOOST_TEST(send(client, "http://host.invalid/", response) == PPN_E_MIDDLEWARE_FAILED);
}

BOOST_AUTO_TEST_CASE(error_is_seen_and_recovered_from) {
  StepRecorder recorder;
  Words seen;
  recorder.on_error = [&](ppn_middleware_context* context) {
    ErrorHandle error;
    Response response;
    seen.push_back(name_of(ppn_middleware_context_error(context, error.out(), nullptr)));
    seen.push_back(ppn_code_name(ppn_error_code(error.get())));
    seen.push_back(name_of(ppn_middleware_context_response(context, response.out(), nullptr)));
    seen.push_back(response.get() == nullptr ? "none" : "some");
    seen.push_back(name_of(ppn_middleware_context_respond(context, 200, nullptr, nullptr, 0, nullptr)));
    return PPN_MW_DONE;
  };
  StepRecorder inner;
  inner.before = [](ppn_middleware_context* context) {
    return ppn_middleware_context_fail(context, PPN_E_CONNECT_FAILED, "", 0, nullptr);
  };
  const Client client = make_client();
  recorder.add_to(client, "a");
  inner.add_to(client, "b");
  Response response;
  BOOST_TEST(send(client, "http://host.invalid/", response) == PPN_OK);
  BOOST_TEST(ppn_response_status(response.get()) == 200);
  const Words expected{"OK", "CONNECT_FAILED", "OK", "none", "OK"};
  BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(pending_step_is_finished_by_another_thread) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("1"))});
  StepRecorder recorder;
  std::thread other;
  recorder.before = [&](ppn_middleware_context* context) {
    other = std::thread([&recorder, kept = ppn_middleware_context_acquire(context)] {
      recorder.note(name_of(ppn_middleware_context_set_header(kept, "X-Late", 6, "1", 1, nullptr)));
      recorder.note(name_of(ppn_middleware_context_finish(kept, nullptr)));
      recorder.note_late(name_of(ppn_middleware_context_finish(kept, nullptr)));
      recorder.note_late(name_of(ppn_middleware_context_set_header(kept, "X-Later", 7, "1", 1, nullptr)));
      ppn_middleware_context_release(kept);
    });
    return PPN_MW_PENDING;
  };
  const Client client = make_client();
  recorder.add_to(client, "a");
  Response response;
  BOOST_TEST(send(client, server.url(), response) == PPN_OK);
  other.join();
  BOOST_TEST(server.requests().at(0).find("X-Late: 1\r\n") != std::string::npos);
  BOOST_TEST(server.requests().at(0).find("X-Later") == std::string::npos);
  const Words late{"INVALID_STATE", "INVALID_STATE"};
  BOOST_TEST(recorder.late() == late, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(step_that_never_finishes_fails_by_name) {
  StepRecorder recorder;
  recorder.before = [](ppn_middleware_context*) { return PPN_MW_PENDING; };
  const Client client = make_client(R"({"middleware_timeout_ms": 5})");
  recorder.add_to(client, "sleepy");
  Response response;
  ErrorHandle error;
  BOOST_TEST(send(client, "http://host.invalid/", response, &error) == PPN_E_MIDDLEWARE_FAILED);
  BOOST_TEST(std::string(ppn_error_message(error.get())) == "middleware 'sleepy': did not finish within 5 ms");
}

BOOST_AUTO_TEST_CASE(cancel_ends_a_pending_step) {
  StepRecorder middleware;
  Recorder recorder;
  const Client client = make_client();
  const Request request = make_request(client, "GET", "http://host.invalid/");
  middleware.before = [&](ppn_middleware_context*) {
    static_cast<void>(ppn_request_cancel(request.get()));
    return PPN_MW_PENDING;
  };
  middleware.add_to(client, "a");
  BOOST_TEST(recorder.install(request.get()) == PPN_OK);
  BOOST_TEST(ppn_request_start(request.get(), nullptr) == PPN_OK);
  BOOST_TEST(recorder.wait_for_end().code == PPN_E_CANCELLED);
}

BOOST_AUTO_TEST_CASE(request_is_made_once_more_when_a_middleware_asks) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("1")).expect_request().send(http_ok("2"))});
  StepRecorder recorder;
  recorder.after = [&](ppn_middleware_context* context) {
    recorder.note(name_of(ppn_middleware_context_set_header(context, "X-Again", 7, "1", 1, nullptr)));
    recorder.note(name_of(ppn_middleware_context_retry_once(context, 0, nullptr)));
    return PPN_MW_DONE;
  };
  const Client client = make_client();
  recorder.add_to(client, "a");
  Response response;
  BOOST_TEST(send(client, server.url(), response) == PPN_OK);
  BOOST_TEST(body_of(response.get()) == "2");
  BOOST_TEST(server.requests().at(0).find("X-Again") == std::string::npos);
  BOOST_TEST(server.requests().at(1).find("X-Again: 1") != std::string::npos);
  const Words expected{"before a", "after a", "OK", "OK", "after a", "OK", "INVALID_STATE"};
  BOOST_TEST(recorder.words() == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(middleware_that_is_added_later_is_not_around_requests_that_run) {
  ScriptedServer server({Script{}.expect_request().wait_for_signal("added").send(http_ok("1"))});
  StepRecorder late;
  Recorder recorder;
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  BOOST_TEST(recorder.install(request.get()) == PPN_OK);
  BOOST_TEST(ppn_request_start(request.get(), nullptr) == PPN_OK);
  BOOST_TEST(server.wait_for_requests(1));
  late.add_to(client, "late");
  server.signal("added");
  BOOST_TEST(recorder.wait_for_end().code == PPN_OK);
  BOOST_TEST(late.words().empty());
}

BOOST_AUTO_TEST_CASE(events_are_filtered_before_they_are_delivered) {
  const ScriptedServer server(
      {Script{}.expect_request().send(open_head("text/event-stream") + "data: a\n\ndata: b\n\ndata: c\n\n").close()});
  Middleware middleware;
  std::atomic<int> ends{0};
  BOOST_TEST(ppn_middleware_new("f", 1, PPN_MIDDLEWARE_APPLICATION, nullptr, nullptr, nullptr, &ends, nullptr,
                                middleware.out(), nullptr) == PPN_OK);
  const auto filter = [](void*, ppn_middleware_context* context, const ppn_event* event) -> int32_t {
    const std::string data = data_of(event);
    if (data == "a") return PPN_MW_DONE;
    for (const std::string& part : {data + "1", data + "2"}) {
      if (ppn_middleware_context_emit_event(context, "message", PPN_AUTO_LENGTH, part.data(), part.size(), nullptr, 0,
                                            -1, nullptr) != PPN_OK) {
        return -1;
      }
    }
    return PPN_MW_DONE;
  };
  const auto end = [](void* user, ppn_middleware_context*, const ppn_error* error) {
    if (error == nullptr) ++*static_cast<std::atomic<int>*>(user);
  };
  BOOST_TEST(ppn_middleware_set_event_filter(middleware.get(), filter, nullptr) == PPN_OK);
  BOOST_TEST(ppn_middleware_set_stream_end(middleware.get(), end, nullptr) == PPN_OK);
  const Client client = make_client();
  BOOST_TEST(ppn_client_add_middleware(client.get(), middleware.get(), nullptr) == PPN_OK);

  Recorder recorder;
  const Request request = make_request(client, "GET", server.url());
  BOOST_TEST(recorder.install_for_events(request.get()) == PPN_OK);
  // Every event pauses: what the filter has split comes piece by piece.
  recorder.in_piece = [](ppn_request* self) {
    std::thread([own = ppn_request_acquire(self)] {
      static_cast<void>(ppn_request_resume(own));
      ppn_request_release(own);
    }).detach();
    return PPN_CB_PAUSE;
  };
  BOOST_TEST(ppn_request_start(request.get(), nullptr) == PPN_OK);
  const Seen seen = recorder.wait_for_end();
  BOOST_TEST(seen.code == PPN_OK);
  const Words expected{"b1", "b2", "c1", "c2"};
  BOOST_TEST(seen.events == expected, boost::test_tools::per_element());
  BOOST_TEST(ends == 1);
}

BOOST_AUTO_TEST_CASE(credential_goes_to_its_origin_alone) {
  const ScriptedServer mine({Script{}.expect_request().send(http_ok("1"))});
  const ScriptedServer other({Script{}.expect_request().send(http_ok("1"))});
  const std::string url = mine.url();
  Middleware middleware;
  BOOST_TEST(ppn_middleware_new_auth(url.data(), url.size(), "Authorization", PPN_AUTO_LENGTH, "Bearer",
                                     PPN_AUTO_LENGTH, "s3cret", PPN_AUTO_LENGTH, middleware.out(), nullptr) == PPN_OK);
  const Client client = make_client();
  BOOST_TEST(ppn_client_add_middleware(client.get(), middleware.get(), nullptr) == PPN_OK);
  Response response;
  BOOST_TEST(send(client, mine.url(), response) == PPN_OK);
  BOOST_TEST(send(client, other.url(), response) == PPN_OK);
  BOOST_TEST(mine.requests().at(0).find("Authorization: Bearer s3cret\r\n") != std::string::npos);
  BOOST_TEST(other.requests().at(0).find("s3cret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(traceparent_is_sent) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("1"))});
  Middleware middleware;
  BOOST_TEST(ppn_middleware_new_trace_context(middleware.out(), nullptr) == PPN_OK);
  const Client client = make_client();
  BOOST_TEST(ppn_client_add_middleware(client.get(), middleware.get(), nullptr) == PPN_OK);
  Response response;
  BOOST_TEST(send(client, server.url(), response) == PPN_OK);
  BOOST_TEST(server.requests().at(0).find("traceparent: 00-") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(token_is_renewed_after_a_401) {
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
                                   .expect_request()
                                   .send(http_ok("welcome"))});
  const std::string url = server.url();
  std::atomic<int> refreshes{0};
  const auto refresh = [](void* user, ppn_middleware* middleware) -> int32_t {
    ++*static_cast<std::atomic<int>*>(user);
    std::thread([own = ppn_middleware_acquire(middleware)] {
      static_cast<void>(ppn_middleware_set_token(own, "new", 3, nullptr));
      ppn_middleware_release(own);
    }).detach();
    return PPN_MW_PENDING;
  };
  Middleware middleware;
  BOOST_TEST(ppn_middleware_new_token_refresh(url.data(), url.size(), "Authorization", PPN_AUTO_LENGTH, "Bearer",
                                              PPN_AUTO_LENGTH, "old", 3, refresh, &refreshes, nullptr, middleware.out(),
                                              nullptr) == PPN_OK);
  const Client client = make_client();
  BOOST_TEST(ppn_client_add_middleware(client.get(), middleware.get(), nullptr) == PPN_OK);
  Response response;
  BOOST_TEST(send(client, url, response) == PPN_OK);
  BOOST_TEST(body_of(response.get()) == "welcome");
  BOOST_TEST(refreshes == 1);
  BOOST_TEST(server.requests().at(0).find("Authorization: Bearer old\r\n") != std::string::npos);
  BOOST_TEST(server.requests().at(1).find("Authorization: Bearer new\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
