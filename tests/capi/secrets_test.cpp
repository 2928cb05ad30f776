// Secrets that a program plants wherever it may, and everything the library shows of calls that succeed, fail, are
// refused and time out: no form of a secret is in it.
#include "capi/secrets.hpp"

#include <string>

#include "capi/recorder.hpp"

using namespace ppn::test;

BOOST_FIXTURE_TEST_SUITE(secrets, Planted)

BOOST_AUTO_TEST_CASE(nothing_shown_of_a_call_holds_a_secret_however_it_ends) {
  Shown shown;
  {
    const std::string garbage = std::string("HTTP/1.1 2x0 ") + kBearer + "\r\n" + kKey + "\r\n\r\n";
    const ScriptedServer server(
        {Script{}.expect_request().send(http_ok("fine")).close(),
         Script{}.expect_request().send(echo("401 Unauthorized")).close(),
         Script{}.expect_request().send(garbage).close(),
         Script{}.expect_request().send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx").close(),
         Script{}.expect_request().reset()});
    const Config config = secret_config();
    const Client client = client_of(config);
    shown.watch(client);
    for (int i = 0; i < 5; ++i) play(shown, client, with_query(server));
    shown.add_metrics(client);
    shown.add_dump(config);
  }
  std::string dead;
  {
    const ScriptedServer gone({});
    dead = with_query(gone);
  }
  {
    const Client client = client_of(secret_config());
    shown.watch(client);
    play(shown, client, dead);
    play_stream(shown, client, dead);
    shown.add_metrics(client);
  }
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  shown.check();
}

BOOST_AUTO_TEST_CASE(nothing_shown_of_a_call_that_times_out_or_is_cancelled_holds_a_secret) {
  Shown shown;
  {
    const ScriptedServer server({Script{}.expect_request().hold()}, {.repeat_last = true});
    const Client client = client_of(secret_config("20"));
    shown.watch(client);
    play(shown, client, with_query(server));
    const Client patient = client_of(secret_config());
    shown.watch(patient);
    const Request request = secret_request(patient, with_query(server));
    Recorder recorder;
    recorder.in_complete = [&](ppn_request*, ppn_response*, const ppn_error* error) { shown.add(error); };
    BOOST_REQUIRE_EQUAL(recorder.install(request.get()), PPN_OK);
    BOOST_REQUIRE_EQUAL(ppn_request_start(request.get(), nullptr), PPN_OK);
    BOOST_TEST(server.wait_for_requests(2));
    BOOST_TEST(ppn_request_cancel(request.get()) == PPN_OK);
    BOOST_TEST(recorder.wait_for_end().code == PPN_E_CANCELLED);
    for (const Client* used : {&client, &patient}) shown.add_metrics(*used);
  }
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  shown.check();
}

BOOST_AUTO_TEST_CASE(nothing_shown_of_a_stream_holds_a_secret) {
  Shown shown;
  {
    const std::string event = std::string("event: error\ndata: {\"error\":{\"message\":\"bad ") + kBearer + "\"}}\n\n";
    const ScriptedServer server({Script{}.expect_request().send(open_head("text/event-stream") + "data: 1\n\n").close(),
                                 Script{}.expect_request().send(open_head("text/event-stream") + event).close(),
                                 Script{}.expect_request().send(open_head("text/html") + kKey).close(),
                                 Script{}.expect_request().send(echo("429 Too Many")).close()});
    const Client client = client_of(secret_config());
    shown.watch(client);
    for (int i = 0; i < 4; ++i) play_stream(shown, client, with_query(server));
    shown.add_metrics(client);
  }
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  shown.check();
}

BOOST_AUTO_TEST_CASE(nothing_said_about_what_is_refused_before_it_is_sent_holds_a_secret) {
  Shown shown;
  const Client client = client_of(secret_config());
  for (const std::string& url : {std::string("http://") + kUser + ":" + url_encoded(kInfo) + "@127.0.0.1/",
                                 std::string("http://127.0.0.1:99999/?api_key=") + kQuery,
                                 std::string("ftp://127.0.0.1/?key=") + kQuery, std::string("http://a b/") + kOwn}) {
    Request request;
    ErrorHandle error;
    BOOST_TEST(ppn_request_new(client.get(), "GET", 3, url.data(), url.size(), request.out(), error.out()) != PPN_OK);
    shown.add(error.get());
    Buffer buffer;
    BOOST_REQUIRE_EQUAL(ppn_redact_url(url.data(), url.size(), buffer.out(), nullptr), PPN_OK);
    shown.add(bytes_of(buffer.get()).find(kUser) == std::string::npos ? "hidden" : kUser);
  }
  const Request request = make_request(client, "GET", "http://127.0.0.1:9/");
  const std::string broken = std::string("Bearer ") + kBearer + "\r\nX: y";
  ErrorHandle error;
  BOOST_TEST(ppn_request_set_header(request.get(), "Authorization", 13, broken.data(), broken.size(), error.out()) ==
             PPN_E_INVALID_HEADER);
  shown.add(error.get());
  const Config config = secret_config();
  Identity().give(config, "another password");
  Client none;
  BOOST_TEST(ppn_client_new(config.get(), none.out(), error.out()) == PPN_E_CONFIG_ERROR);
  shown.add(error.get());
  shown.add_dump(config);
  const std::string base = std::string("https://") + kUser + ":" + url_encoded(kInfo) + "@127.0.0.1/";
  ppn_config_set(config.get(), "base_url", PPN_AUTO_LENGTH, base.data(), base.size(), error.out());
  shown.add(error.get());
  shown.add_dump(config);
  const std::string two_lines = std::string(kPassword) + "\n";
  for (const char* name : {"client_key_password", "api_key", "no_such_option"}) {
    ppn_config_set(config.get(), name, PPN_AUTO_LENGTH, two_lines.data(), two_lines.size(), error.out());
    shown.add(error.get());
  }
  shown.check();
}

BOOST_AUTO_TEST_SUITE_END()
