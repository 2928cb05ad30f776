// RequestMiddleware: lambdas around requests, and the built-in middleware.
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cpp/cpp.hpp"

using namespace cpp_test;

namespace {

// What lambdas write down, on threads of the library.
class Words {
 public:
  void add(std::string word) {
    const std::lock_guard lock(mutex_);
    words_.push_back(std::move(word));
  }
  std::string all() {
    const std::lock_guard lock(mutex_);
    std::string joined;
    for (const std::string& word : words_) joined += word + ";";
    return joined;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> words_;
};

constexpr const char* kNowhere = "http://host.invalid/";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(middleware_objects, NoLeak)

BOOST_AUTO_TEST_CASE(lambdas_end_with_the_last_owner) {
  const auto alive = std::make_shared<int>(0);
  {
    const ppn::HTTPClient client;
    client.add_middleware(ppn::RequestMiddleware("a")
                              .before_request([alive](ppn::MiddlewareContext&) {})
                              .after_attempt([alive](ppn::MiddlewareContext&) {}));
    BOOST_TEST(alive.use_count() == 3);
  }
  BOOST_TEST(alive.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(middleware_that_a_client_has_is_not_changed) {
  const ppn::HTTPClient client;
  ppn::RequestMiddleware middleware("a");
  middleware.before_request([](ppn::MiddlewareContext&) {});
  client.add_middleware(middleware);
  client.add_middleware(middleware);
  BOOST_TEST(code_of([&] { middleware.on_error([](ppn::MiddlewareContext&) {}); }) == PPN_E_INVALID_STATE);
}

BOOST_AUTO_TEST_CASE(what_can_not_be_used_is_refused) {
  const ppn::HTTPClient client;
  BOOST_TEST(code_of([&] {
               client.add_middleware(ppn::RequestMiddleware("").before_request([](ppn::MiddlewareContext&) {}));
             }) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(code_of([] { ppn::Middleware::auth("nothing", "s"); }) == PPN_E_INVALID_URL);
  BOOST_TEST(code_of([] { ppn::Middleware::auth("http://a.test/", "a\r\nb"); }) == PPN_E_INVALID_HEADER);
  BOOST_TEST(code_of([] { ppn::Middleware::trace_context().set_token("t"); }) == PPN_E_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(refresh_ends_with_its_middleware) {
  const auto alive = std::make_shared<int>(0);
  {
    const ppn::Middleware middleware =
        ppn::Middleware::token_refresh("http://a.test/", "old", [alive](ppn::Middleware) {});
    middleware.set_token("new");
    BOOST_TEST(alive.use_count() == 2);
  }
  BOOST_TEST(alive.use_count() == 1);
}

BOOST_AUTO_TEST_SUITE_END()

// From here on requests run through their middleware.
BOOST_FIXTURE_TEST_SUITE(request_middleware, NoLeak)

BOOST_AUTO_TEST_CASE(request_is_changed_and_the_response_seen) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("hello"))});
  Words words;
  const ppn::HTTPClient client;
  client.add_middleware(ppn::RequestMiddleware("a")
                            .before_request([&](ppn::MiddlewareContext& context) {
                              words.add(context.method());
                              context.set_header("X-Mine", "1");
                              words.add(context.header("x-mine").value_or("none"));
                              words.add(context.header("x-other").value_or("none"));
                              context.set_attribute("key", "value");
                            })
                            .before_attempt([&](ppn::MiddlewareContext& context) {
                              words.add(context.attribute("key").value_or("none"));
                              words.add(std::to_string(context.attempt()));
                            })
                            .after_response([&](ppn::MiddlewareContext& context) {
                              words.add(std::to_string(context.response()->status()));
                              words.add(context.error() ? "error" : "no error");
                            }));
  BOOST_TEST(client.get(server.url()).text() == "hello");
  BOOST_TEST(words.all() == "GET;1;none;value;1;200;no error;");
  BOOST_TEST(server.requests().at(0).find("X-Mine: 1\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(answer_needs_no_server) {
  const ppn::HTTPClient client;
  client.add_middleware(ppn::RequestMiddleware("cache").before_request([](ppn::MiddlewareContext& context) {
    context.respond(203, "mine", {{"X-From", "cache"}});
  }));
  const ppn::Response response = client.get(kNowhere);
  BOOST_TEST(response.status() == 203);
  BOOST_TEST(response.text() == "mine");
  BOOST_TEST(response.header("x-from").value_or("") == "cache");
}

BOOST_AUTO_TEST_CASE(exception_becomes_the_error_of_the_request) {
  const ppn::HTTPClient client;
  client.add_middleware(ppn::RequestMiddleware("broken").before_request(
      [](ppn::MiddlewareContext&) { throw std::runtime_error("out of luck"); }));
  const auto error = error_of([&] { client.get(kNowhere); });
  BOOST_REQUIRE(error);
  BOOST_TEST(error->code() == PPN_E_MIDDLEWARE_FAILED);
  BOOST_TEST(error->message() == "middleware 'broken': out of luck");
}

BOOST_AUTO_TEST_CASE(network_error_that_is_thrown_keeps_its_code) {
  const ppn::HTTPClient client;
  client.add_middleware(ppn::RequestMiddleware("a").before_request(
      [](ppn::MiddlewareContext& context) { context.set_header("X-A", "a\r\nb"); }));
  BOOST_TEST(code_of([&] { client.get(kNowhere); }) == PPN_E_INVALID_HEADER);
}

BOOST_AUTO_TEST_CASE(error_is_seen_and_recovered_from) {
  Words words;
  const ppn::HTTPClient client;
  client.add_middleware(ppn::RequestMiddleware("outer").on_error([&](ppn::MiddlewareContext& context) {
    words.add(context.error()->message);
    context.respond(200, "fallback");
  }));
  client.add_middleware(ppn::RequestMiddleware("inner").before_request(
      [](ppn::MiddlewareContext& context) { context.fail(PPN_E_CONNECT_FAILED, "no way"); }));
  BOOST_TEST(client.get(kNowhere).text() == "fallback");
  BOOST_TEST(words.all() == "middleware 'inner': no way;");
}

BOOST_AUTO_TEST_CASE(lambda_that_takes_the_context_finishes_on_another_thread) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("1"))});
  std::promise<std::thread> other;
  const ppn::HTTPClient client;
  client.add_middleware(ppn::RequestMiddleware("a").before_request([&](ppn::MiddlewareContext context) {
    other.set_value(std::thread([kept = std::move(context)]() mutable {
      kept.set_header("X-Late", "1");
      kept.finish();
    }));
  }));
  BOOST_TEST(client.get(server.url()).status() == 200);
  other.get_future().get().join();
  BOOST_TEST(server.requests().at(0).find("X-Late: 1\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(lines_are_filtered_and_the_end_is_told) {
  const ScriptedServer server(
      {Script{}.expect_request().send(open_head("application/x-ndjson") + "1\n2\n3\n").close()});
  Words words;
  const ppn::HTTPClient client;
  client.add_middleware(ppn::RequestMiddleware("a")
                            .filter_chunks([](std::string_view line, ppn::MiddlewareContext& context) {
                              if (line == "2") return;
                              context.emit(line);
                              context.emit(line);
                            })
                            .on_stream_end([&](const ppn::ErrorDetails* error) {
                              words.add(error == nullptr ? "end" : error->message);
                            }));
  std::string seen;
  for (const std::string_view line : client.lines(server.url())) seen += std::string(line) + ";";
  BOOST_TEST(seen == "1;1;3;3;");
  ppn::shutdown();
  BOOST_TEST(words.all() == "end;");
}

BOOST_AUTO_TEST_CASE(token_is_renewed_after_a_401) {
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")
                                   .expect_request()
                                   .send(http_ok("welcome"))});
  const ppn::HTTPClient client;
  client.add_middleware(ppn::Middleware::token_refresh(
      server.url(), "old", [](const ppn::Middleware& middleware) { middleware.set_token("new"); }));
  BOOST_TEST(client.get(server.url()).text() == "welcome");
  BOOST_TEST(server.requests().at(1).find("Authorization: Bearer new\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
