// HTTPClient: what is sent, what comes back, who may be released when.
#include <thread>
#include <utility>
#include <vector>

#include "cpp/cpp.hpp"

using namespace cpp_test;

namespace {

const std::string kZeros("a\0b\0", 4);

std::string body_of(const std::string& request) {
  return request.substr(request.find("\r\n\r\n") + 4);
}

bool has(const std::string& request, const std::string& line) {
  return request.find("\r\n" + line + "\r\n") != std::string::npos;
}

Script answers(int count) {
  Script script;
  for (int i = 0; i < count; ++i) script.expect_request().send(http_ok(""));
  return script;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(client, NoLeak)

BOOST_AUTO_TEST_CASE(each_verb_sends_its_method_headers_and_body) {
  const ScriptedServer server({answers(9)});
  const ppn::HTTPClient client;
  client.get(server.url("/1"), {{"X-Trace", "t1"}, {"Accept", "text/plain"}});
  client.head(server.url("/2"));
  client.delete_(server.url("/3"));
  client.post(server.url("/4"), "plain", {{"Content-Type", "text/plain"}});
  client.put(server.url("/5"), "put");
  client.patch(server.url("/6"), "patch");
  client.post_json(server.url("/7"), "{\"a\": 1}");
  client.put_json(server.url("/8"), "[]");
  client.patch_json(server.url("/9"), "2", {{"Content-Type", "application/merge-patch+json"}});
  const auto requests = server.requests();
  BOOST_REQUIRE(requests.size() == 9U);
  BOOST_TEST(requests[0].find("GET /1 HTTP/1.1\r\n") == 0U);
  BOOST_TEST((has(requests[0], "X-Trace: t1") && has(requests[0], "Accept: text/plain")));
  BOOST_TEST(requests[1].find("HEAD /2 ") == 0U);
  BOOST_TEST(requests[2].find("DELETE /3 ") == 0U);
  BOOST_TEST(requests[3].find("POST /4 ") == 0U);
  BOOST_TEST((has(requests[3], "Content-Type: text/plain") && body_of(requests[3]) == "plain"));
  BOOST_TEST((requests[4].find("PUT /5 ") == 0U && body_of(requests[4]) == "put"));
  BOOST_TEST((requests[5].find("PATCH /6 ") == 0U && body_of(requests[5]) == "patch"));
  BOOST_TEST((has(requests[6], "Content-Type: application/json") && body_of(requests[6]) == "{\"a\": 1}"));
  BOOST_TEST((requests[7].find("PUT /8 ") == 0U && body_of(requests[7]) == "[]"));
  BOOST_TEST(has(requests[8], "Content-Type: application/merge-patch+json"));
}

BOOST_AUTO_TEST_CASE(bodies_hold_any_bytes_in_both_directions) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok(kZeros + "\xff"))});
  const ppn::Response response = ppn::HTTPClient().post(server.url(), kZeros);
  BOOST_TEST(body_of(server.requests().at(0)) == kZeros);
  BOOST_TEST(response.body() == kZeros + "\xff");
  BOOST_TEST(response.text() == kZeros + "\xff");
  BOOST_TEST(response.body_bytes() == 5U);
}

BOOST_AUTO_TEST_CASE(header_values_hold_bytes_above_0x7f_in_both_directions) {
  const std::string value = "caf\xe9 \xf0\x9f\x8c\xb6";
  const ScriptedServer server({Script{}.expect_request().send(http_ok("", "X-Name: " + value + "\r\n"))});
  const ppn::Response response = ppn::HTTPClient().get(server.url(), {{"X-Name", value}});
  BOOST_TEST(has(server.requests().at(0), "X-Name: " + value));
  BOOST_TEST(response.header("x-NAME").value_or("") == value);
}

BOOST_AUTO_TEST_CASE(bad_headers_are_refused_without_their_values) {
  const ScriptedServer server({Script{}.expect_request()});
  const ppn::HTTPClient client;
  ppn::Request request = client.request("GET", server.url());
  for (const std::string_view value : {std::string_view("secret\r\nX: y"), std::string_view("secret\0", 7)}) {
    const auto error = error_of([&] { request.header("X-Key", value); });
    BOOST_REQUIRE(error.has_value());
    BOOST_TEST(error->code() == PPN_E_INVALID_HEADER);
    BOOST_TEST(std::string(error->what()).find("secret") == std::string::npos);
  }
  BOOST_TEST(code_of([&] { request.header("Host", "x"); }) == PPN_E_INVALID_HEADER);
  BOOST_TEST(code_of([&] { request.header("", "x"); }) == PPN_E_INVALID_HEADER);
  BOOST_TEST(code_of([&] { request.json("{"); }) == PPN_E_JSON_PARSE);
  BOOST_TEST(code_of([&] { request.option("ca_file", "x"); }) == PPN_E_CONFIG_ERROR);
  BOOST_TEST(code_of([&] { client.get("http://exa mple/"); }) == PPN_E_INVALID_URL);
  BOOST_TEST(code_of([&] { client.get(std::string_view()); }) == PPN_E_INVALID_URL);
  BOOST_TEST(code_of([&] { client.get("ftp://localhost/"); }) == PPN_E_UNSUPPORTED_SCHEME);
  BOOST_TEST(code_of([&] { client.request("GE T", server.url()); }) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(server.connections() == 0);
}

BOOST_AUTO_TEST_CASE(request_is_described_step_by_step_and_sent_once) {
  const ScriptedServer server({answers(1)});
  const ppn::HTTPClient client;
  ppn::Request request = client.request("POST", server.url());
  request.header("X-A", "1").add_header("X-A", "2").header("X-B", "old").header("x-b", "new");
  request.headers({{"X-C", ""}}).option("timeout_ms", 5s).body("first").body("second");
  request.send();
  const std::string sent = server.requests().at(0);
  BOOST_TEST((has(sent, "X-A: 1") && has(sent, "X-A: 2") && has(sent, "x-b: new") && !has(sent, "X-B: old")));
  BOOST_TEST(sent.find("\r\nX-C:") != std::string::npos);
  BOOST_TEST(body_of(sent) == "second");
  BOOST_TEST(code_of([&] { request.send(); }) == PPN_E_INVALID_STATE);
  BOOST_TEST(code_of([&] { request.header("X", "y"); }) == PPN_E_INVALID_STATE);
  BOOST_TEST(code_of([&] { request.on_data([](std::string_view) {}).send(); }) == PPN_E_INVALID_STATE);
  BOOST_TEST(code_of([&] { request.lines(); }) == PPN_E_INVALID_STATE);
}

BOOST_AUTO_TEST_CASE(response_tells_what_the_server_sent) {
  const ScriptedServer server({Script{}
                                   .expect_request()
                                   .send("HTTP/1.1 201 Made\r\nTransfer-Encoding: chunked\r\nSet-Cookie: a=1\r\n"
                                         "Set-Cookie: b=2\r\nX-Empty:\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 9\r\n\r\n")
                                   .expect_request()
                                   .send(http_ok("again"))});
  const ppn::HTTPClient client;
  const ppn::Response response = client.get(server.url());
  BOOST_TEST(response.status() == 201);
  BOOST_TEST(response.ok());
  BOOST_TEST(response.http_version() == "HTTP/1.1");
  BOOST_TEST(response.header("set-cookie").value_or("") == "a=1");
  BOOST_TEST((response.header("x-empty").has_value() && response.header("x-empty")->empty()));
  BOOST_TEST(!response.header("X-Absent").has_value());
  std::string cookies;
  for (const auto [name, value] : response.headers()) {
    if (name == "Set-Cookie") cookies.append(value).append(";");
  }
  BOOST_TEST(cookies == "a=1;b=2;");
  BOOST_TEST(response.headers().size() == 4U);
  BOOST_TEST(response.headers()[99].name.empty());
  BOOST_REQUIRE(response.trailers().size() == 1U);
  BOOST_TEST(response.trailers()[0].name == "X-Sum");
  BOOST_TEST((*response.trailers().begin()).value == "9");
  BOOST_TEST(response.copy_trailers().get("x-sum").value_or("") == "9");
  BOOST_TEST(!response.reused());
  BOOST_TEST(response.remote() == "127.0.0.1:" + std::to_string(server.port()));
  BOOST_TEST((response.tls_version().empty() && response.tls_cipher().empty()));
  BOOST_TEST((!response.tls_resumed() && !response.tls_verified()));
  BOOST_TEST(response.attempts() == 1);
  BOOST_TEST(response.redirects() == 0);
  BOOST_TEST(response.url() == server.url());
  const ppn::Timings timings = response.timings();
  BOOST_TEST((timings.connect.has_value() && timings.total.has_value() && !timings.tls.has_value()));
  BOOST_TEST((*timings.total >= *timings.connect));
  const ppn::Response second = client.get(server.url());
  BOOST_TEST(second.reused());
  BOOST_TEST(!second.timings().connect.has_value());
}

BOOST_AUTO_TEST_CASE(json_is_read_by_pointer_and_type) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok(
      R"({"s": "a\u0000b", "i": 9007199254740993, "d": 0.5, "t": true, "n": null, "l": [1,2,3], "a/b": {"~": 1}})"))});
  const ppn::Json json = ppn::HTTPClient().get(server.url()).json();  // outlives its response
  BOOST_TEST(json.string("/s") == std::string("a\0b", 3));
  BOOST_TEST(json.integer("/i") == 9'007'199'254'740'993);
  BOOST_TEST(json.number("/d") == 0.5);
  BOOST_TEST(json.number("/l/0") == 1.0);
  BOOST_TEST(json.boolean("/t"));
  BOOST_TEST(json.size("/l") == 3U);
  BOOST_TEST(json.size() == 7U);
  BOOST_TEST(json.text("/l") == "[1,2,3]");
  BOOST_TEST((json.type() == ppn::JsonType::object && json.type("/n") == ppn::JsonType::null));
  BOOST_TEST((json.contains("/n") && !json.contains("/none") && !json.contains("/l/3")));
  BOOST_TEST(json.get<int64_t>("/a~1b/~0") == 1);
  BOOST_TEST(json.get<std::string>("/s").size() == 3U);
  BOOST_TEST((json.get<bool>("/t") && json.get<double>("/d") == 0.5));
  BOOST_TEST(json.get_or<std::string>("/none", "other") == "other");
  BOOST_TEST(json.get_or<int64_t>("/n", 7) == 7);
  BOOST_TEST(json.get_or<int64_t>("/l/1", 7) == 2);
  BOOST_TEST(code_of([&] { json.get_or<int64_t>("/s", 7); }) == PPN_E_JSON_VALUE);
  BOOST_TEST(code_of([&] { json.string("/none"); }) == PPN_E_JSON_VALUE);
  BOOST_TEST(code_of([&] { json.integer("/d"); }) == PPN_E_JSON_VALUE);
  BOOST_TEST(code_of([&] { json.contains("none"); }) == PPN_E_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(body_that_is_no_json_is_named) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("<html>"))});
  const ppn::Response response = ppn::HTTPClient().get(server.url());
  BOOST_TEST(code_of([&] { response.json().type(); }) == PPN_E_JSON_PARSE);
  BOOST_TEST(code_of([&] { response.json().contains("/a"); }) == PPN_E_JSON_PARSE);
}

BOOST_AUTO_TEST_CASE(client_may_go_before_request_and_response) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("kept"))});
  auto client = std::make_unique<ppn::HTTPClient>();
  auto request = std::make_unique<ppn::Request>(client->request("GET", server.url()));
  client.reset();
  const ppn::Response response = request->send();
  request.reset();
  ppn::shutdown();
  BOOST_TEST(response.body() == "kept");
  BOOST_TEST(response.headers().size() == 1U);
}

BOOST_AUTO_TEST_CASE(everything_moves_and_what_was_moved_from_fails_without_harm) {
  const ScriptedServer server({answers(2)});
  ppn::HTTPClient client;
  ppn::HTTPClient moved = std::move(client);
  BOOST_TEST(code_of([&] { client.get(server.url()); }) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(code_of([&] { client.close(); }) == PPN_E_INVALID_ARGUMENT);
  client = std::move(moved);
  ppn::Request request = client.request("GET", server.url());
  ppn::Request other = std::move(request);
  BOOST_TEST(code_of([&] { request.send(); }) == PPN_E_INVALID_ARGUMENT);
  request.cancel();
  request.resume();
  ppn::Response response = other.send();
  ppn::Response kept = std::move(response);
  BOOST_TEST(kept.status() == 200);
  BOOST_TEST((response.status() == 0 && response.body().empty() && response.headers().empty()));
  BOOST_TEST((!response.header("a").has_value() && response.remote().empty() && !response.timings().total));
  kept = client.get(server.url());
  BOOST_TEST(kept.status() == 200);
  static_assert(!std::is_copy_constructible_v<ppn::HTTPClient> && !std::is_copy_constructible_v<ppn::Request> &&
                !std::is_copy_constructible_v<ppn::Response> && !std::is_copy_constructible_v<ppn::EventStream> &&
                !std::is_copy_constructible_v<ppn::NetworkConfig>);
}

BOOST_AUTO_TEST_CASE(closed_client_refuses_requests) {
  ppn::HTTPClient client;
  client.close();
  client.close();
  const auto error = error_of([&] { client.get("http://127.0.0.1:9/"); });
  BOOST_TEST(error.value().code() == PPN_E_CLIENT_CLOSED);
}

BOOST_AUTO_TEST_CASE(one_client_serves_several_threads) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x", "Connection: close\r\n")).close()},
                              {.repeat_last = true});
  const ppn::HTTPClient client;
  std::vector<int> right(8, 0);
  std::vector<std::thread> threads;
  for (int& count : right) {
    threads.emplace_back([&client, &server, &count] {
      for (int i = 0; i < 10; ++i) count += client.get(server.url()).body() == "x" ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  for (const int count : right) BOOST_TEST(count == 10);
}

BOOST_AUTO_TEST_CASE(cancel_from_another_thread_ends_a_blocking_call) {
  const ScriptedServer server({Script{}.expect_request().hold()});
  ppn::Request request = ppn::HTTPClient().request("GET", server.url());
  std::thread canceller([&] {
    if (server.wait_for_requests(1)) request.cancel();
  });
  BOOST_CHECK_THROW(request.send(), ppn::CancelledError);
  canceller.join();
}

BOOST_AUTO_TEST_SUITE_END()
