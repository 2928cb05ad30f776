// The secrets of secrets_test.cpp once more, in calls that are repeated, limited, refused by a breaker, failed by
// middleware and part of a batch, and in the address of a Redis: none is shown.
#include <string>
#include <utility>
#include <vector>

#include "capi/batch_watcher.hpp"
#include "capi/middleware.hpp"
#include "capi/secrets.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

// What all of them share: retries without a delay worth naming, and texts that travel with each attempt.
Config pipeline_config(const Settings& settings) {
  Config config = secret_config();
  for (const auto& [name, value] : Settings{{"max_retries", "2"},
                                            {"idempotency_header", "Idempotency-Key"},
                                            {"send_trace_context", "true"},
                                            {"send_retry_count", "true"}}) {
    set(config, name, value);
  }
  for (const auto& [name, value] : settings) set(config, name, value);
  return config;
}

void finish(Shown& shown, const Config& config, const Client& client) {
  shown.add_metrics(client);
  shown.add_dump(config);
}

Script one(std::string bytes) {
  return Script{}.expect_request().send(std::move(bytes)).close();
}

// Its steps show what the library hands to code that logs.
struct Telling {
  Shown& shown;

  // What a status error of the response says.
  static int32_t after(void* user, ppn_middleware_context* context) {
    Response response;
    ppn_middleware_context_response(context, response.out(), nullptr);
    ErrorHandle error;
    ppn_response_check_status(response.get(), error.out());
    static_cast<Telling*>(user)->shown.add(error.get());
    return redacted(user, context);
  }
  static int32_t redacted(void* user, ppn_middleware_context* context) {
    static_cast<Telling*>(user)->shown.add(text_of(ppn_middleware_context_url_redacted, context));
    return PPN_MW_DONE;
  }
  static int32_t error(void* user, ppn_middleware_context* context) {
    ErrorHandle error;
    ppn_middleware_context_error(context, error.out(), nullptr);
    static_cast<Telling*>(user)->shown.add(error.get());
    return redacted(user, context);
  }
  static int32_t failing(void* user, ppn_middleware_context* context) {
    const std::string told = std::string("refused ") + kBearer + " and " + kOwn + " and " + kOption;
    ppn_middleware_context_fail(context, PPN_E_MIDDLEWARE_FAILED, told.data(), told.size(), nullptr);
    return redacted(user, context);
  }

  void add_to(const Client& client, const char* name, int32_t kind, ppn_middleware_fn before) {
    Middleware middleware;
    BOOST_REQUIRE_EQUAL(
        ppn_middleware_new(name, PPN_AUTO_LENGTH, kind, before, after, error, this, nullptr, middleware.out(), nullptr),
        PPN_OK);
    BOOST_REQUIRE_EQUAL(ppn_client_add_middleware(client.get(), middleware.get(), nullptr), PPN_OK);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(pipeline_secrets, Planted)

BOOST_AUTO_TEST_CASE(nothing_shown_of_retries_holds_a_secret) {
  Shown shown;
  {
    const ScriptedServer server({one(echo("503 Busy", "busy")), one(echo("500 Oh", "oh")),
                                 one(echo("401 Unauthorized")), one(echo("503 Busy", "busy")),
                                 Script{}.expect_request().reset(), one(echo("529 Full", "full"))});
    const Config config = pipeline_config({});
    const Client client = client_of(config);
    shown.watch(client);
    Telling telling{shown};
    telling.add_to(client, "call", PPN_MIDDLEWARE_APPLICATION, Telling::redacted);
    telling.add_to(client, "attempt", PPN_MIDDLEWARE_ATTEMPT, Telling::redacted);
    for (int i = 0; i < 2; ++i) play(shown, client, with_query(server));
    BOOST_TEST(server.requests().size() == 6U);
    finish(shown, config, client);
  }
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  BOOST_TEST(shown.has("status 401"));
  BOOST_TEST(shown.has("status 529"));
  shown.check();
}

BOOST_AUTO_TEST_CASE(nothing_shown_of_a_limit_holds_a_secret) {
  Shown shown;
  {
    const ScriptedServer server({one(http_ok("fine", "Connection: close\r\n"))}, {.repeat_last = true});
    for (const Settings& settings : {Settings{{"rate_limit", "1/h:1"}, {"rate_limit_mode", "fail_fast"}},
                                     Settings{{"rate_limit", "1/h:1"}, {"rate_limit_max_waiters", "0"}},
                                     Settings{{"rate_limit", "1/h:1"}, {"rate_limit_cost", "2"}},
                                     // One that waits for a few milliseconds, in a scope that is itself a secret.
                                     Settings{{"rate_limit", "100/s:1"}, {"rate_limit_scope", kOwn}}}) {
      const Config config = pipeline_config(settings);
      const Client client = client_of(config);
      shown.watch(client);
      for (int i = 0; i < 2; ++i) play(shown, client, with_query(server));
      finish(shown, config, client);
    }
  }
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  for (const char* name : {"RATE_LIMITED", "RATE_LIMIT_QUEUE_FULL", "RATE_LIMIT_COST"})
    BOOST_TEST(shown.has(name), name);
  shown.check();
}

BOOST_AUTO_TEST_CASE(nothing_shown_of_an_open_breaker_holds_a_secret) {
  Shown shown;
  std::string dead;
  {
    const ScriptedServer gone({});
    dead = with_query(gone);
  }
  {
    const Config config = pipeline_config({{"circuit_breaker", "true"}, {"circuit_breaker_connect_failures", "2"}});
    const Client client = client_of(config);
    shown.watch(client);
    for (int i = 0; i < 3; ++i) play(shown, client, dead);
    play_stream(shown, client, dead);
    finish(shown, config, client);
  }
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  BOOST_TEST(shown.has("too many calls to this server have failed"));
  shown.check();
}

BOOST_AUTO_TEST_CASE(nothing_shown_of_a_middleware_that_fails_holds_a_secret) {
  Shown shown;
  {
    const ScriptedServer server({one(http_ok("never"))}, {.repeat_last = true});
    for (const int32_t kind : {PPN_MIDDLEWARE_APPLICATION + 0, PPN_MIDDLEWARE_ATTEMPT + 0}) {
      const Config config = pipeline_config({});
      const Client client = client_of(config);
      shown.watch(client);
      Telling telling{shown};
      telling.add_to(client, "outer", PPN_MIDDLEWARE_APPLICATION, Telling::redacted);
      telling.add_to(client, "failing", kind, Telling::failing);
      play(shown, client, with_query(server));
      finish(shown, config, client);
    }
    BOOST_TEST(server.requests().empty());
  }
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  BOOST_TEST(shown.has("failing"));
  shown.check();
}

BOOST_AUTO_TEST_CASE(nothing_shown_of_a_batch_holds_a_secret) {
  struct Results {
    Shown& shown;
    static void on_result(void* user, size_t, ppn_request*, ppn_response* response, const ppn_error* error) {
      Results& self = *static_cast<Results*>(user);
      self.shown.add(error);
      if (response == nullptr) return;
      ErrorHandle status;
      ppn_response_check_status(response, status.out());
      self.shown.add(status.get());
    }
  };
  Shown shown;
  {
    const ScriptedServer server({one(echo("429 Slow", "slow")), one(echo("503 Busy", "busy")), one(echo("403 No")),
                                 Script{}.expect_request().reset(), Script{}.expect_request().hold()},
                                {.repeat_last = true});
    const Config config = pipeline_config({{"timeout_ms", "200"}});
    const Client client = client_of(config);
    shown.watch(client);
    const Batch batch = make_batch();
    for (int i = 0; i < 3; ++i) {
      const Request request = secret_request(client, with_query(server));
      BOOST_REQUIRE_EQUAL(ppn_batch_add(batch.get(), request.get(), nullptr), PPN_OK);
    }
    Results results{shown};
    BOOST_REQUIRE_EQUAL(ppn_batch_set_concurrency(batch.get(), 1, nullptr), PPN_OK);
    BOOST_REQUIRE_EQUAL(
        ppn_batch_set_callbacks(batch.get(), Results::on_result, nullptr, nullptr, &results, nullptr, nullptr), PPN_OK);
    BOOST_REQUIRE_EQUAL(ppn_batch_run(batch.get(), nullptr), PPN_OK);
    finish(shown, config, client);
  }
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  BOOST_TEST(shown.has("status 403"));
  shown.check();
}

BOOST_AUTO_TEST_CASE(nothing_shown_of_a_redis_that_can_not_be_reached_holds_its_password) {
  Shown shown;
  std::string redis;
  {
    const ScriptedServer gone({});
    redis = "redis://" + std::string(kUser) + ":" + url_encoded(kRedis) + "@127.0.0.1:" + std::to_string(gone.port());
  }
  {
    const ScriptedServer server({one(http_ok("fine", "Connection: close\r\n"))}, {.repeat_last = true});
    for (const char* fallback : {"share", "open", "closed"}) {
      const Config config = pipeline_config({{"rate_limit", "600/m:10"},
                                             {"rate_limit_redis_url", redis},
                                             {"rate_limit_redis_fallback", fallback},
                                             {"rate_limit_redis_timeout_ms", "50"}});
      const Client client = client_of(config);
      shown.watch(client);
      for (int i = 0; i < 2; ++i) play(shown, client, with_query(server));
      finish(shown, config, client);
    }
    // Refused as an option, the secret inside it is not repeated either.
    const Config config = make_config();
    for (const std::string& wrong : {"http" + redis.substr(5), redis + "/x", redis + " "}) {
      ErrorHandle error;
      BOOST_TEST(ppn_config_set(config.get(), "rate_limit_redis_url", PPN_AUTO_LENGTH, wrong.data(), wrong.size(),
                                error.out()) == PPN_E_CONFIG_ERROR);
      shown.add(error.get());
    }
  }
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  BOOST_TEST(shown.has("RATE_LIMIT_BACKEND"));
  shown.check();
}

BOOST_AUTO_TEST_SUITE_END()
