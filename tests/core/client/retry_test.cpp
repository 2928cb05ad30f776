// Retries on the wire (SEMANTICS 3.1): what is sent again, how often the server got to execute it, and what is told.
#include <boost/test/unit_test.hpp>
#include <string>
#include <utility>
#include <vector>

#include "client/attempt_log.hpp"
#include "core/client/engine.hpp"
#include "core/client/test_reader.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_dir.hpp"

namespace ppn::test {
namespace {

// Delays of a few milliseconds: what is tested is whether there is a retry, the delays are tested where they are made.
std::shared_ptr<Client> retrying_client(std::int64_t max_retries = 1) {
  return make_client([max_retries](Options& options) {
    options.request.retry.max_retries = max_retries;
    options.request.retry.backoff_factor = 0.001;
    options.request.timeout_ms = 10'000;
  });
}

std::string status_response(int status, std::string_view fields = "", std::string_view body = "") {
  return "HTTP/1.1 " + std::to_string(status) +
         " Status\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(fields) + "\r\n" + std::string(body);
}

Script answer(std::string bytes) {
  return Script{}.expect_request().send(std::move(bytes)).close();
}

// What happens to the first attempt.
enum class Fault { refused_connect, reset_before_answer, first_byte_timeout, status_503, status_500, cut_body };

Script play(Fault fault) {
  switch (fault) {
    case Fault::refused_connect: return Script{}.reset();
    case Fault::reset_before_answer: return Script{}.expect_request().reset();
    case Fault::first_byte_timeout: return Script{}.expect_request().hold();
    case Fault::status_503: return answer(status_response(503));
    case Fault::status_500: return answer(status_response(500));
    case Fault::cut_body:
      return Script{}.expect_request().send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").close();
  }
  return Script{};
}

struct Row {
  Fault fault;
  std::string method;
  bool keyed;
  bool unsafe;
  bool retried;
  std::string stop;  // name of the reason when it is not
};

const char* name_of(Fault fault) {
  switch (fault) {
    case Fault::refused_connect: return "refused connect";
    case Fault::reset_before_answer: return "reset before answer";
    case Fault::first_byte_timeout: return "first byte timeout";
    case Fault::status_503: return "503";
    case Fault::status_500: return "500";
    case Fault::cut_body: return "cut body";
  }
  return "";
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(retry, EngineFixture)

// The matrix outcome class x method x key: whether there is a second attempt, and how many times the server executed.
BOOST_AUTO_TEST_CASE(server_executes_a_call_twice_only_where_that_is_safe_or_refused) {
  std::vector<Row> rows;
  for (const std::string method : {"GET", "PUT", "DELETE"}) {
    for (const Fault fault : {Fault::reset_before_answer, Fault::first_byte_timeout, Fault::status_503,
                              Fault::status_500, Fault::cut_body}) {
      rows.push_back({fault, method, false, false, true, "none"});
    }
  }
  for (const std::string method : {"POST", "PATCH"}) {
    // 503 is a refusal: nothing was executed, whatever the method.
    rows.push_back({Fault::status_503, method, false, false, true, "none"});
    rows.push_back({Fault::status_500, method, false, false, false, "unsafe_method"});
    rows.push_back({Fault::reset_before_answer, method, false, false, false, "unsafe_method"});
    rows.push_back({Fault::first_byte_timeout, method, false, false, false, "unsafe_method"});
    rows.push_back({Fault::cut_body, method, false, false, false, "unsafe_method"});
    rows.push_back({Fault::status_500, method, true, false, true, "none"});
    rows.push_back({Fault::reset_before_answer, method, true, false, true, "none"});
    // Whoever may have been billed for an answer that did not come in time is not billed again by default.
    rows.push_back({Fault::first_byte_timeout, method, true, false, false, "unsafe_method"});
    rows.push_back({Fault::first_byte_timeout, method, false, true, true, "none"});
    rows.push_back({Fault::status_500, method, false, true, true, "none"});
    rows.push_back({Fault::cut_body, method, true, false, true, "none"});
  }
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(name_of(row.fault)
                       << ' ' << row.method << (row.keyed ? " keyed" : "") << (row.unsafe ? " unsafe" : "")) {
      const ScriptedServer server({play(row.fault), answer(ok_response("second"))});
      const auto client = retrying_client();
      Request request{.url = server.url(), .method = row.method, .body = "the body"};
      if (row.keyed) request.headers.emplace_back("Idempotency-Key", "k-1");
      if (row.unsafe) request.options.emplace_back("retry_unsafe", "true");
      if (row.fault == Fault::first_byte_timeout) request.options.emplace_back("first_byte_timeout_ms", "30");
      TestCall call(client, std::move(request));
      const Outcome outcome = call.start(false).finish();
      BOOST_TEST(server.requests().size() == (row.retried ? 2u : 1u));
      if (row.retried) {
        BOOST_TEST(outcome.code() == "OK");
        BOOST_TEST(outcome.body() == "second");
        BOOST_TEST(outcome.response->attempts == 2);
        BOOST_TEST(outcome.response->earlier_attempts.size() == 1u);
        BOOST_TEST(server.requests().at(0) == server.requests().at(1));
      } else {
        const StopReason reason = outcome.error ? outcome.error->stop_reason : outcome.response->stop_reason;
        BOOST_TEST(ppn::name_of(reason) == row.stop);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(connection_that_can_not_be_made_is_tried_again_for_any_method) {
  std::uint16_t port = 0;
  { port = ScriptedServer({}).port(); }  // nobody listens there any more
  for (const std::string method : {"GET", "POST"}) {
    const Outcome outcome =
        fetch(retrying_client(2), {.url = "http://127.0.0.1:" + std::to_string(port) + "/", .method = method});
    BOOST_TEST(outcome.code() == "CONNECT_FAILED");
    BOOST_TEST(outcome.error->attempts == 3);
    BOOST_TEST((outcome.error->sent == Sent::none));
    BOOST_TEST(ppn::name_of(outcome.error->stop_reason) == "max_retries");
    BOOST_REQUIRE(outcome.error->log);
    BOOST_TEST(outcome.error->log->size() == 3u);
    for (const AttemptRecord& record : *outcome.error->log) {
      BOOST_TEST((record.outcome == OutcomeClass::not_sent));
      BOOST_TEST((record.code == ErrorCode::connect_failed));
    }
  }
}

BOOST_AUTO_TEST_CASE(last_response_is_the_result_when_retries_are_used_up) {
  const ScriptedServer server({answer(status_response(503, "", "one")), answer(status_response(502, "", "two")),
                               answer(status_response(500, "", "three"))});
  const Outcome outcome = fetch(retrying_client(2), server.url());
  BOOST_TEST(outcome.code() == "OK");
  BOOST_TEST(outcome.status() == 500);
  BOOST_TEST(outcome.body() == "three");
  BOOST_TEST(outcome.response->attempts == 3);
  BOOST_TEST(ppn::name_of(outcome.response->stop_reason) == "max_retries");
  const std::vector<AttemptRecord> attempts = attempts_of(*outcome.response);
  BOOST_REQUIRE(attempts.size() == 3u);
  BOOST_TEST(attempts[0].status == 503);
  BOOST_TEST(attempts[1].status == 502);
  BOOST_TEST(attempts[2].status == 500);
  BOOST_TEST((attempts[0].delay_source == DelaySource::backoff));
  BOOST_TEST(attempts[0].delay > 0);
  BOOST_TEST(attempts[2].delay == -1);
  BOOST_TEST(attempts[0].connection_id != 0u);
  BOOST_TEST(attempts[0].connection_id != attempts[1].connection_id);
}

BOOST_AUTO_TEST_CASE(answer_that_stops_the_retries_is_handed_out_with_its_whole_body) {
  const std::string large =
      R"({"error":{"code":"insufficient_quota","message":"pay"},"pad":")" + std::string(200'000, 'x') + R"("})";
  const ScriptedServer small_server({answer(status_response(
      429, "Content-Type: application/json\r\n", R"({"error":{"code":"insufficient_quota","message":"pay"}})"))});
  const Outcome small = fetch(retrying_client(), small_server.url());
  BOOST_TEST(small.status() == 429);
  BOOST_TEST(small.response->attempts == 1);
  BOOST_TEST(ppn::name_of(small.response->stop_reason) == "provider_code");
  BOOST_TEST(small.body().ends_with("}}"));

  // A retry that is refused by the delay the server asks for leaves a body beyond what was looked at.
  const ScriptedServer large_server({answer(status_response(503, "Retry-After: 172800\r\n", large))});
  const Outcome whole = fetch(retrying_client(), large_server.url());
  BOOST_TEST(whole.body().size() == large.size());
  BOOST_TEST(ppn::name_of(whole.response->stop_reason) == "retry_after_too_long");
}

BOOST_AUTO_TEST_CASE(header_of_the_server_overrides_the_status) {
  {
    const ScriptedServer server({answer(status_response(503, "x-should-retry: false\r\n"))});
    const Outcome outcome = fetch(retrying_client(), server.url());
    BOOST_TEST(outcome.response->attempts == 1);
    BOOST_TEST(ppn::name_of(outcome.response->stop_reason) == "server");
  }
  {
    const ScriptedServer server({answer(status_response(409, "x-should-retry: true\r\n")), answer(ok_response("ok"))});
    const Outcome outcome = fetch(retrying_client(), {.url = server.url(), .method = "POST", .body = "x"});
    BOOST_TEST(outcome.body() == "ok");
    BOOST_TEST(outcome.response->attempts == 2);
  }
}

BOOST_AUTO_TEST_CASE(delay_beyond_the_deadline_ends_the_call_at_once) {
  const ScriptedServer server({answer(status_response(503, "Retry-After: 60\r\n"))});
  const Outcome outcome = fetch(
      retrying_client(), {.url = server.url(), .options = {{"timeout_ms", "5000"}, {"max_retry_after_ms", "120000"}}});
  BOOST_TEST(outcome.status() == 503);
  BOOST_TEST(outcome.response->attempts == 1);
  BOOST_TEST(outcome.response->timings.get(Span::total) < 5 * kSecond);
  BOOST_TEST(ppn::name_of(outcome.response->stop_reason) == "retry_after_too_long");
}

BOOST_AUTO_TEST_CASE(stream_is_tried_again_before_its_head_and_never_after) {
  for (const Delivery delivery : {Delivery::chunks, Delivery::lines, Delivery::events}) {
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 100\r\n\r\n";
    const ScriptedServer server({answer(status_response(503)),
                                 Script{}.expect_request().send(head + "data: 1\n\n").close(),
                                 answer(ok_response("never"))});
    const Outcome outcome = fetch(retrying_client(3), {.url = server.url(), .delivery = delivery});
    BOOST_TEST(outcome.heads == 1);
    BOOST_TEST(outcome.response->status == 200);
    BOOST_TEST(outcome.code() == (delivery == Delivery::chunks ? "BODY_TRUNCATED" : "STREAM_TRUNCATED"));
    BOOST_TEST(outcome.error->attempts == 2);
    BOOST_TEST(ppn::name_of(outcome.error->stop_reason) == "committed");
    BOOST_TEST(server.requests().size() == 2u);
  }
}

BOOST_AUTO_TEST_CASE(response_whose_head_was_handed_out_is_not_repaired) {
  const ScriptedServer server({play(Fault::cut_body), answer(ok_response("never"))});
  TestCall call(retrying_client(), {.url = server.url()});
  const Outcome outcome = call.start(true).finish();
  BOOST_TEST(outcome.code() == "BODY_TRUNCATED");
  BOOST_TEST(outcome.heads == 1);
  BOOST_TEST(ppn::name_of(outcome.error->stop_reason) == "committed");
  BOOST_TEST(server.requests().size() == 1u);
}

BOOST_AUTO_TEST_CASE(bodies_of_every_kind_are_sent_again_from_their_beginning) {
  const TempDir dir;
  const std::string body(100'000, 'b');
  const std::string path = dir.write("body", body);
  TextSource source(body, 5'000);
  const std::vector<std::function<Status(Call&)>> kinds{
      [&](Call& call) { return call.set_body("small"); }, [&](Call& call) { return call.set_body(body); },
      [&](Call& call) { return call.set_body_file(path); },
      [&](Call& call) { return call.set_body_reader(body.size(), source.reader()); }};
  for (const auto& set_body : kinds) {
    const ScriptedServer server({answer(status_response(503)), answer(ok_response("ok"))});
    BOOST_TEST(fetch(retrying_client(), {.url = server.url(), .method = "POST", .set_body = set_body}).body() == "ok");
    BOOST_REQUIRE(server.requests().size() == 2u);
    BOOST_TEST((server.requests().at(0) == server.requests().at(1)));
  }
}

BOOST_AUTO_TEST_CASE(body_that_can_be_read_once_is_sent_once) {
  TextSource source(std::string(50'000, 'b'), 5'000);
  const ScriptedServer server({answer(status_response(503)), answer(ok_response("never"))});
  const Outcome outcome = fetch(retrying_client(), {.url = server.url(), .method = "POST", .set_body = [&](Call& call) {
                                                      return call.set_body_reader(50'000, source.reader(false));
                                                    }});
  BOOST_TEST(outcome.status() == 503);
  BOOST_TEST(ppn::name_of(outcome.response->stop_reason) == "body_not_replayable");
  BOOST_TEST(server.requests().size() == 1u);
}

BOOST_AUTO_TEST_CASE(connection_of_an_answer_that_was_read_whole_serves_the_next_attempt) {
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send("HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\nbusy")
                                   .expect_request()
                                   .send(ok_response("ok"))});
  const Outcome outcome = fetch(retrying_client(), server.url());
  BOOST_TEST(outcome.body() == "ok");
  BOOST_TEST(outcome.reused());
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(key_is_minted_once_for_all_attempts) {
  const ScriptedServer server({answer(status_response(500)), answer(status_response(503)), answer(ok_response("ok"))});
  const auto client = make_client([](Options& options) {
    options.request.retry.max_retries = 2;
    options.request.retry.backoff_factor = 0.001;
    options.request.idempotency_header = "Idempotency-Key";
  });
  const auto key_of = [](const std::string& request) {
    const std::size_t begin = request.find("Idempotency-Key: ppn-");
    return begin == std::string::npos ? std::string() : request.substr(begin, request.find("\r\n", begin) - begin);
  };
  BOOST_TEST(fetch(client, {.url = server.url(), .method = "POST", .body = "x"}).response->attempts == 3);
  BOOST_TEST(key_of(server.requests().at(0)).size() == std::string("Idempotency-Key: ppn-").size() + 36);
  BOOST_TEST(key_of(server.requests().at(0)) == key_of(server.requests().at(1)));
  BOOST_TEST(key_of(server.requests().at(0)) == key_of(server.requests().at(2)));
  const ScriptedServer other({answer(ok_response("ok")), answer(ok_response("ok"))});
  fetch(client, {.url = other.url(), .method = "POST", .body = "x"});
  fetch(client, {.url = other.url(), .method = "GET"});
  BOOST_TEST(key_of(other.requests().at(0)) != key_of(server.requests().at(0)));
  BOOST_TEST(key_of(other.requests().at(1)).empty());
}

BOOST_AUTO_TEST_CASE(retries_are_counted_for_the_server_when_asked_for) {
  const ScriptedServer server({answer(status_response(503)), answer(status_response(503)), answer(ok_response("ok"))});
  fetch(retrying_client(2),
        {.url = server.url(), .method = "POST", .body = "body", .options = {{"send_retry_count", "true"}}});
  BOOST_TEST(server.requests().at(0).find("x-retry-count") == std::string::npos);
  BOOST_TEST(server.requests().at(1).find("\r\nx-retry-count: 1\r\n") != std::string::npos);
  BOOST_TEST(server.requests().at(2).find("\r\nx-retry-count: 2\r\n") != std::string::npos);
  BOOST_TEST(server.requests().at(2).ends_with("\r\n\r\nbody"));
}

BOOST_AUTO_TEST_CASE(cancel_ends_the_wait_before_a_retry) {
  const ScriptedServer server(
      {Script{}.expect_request().send(status_response(503, "Retry-After: 100\r\n")).wait_for_peer_close()});
  const auto client = make_client([](Options& options) {
    options.request.retry.max_retries = 1;
    options.request.timeout_ms = 0;
  });
  TestCall call(client, {.url = server.url()});
  call.start(false);
  BOOST_REQUIRE(server.wait_for_requests(1));
  BOOST_REQUIRE(server.wait_for_finished(1));  // the connection is let go of before the wait
  const auto cancelled_at = std::chrono::steady_clock::now();
  call.cancel();
  const Outcome outcome = call.finish();
  BOOST_TEST((outcome.completed_at - cancelled_at < std::chrono::milliseconds(50)));
  BOOST_TEST(outcome.code() == "CANCELLED");
  BOOST_TEST(outcome.phase() == "backoff");
  BOOST_TEST(ppn::name_of(outcome.error->stop_reason) == "cancelled");
  BOOST_REQUIRE(outcome.error->log);
  BOOST_TEST(outcome.error->log->size() == 1u);
  BOOST_TEST(outcome.error->log->at(0).status == 503);
}

BOOST_AUTO_TEST_CASE(attempt_that_takes_too_long_is_followed_by_another) {
  const ScriptedServer server({Script{}.expect_request().hold(), answer(ok_response("ok"))});
  const Outcome outcome = fetch(retrying_client(), {.url = server.url(), .options = {{"attempt_timeout_ms", "50"}}});
  BOOST_TEST(outcome.body() == "ok");
  BOOST_TEST((outcome.response->earlier_attempts.at(0).code == ErrorCode::attempt_timeout));
}

BOOST_AUTO_TEST_CASE(limit_of_an_attempt_is_told_from_the_limit_of_the_call) {
  const ScriptedServer server({Script{}.expect_request().hold()});
  const Outcome outcome = fetch(make_client(), {.url = server.url(), .options = {{"attempt_timeout_ms", "50"}}});
  BOOST_TEST(outcome.code() == "ATTEMPT_TIMEOUT");
  BOOST_TEST(outcome.error->message.find("within 50 ms") != std::string::npos);
}

// 1,000 calls against a server that fails: the retries stay within the budget, whatever max_retries says.
BOOST_AUTO_TEST_CASE(storm_of_failures_gets_no_more_retries_than_its_budget) {
  constexpr int kCalls = 1'000;
  const ScriptedServer server(
      {Script{}.expect_request().send("HTTP/1.1 503 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").close()},
      {.repeat_last = true});
  const auto client = make_client([](Options& options) {
    options.request.retry.max_retries = 10;
    options.request.retry.backoff_factor = 0.001;
    options.request.retry.max_backoff_ms = 5;
    options.retry_budget.ratio = 0.2;
    options.retry_budget.min_retries_per_second = 1;
  });
  std::vector<std::unique_ptr<TestCall>> calls;
  for (int i = 0; i < kCalls; ++i) {
    calls.push_back(std::make_unique<TestCall>(client, Request{.url = server.url()}));
    calls.back()->start(false);
  }
  int out_of_budget = 0;
  int attempts = 0;
  for (const auto& call : calls) {
    const Outcome outcome = call->finish();
    attempts += outcome.response ? outcome.response->attempts : outcome.error->attempts;
    if (outcome.response && outcome.response->stop_reason == StopReason::budget) ++out_of_budget;
  }
  // A fifth of the calls, and the reserve of ten seconds.
  BOOST_TEST(attempts <= kCalls + kCalls / 5 + 10);
  BOOST_TEST(attempts > kCalls);
  BOOST_TEST(out_of_budget > 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
