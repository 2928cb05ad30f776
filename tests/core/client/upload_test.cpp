// Bodies of requests that are no bytes in memory: what arrives.
#include <boost/test/unit_test.hpp>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <string>

#include "core/client/chunked.hpp"
#include "core/client/engine.hpp"
#include "core/client/test_reader.hpp"
#include "core/client/until.hpp"
#include "support/request_reader.hpp"
#include "support/scripted_server.hpp"
#include "support/temp_dir.hpp"

namespace ppn::test {
namespace {

// The body of a request as it came, out of its framing.
std::string body_of(const std::string& request) {
  const std::size_t head = *head_size(request);
  if (header_value(request.substr(0, head), "Content-Length")) return request.substr(head);
  std::string body;
  for (std::size_t at = head;;) {
    std::size_t size = 0;
    const char* const line = request.data() + at;
    const char* const end = std::from_chars(line, request.data() + request.size(), size, 16).ptr;
    if (size == 0) return body + request.substr(at + 5);  // nothing after "0", CRLF, CRLF
    at += static_cast<std::size_t>(end - line) + 2;
    body += request.substr(at, size);
    at += size + 2;
  }
}

// Peak of resident memory of this process since reset_peak(), in bytes.
void reset_peak() {
  std::ofstream("/proc/self/clear_refs") << "5";
}
std::size_t peak() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::size_t kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib * 1024;
  }
  return 0;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(uploads, EngineFixture)

BOOST_AUTO_TEST_CASE(bytes_of_a_callback_arrive_exactly_at_every_piece_size) {
  const ScriptedServer server({answering(10)});
  const auto client = make_client();
  std::size_t count = 0;
  for (const auto& [piece, size] : {std::pair<std::size_t, std::size_t>{1, 2'000},
                                    {7, 20'000},
                                    {1'000, 300'000},
                                    {65'536, 65'536},
                                    {65'536, 400'000}}) {
    for (const bool known : {true, false}) {
      const std::string text = text_of_size(size);
      TextSource source(text, piece);
      const Outcome outcome =
          fetch(client, {.url = server.url(), .method = "POST", .set_body = [&](Call& call) {
                           return call.set_body_reader(known ? Length(size) : Length(), source.reader());
                         }});
      BOOST_TEST(outcome.code() == "OK");
      const std::string request = server.requests().at(count++);
      BOOST_TEST((body_of(request) == text));
      const std::string head = request.substr(0, *head_size(request));
      BOOST_TEST(header_value(head, "Content-Length").value_or("none") == (known ? std::to_string(size) : "none"));
      BOOST_TEST(header_value(head, "Transfer-Encoding").value_or("none") == (known ? "none" : "chunked"));
    }
  }
}

BOOST_AUTO_TEST_CASE(file_arrives_exactly) {
  const TempDir dir;
  const ScriptedServer server({answering(4)});
  const auto client = make_client();
  std::size_t count = 0;
  for (const std::size_t size : {0U, 1U, 65'536U, 1'000'000U}) {
    const std::string text = text_of_size(size);
    const std::string path = dir.write("body", text);
    const Outcome outcome =
        fetch(client,
              {.url = server.url(), .method = "PUT", .set_body = [&](Call& call) { return call.set_body_file(path); }});
    BOOST_TEST(outcome.code() == "OK");
    const std::string request = server.requests().at(count++);
    BOOST_TEST(header_value(request, "Content-Length").value() == std::to_string(size));
    BOOST_TEST((body_of(request) == text));
  }
}

BOOST_AUTO_TEST_CASE(connection_is_used_again_after_a_body_of_each_kind) {
  const ScriptedServer server({answering(4)});
  const TempDir dir;
  const std::string path = dir.write("body", text_of_size(100'000));
  const auto client = make_client();
  TextSource known("known", 2);
  TextSource chunked("chunked", 2);
  for (const auto& set_body : std::vector<std::function<Status(Call&)>>{
           [&](Call& call) { return call.set_body_file(path); },
           [&](Call& call) { return call.set_body_reader(5, known.reader()); },
           [&](Call& call) { return call.set_body_reader({}, chunked.reader()); },
           [&](Call& call) { return call.set_body(std::string(100'000, 'm')); }}) {
    BOOST_TEST(fetch(client, {.url = server.url(), .method = "POST", .set_body = set_body}).body() == "ok");
  }
  BOOST_TEST(server.connections() == 1);
}

BOOST_AUTO_TEST_CASE(method_that_needs_no_body_may_have_one) {
  for (const char* method : {"GET", "HEAD", "DELETE"}) {
    const ScriptedServer server({Script{}.expect_request().send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")});
    TextSource source("content", 3);
    const Outcome outcome = fetch(make_client(), {.url = server.url(), .method = method, .set_body = [&](Call& call) {
                                                    return call.set_body_reader({}, source.reader());
                                                  }});
    BOOST_TEST(outcome.code() == "OK");
    BOOST_TEST(body_of(server.requests().at(0)) == "content");
  }
}

BOOST_AUTO_TEST_CASE(body_that_is_set_last_is_the_body) {
  const ScriptedServer server({answering(2)});
  const auto client = make_client();
  TextSource never("never", 5);
  const auto first_reader_then = [&](std::function<Status(Call&)> then) {
    return [&never, then](Call& call) {
      Status set = call.set_body_reader({}, never.reader());
      return set ? then(call) : std::move(set);
    };
  };
  fetch(client, {.url = server.url(), .method = "POST", .set_body = first_reader_then([](Call& call) {
                                                          return call.set_body("text");
                                                        })});
  BOOST_TEST(server.requests().at(0).ends_with("Content-Length: 4\r\n\r\ntext"));
  fetch(client, {.url = server.url(), .method = "POST", .set_body = first_reader_then([](Call& call) {
                                                          return call.set_json("[1]");
                                                        })});
  BOOST_TEST(server.requests().at(1).ends_with("\r\n\r\n[1]"));
  BOOST_TEST(never.reads == 0);
}

BOOST_AUTO_TEST_CASE(paused_upload_goes_on_after_the_resume) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("ok"))});
  std::atomic<int> reads{0};
  TestCall call(make_client(), {.url = server.url(),
                                .method = "POST",
                                .set_body = reading([&](std::span<char> out, std::size_t& length) {
                                  const int now = ++reads;
                                  if (now % 2 == 1) return Flow::pause;
                                  length = now < 6 ? 1 : 0;
                                  out[0] = static_cast<char>('0' + now);
                                  return Flow::proceed;
                                }),
                                .options = {{"write_timeout_ms", "30"}}});
  call.start();
  for (const int expected : {1, 3, 5}) {
    BOOST_TEST(until([&] { return reads == expected; }));
    // Far longer than write_timeout_ms: that does not run.
    BOOST_TEST(!call.wait_for_end(after(std::chrono::milliseconds(100))));
    BOOST_TEST(reads == expected);
    call.resume();
  }
  BOOST_TEST(call.finish().code() == "OK");
  BOOST_TEST(body_of(server.requests().at(0)) == "24");
}

BOOST_AUTO_TEST_CASE(resume_inside_the_callback_undoes_its_pause_and_no_later_one) {
  const ScriptedServer server({Script{}.expect_request().send(ok_response("ok"))});
  TestCall* running = nullptr;
  std::atomic<int> reads{0};
  TestCall call(
      make_client(),
      {.url = server.url(), .method = "POST", .set_body = reading([&](std::span<char> out, std::size_t& length) {
                                                switch (++reads) {
                                                  case 1: running->resume(); return Flow::pause;
                                                  case 2:
                                                    running->resume();
                                                    length = 1;
                                                    out[0] = 'x';
                                                    return Flow::proceed;
                                                  case 3: return Flow::pause;
                                                  default: return Flow::proceed;
                                                }
                                              })});
  running = &call;
  call.start();
  BOOST_TEST(until([&] { return reads == 3; }));
  BOOST_TEST(!call.wait_for_end(after(std::chrono::milliseconds(50))));
  BOOST_TEST(reads == 3);
  call.resume();
  BOOST_TEST(call.finish().code() == "OK");
  BOOST_TEST(reads == 4);
}

BOOST_AUTO_TEST_CASE(large_upload_needs_no_memory) {
  constexpr std::size_t size = std::size_t{64} << 20;
  const TempDir dir;
  const std::string path = dir.write("body", "");
  std::filesystem::resize_file(path, size);
  Script takes_all;
  takes_all.expect_head();
  for (std::size_t at = 0; at < size; at += 1 << 20) takes_all.expect_bytes(1 << 20);
  takes_all.send(ok_response("all"));
  const ScriptedServer server({takes_all}, {.repeat_last = true});
  reset_peak();
  const std::size_t before = peak();
  BOOST_TEST(
      fetch(make_client(),
            {.url = server.url(), .method = "PUT", .set_body = [&](Call& call) { return call.set_body_file(path); }})
          .body() == "all");
  BOOST_TEST(
      fetch(make_client(), {.url = server.url(), .method = "PUT", .set_body = reading(zeros(size), size)}).body() ==
      "all");
  BOOST_TEST(peak() - before < (16U << 20));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
