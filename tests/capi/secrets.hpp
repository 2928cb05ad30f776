// Secrets that a program plants wherever it may, and everything the library shows.
#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include "capi/capi.hpp"
#include "support/certificates.hpp"
#include "support/encodings.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {

inline constexpr const char* kUser = "planted-user-0123";
inline constexpr const char* kInfo = "planted+info/pw=1";
inline constexpr const char* kQuery = "planted-query-4567";
inline constexpr const char* kBearer = "planted.bearer-89ab";
inline constexpr const char* kBasic = "planted basic:cdef?";
inline constexpr const char* kCookie = "planted-cookie-0246";
inline constexpr const char* kKey = "planted-vendor-key-8ace";
inline constexpr const char* kOption = "planted-api-key-1357";
inline constexpr const char* kPassword = "planted password 9bdf";
inline constexpr const char* kRedis = "planted:redis@pw/3141";
inline constexpr const char* kOwn = "planted&own%41 secret";

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
    for (const char* text :
         {ppn_error_message(error), ppn_error_url(error), ppn_error_phase(error), ppn_error_provider_code(error),
          ppn_error_provider_message(error), ppn_error_request_id(error)}) {
      add(text);
    }
    for (size_t i = 0; i < ppn_error_attempt_count(error); ++i) {
      for (const int32_t which :
           {PPN_ATTEMPT_OUTCOME, PPN_ATTEMPT_PHASE, PPN_ATTEMPT_DELAY_SOURCE, PPN_ATTEMPT_REMOTE}) {
        add(ppn_error_attempt_text(error, i, which));
      }
    }
  }
  // Whether something of it was shown: a test that shows nothing proves nothing.
  bool has(std::string_view part) {
    const std::lock_guard lock(mutex_);
    return std::any_of(texts_.begin(), texts_.end(),
                       [&](const std::string& text) { return text.find(part) != text.npos; });
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
    for (const char* secret :
         {kUser, kInfo, kQuery, kBearer, kBasic, kCookie, kKey, kOption, kPassword, kRedis, kOwn}) {
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

inline void set(const Config& config, std::string_view name, std::string_view value) {
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
inline Config secret_config(const std::string& timeout_ms = "30000") {
  static const Identity identity;
  Config config = make_config();
  set(config, "timeout_ms", timeout_ms);
  set(config, "backoff_factor", "0.001");
  set(config, "user_agent", std::string("agent/1 ") + kPassword);
  identity.give(config, kPassword);
  // Only where there are such options.
  const std::string_view base = "https://127.0.0.1/";
  if (ppn_config_set(config.get(), "base_url", PPN_AUTO_LENGTH, base.data(), base.size(), nullptr) == PPN_OK) {
    set(config, "api_key", kOption);
  }
  return config;
}

inline std::string with_query(const ScriptedServer& server) {
  return server.url(std::string("/v1/") + url_encoded(kOwn) + "?api_key=" + kQuery + "&a=b");
}

inline Request secret_request(const Client& client, const std::string& url) {
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
inline std::string echo(const std::string& status, const std::string& code = "invalid_api_key") {
  const std::string body = R"({"error":{"code":")" + code + R"(","message":"Incorrect API key: )" + kKey + ", " +
                           kBearer + ", " + kOwn + ", " + base64(kCookie, Alphabet::url_safe) + "\"}}";
  return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nWWW-Authenticate: Bearer realm=\"" + kKey +
         "\"\r\nX-Request-Id: id-" + kBearer + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

inline void play(Shown& shown, const Client& client, const std::string& url) {
  const Request request = secret_request(client, url);
  Response response;
  ErrorHandle error;
  const int32_t code = ppn_request_send(request.get(), response.out(), error.out());
  if (code != PPN_OK) shown.add(error.get());
  if (response.get() == nullptr) return;
  ppn_response_check_status(response.get(), error.out());
  shown.add(error.get());
}

inline void play_stream(Shown& shown, const Client& client, const std::string& url) {
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

inline Client client_of(const Config& config) {
  Client client;
  BOOST_REQUIRE_EQUAL(ppn_client_new(config.get(), client.out(), nullptr), PPN_OK);
  return client;
}

}  // namespace ppn::test
