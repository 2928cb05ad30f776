// What a step may read and change of its request.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "core/client/middleware_fixture.hpp"

namespace ppn::test {
namespace {

using Answers = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(middleware_context, MiddlewareFixture)

BOOST_AUTO_TEST_CASE(request_can_be_read) {
  request.headers.add("X-One", "1");
  Answers seen;
  add("a")->on_before = [&](MiddlewareContext& context) {
    seen = {*context.method(),
            *context.url(),
            *context.url_redacted(),
            *context.origin(),
            context.header("x-one")->value_or("none"),
            context.header("x-two")->value_or("none"),
            std::to_string(*context.attempt()),
            std::to_string(context.headers()->size())};
    return Step::done;
  };
  call();
  const Answers expected{"GET",
                         "http://host.test/path?key=hidden",
                         "http://host.test/path?key=REDACTED",
                         "http://host.test:80",
                         "1",
                         "none",
                         "0",
                         "1"};
  BOOST_TEST(seen == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(headers_are_set_added_and_removed) {
  request.headers.add("X-Gone", "1");
  add("a")->on_before = [](MiddlewareContext& context) {
    BOOST_TEST(code_of(context.set_header("X-Set", "old")) == "OK");
    BOOST_TEST(code_of(context.set_header("x-set", "new")) == "OK");
    BOOST_TEST(code_of(context.add_header("X-Set", "more")) == "OK");
    BOOST_TEST(code_of(context.remove_header("x-gone")) == "OK");
    return Step::done;
  };
  call();
  BOOST_REQUIRE_EQUAL(request.headers.size(), 2U);
  BOOST_TEST(request.headers[0].value == "new");
  BOOST_TEST(request.headers[1].value == "more");
}

BOOST_AUTO_TEST_CASE(headers_of_the_engine_and_malformed_ones_are_refused) {
  Answers answers;
  add("a")->on_before = [&](MiddlewareContext& context) {
    for (const char* name : {"Host", "content-length", "Transfer-Encoding", "Connection"}) {
      answers.push_back(code_of(context.set_header(name, "x")));
      answers.push_back(code_of(context.add_header(name, "x")));
    }
    answers.push_back(code_of(context.set_header("X-A", "a\r\nb")));
    answers.push_back(code_of(context.set_header("X A", "a")));
    return Step::done;
  };
  call();
  const Answers expected(10, "INVALID_HEADER");
  BOOST_TEST(answers == expected, boost::test_tools::per_element());
  BOOST_TEST(request.headers.empty());
}

BOOST_AUTO_TEST_CASE(url_is_checked_before_it_is_taken) {
  Answers answers;
  add("a")->on_before = [&](MiddlewareContext& context) {
    for (const char* url : {"nothing", "http://host.test/a b", "ftp://host.test/", "ws://host.test/"}) {
      answers.push_back(code_of(context.set_url(url)));
    }
    answers.push_back(*context.url());
    answers.push_back(code_of(context.set_url("https://other.test/new")));
    return Step::done;
  };
  call();
  const Answers expected{
      "INVALID_URL", "INVALID_URL", "UNSUPPORTED_SCHEME", "UNSUPPORTED_SCHEME", "http://host.test/path?key=hidden",
      "OK"};
  BOOST_TEST(answers == expected, boost::test_tools::per_element());
  BOOST_TEST(request.url.origin() == "https://other.test:443");
}

BOOST_AUTO_TEST_CASE(attempt_stays_at_its_origin_and_changes_only_itself) {
  Answers answers;
  add("a", Kind::attempt)->on_before = [&](MiddlewareContext& context) {
    answers = {std::to_string(*context.attempt()), code_of(context.set_url("http://other.test/")),
               code_of(context.set_url("http://host.test/signed")), code_of(context.set_body("x")),
               code_of(context.set_option("timeout_ms", "1"))};
    return Step::done;
  };
  call(chain(Kind::attempt, 2));
  const Answers expected{"2", "INVALID_ARGUMENT", "OK", "INVALID_STATE", "INVALID_STATE"};
  BOOST_TEST(answers == expected, boost::test_tools::per_element());
  BOOST_TEST(request.url.target == "/signed");
}

BOOST_AUTO_TEST_CASE(body_and_options_go_to_the_call) {
  Answers answers;
  add("a")->on_before = [&](MiddlewareContext& context) {
    answers = {code_of(context.set_body("bytes")), code_of(context.set_option("timeout_ms", "5")),
               code_of(context.set_option("bad", "5"))};
    return Step::done;
  };
  call();
  const Answers expected{"OK", "OK", "CONFIG_ERROR"};
  BOOST_TEST(answers == expected, boost::test_tools::per_element());
  BOOST_TEST(editor.body.value_or("") == "bytes");
  BOOST_REQUIRE_EQUAL(editor.options.size(), 1U);
  BOOST_TEST(editor.options[0].second == "5");
}

BOOST_AUTO_TEST_CASE(after_changes_headers_for_a_retry_and_nothing_else) {
  Answers answers;
  const auto try_all = [&](MiddlewareContext& context) {
    for (const Status& status : {context.set_header("X-Again", "1"), context.set_url("http://host.test/"),
                                 context.set_body("x"), context.set_option("timeout_ms", "1")}) {
      answers.push_back(code_of(status));
    }
    return Step::done;
  };
  add("a")->on_after = try_all;
  add("b", Kind::attempt)->on_after = try_all;
  call();
  call(chain(Kind::attempt, 1));
  const Answers expected{"OK",
                         "INVALID_STATE",
                         "INVALID_STATE",
                         "INVALID_STATE",
                         "INVALID_STATE",
                         "INVALID_STATE",
                         "INVALID_STATE",
                         "INVALID_STATE"};
  BOOST_TEST(answers == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(attributes_are_shared_by_the_middleware_of_one_call) {
  add("a")->on_before = [](MiddlewareContext& context) {
    BOOST_TEST(!context.attribute("key")->has_value());
    BOOST_TEST(code_of(context.set_attribute("key", "value")) == "OK");
    return Step::done;
  };
  std::string seen;
  add("b", Kind::attempt)->on_after = [&](MiddlewareContext& context) {
    seen = context.attribute("key")->value_or("none");
    return Step::done;
  };
  call();
  call(chain(Kind::attempt, 1));
  BOOST_TEST(seen == "value");
}

BOOST_AUTO_TEST_CASE(verdicts_that_make_no_sense_are_refused) {
  Answers answers;
  add("a")->on_before = [&](MiddlewareContext& context) {
    auto split = make_response(200);
    split->headers.add("X-A", "a\r\nb");
    answers = {code_of(context.respond(nullptr)),
               code_of(context.respond(make_response(101))),
               code_of(context.respond(make_response(600))),
               code_of(context.respond(split)),
               code_of(context.fail(ErrorCode::ok, "")),
               code_of(context.fail(static_cast<ErrorCode>(12345), "")),
               code_of(context.retry_once(0)),
               code_of(context.emit(std::string_view("x")))};
    return Step::done;
  };
  add("b", Kind::attempt)->on_after = [&](MiddlewareContext& context) {
    answers.push_back(code_of(context.retry_once(0)));
    return Step::done;
  };
  add("c")->on_after = [&](MiddlewareContext& context) {
    answers.push_back(code_of(context.retry_once(-1)));
    answers.push_back(code_of(context.retry_once(86'400'001)));
    return Step::done;
  };
  BOOST_TEST(call().response->body == "inner");
  call(chain(Kind::attempt, 1));
  const Answers expected{"INVALID_ARGUMENT", "INVALID_ARGUMENT", "INVALID_ARGUMENT", "INVALID_HEADER",
                         "INVALID_ARGUMENT", "INVALID_ARGUMENT", "INVALID_STATE",    "INVALID_STATE",
                         "INVALID_ARGUMENT", "INVALID_ARGUMENT", "INVALID_STATE"};
  BOOST_TEST(answers == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
