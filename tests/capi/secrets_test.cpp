// Secrets that a program plants wherever it may, and everything the library shows of calls that succeed, fail, are
// refused and time out: no form of a secret is in it.
#include <array>
#include <mutex>
#include <string>
#include <vector>

#include "capi/capi.hpp"
#include "capi/recorder.hpp"
#include "support/certificates.hpp"
#include "support/encodings.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

constexpr const char* kUser = "planted-user-0123";
constexpr const char* kInfo = "planted+info/pw=1";
constexpr const char* kQuery = "planted-query-4567";
constexpr const char* kBearer = "planted.bearer-89ab";
constexpr const char* kBasic = "planted basic:cdef?";
constexpr const char* kCookie = "planted-cookie-0246";
constexpr const char* kKey = "planted-vendor-key-8ace";
constexpr const char* kOption = "planted-api-key-1357";
constexpr const char* kPassword = "planted password 9bdf";
constexpr const char* kOwn = "planted&own%41 secret";

// Everything that was shown.
class Shown {
 public:
  Shown() { BOOST_REQUIRE_EQUAL(ppn_log_set_sink(PPN_LOG_DEBUG, log, this, nullptr, nullptr), PPN_OK); }
  ~Shown() { ppn_log_set_sink(PPN_LOG_ERROR, nullptr, nullptr, nullptr, nullptr); }
  Shown(const Shown&) = delete;
  Shown& operator=(const Shown&) = delete;

  void add(std::string_view text) {
    const std::lock_guard lock(mutex_);
    texts_.emplace_back(text);
  }
  void add(const ppn_error* error) {
    for (const char* text : {ppn_error_message(error), ppn_error_url(error), ppn_error_phase(error)}) add(text);
  }
  void watch(const Client& client) {
    BOOST_REQUIRE_EQUAL(ppn_client_set_event_listener(client.get(), hear, this, nullptr, nullptr), PPN_OK);
  }
  void add_metrics(const Client& client) {
    for (const int32_t format : {PPN_METRICS_JSON, PPN_METRICS_PROMETHEUS}) {
      Buffer buffer;
      BOOST_REQUIRE_EQUAL(ppn_client_metrics(client.get(), format, buffer.out(), nullptr), PPN_OK);
      add(bytes_of(buffer.get()));
    }
  }
  void add_dump(const Config& config) {
    const char* text = nullptr;
    BOOST_REQUIRE_EQUAL(ppn_config_dump(config.get(), &text, nullptr, nullptr), PPN_OK);
    add(text);
  }

  void check() {
    const std::lock_guard lock(mutex_);
    BOOST_TEST(!texts_.empty());
    for (const char* secret : {kUser, kInfo, kQuery, kBearer, kBasic, kCookie, kKey, kOption, kPassword, kOwn}) {
      std::vector<std::string> forms = forms_of(secret);
      for (std::string& core : base64_cores(secret)) forms.push_back(std::move(core));
      for (const std::string& text : texts_) {
        for (const std::string& form : forms) BOOST_TEST(text.find(form) == text.npos, secret << " is in: " << text);
      }
    }
  }

 private:
  static void log(void* user, int32_t, const char* text, size_t length) {
    static_cast<Shown*>(user)->add({text, length});
  }
  static void hear(void* user, const ppn_call_event* event) {
    for (const auto part : {ppn_call_event_method, ppn_call_event_url, ppn_call_event_detail, ppn_call_event_remote}) {
      size_t length = 0;
      const char* const text = part(event, &length);
      static_cast<Shown*>(user)->add({text, length});
    }
  }

  std::mutex mutex_;
  std::vector<std::string> texts_;
};

void set(const Config& config, std::string_view name, std::string_view value) {
  BOOST_REQUIRE_EQUAL(ppn_config_set(config.get(), name.data(), name.size(), value.data(), value.size(), nullptr),
                      PPN_OK);
}

// A certificate whose key is under a password.
struct Identity {
  CertificateFactory factory;
  CertFiles files = factory.make_leaf(factory.make_ca(), loopback_names());

  void give(const Config& config, const std::string& password) const {
    set(config, "client_cert_pem", files.certificate_pem);
    set(config, "client_key_pem", encrypt_key(files.private_key_pem, password, KeyFormat::pkcs8));
    set(config, "client_key_password", kPassword);
  }
};

// Secrets wherever options take them.
Config secret_config(const std::string& timeout_ms = "30000") {
  static const Identity identity;
  Config config = make_config();
  set(config, "timeout_ms", timeout_ms);
  set(config, "user_agent", std::string("agent/1 ") + kPassword);
  identity.give(config, kPassword);
  // Only where there are such options.
  const std::string_view base = "https://127.0.0.1/";
  if (ppn_config_set(config.get(), "base_url", PPN_AUTO_LENGTH, base.data(), base.size(), nullptr) == PPN_OK) {
    set(config, "api_key", kOption);
  }
  return config;
}

std::string with_query(const ScriptedServer& server) {
  return server.url(std::string("/v1/") + url_encoded(kOwn) + "?api_key=" + kQuery + "&a=b");
}

Request secret_request(const Client& client, const std::string& url) {
  Request request = make_request(client, "POST", url);
  const std::string basic = "Basic " + base64(std::string("user:") + kBasic, Alphabet::standard);
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"Authorization", std::string("Bearer ") + kBearer},
                                                        {"Proxy-Authorization", basic},
                                                        {"Cookie", std::string("session=") + kCookie + "; theme=dark"},
                                                        {"X-Vendor-Api-Key", kKey}}) {
    // The engine may keep a header of the connection to itself; then it is no secret of this request.
    ppn_request_add_header(request.get(), name.data(), name.size(), value.data(), value.size(), nullptr);
  }
  return request;
}

// A provider that says what it was given.
std::string echo(const std::string& status) {
  const std::string body = std::string(R"({"error":{"code":"invalid_api_key","message":"Incorrect API key: )") + kKey +
                           ", " + kBearer + ", " + kOwn + ", " + base64(kCookie, Alphabet::url_safe) + "\"}}";
  return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nWWW-Authenticate: Bearer realm=\"" + kKey +
         "\"\r\nX-Request-Id: id-" + kBearer + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

void play(Shown& shown, const Client& client, const std::string& url) {
  const Request request = secret_request(client, url);
  Response response;
  ErrorHandle error;
  const int32_t code = ppn_request_send(request.get(), response.out(), error.out());
  if (code != PPN_OK) shown.add(error.get());
  if (response.get() == nullptr) return;
  ppn_response_check_status(response.get(), error.out());
  shown.add(error.get());
}

void play_stream(Shown& shown, const Client& client, const std::string& url) {
  const Request request = secret_request(client, url);
  Stream stream;
  ErrorHandle error;
  BOOST_REQUIRE_EQUAL(ppn_stream_open(request.get(), PPN_STREAM_EVENTS, stream.out(), nullptr), PPN_OK);
  const ppn_event* event = nullptr;
  int32_t code = PPN_OK;
  while (code == PPN_OK) code = ppn_stream_next(stream.get(), -1, &event, error.out());
  shown.add(error.get());
}

// Secrets that the program names itself.
struct Planted : NoLeak {
  Planted() { BOOST_REQUIRE_EQUAL(ppn_secret_register(kOwn, PPN_AUTO_LENGTH, nullptr), PPN_OK); }
  ~Planted() { BOOST_CHECK_EQUAL(ppn_secret_forget(kOwn, PPN_AUTO_LENGTH, nullptr), PPN_OK); }
};

Client client_of(const Config& config) {
  Client client;
  BOOST_REQUIRE_EQUAL(ppn_client_new(config.get(), client.out(), nullptr), PPN_OK);
  return client;
}

}  // namespace

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
