// The hook that decides about retries: what it is asked, what its answers lead to, and what they can not change.
#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "capi/recorder.hpp"
#include "capi/retries.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

struct Asked {
  int32_t attempt;
  int32_t outcome;
  int32_t code;
  int32_t status;
  int32_t sent;
  std::string body;
  std::string header;  // X-Id of the response; "(no response)" without one
  int32_t default_retry;
  int64_t default_delay_ms;
  int32_t default_delay_source;
  int32_t default_stop_reason;
};

class Decider {
 public:
  using Answer = std::function<int32_t(const ppn_retry_question*, int64_t*)>;
  explicit Decider(Answer answer) : answer_(std::move(answer)) {}

  int32_t install(const Client& client, ppn_error** error = nullptr) {
    return ppn_client_set_retry_decider(client.get(), decide, this, destroy, error);
  }
  std::vector<Asked> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  int destroyed() const { return destroyed_; }

  // The last call lets go of the decider of its client after it has answered. Whoever holds the client goes before.
  ~Decider() { ppn_runtime_shutdown(nullptr); }

 private:
  static Asked noted(const ppn_retry_question* question) {
    size_t length = 0;
    const uint8_t* const body = ppn_retry_question_body(question, &length);
    const ppn_response* const response = ppn_retry_question_response(question);
    size_t header_length = 0;
    const char* const header = ppn_response_header(response, "x-id", PPN_AUTO_LENGTH, &header_length);
    return {
        .attempt = ppn_retry_question_attempt(question),
        .outcome = ppn_retry_question_outcome(question),
        .code = ppn_retry_question_code(question),
        .status = ppn_retry_question_status(question),
        .sent = ppn_retry_question_sent(question),
        .body = std::string(reinterpret_cast<const char*>(body), length),
        .header = response == nullptr ? "(no response)" : std::string(header != nullptr ? header : "", header_length),
        .default_retry = ppn_retry_question_default_retry(question),
        .default_delay_ms = ppn_retry_question_default_delay_ms(question),
        .default_delay_source = ppn_retry_question_default_delay_source(question),
        .default_stop_reason = ppn_retry_question_default_stop_reason(question)};
  }
  static int32_t decide(void* user, const ppn_retry_question* question, int64_t* out_delay_ms) {
    Decider& self = *static_cast<Decider*>(user);
    {
      const std::lock_guard lock(self.mutex_);
      self.asked_.push_back(noted(question));
    }
    return self.answer_(question, out_delay_ms);
  }
  static void destroy(void* user) { ++static_cast<Decider*>(user)->destroyed_; }

  const Answer answer_;
  std::mutex mutex_;
  std::vector<Asked> asked_;
  std::atomic<int> destroyed_{0};
};

Decider::Answer always(int32_t verdict, int64_t delay_ms = 0) {
  return [=](const ppn_retry_question*, int64_t* out_delay_ms) {
    *out_delay_ms = delay_ms;
    return verdict;
  };
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(retry_decider, NoLeak)

BOOST_AUTO_TEST_CASE(status_that_the_policy_takes_is_repeated_once) {
  const ScriptedServer server({answer(404, "X-Id: 7\r\n", "not yet"), answer(404, "X-Id: 8\r\n", "never")});
  Decider decider([](const ppn_retry_question* question, int64_t*) -> int32_t {
    return ppn_retry_question_attempt(question) == 0 ? PPN_DECIDE_RETRY : PPN_DECIDE_DEFAULT;
  });
  const Client client = make_retrying_client();
  BOOST_REQUIRE_EQUAL(decider.install(client), PPN_OK);
  const Answered answered = fetch(client, server.url());
  BOOST_TEST(answered.status() == 404);
  BOOST_TEST(body_of(answered.response.get()) == "never");
  BOOST_TEST(answered.attempts() == 2);
  BOOST_TEST(answered.stop_reason() == PPN_STOP_NOT_RETRYABLE);
  BOOST_TEST(std::string(ppn_response_attempt_text(answered.response.get(), 0, PPN_ATTEMPT_DELAY_SOURCE)) == "backoff");
  const std::vector<Asked> asked = decider.asked();
  BOOST_REQUIRE(asked.size() == 2U);
  BOOST_TEST(asked[0].attempt == 0);
  BOOST_TEST(asked[0].outcome == PPN_OUTCOME_FATAL);
  BOOST_TEST(asked[0].code == PPN_E_HTTP_NOT_FOUND);
  BOOST_TEST(asked[0].status == 404);
  BOOST_TEST(asked[0].sent == PPN_SENT_FULL);
  BOOST_TEST(asked[0].body == "not yet");
  BOOST_TEST(asked[0].header == "7");
  BOOST_TEST(asked[0].default_retry == 0);
  BOOST_TEST(asked[0].default_delay_ms == -1);
  BOOST_TEST(asked[0].default_delay_source == PPN_DELAY_NONE);
  BOOST_TEST(asked[0].default_stop_reason == PPN_STOP_NOT_RETRYABLE);
  BOOST_TEST(asked[1].attempt == 1);
  BOOST_TEST(asked[1].header == "8");
}

BOOST_AUTO_TEST_CASE(status_that_the_policy_would_repeat_is_stopped) {
  const ScriptedServer server({answer(503, "Retry-After-Ms: 20\r\n", "busy"), answer(200)});
  Decider decider(always(PPN_DECIDE_STOP));
  const Client client = make_retrying_client();
  BOOST_REQUIRE_EQUAL(decider.install(client), PPN_OK);
  const Answered answered = fetch(client, server.url());
  BOOST_TEST(answered.status() == 503);
  BOOST_TEST(body_of(answered.response.get()) == "busy");
  BOOST_TEST(answered.stop_reason() == PPN_STOP_DECIDER);
  BOOST_TEST(server.requests().size() == 1U);
  const std::vector<Asked> asked = decider.asked();
  BOOST_REQUIRE(asked.size() == 1U);
  BOOST_TEST(asked[0].outcome == PPN_OUTCOME_STATUS_RETRYABLE);
  BOOST_TEST(asked[0].body == "busy");
  BOOST_TEST(asked[0].default_retry == 1);
  BOOST_TEST((asked[0].default_delay_ms >= 20 && asked[0].default_delay_ms <= 22));
  BOOST_TEST(asked[0].default_delay_source == PPN_DELAY_RETRY_AFTER_MS);
  BOOST_TEST(asked[0].default_stop_reason == PPN_STOP_NONE);
}

BOOST_AUTO_TEST_CASE(success_is_not_asked_about) {
  const ScriptedServer server({answer(304)});
  Decider decider(always(PPN_DECIDE_RETRY));
  const Client client = make_retrying_client();
  BOOST_REQUIRE_EQUAL(decider.install(client), PPN_OK);
  BOOST_TEST(fetch(client, server.url()).status() == 304);
  BOOST_TEST(decider.asked().empty());
}

BOOST_AUTO_TEST_CASE(delay_of_the_answer_is_waited) {
  const ScriptedServer server({answer(503), answer(500), answer(502), answer(200)});
  std::atomic<int64_t> next{0};
  Decider decider([&](const ppn_retry_question*, int64_t* out_delay_ms) -> int32_t {
    // In order: a delay, one below zero, and none at all, which is 0.
    const int64_t number = next++;
    if (number == 0) *out_delay_ms = 12;
    if (number == 1) *out_delay_ms = INT64_MIN;
    return PPN_DECIDE_RETRY_AFTER;
  });
  const Client client = make_retrying_client();
  BOOST_REQUIRE_EQUAL(decider.install(client), PPN_OK);
  const Answered answered = fetch(client, server.url());
  BOOST_TEST(answered.status() == 200);
  const std::vector<int64_t> delays{12, 0, 0, -1};
  for (size_t i = 0; i < delays.size(); ++i) {
    BOOST_TEST(ppn_response_attempt_int64(answered.response.get(), i, PPN_ATTEMPT_DELAY_MS) == delays[i]);
    BOOST_TEST(ppn_response_attempt_text(answered.response.get(), i, PPN_ATTEMPT_DELAY_SOURCE) ==
               std::string(i < 3 ? "decider" : "none"));
  }
}

BOOST_AUTO_TEST_CASE(delay_beyond_the_deadline_ends_the_call) {
  for (const int64_t delay_ms : {int64_t{10'000}, INT64_MAX}) {
    const ScriptedServer server({answer(503), answer(200)});
    Decider decider(always(PPN_DECIDE_RETRY_AFTER, delay_ms));
    const Client client = make_retrying_client();
    BOOST_REQUIRE_EQUAL(decider.install(client), PPN_OK);
    const Answered answered = fetch(client, server.url());
    BOOST_TEST(answered.status() == 503);
    BOOST_TEST(answered.stop_reason() == PPN_STOP_DEADLINE);
    BOOST_TEST(server.requests().size() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(method_that_is_not_safe_is_repeated_when_it_is_asked_for) {
  const ScriptedServer server({Script{}.expect_request().reset(), answer(200, "", "ok")});
  Decider decider(always(PPN_DECIDE_RETRY));
  const Client client = make_retrying_client(R"("max_retries": 0)");
  BOOST_REQUIRE_EQUAL(decider.install(client), PPN_OK);
  const Answered answered = fetch(client, server.url(), "POST");
  BOOST_TEST(body_of(answered.response.get()) == "ok");
  const std::vector<Asked> asked = decider.asked();
  BOOST_REQUIRE(asked.size() == 1U);
  BOOST_TEST(asked[0].outcome == PPN_OUTCOME_SENT_NO_RESPONSE);
  BOOST_TEST(asked[0].code == PPN_E_CONNECTION_RESET);
  BOOST_TEST(asked[0].status == 0);
  BOOST_TEST(asked[0].header == "(no response)");
  BOOST_TEST(asked[0].body.empty());
}

BOOST_AUTO_TEST_CASE(no_answer_leads_to_more_than_ten_retries) {
  const ScriptedServer server({answer(503)}, {.repeat_last = true});
  Decider decider(always(PPN_DECIDE_RETRY_AFTER));
  const Client client = make_retrying_client();
  BOOST_REQUIRE_EQUAL(decider.install(client), PPN_OK);
  const Answered answered = fetch(client, server.url());
  BOOST_TEST(answered.status() == 503);
  BOOST_TEST(answered.attempts() == 11);
  BOOST_TEST(answered.stop_reason() == PPN_STOP_MAX_RETRIES);
}

BOOST_AUTO_TEST_CASE(cancel_is_not_overridden) {
  const ScriptedServer server({Script{}.expect_request().hold(), answer(200)});
  Decider decider(always(PPN_DECIDE_RETRY));
  const Client client = make_retrying_client();
  BOOST_REQUIRE_EQUAL(decider.install(client), PPN_OK);
  const Request request = make_request(client, "GET", server.url());
  Recorder recorder;
  BOOST_REQUIRE_EQUAL(recorder.install(request.get()), PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
  BOOST_TEST(server.wait_for_requests(1));
  BOOST_TEST(ppn_request_cancel(request.get()) == PPN_OK);
  const Seen seen = recorder.wait_for_end();
  BOOST_TEST(seen.code == PPN_E_CANCELLED);
  BOOST_TEST(seen.completions == 1);
  BOOST_TEST(server.requests().size() == 1U);
  for (const Asked& asked : decider.asked()) BOOST_TEST(asked.default_stop_reason == PPN_STOP_CANCELLED);
}

BOOST_AUTO_TEST_CASE(cancel_inside_the_decider_is_not_overridden_by_its_answer) {
  const ScriptedServer server({answer(503), answer(200)});
  std::atomic<ppn_request*> running{nullptr};
  Decider decider([&](const ppn_retry_question*, int64_t*) -> int32_t {
    ppn_request_cancel(running);
    return PPN_DECIDE_RETRY;
  });
  const Client client = make_retrying_client();
  BOOST_REQUIRE_EQUAL(decider.install(client), PPN_OK);
  const Request request = make_request(client, "GET", server.url());
  running = request.get();
  const Answered answered = send(request);
  BOOST_TEST(answered.code == PPN_E_CANCELLED);
  BOOST_TEST(server.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(deadline_of_the_call_is_not_overridden) {
  const ScriptedServer server({Script{}.expect_request().hold(), answer(200)});
  Decider decider(always(PPN_DECIDE_RETRY));
  const Client client = make_retrying_client(R"("timeout_ms": 40)");
  BOOST_REQUIRE_EQUAL(decider.install(client), PPN_OK);
  const Answered answered = fetch(client, server.url());
  BOOST_TEST(answered.code == PPN_E_TIMEOUT);
  // A server on a busy machine may not have read the first one yet; there is no second.
  BOOST_TEST(server.requests().size() <= 1U);
  BOOST_TEST(answered.attempts() == 1);
}

BOOST_AUTO_TEST_CASE(budget_is_not_overridden) {
  const ScriptedServer server({answer(503), answer(200)});
  Decider decider(always(PPN_DECIDE_RETRY));
  const Client client = make_retrying_client(R"("retry_budget_ratio": 0.01, "retry_budget_min_per_second": 0)");
  BOOST_REQUIRE_EQUAL(decider.install(client), PPN_OK);
  BOOST_TEST(fetch(client, server.url()).stop_reason() == PPN_STOP_BUDGET);
  BOOST_TEST(server.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(number_without_a_meaning_stops) {
  for (const int32_t number : {-1, 4, INT32_MAX, INT32_MIN}) {
    const ScriptedServer server({answer(503), answer(200)});
    Decider decider(always(number));
    const Client client = make_retrying_client();
    BOOST_REQUIRE_EQUAL(decider.install(client), PPN_OK);
    BOOST_TEST(fetch(client, server.url()).stop_reason() == PPN_STOP_DECIDER);
  }
}

BOOST_AUTO_TEST_CASE(response_may_be_kept_and_blocking_is_refused) {
  const ScriptedServer server({answer(503, "X-Id: kept\r\n"), answer(200)});
  Client client = make_retrying_client();
  Request other = make_request(client, "GET", server.url());
  Response kept;
  std::atomic<int32_t> blocked{-1};
  Decider decider([&](const ppn_retry_question* question, int64_t*) -> int32_t {
    kept.reset(ppn_response_acquire(ppn_retry_question_response(question)));
    ppn_response* none = nullptr;
    blocked = ppn_request_send(other.get(), &none, nullptr);
    return PPN_DECIDE_DEFAULT;
  });
  BOOST_REQUIRE_EQUAL(decider.install(client), PPN_OK);
  BOOST_TEST(fetch(client, server.url()).status() == 200);
  client.reset();
  other.reset();
  BOOST_TEST(blocked == PPN_E_WOULD_DEADLOCK);
  BOOST_TEST(ppn_response_status(kept.get()) == 503);
  size_t length = 0;
  const char* const value = ppn_response_header(kept.get(), "x-id", PPN_AUTO_LENGTH, &length);
  BOOST_REQUIRE((value != nullptr));
  BOOST_TEST(std::string(value, length) == "kept");
}

BOOST_AUTO_TEST_CASE(decider_of_a_stream_is_asked_before_its_head_is_handed_out) {
  const ScriptedServer server({answer(404), answer(200, "", "line\n")});
  Decider decider(always(PPN_DECIDE_RETRY));
  const Client client = make_retrying_client();
  BOOST_REQUIRE_EQUAL(decider.install(client), PPN_OK);
  const Request request = make_request(client, "GET", server.url());
  Stream stream;
  BOOST_REQUIRE_EQUAL(ppn_stream_open(request.get(), PPN_STREAM_LINES, stream.out(), nullptr), PPN_OK);
  const ppn_event* piece = nullptr;
  BOOST_TEST(ppn_stream_next(stream.get(), -1, &piece, nullptr) == PPN_OK);
  BOOST_TEST(data_of(piece) == "line");
  BOOST_TEST(ppn_stream_next(stream.get(), -1, &piece, nullptr) == PPN_END);
}

BOOST_AUTO_TEST_CASE(decider_is_fixed_with_the_first_request_and_ends_once) {
  const ScriptedServer server({answer(200)});
  Decider first(always(PPN_DECIDE_STOP));
  Decider second(always(PPN_DECIDE_STOP));
  Decider late(always(PPN_DECIDE_STOP));
  {
    Client client = make_retrying_client();
    BOOST_TEST(first.install(client) == PPN_OK);
    BOOST_TEST(second.install(client) == PPN_OK);
    BOOST_TEST(first.destroyed() == 1);
    BOOST_TEST(fetch(client, server.url()).status() == 200);
    BOOST_TEST(late.install(client) == PPN_E_INVALID_STATE);
    BOOST_TEST(ppn_client_set_retry_decider(client.get(), nullptr, nullptr, nullptr, nullptr) == PPN_E_INVALID_STATE);
    ppn_client* const released = client.get();
    client.reset();
    BOOST_TEST(ppn_client_set_retry_decider(released, nullptr, nullptr, nullptr, nullptr) == PPN_E_INVALID_STATE);
    BOOST_TEST(ppn_client_set_retry_decider(nullptr, nullptr, nullptr, nullptr, nullptr) == PPN_E_INVALID_ARGUMENT);
  }
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  BOOST_TEST(second.destroyed() == 1);
  BOOST_TEST(late.destroyed() == 0);  // still the caller's
}

BOOST_AUTO_TEST_CASE(data_without_a_decider_is_ended_at_once) {
  std::atomic<int> ended{0};
  const Client client = make_client();
  const auto end = [](void* user) { ++*static_cast<std::atomic<int>*>(user); };
  BOOST_TEST(ppn_client_set_retry_decider(client.get(), nullptr, &ended, end, nullptr) == PPN_OK);
  BOOST_TEST(ended == 1);
}

BOOST_AUTO_TEST_CASE(question_that_is_null_says_nothing) {
  size_t length = 7;
  BOOST_TEST(ppn_retry_question_attempt(nullptr) == 0);
  BOOST_TEST(ppn_retry_question_outcome(nullptr) == PPN_OUTCOME_FATAL);
  BOOST_TEST(ppn_retry_question_code(nullptr) == PPN_OK);
  BOOST_TEST(ppn_retry_question_status(nullptr) == 0);
  BOOST_TEST(ppn_retry_question_sent(nullptr) == PPN_SENT_NONE);
  BOOST_TEST((ppn_retry_question_response(nullptr) == nullptr));
  BOOST_TEST((ppn_retry_question_body(nullptr, &length) != nullptr && length == 0U));
  BOOST_TEST((ppn_retry_question_body(nullptr, nullptr) != nullptr));
  BOOST_TEST(ppn_retry_question_default_retry(nullptr) == 0);
  BOOST_TEST(ppn_retry_question_default_delay_ms(nullptr) == -1);
  BOOST_TEST(ppn_retry_question_default_delay_source(nullptr) == PPN_DELAY_NONE);
  BOOST_TEST(ppn_retry_question_default_stop_reason(nullptr) == PPN_STOP_NONE);
}

BOOST_AUTO_TEST_SUITE_END()
