// What needs no request: JSON texts, header lists, buffers, decoders alone, redaction.
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cpp/cpp.hpp"

using namespace cpp_test;

namespace {

std::string joined(const ppn::Headers& headers) {
  std::string all;
  for (const auto [name, value] : headers) all.append(name).append("=").append(value).append(";");
  return all;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(values, NoLeak)

BOOST_AUTO_TEST_CASE(json_text_is_read_like_a_body) {
  const ppn::Json json = ppn::Json::parse(R"({"a": ["x", 2, 2.5, false, null], "b": "z\u0000"})");
  BOOST_TEST(json.string("/a/0") == "x");
  BOOST_TEST(json.integer("/a/1") == 2);
  BOOST_TEST(json.number("/a/2") == 2.5);
  BOOST_TEST(!json.boolean("/a/3"));
  BOOST_TEST(json.string("/b") == std::string("z\0", 2));
  BOOST_TEST((json.size() == 2U && json.size("/a") == 5U));
  BOOST_TEST(json.text("/a") == R"(["x",2,2.5,false,null])");
  BOOST_TEST((json.type("/a/4") == ppn::JsonType::null && json.type() == ppn::JsonType::object));
  BOOST_TEST((json.contains("/a/4") && !json.contains("/a/5")));
  BOOST_TEST(json.get_or<std::string>("/a/4", "none") == "none");
  BOOST_TEST(code_of([&] { json.integer("/b"); }) == PPN_E_JSON_VALUE);
  BOOST_TEST(code_of([&] { json.contains("b"); }) == PPN_E_INVALID_ARGUMENT);
  for (const std::string_view text : {"", "{", "[1,]", "nul"}) {
    BOOST_TEST(code_of([&] { ppn::Json::parse(text); }) == PPN_E_JSON_PARSE, text);
  }
}

BOOST_AUTO_TEST_CASE(list_of_headers_is_built_and_sent_with_many_requests) {
  ppn::Headers list{{"X-A", "1"}, {"X-B", "2"}};
  list.add("x-a", "3").set("X-C", "4");
  BOOST_TEST(joined(list) == "X-A=1;X-B=2;x-a=3;X-C=4;");
  BOOST_TEST((list.size() == 4U && !list.empty()));
  BOOST_TEST(list.get("X-a").value_or("") == "1");
  BOOST_TEST(!list.get("X-D").has_value());
  BOOST_TEST(list.remove("X-A") == 2U);
  BOOST_TEST(code_of([&] { list.add("X-E", "a\nb"); }) == PPN_E_INVALID_HEADER);
  const ScriptedServer server({Script{}.expect_request().send(http_ok("", "X-Seen: yes\r\nX-Seen: twice\r\n"))});
  const ppn::HTTPClient client;
  ppn::Request request = client.request("GET", server.url()).header("X-C", "old");
  const ppn::Response response = request.headers(list).send();
  const std::string sent = server.requests().at(0);
  BOOST_TEST((sent.find("X-B: 2\r\n") != sent.npos && sent.find("X-C: 4\r\n") != sent.npos));
  BOOST_TEST(sent.find("old") == sent.npos);
  ppn::Headers copy = response.copy_headers();
  BOOST_TEST(copy.remove("x-seen") == 2U);
  BOOST_TEST(response.header("x-seen").has_value());
  copy.clear();
  BOOST_TEST(copy.empty());
  const ppn::Headers framing{{"Host", "x"}};
  BOOST_TEST(code_of([&] { client.request("GET", server.url()).headers(framing); }) == PPN_E_INVALID_HEADER);
}

BOOST_AUTO_TEST_CASE(buffer_is_one_body_of_many_requests) {
  const std::string bytes("a\0\xff", 3);
  const ScriptedServer server({Script{}.expect_request().send(http_ok("one")).expect_request().send(http_ok("two"))});
  const ppn::HTTPClient client;
  std::optional<ppn::Buffer> kept;
  {
    const ppn::Buffer buffer(bytes);
    BOOST_TEST((buffer.view() == bytes && buffer.size() == 3U));
    client.request("POST", server.url()).body(buffer.share()).send();
    kept = client.request("POST", server.url()).body(buffer).send().body_buffer();
  }
  BOOST_TEST(kept->view() == "two");
  for (const std::string& request : server.requests()) BOOST_TEST(request.substr(request.size() - 3) == bytes);
  BOOST_TEST(ppn::Buffer(std::string_view()).view().empty());
}

BOOST_AUTO_TEST_CASE(events_are_decoded_however_they_are_cut) {
  const std::string stream = "id: 7\ndata: {\"n\": 1}\n\nretry: 20\nevent: end\ndata: b\n\n";
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    ppn::SseDecoder decoder;
    std::string seen;
    for (const std::string& part : {stream.substr(0, cut), stream.substr(cut)}) {
      decoder.feed(part);
      while (const auto event = decoder.next())
        seen.append(event->type()).append("=").append(event->data()).append(";");
    }
    BOOST_TEST(seen == "message={\"n\": 1};end=b;");
    BOOST_TEST(decoder.last_event_id() == "7");
    BOOST_TEST((decoder.retry() == 20ms));
  }
}

BOOST_AUTO_TEST_CASE(data_of_an_event_is_read_as_json) {
  ppn::SseDecoder decoder;
  decoder.feed("data: {\"n\": 1}\n\ndata: [DONE\n\n");
  BOOST_TEST(decoder.next().value().json().integer("/n") == 1);
  BOOST_TEST(code_of([&] { decoder.next().value().json(); }) == PPN_E_JSON_PARSE);
}

BOOST_AUTO_TEST_CASE(limits_of_decoders_are_errors_until_they_are_reset) {
  BOOST_TEST(code_of([] { ppn::SseDecoder(-1); }) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(code_of([] { ppn::LineDecoder(-1); }) == PPN_E_INVALID_ARGUMENT);
  ppn::SseDecoder events(10);
  events.feed("data: 0123456789\n\n");
  BOOST_CHECK_THROW(events.next(), ppn::StreamError);
  BOOST_CHECK_THROW(events.next(), ppn::StreamError);
  events.reset();
  events.feed("data: \xff\n\n");
  BOOST_TEST(events.next().value().data() == "\xef\xbf\xbd");
  BOOST_TEST(events.replacements() == 1U);
  ppn::LineDecoder lines(4);
  lines.feed("12345\n");
  BOOST_CHECK_THROW(lines.next(), ppn::StreamError);
}

BOOST_AUTO_TEST_CASE(lines_are_decoded_to_the_last_one_without_an_end) {
  ppn::LineDecoder decoder;
  std::vector<std::string> lines;
  for (const std::string_view part : {"on", "e\r", "\n\ntwo\nlast"}) {
    decoder.feed(part);
    while (const auto line = decoder.next()) lines.emplace_back(*line);
  }
  BOOST_TEST(lines.size() == 2U);
  decoder.finish();
  BOOST_TEST(decoder.next().value_or("") == "last");
  BOOST_TEST(!decoder.next().has_value());
  BOOST_TEST(code_of([&] { decoder.feed("x"); }) == PPN_E_INVALID_STATE);
  decoder.reset();
  decoder.feed("again\n");
  BOOST_TEST(decoder.next().value_or("") == "again");
}

BOOST_AUTO_TEST_CASE(secrets_are_taken_out_of_what_is_shown) {
  BOOST_TEST(ppn::redact_url("https://u:p@host.test/a?token=secret&b=1#f").find("secret") == std::string::npos);
  BOOST_TEST(ppn::redact_url("https://host.test/a?b=1") == "https://host.test/a?b=1");
  BOOST_TEST(ppn::redact_url("").empty());
  BOOST_TEST(ppn::header_is_sensitive("authorization"));
  BOOST_TEST(!ppn::header_is_sensitive("Accept"));
}

BOOST_AUTO_TEST_SUITE_END()
