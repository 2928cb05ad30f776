// Filters of streams: drop, replace, split; in order; with a handler that pauses; however the body is cut.
#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "client/body_delivery.hpp"
#include "core/client/middleware_fixture.hpp"

namespace ppn::test {
namespace {

using Pieces = std::vector<std::string>;

// Writes down what it is given, and answers with the next of the test's answers, or goes on.
struct RecordingHandler final : CallHandler {
  Flow on_head(const std::shared_ptr<Response>&) override { return Flow::proceed; }
  Flow on_chunk(std::string_view bytes) override { return note(std::string(bytes)); }
  Flow on_line(std::string_view line) override { return note(std::string(line)); }
  Flow on_event(const SseEvent& event) override {
    return note(std::string(event.type) + "|" + std::string(event.data) + "|" + std::string(event.id));
  }
  void on_complete(std::shared_ptr<Response>, std::unique_ptr<Error>) noexcept override {}

  Flow note(std::string piece) {
    pieces.push_back(std::move(piece));
    return always;
  }

  Pieces pieces;
  Flow always = Flow::proceed;
};

struct FilterFixture : MiddlewareFixture {
  // Feeds the parts one after the other to the end, resuming after each pause; what the handler was given.
  Pieces deliver(Delivery delivery, const std::vector<std::string_view>& parts, Flow answer = Flow::proceed) {
    BodyDelivery body(delivery, RequestOptions());
    StreamFilters filters;
    MiddlewareChain& around = chain();
    call(around);
    around.add_filters(filters);
    body.set_filters(std::move(filters));
    Response response;
    response.status = 200;
    response.headers.add("Content-Type", "text/event-stream");
    RecordingHandler handler;
    handler.always = answer;
    last_step = body.begin(response, std::nullopt);
    const auto resume = [&](std::string_view& bytes) {
      while (last_step == BodyDelivery::Step::paused) {
        ++pauses;
        last_step = body.resume(handler, response, bytes, false);
      }
    };
    for (std::string_view bytes : parts) {
      if (bytes.empty()) continue;
      last_step = body.feed(handler, response, bytes, false);
      resume(bytes);
      if (last_step != BodyDelivery::Step::more) break;
    }
    std::string_view none;
    if (last_step == BodyDelivery::Step::more) last_step = body.end(handler, response);
    resume(none);
    if (last_step == BodyDelivery::Step::more) last_step = body.end(handler, response);
    error = body.take_error();
    return handler.pieces;
  }

  // Whole, byte by byte, and cut at every position, with and without pauses: always the same.
  void check(Delivery delivery, std::string_view text, const Pieces& expected) {
    std::vector<std::vector<std::string_view>> cuts{{text}, {}};
    for (std::size_t i = 0; i < text.size(); ++i) cuts[1].push_back(text.substr(i, 1));
    for (std::size_t i = 1; i < text.size(); ++i) cuts.push_back({text.substr(0, i), text.substr(i)});
    for (const auto& cut : cuts) {
      for (const Flow answer : {Flow::proceed, Flow::pause}) {
        BOOST_TEST(deliver(delivery, cut, answer) == expected, boost::test_tools::per_element());
        BOOST_TEST((last_step == BodyDelivery::Step::more));
      }
    }
  }

  BodyDelivery::Step last_step = BodyDelivery::Step::more;
  std::unique_ptr<Error> error;
  int pauses = 0;
};

void emit_twice(MiddlewareContext& context, std::string_view bytes) {
  for (int i = 0; i < 2; ++i) BOOST_TEST(code_of(context.emit(bytes)) == "OK");
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(stream_filters, FilterFixture)

BOOST_AUTO_TEST_CASE(events_are_dropped_replaced_and_split_in_their_order) {
  add("a")->event_filter = [](MiddlewareContext& context, const SseEvent& event) {
    if (event.data == "drop") return;
    SseEvent changed = event;
    if (event.data == "replace") {
      changed.data = "new";
      changed.type = "named";
    }
    BOOST_TEST(code_of(context.emit(changed)) == "OK");
    if (event.data != "split") return;
    changed.data = "half";
    BOOST_TEST(code_of(context.emit(changed)) == "OK");
  };
  check(Delivery::events, "id: 1\ndata: drop\n\ndata: split\n\ndata: replace\n\ndata: keep\n\n",
        {"message|split|1", "message|half|1", "named|new|1", "message|keep|1"});
  BOOST_TEST(pauses > 0);
}

BOOST_AUTO_TEST_CASE(lines_pass_the_filter_of_chunks_and_the_last_needs_no_end) {
  add("a")->chunk_filter = [](MiddlewareContext& context, std::string_view line) {
    if (line != "drop") emit_twice(context, line);
  };
  check(Delivery::lines, "one\ndrop\n\nlast", {"one", "one", "last", "last"});
}

BOOST_AUTO_TEST_CASE(chunks_are_split_and_the_rest_comes_after_a_pause) {
  add("a")->chunk_filter = [](MiddlewareContext& context, std::string_view bytes) {
    for (const char& byte : bytes) BOOST_TEST(code_of(context.emit(std::string_view(&byte, 1))) == "OK");
  };
  check(Delivery::chunks, "abcd", {"a", "b", "c", "d"});
}

BOOST_AUTO_TEST_CASE(inner_filter_comes_first) {
  const auto suffix = [](const char* what) {
    return [what](MiddlewareContext& context, std::string_view bytes) {
      BOOST_TEST(code_of(context.emit(std::string(bytes) + what)) == "OK");
    };
  };
  add("outer")->chunk_filter = suffix("-outer");
  add("none");
  add("inner")->chunk_filter = suffix("-inner");
  const Pieces expected{"x-inner-outer"};
  BOOST_TEST(deliver(Delivery::chunks, {"x"}) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(pieces_of_one_filter_go_through_the_next_one_by_one) {
  for (const char* name : {"outer", "inner"}) add(name)->chunk_filter = emit_twice;
  const Pieces expected(4, "x");
  BOOST_TEST(deliver(Delivery::chunks, {"x"}, Flow::pause) == expected, boost::test_tools::per_element());
  BOOST_TEST(pauses == 4);
}

BOOST_AUTO_TEST_CASE(filter_of_events_does_not_see_chunks) {
  add("a")->event_filter = [](MiddlewareContext&, const SseEvent&) {};
  const Pieces expected{"x"};
  BOOST_TEST(deliver(Delivery::chunks, {"x"}) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(nothing_is_given_after_an_abort) {
  add("a")->chunk_filter = emit_twice;
  const Pieces expected{"x"};
  BOOST_TEST(deliver(Delivery::chunks, {"x"}, Flow::abort) == expected, boost::test_tools::per_element());
  BOOST_TEST((last_step == BodyDelivery::Step::aborted));
}

BOOST_AUTO_TEST_CASE(failure_of_a_filter_ends_the_stream_by_its_name) {
  add("picky")->event_filter = [](MiddlewareContext& context, const SseEvent& event) {
    BOOST_TEST(code_of(context.emit(event)) == "OK");
    if (event.data == "2") BOOST_TEST(code_of(context.fail(ErrorCode::stream_error_event, "no 2")) == "OK");
  };
  const Pieces expected{"message|1|"};
  BOOST_TEST(deliver(Delivery::events, {"data: 1\n\ndata: 2\n\ndata: 3\n\n"}) == expected,
             boost::test_tools::per_element());
  BOOST_TEST((last_step == BodyDelivery::Step::failed));
  BOOST_REQUIRE(error);
  BOOST_TEST((error->code == ErrorCode::stream_error_event));
  BOOST_TEST(error->message == "middleware 'picky': no 2");
}

BOOST_AUTO_TEST_CASE(filter_that_makes_too_much_of_a_piece_ends_the_stream) {
  std::string refused;
  add("bomb")->chunk_filter = [&](MiddlewareContext& context, std::string_view) {
    const std::string large(1 << 20, 'x');
    for (int i = 0; i < 100; ++i) {
      const Status emitted = context.emit(large);
      if (!emitted) refused = code_of(emitted);
    }
  };
  BOOST_TEST(deliver(Delivery::chunks, {"x"}).empty());
  BOOST_TEST(refused == "INVALID_STATE");
  BOOST_REQUIRE(error);
  BOOST_TEST((error->code == ErrorCode::middleware_failed));
}

BOOST_AUTO_TEST_CASE(text_of_an_event_must_be_utf8) {
  Pieces answers;
  add("a")->event_filter = [&](MiddlewareContext& context, const SseEvent& event) {
    SseEvent changed = event;
    changed.data = "\xff";
    answers.push_back(code_of(context.emit(changed)));
    answers.push_back(code_of(context.finish()));
  };
  BOOST_TEST(deliver(Delivery::events, {"data: 1\n\n"}).empty());
  const Pieces expected{"INVALID_ARGUMENT", "INVALID_STATE"};
  BOOST_TEST(answers == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(filter_is_no_step_and_can_not_answer) {
  Pieces answers;
  add("a")->chunk_filter = [&](MiddlewareContext& context, std::string_view) {
    answers = {code_of(context.respond(make_response(200))), code_of(context.retry_once(0)),
               code_of(context.set_header("a", "b")), code_of(context.set_attribute("seen", "yes"))};
  };
  deliver(Delivery::chunks, {"x"});
  const Pieces expected{"INVALID_STATE", "INVALID_STATE", "INVALID_STATE", "OK"};
  BOOST_TEST(answers == expected, boost::test_tools::per_element());
  BOOST_TEST(attributes->get("seen").value_or("") == "yes");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
