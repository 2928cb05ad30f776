// Every allocation of a call whose first attempt is refused, with a limiter, a breaker, a hook of retries and middleware
// of both kinds around it, failing in its turn: the call ends once, and its limiter, its middleware and the next call
// know nothing of it.
#include "capi/failing_allocations.hpp"

#if PPN_TEST_FAILING_ALLOCATIONS

#include <atomic>
#include <string>

#include "capi/batch_watcher.hpp"
#include "capi/middleware.hpp"
#include "capi/retries.hpp"
#include "core/client/chunked.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

constexpr long too_many = 5'000;

// Steps that take no memory themselves, and are counted.
struct Steps {
  std::atomic<int> entered{0};
  std::atomic<int> left{0};

  static int32_t before(void* user, ppn_middleware_context*) {
    ++static_cast<Steps*>(user)->entered;
    return PPN_MW_DONE;
  }
  static int32_t after(void* user, ppn_middleware_context*) {
    ++static_cast<Steps*>(user)->left;
    return PPN_MW_DONE;
  }

  static int32_t filter(void*, ppn_middleware_context* context, const uint8_t* data, size_t length) {
    ppn_middleware_context_emit_chunk(context, data, length, nullptr);
    return PPN_MW_DONE;
  }

  void add_to(const Client& client, int32_t kind, bool filters) {
    Middleware middleware;
    BOOST_REQUIRE_EQUAL(ppn_middleware_new("steps", PPN_AUTO_LENGTH, kind, before, after, after, this, nullptr,
                                           middleware.out(), nullptr),
                        PPN_OK);
    if (filters) BOOST_REQUIRE_EQUAL(ppn_middleware_set_chunk_filter(middleware.get(), filter, nullptr), PPN_OK);
    BOOST_REQUIRE_EQUAL(ppn_client_add_middleware(client.get(), middleware.get(), nullptr), PPN_OK);
  }
};

// What the call is beside its retry.
enum class Shape { plain, watched, lines, hedged, resumed };

// A client with everything that a call passes, and what is counted beside it.
struct Pipeline {
  RateLimiterHandle limiter;
  Client client;
  Steps of_call;
  Steps of_attempt;

  explicit Pipeline(Shape shape) {
    std::string options = R"("max_retries": 2, "max_backoff_ms": 0, "circuit_breaker": true,
        "circuit_breaker_min_calls": 1000000, "circuit_breaker_connect_failures": 1000000, "retry_budget": "off",
        "send_retry_count": true, "send_trace_context": true, "idempotency_header": "Idempotency-Key")";
    // The second attempt begins when the first one has failed.
    if (shape == Shape::hedged) options += R"(, "hedge": true, "hedge_delay_ms": 60000)";
    if (shape == Shape::resumed) {
      options += R"(, "stream_auto_reconnect": true, "stream_resume_allowed": true, "stream_reconnect_ms": 0,
          "stream_profile": "openai")";
    }
    client = make_retrying_client(options);
    const Config config = make_config(R"({"rate_limit": "1000000/s:1000000", "max_in_flight": 2})");
    BOOST_REQUIRE_EQUAL(ppn_rate_limiter_new_with_config(config.get(), limiter.out(), nullptr), PPN_OK);
    BOOST_REQUIRE_EQUAL(ppn_client_set_rate_limiter(client.get(), limiter.get(), nullptr), PPN_OK);
    const auto decide = [](void*, const ppn_retry_question*, int64_t*) -> int32_t { return PPN_DECIDE_DEFAULT; };
    BOOST_REQUIRE_EQUAL(ppn_client_set_retry_decider(client.get(), decide, nullptr, nullptr, nullptr), PPN_OK);
    const auto hear = [](void*, const ppn_call_event*) {};
    if (shape == Shape::watched) {
      BOOST_REQUIRE_EQUAL(ppn_client_set_event_listener(client.get(), hear, nullptr, nullptr, nullptr), PPN_OK);
    }
    of_call.add_to(client, PPN_MIDDLEWARE_APPLICATION, shape == Shape::lines);
    of_attempt.add_to(client, PPN_MIDDLEWARE_ATTEMPT, shape == Shape::lines);
  }

  // Once nothing runs.
  void check_at_rest() const {
    BOOST_TEST(ppn_rate_limiter_count(limiter.get(), PPN_RATE_IN_FLIGHT) == 0);
    BOOST_TEST(ppn_rate_limiter_count(limiter.get(), PPN_RATE_WAITING) == 0);
  }
  // Every `before` was followed by one `after` or `on_error`.
  bool everybody_left() const { return of_call.entered == of_call.left && of_attempt.entered == of_attempt.left; }
};

Script refusing_and_answering(int calls) {
  Script script;
  for (int i = 0; i < calls; ++i) {
    script.expect_request()
        .send("HTTP/1.1 503 No\r\nContent-Length: 4\r\n\r\nbusy")
        .expect_request()
        .send(http_ok("x"));
  }
  return script.wait_for_peer_close();
}

// A stream that is redirected, cut, redirected again, and whole.
Script leading_and_cutting() {
  const std::string moved = "HTTP/1.1 307 Moved\r\nLocation: /next\r\nContent-Length: 4\r\n\r\naway";
  return Script{}
      .expect_request()
      .send(moved)
      .expect_request()
      .send(events_head + chunk("id: 1\ndata: {\"usage\":{\"total_tokens\":3}}\n\n") + last_chunk)
      .expect_request()
      .send(moved)
      .expect_request()
      .send(events_head + chunk("data: [DONE]\n\n") + last_chunk)
      .wait_for_peer_close();
}

// A request whose callbacks take no memory themselves.
struct Turn {
  std::atomic<int32_t> code{-1};
  std::atomic<int32_t> status{-1};
  std::atomic<int> completions{0};
  std::atomic<int> destroyed{0};

  static void on_complete(void* user, ppn_request*, ppn_response* response, const ppn_error* error) {
    Turn& self = *static_cast<Turn*>(user);
    self.code = ppn_error_code(error);
    self.status = ppn_response_status(response);
    ++self.completions;
  }
  static void on_destroy(void* user) {
    Turn& self = *static_cast<Turn*>(user);
    ++self.destroyed;
    self.destroyed.notify_all();
  }
  void install(const Request& request) {
    BOOST_REQUIRE_EQUAL(
        ppn_request_set_callbacks(request.get(), nullptr, nullptr, on_complete, this, on_destroy, nullptr), PPN_OK);
  }
  void wait() {
    destroyed.wait(0);
    BOOST_TEST(completions.load() == 1);
    BOOST_TEST(destroyed.load() == 1);
  }
};

// Runs on the I/O thread, at the end of a call of its own.
template <class Action>
void on_io_thread(const Client& helper, const std::string& url, Action action) {
  struct Errand {
    Action action;
    Turn turn;
    static void on_complete(void* user, ppn_request* request, ppn_response* response, const ppn_error* error) {
      Errand& self = *static_cast<Errand*>(user);
      self.action();
      Turn::on_complete(&self.turn, request, response, error);
    }
    static void on_destroy(void* user) { Turn::on_destroy(&static_cast<Errand*>(user)->turn); }
  } errand{std::move(action), {}};
  const Request request = make_request(helper, "GET", url);
  BOOST_REQUIRE_EQUAL(ppn_request_set_callbacks(request.get(), nullptr, nullptr, Errand::on_complete, &errand,
                                                Errand::on_destroy, nullptr),
                      PPN_OK);
  BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
  errand.turn.wait();
}

Script helpful() {
  Script script;
  for (int i = 0; i < 20'000; ++i) script.expect_request().send(http_ok("helped"));
  return script.wait_for_peer_close();
}

// Returns how many times a middleware was entered and not left.
int check_every_allocation(Shape shape, bool for_good) {
  const ScriptedServer helper_server({helpful()}, {.repeat_last = true});
  const ScriptedServer server({shape == Shape::resumed ? leading_and_cutting() : refusing_and_answering(1)},
                              {.repeat_last = true});
  const Client helper = make_client();
  bool failed = true;
  int ended_by_it = 0;
  int not_left = 0;
  long allowed = 0;
  for (; failed && allowed < too_many; ++allowed) {
    BOOST_TEST_CONTEXT("allocation " << allowed << (for_good ? " and all later ones" : "")) {
      Pipeline pipeline(shape);
      const Request request = make_request(pipeline.client, "POST", server.url());
      BOOST_REQUIRE_EQUAL(ppn_request_set_json(request.get(), "{\"a\": 1}", PPN_AUTO_LENGTH, nullptr), PPN_OK);
      Turn turn;
      turn.install(request);
      const auto on_line = [](void*, ppn_request*, const char*, size_t) -> int32_t { return PPN_CB_CONTINUE; };
      if (shape == Shape::lines) {
        BOOST_REQUIRE_EQUAL(ppn_request_set_line_callback(request.get(), on_line, nullptr), PPN_OK);
      }
      const auto on_event = [](void*, ppn_request*, const ppn_event*) -> int32_t { return PPN_CB_CONTINUE; };
      if (shape == Shape::resumed) {
        BOOST_REQUIRE_EQUAL(ppn_request_set_event_callback(request.get(), on_event, nullptr), PPN_OK);
      }
      std::atomic<int32_t> started{-1};
      on_io_thread(helper, helper_server.url(), [&] {
        started = ppn_request_start(request.get(), nullptr);
        for_good ? fail_all_after(allowed) : fail_once_after(allowed);
      });
      BOOST_REQUIRE_EQUAL(started.load(), PPN_OK);
      turn.wait();
      std::atomic<bool> failed_there{false};
      on_io_thread(helper, helper_server.url(), [&] { failed_there = take_failed_once(); });
      failed = failed_there;
      BOOST_TEST((turn.code == PPN_OK || turn.code == PPN_E_OUT_OF_MEMORY), ppn_code_name(turn.code));
      if (turn.code != PPN_OK) ++ended_by_it;
      if (!failed) BOOST_TEST(turn.status == 200);
      pipeline.check_at_rest();
      if (!pipeline.everybody_left()) ++not_left;
    }
  }
  BOOST_TEST(!failed);
  BOOST_TEST(allowed > 50);  // else little was tried
  BOOST_TEST(ended_by_it > 0);
  return not_left;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(pipeline_memory, NoLeak)

BOOST_AUTO_TEST_CASE(call_that_misses_one_allocation_ends_once) {
  check_every_allocation(Shape::plain, false);
}

BOOST_AUTO_TEST_CASE(watched_call_that_misses_one_allocation_ends_once) {
  check_every_allocation(Shape::watched, false);
}

BOOST_AUTO_TEST_CASE(filtered_stream_that_misses_one_allocation_ends_once) {
  check_every_allocation(Shape::lines, false);
}

BOOST_AUTO_TEST_CASE(hedged_call_that_misses_one_allocation_ends_once) {
  check_every_allocation(Shape::hedged, false);
}

BOOST_AUTO_TEST_CASE(redirected_stream_that_goes_on_and_misses_one_allocation_ends_once) {
  check_every_allocation(Shape::resumed, false);
}

BOOST_AUTO_TEST_CASE(redirected_stream_that_goes_on_and_runs_out_of_memory_ends_once) {
  check_every_allocation(Shape::resumed, true);
}

BOOST_AUTO_TEST_CASE(call_that_runs_out_of_memory_ends_once) {
  check_every_allocation(Shape::plain, true);
}

BOOST_AUTO_TEST_CASE(watched_call_that_runs_out_of_memory_ends_once) {
  check_every_allocation(Shape::watched, true);
}

BOOST_AUTO_TEST_CASE(filtered_stream_that_runs_out_of_memory_ends_once) {
  check_every_allocation(Shape::lines, true);
}

BOOST_AUTO_TEST_CASE(hedged_call_that_runs_out_of_memory_ends_once) {
  check_every_allocation(Shape::hedged, true);
}

// Where memory is back, the way out through the middleware has to be gone. What can not be helped is a way out that can
// not begin: the frame of the steps of an attempt, that of the call, and the context that is lent to them.
BOOST_AUTO_TEST_CASE(middleware_that_was_entered_is_left_though_an_allocation_failed) {
  // Frames come from a pool in a release, and each from the heap under a sanitizer.
  BOOST_TEST(check_every_allocation(Shape::plain, false) <= 12);
}

BOOST_AUTO_TEST_CASE(batch_that_misses_allocations_has_each_result_once) {
  struct Counted {
    long allowed;
    bool for_good;
    size_t results = 0;
    size_t out_of_memory = 0;
    size_t others = 0;
    int completions = 0;
    bool failed = false;

    static void on_result(void* user, size_t, ppn_request*, ppn_response*, const ppn_error* error) {
      Counted& self = *static_cast<Counted*>(user);
      const int32_t code = ppn_error_code(error);
      if (code == PPN_E_OUT_OF_MEMORY) ++self.out_of_memory;
      if (code != PPN_OK && code != PPN_E_OUT_OF_MEMORY) ++self.others;
      if (self.results++ > 0) return;
      self.for_good ? fail_all_after(self.allowed) : fail_once_after(self.allowed);
    }
    static void on_complete(void* user) {
      Counted& self = *static_cast<Counted*>(user);
      self.failed = take_failed_once();
      ++self.completions;
    }
  };
  constexpr size_t requests = 3;
  const ScriptedServer server({refusing_and_answering(20)}, {.repeat_last = true});
  for (const bool for_good : {false, true}) {
    bool failed = true;
    size_t out_of_memory = 0;
    long allowed = 0;
    for (; failed && allowed < too_many; ++allowed) {
      BOOST_TEST_CONTEXT("allocation " << allowed << (for_good ? " and all later ones" : "")) {
        const Pipeline pipeline(Shape::plain);
        const Batch batch = make_batch();
        for (size_t i = 0; i < requests; ++i) add(batch, pipeline.client, server.url());
        Counted counted{.allowed = allowed, .for_good = for_good};
        BOOST_REQUIRE_EQUAL(ppn_batch_set_concurrency(batch.get(), 1, nullptr), PPN_OK);
        BOOST_REQUIRE_EQUAL(ppn_batch_set_callbacks(batch.get(), Counted::on_result, nullptr, Counted::on_complete,
                                                    &counted, nullptr, nullptr),
                            PPN_OK);
        BOOST_REQUIRE_EQUAL(ppn_batch_run(batch.get(), nullptr), PPN_OK);
        BOOST_TEST(counted.results == requests);
        BOOST_TEST(counted.completions == 1);
        BOOST_TEST(counted.others == 0U);
        out_of_memory += counted.out_of_memory;
        failed = counted.failed;
        pipeline.check_at_rest();
      }
    }
    BOOST_TEST(!failed);
    BOOST_TEST(allowed > 50);
    BOOST_TEST(out_of_memory > 0U);
  }
}

BOOST_AUTO_TEST_SUITE_END()

#endif
