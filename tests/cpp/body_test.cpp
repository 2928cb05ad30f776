// Bodies from files and lambdas: what is sent, how long the lambdas live, where their exceptions go.
#include <cerrno>
#include <cstring>
#include <future>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "cpp/cpp.hpp"
#include "support/request_reader.hpp"
#include "support/temp_dir.hpp"

using namespace cpp_test;

namespace {

struct Thrown : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string body_of(const std::string& request) {
  return request.substr(ppn::test::head_size(request).value());
}

// Gives its text in pieces of five bytes, zeros included, and from its beginning after a rewind.
struct Source {
  std::string text;
  std::size_t at = 0;

  auto reader() {
    return [this](char* buffer, std::size_t capacity) {
      const std::size_t count = text.copy(buffer, std::min<std::size_t>(capacity, 5), at);
      at += count;
      return count;
    };
  }
};

ppn::Request posted(const ScriptedServer& server) {
  return ppn::HTTPClient().request("POST", server.url());
}

// The connection of the first request is closed when the second has been read.
Script closing_the_second() {
  return Script{}.expect_request().send(http_ok("first")).expect_request().close();
}

// What `action` throws that is no error of the library.
template <class Action>
std::string thrown_by(Action action) {
  try {
    action();
  } catch (const Thrown& thrown) {
    return thrown.what();
  }
  return "nothing";
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(request_body, NoLeak)

BOOST_AUTO_TEST_CASE(file_is_sent_with_its_length) {
  const ppn::test::TempDir dir;
  const std::string text = std::string(100'000, 'f') + std::string("\0end", 4);
  const std::string path = dir.write("body", text);
  const ScriptedServer server({Script{}.expect_request().send(http_ok("ok"))});
  BOOST_TEST(posted(server).body("replaced").body_file(path).send().body() == "ok");
  const std::string sent = server.requests().at(0);
  BOOST_TEST(ppn::test::header_value(sent, "Content-Length").value() == "100004");
  BOOST_TEST((body_of(sent) == text));
}

BOOST_AUTO_TEST_CASE(file_that_can_not_be_sent_is_refused_and_the_body_stays) {
  const ppn::test::TempDir dir;
  const ScriptedServer server({Script{}.expect_request().send(http_ok("ok"))});
  ppn::Request request = posted(server).body("kept");
  const auto missing = error_of([&] { request.body_file(dir.file("missing")); });
  BOOST_TEST(missing.value().code() == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(missing.value().os_errno() == ENOENT);
  BOOST_TEST(code_of([&] { request.body_file(dir.path().native()); }) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(code_of([&] { request.body_file(std::string_view()); }) == PPN_E_INVALID_ARGUMENT);
  request.send();
  BOOST_TEST(body_of(server.requests().at(0)) == "kept");
  BOOST_TEST(code_of([&] { request.body_file(dir.write("late", "x")); }) == PPN_E_INVALID_STATE);
}

BOOST_AUTO_TEST_CASE(reader_gives_a_body_of_known_length_in_every_form_of_a_call) {
  const std::string text("hello\0world", 11);
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send(http_ok("sent"))
                                   .expect_request()
                                   .send(http_ok("future"))
                                   .expect_request()
                                   .send(http_ok("stream"))});
  const ppn::HTTPClient client;
  const auto described = [&](Source& source) {
    return client.request("POST", server.url()).body_reader(text.size(), source.reader());
  };
  Source sources[] = {{text}, {text}, {text}};
  BOOST_TEST(described(sources[0]).send().body() == "sent");
  BOOST_TEST(described(sources[1]).send_async().get().body() == "future");
  std::string streamed;
  for (const std::string_view chunk : described(sources[2]).stream()) streamed += chunk;
  BOOST_TEST(streamed == "stream");
  BOOST_REQUIRE(server.requests().size() == 3U);
  for (const std::string& sent : server.requests()) {
    BOOST_TEST(ppn::test::header_value(sent, "Content-Length").value() == "11");
    BOOST_TEST(body_of(sent) == text);
  }
}

BOOST_AUTO_TEST_CASE(reader_of_unknown_length_is_sent_as_chunks) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("ok"))});
  Source source{"helloworld!"};
  posted(server).body_reader(std::nullopt, source.reader()).send();
  const std::string sent = server.requests().at(0);
  BOOST_TEST(ppn::test::header_value(sent, "Transfer-Encoding").value() == "chunked");
  BOOST_TEST(body_of(sent) == "5\r\nhello\r\n5\r\nworld\r\n1\r\n!\r\n0\r\n\r\n");
}

BOOST_AUTO_TEST_CASE(reader_that_has_nothing_yet_is_asked_again_after_resume) {
  const ScriptedServer server({Script{}.expect_head().mark("head").expect_bytes(5).send(http_ok("ok"))});
  std::atomic<bool> ready{false};
  std::atomic<int> reads{0};
  ppn::Request request = posted(server);
  request.body_reader(5, [&](char* buffer, std::size_t) -> std::optional<std::size_t> {
    ++reads;
    if (!ready) return std::nullopt;
    std::memcpy(buffer, "hello", 5);
    return 5;
  });
  std::future<ppn::Response> future = request.send_async();
  BOOST_REQUIRE(server.wait_for_mark("head"));
  BOOST_TEST(reads == 1);
  ready = true;
  request.resume();
  BOOST_REQUIRE((future.wait_for(30s) == std::future_status::ready));
  BOOST_TEST(future.get().body() == "ok");
  BOOST_TEST(reads == 2);
}

BOOST_AUTO_TEST_CASE(rewound_body_is_sent_again_when_its_connection_had_just_closed) {
  const ScriptedServer server({closing_the_second(), Script{}.expect_request().send(http_ok("again"))});
  const ppn::HTTPClient client;
  client.get(server.url());
  Source source{"hello"};
  ppn::Request request = client.request("PUT", server.url());
  request.body_reader(5, source.reader(), [&source] { source.at = 0; });
  BOOST_TEST(request.send().body() == "again");
  BOOST_TEST(body_of(server.requests().back()) == "hello");
}

BOOST_AUTO_TEST_CASE(exception_of_a_rewind_is_thrown_again) {
  const ScriptedServer server({closing_the_second()});
  const ppn::HTTPClient client;
  client.get(server.url());
  Source source{"hello"};
  ppn::Request request = client.request("PUT", server.url());
  request.body_reader(5, source.reader(), [] { throw Thrown("rewind"); });
  BOOST_TEST(thrown_by([&] { request.send(); }) == "rewind");
}

BOOST_AUTO_TEST_CASE(exception_of_a_reader_goes_to_whoever_waits_and_the_connection_is_closed) {
  const auto failing = [](char* buffer, std::size_t) -> std::size_t {
    if (buffer == nullptr) return 0;
    throw Thrown("read");
  };
  for (const std::string form : {"send", "future", "completion", "next", "response", "lines"}) {
    const ScriptedServer server({Script{}.expect_request().send(http_ok("first")).wait_for_peer_close()});
    const ppn::HTTPClient client;
    client.get(server.url());
    ppn::Request request = client.request("POST", server.url()).body_reader(std::nullopt, failing);
    std::promise<ppn::Completion> promise;
    const auto act = [&] {
      if (form == "send") request.send();
      if (form == "future") request.send_async().get();
      if (form == "completion") {
        request.on_complete([&](ppn::Completion outcome) { promise.set_value(std::move(outcome)); }).start();
        promise.get_future().get().get();
      }
      if (form == "next") request.stream().next();
      if (form == "response") request.stream().response();
      if (form == "lines") {
        for (const std::string_view line : request.lines()) BOOST_ERROR(std::string(line));
      }
    };
    BOOST_TEST(thrown_by(act) == "read", "as " << form);
    BOOST_TEST(server.wait_for_finished(1));
  }
}

BOOST_AUTO_TEST_CASE(nonsense_of_a_reader_ends_the_request_by_name) {
  for (const std::size_t count : {std::size_t{0}, std::size_t{6}, std::numeric_limits<std::size_t>::max()}) {
    const ScriptedServer server({Script{}.expect_bytes(1)});
    ppn::Request request = posted(server).body_reader(5, [count](char*, std::size_t) { return count; });
    BOOST_TEST(code_of([&] { request.send(); }) == PPN_E_INVALID_ARGUMENT);
  }
}

BOOST_AUTO_TEST_CASE(lambdas_of_a_body_end_once_on_every_way) {
  auto shared = std::make_shared<int>(0);
  const auto reader = [shared, owned = std::make_shared<int>(0)](char*, std::size_t) -> std::size_t { return 0; };
  const long held = shared.use_count();
  const auto rewind = [shared] {};
  const ScriptedServer server({Script{}.expect_request().send(http_ok("ok"))});
  ppn::HTTPClient client;
  {
    ppn::Request never = client.request("POST", server.url()).body_reader(std::nullopt, reader, rewind);
    BOOST_TEST(shared.use_count() == held + 3);
    BOOST_TEST(code_of([&] { never.body_reader(~0ULL, reader, rewind); }) == PPN_E_INVALID_ARGUMENT);
    BOOST_TEST(shared.use_count() == held + 3);
    never.body_reader(std::nullopt, reader);
    BOOST_TEST(shared.use_count() == held + 2);
    never.body("text");
    BOOST_TEST(shared.use_count() == held + 1);
    never.body_reader(std::nullopt, reader);
  }
  BOOST_TEST(shared.use_count() == held + 1);
  ppn::Request request = client.request("POST", server.url()).body_reader(std::nullopt, reader, rewind);
  long at_the_end = 0;
  request.on_complete([&](const ppn::Completion&) { at_the_end = shared.use_count(); });
  request.send();
  BOOST_TEST(at_the_end == held + 1);
  BOOST_TEST(code_of([&] { request.body_reader(std::nullopt, reader); }) == PPN_E_INVALID_STATE);
  BOOST_TEST(shared.use_count() == held + 1);
  ppn::Request refused = client.request("POST", server.url()).body_reader(std::nullopt, reader, rewind);
  client.close();
  BOOST_TEST(code_of([&] { refused.start(); }) == PPN_E_CLIENT_CLOSED);
  BOOST_TEST(shared.use_count() == held + 1);
}

BOOST_AUTO_TEST_CASE(reader_may_be_move_only) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("ok"))});
  auto text = std::make_unique<std::string>("owned");
  ppn::Request request = posted(server);
  request.body_reader(
      5, [text = std::move(text)](char* buffer, std::size_t capacity) { return text->copy(buffer, capacity); });
  request.send();
  BOOST_TEST(body_of(server.requests().at(0)) == "owned");
}

BOOST_AUTO_TEST_SUITE_END()
