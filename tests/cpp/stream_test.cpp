// Streams that are pulled by range-for, and how such a loop ends.
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cpp/cpp.hpp"

using namespace cpp_test;

namespace {

Script one(const std::string& head, const std::string& body) {
  return Script{}.expect_request().send(head).send_byte_by_byte(body).close();
}

template <class Stream>
std::string joined(Stream&& stream) {
  std::string all;
  for (const std::string_view piece : stream) all.append(piece).append("|");
  return all;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(streams, NoLeak)

BOOST_AUTO_TEST_CASE(chunks_are_read_by_a_loop) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok(std::string(1'000, 'x')))});
  const ppn::StreamingClient streaming;
  std::size_t received = 0;
  std::size_t largest = 0;
  for (const std::string_view chunk : streaming.stream(server.url(), 300)) {
    received += chunk.size();
    largest = std::max(largest, chunk.size());
  }
  BOOST_TEST(received == 1'000U);
  BOOST_TEST(largest <= 300U);
}

BOOST_AUTO_TEST_CASE(chunk_size_outside_its_range_is_refused) {
  const ppn::StreamingClient streaming;
  BOOST_CHECK_THROW(streaming.stream("http://127.0.0.1:1/", 0), ppn::ConfigError);
  BOOST_CHECK_THROW(streaming.stream("http://127.0.0.1:1/", std::size_t{1} << 40), ppn::ConfigError);
}

BOOST_AUTO_TEST_CASE(lines_are_read_by_a_loop) {
  const ScriptedServer server(
      {one(open_head("application/x-ndjson"), "{\"a\":1}\n\r\n" + std::string("z\0z", 3) + "\r\nlast")});
  const ppn::StreamingClient streaming;
  BOOST_TEST(joined(streaming.lines(server.url())) == "{\"a\":1}|" + std::string("z\0z", 3) + "|last|");
}

BOOST_AUTO_TEST_CASE(events_are_read_by_a_loop) {
  const ScriptedServer server(
      {one(open_head("text/event-stream"), "data: one\n\nevent: done\nid: 7\nretry: 1500\ndata: two\ndata: x\n\n")});
  const ppn::StreamingClient streaming;
  ppn::EventStream stream = streaming.events(server.url());
  std::string seen;
  for (const ppn::Event& event : stream) {
    seen.append(event.type()).append("=").append(event.data()).append("#").append(event.id());
    seen.append(std::to_string(event.index())).append(event.retry() ? "r|" : "|");
  }
  BOOST_TEST(seen == "message=one#0|done=two\nx#71r|");
  BOOST_TEST(stream.last_event_id() == "7");
  BOOST_TEST((stream.retry() == 1'500ms));
  BOOST_TEST(stream.ended());
  BOOST_TEST(stream.response().status() == 200);
  BOOST_TEST(server.requests().at(0).find("Accept: text/event-stream\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(empty_stream_runs_no_step) {
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send("HTTP/1.1 204 Nothing\r\n\r\n")
                                   .expect_request()
                                   .send(http_ok("", "Content-Type: text/event-stream\r\n"))});
  const ppn::StreamingClient streaming;
  for (int i = 0; i < 2; ++i) {
    for (const ppn::Event& event : streaming.events(server.url())) BOOST_ERROR(std::string(event.data()));
  }
}

BOOST_AUTO_TEST_CASE(post_streams_what_it_is_answered) {
  const ScriptedServer server({one(open_head("text/event-stream"), "data: x\n\n")});
  const ppn::HTTPClient plain;
  std::string seen;
  for (const ppn::Event& event : plain.request("POST", server.url()).json("{}").events()) seen += event.data();
  BOOST_TEST(seen == "x");
  BOOST_TEST(server.requests().at(0).find("POST ") == 0U);
}

BOOST_AUTO_TEST_CASE(leaving_a_loop_early_cancels_and_closes) {
  for (int kind = 0; kind < 3; ++kind) {
    const ScriptedServer server({Script{}
                                     .expect_request()
                                     .send(open_head("text/event-stream") + "data: one\n\ndata: two\n\n")
                                     .wait_for_peer_close()});
    const ppn::StreamingClient streaming;
    int steps = 0;
    if (kind == 0) {
      for ([[maybe_unused]] const std::string_view chunk : streaming.stream(server.url(), 4)) {
        if (++steps == 2) break;
      }
    } else if (kind == 1) {
      for ([[maybe_unused]] const std::string_view line : streaming.lines(server.url())) {
        if (++steps == 2) break;
      }
    } else {
      for ([[maybe_unused]] const ppn::Event& event : streaming.events(server.url())) {
        if (++steps == 2) break;
      }
    }
    BOOST_TEST(steps == 2);
    BOOST_TEST(server.wait_for_finished(1));
  }
}

BOOST_AUTO_TEST_CASE(exception_of_the_loop_cancels_and_closes) {
  const ScriptedServer server(
      {Script{}.expect_request().send(open_head("text/plain") + "one\n").wait_for_peer_close()});
  const ppn::StreamingClient streaming;
  const auto loop = [&] {
    for ([[maybe_unused]] const std::string_view line : streaming.lines(server.url())) throw 42;
  };
  BOOST_CHECK_THROW(loop(), int);
  BOOST_TEST(server.wait_for_finished(1));
}

BOOST_AUTO_TEST_CASE(second_loop_goes_on_where_the_first_was_left) {
  const ScriptedServer server({one(open_head("text/plain"), "one\ntwo\nthree\n")});
  const ppn::StreamingClient streaming;
  ppn::LineStream stream = streaming.lines(server.url());
  for (const std::string_view line : stream) {
    BOOST_TEST(line == "one");
    break;
  }
  BOOST_TEST(joined(stream) == "two|three|");
  BOOST_TEST(joined(stream).empty());
}

BOOST_AUTO_TEST_CASE(failure_is_thrown_after_the_pieces_before_it) {
  const ScriptedServer server(
      {Script{}.expect_request().send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\nX-Id: 7\r\n\r\none\ntwo\n").close()});
  const ppn::StreamingClient streaming;
  ppn::LineStream stream = streaming.lines(server.url());
  std::string seen;
  const auto error = error_of([&] {
    for (const std::string_view line : stream) seen.append(line).append("|");
  });
  BOOST_TEST(seen == "one|two|");
  BOOST_REQUIRE(error.has_value());
  BOOST_TEST((error->code() == PPN_E_STREAM_TRUNCATED || error->code() == PPN_E_BODY_TRUNCATED));
  BOOST_REQUIRE((error->response() != nullptr));
  BOOST_TEST(error->response()->header("X-Id").value_or("") == "7");
  BOOST_TEST(!stream.ended());
  BOOST_TEST(code_of([&] { stream.next(); }) == error->code());
}

BOOST_AUTO_TEST_CASE(status_of_a_stream_of_events_is_thrown_with_its_body) {
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send("HTTP/1.1 401 No\r\nContent-Length: 16\r\n\r\n{\"error\": \"key\"}")
                                   .expect_request()
                                   .send(http_ok("<p>", "Content-Type: text/html\r\n"))});
  const ppn::StreamingClient streaming;
  try {
    for (const ppn::Event& event : streaming.events(server.url())) BOOST_ERROR(std::string(event.data()));
    BOOST_ERROR("nothing was thrown");
  } catch (const ppn::AuthenticationError& error) {
    BOOST_TEST(error.status() == 401);
    BOOST_REQUIRE((error.response() != nullptr));
    BOOST_TEST(error.response()->json().string("/error") == "key");
  }
  BOOST_TEST(code_of([&] { streaming.events(server.url()).next(); }) == PPN_E_CONTENT_TYPE);
}

BOOST_AUTO_TEST_CASE(stream_that_never_got_a_head_fails_without_response) {
  const ppn::StreamingClient streaming;
  ppn::ChunkStream stream = streaming.stream(dead_url());
  const auto error = error_of([&] { stream.next(); });
  BOOST_REQUIRE(error.has_value());
  BOOST_TEST(error->code() == PPN_E_CONNECT_FAILED);
  BOOST_TEST((error->response() == nullptr));
  BOOST_TEST(code_of([&] { stream.response(); }) == PPN_E_CONNECT_FAILED);
}

BOOST_AUTO_TEST_CASE(wait_with_a_limit_ends_at_its_limit) {
  ScriptedServer server(
      {Script{}.expect_request().send(open_head("text/plain")).wait_for_signal("go").send("x").close()});
  const ppn::StreamingClient streaming;
  ppn::ChunkStream stream = streaming.stream(server.url());
  BOOST_TEST(!stream.next(0s).has_value());
  BOOST_TEST(!stream.next(-5s).has_value());  // a deadline that has passed is no endless wait
  const auto begin = std::chrono::steady_clock::now();
  BOOST_TEST(!stream.next(20'500us).has_value());
  BOOST_TEST((std::chrono::steady_clock::now() - begin >= 20'500us));
  BOOST_TEST(!stream.ended());
  server.signal("go");
  BOOST_TEST(stream.next(std::chrono::hours::max()).value_or("") == "x");
  BOOST_TEST(!stream.next(30s).has_value());
  BOOST_TEST(stream.ended());
}

BOOST_AUTO_TEST_CASE(cancel_from_another_thread_ends_the_loop) {
  const ScriptedServer server({Script{}.expect_request().send(open_head("text/plain") + "x").wait_for_peer_close()});
  const ppn::StreamingClient streaming;
  ppn::ChunkStream stream = streaming.stream(server.url());
  std::thread canceller;
  BOOST_CHECK_THROW(
      {
        for ([[maybe_unused]] const std::string_view chunk : stream) {
          if (!canceller.joinable()) canceller = std::thread([&] { stream.cancel(); });
        }
      },
      ppn::CancelledError);
  canceller.join();
  BOOST_TEST(server.wait_for_finished(1));
}

BOOST_AUTO_TEST_CASE(cancel_of_the_request_ends_its_stream) {
  const ScriptedServer server({Script{}.expect_request().hold()});
  ppn::Request request = ppn::HTTPClient().request("GET", server.url());
  ppn::EventStream stream = request.events();
  request.cancel();
  BOOST_CHECK_THROW(stream.next(), ppn::CancelledError);
  BOOST_TEST(code_of([&] { request.send(); }) == PPN_E_INVALID_STATE);
}

BOOST_AUTO_TEST_CASE(stream_outlives_client_and_request_and_moves) {
  const ScriptedServer server({one(open_head("text/plain"), "one\ntwo\n")});
  std::optional<ppn::LineStream> first = ppn::StreamingClient().lines(server.url());
  BOOST_TEST(std::string(first->next().value_or("")) == "one");
  ppn::LineStream second = std::move(*first);
  first.reset();
  BOOST_TEST(joined(second) == "two|");
}

BOOST_AUTO_TEST_CASE(algorithms_read_streams) {
  const ScriptedServer server({one(open_head("text/plain"), "a\nb\n")});
  ppn::LineStream stream = ppn::StreamingClient().lines(server.url());
  static_assert(std::input_iterator<ppn::LineStream::Iterator>);
  const std::vector<std::string> lines(stream.begin(), stream.end());
  BOOST_TEST(lines.size() == 2U);
}

BOOST_AUTO_TEST_CASE(error_event_is_thrown_with_its_kind_and_status) {
  const ScriptedServer server(
      {one(open_head("text/event-stream"),
           "data: 1\n\nevent: error\ndata: {\"error\":{\"type\":\"authentication_error\",\"message\":\"who\"}}\n\n")});
  const ppn::StreamingClient streaming;
  ppn::EventStream stream = streaming.request("GET", server.url()).option("stream_profile", "anthropic").events();
  int events = 0;
  try {
    for ([[maybe_unused]] const ppn::Event& event : stream) ++events;
    BOOST_ERROR("no error");
  } catch (const ppn::StreamError& error) {
    BOOST_TEST(error.code() == PPN_E_STREAM_ERROR_EVENT);
    BOOST_TEST(error.stream_status() == 401);
    BOOST_TEST(error.provider_type() == "authentication_error");
    BOOST_TEST(error.provider_message() == "who");
    BOOST_TEST(error.is_auth());
    BOOST_TEST(!error.is_rate_limited());
    BOOST_TEST(!error.retryable());
    BOOST_TEST(error.stream_framing() == -1);
  }
  BOOST_TEST(events == 1);
}

BOOST_AUTO_TEST_CASE(cut_stream_says_what_was_missing) {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: ";
  const ScriptedServer server({one(head + "99\r\n\r\n", "one\ntw"), one(head + "9\r\n\r\n", "data: 1\n\n")});
  const ppn::StreamingClient streaming;
  ppn::LineStream lines = streaming.lines(server.url());
  BOOST_CHECK_EXCEPTION(joined(lines), ppn::StreamError, [](const ppn::StreamError& error) {
    return error.stream_framing() == 1 && error.partial() == "tw";
  });
  ppn::EventStream events = streaming.request("GET", server.url()).option("stream_profile", "openai").events();
  BOOST_TEST(events.next()->data() == "1");
  BOOST_CHECK_EXCEPTION(events.next(), ppn::StreamError, [](const ppn::StreamError& error) {
    return error.stream_framing() == 0 && error.partial().empty();
  });
}

BOOST_AUTO_TEST_CASE(pace_of_a_stream_is_in_its_response) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("one\ntwo\n"))});
  const ppn::StreamingClient streaming;
  ppn::LineStream lines = streaming.lines(server.url());
  BOOST_TEST(joined(lines) == "one|two|");
  const ppn::Pace pace = lines.response().pace();
  BOOST_TEST(pace.pieces == 2U);
  BOOST_REQUIRE(pace.first.has_value());
  BOOST_TEST(pace.first->count() > 0);
  BOOST_REQUIRE(pace.longest.has_value());
  BOOST_TEST(pace.longest->count() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
