// A real server: reuse over many calls, many calls at once, large bodies, and a server that ends connections.
#include <openssl/evp.h>

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/live_objects.hpp"
#include "core/client/engine.hpp"
#include "core/client/until.hpp"
#include "support/nginx_server.hpp"
#include "support/sanitized.hpp"

namespace ppn::test {
namespace {

struct NginxFixture : EngineFixture {
  std::shared_ptr<Client> client(const NginxServer& server, const std::function<void(Options&)>& adjust = {}) const {
    return make_client([&](Options& options) {
      options.tls.ca_file = server.ca_file();
      if (adjust) adjust(options);
    });
  }
};

bool nginx_is_there(boost::unit_test::test_unit_id) {
  return nginx_available();
}

class Digest {
 public:
  Digest() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_, EVP_sha256(), nullptr); }
  ~Digest() { EVP_MD_CTX_free(context_); }
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
  void add(std::string_view bytes) { EVP_DigestUpdate(context_, bytes.data(), bytes.size()); }
  std::string finish() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
    unsigned int size = 0;
    EVP_DigestFinal_ex(context_, out.data(), &size);
    return {out.begin(), out.begin() + size};
  }

 private:
  EVP_MD_CTX* const context_;
};

// Bytes without a period that a lost or doubled block could hide in.
std::string noise(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint64_t state = 88172645463325252U;
  for (std::size_t i = 0; i + 8 <= size; i += 8) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    std::memcpy(&bytes[i], &state, sizeof state);
  }
  return bytes;
}

// Keeps the digest of a body instead of the body.
class DigestingHandler final : public CallHandler {
 public:
  struct Shared {
    std::mutex mutex;
    std::condition_variable changed;
    bool complete = false;
    std::string digest;
    std::uint64_t bytes = 0;
    std::unique_ptr<Error> error;
  };
  explicit DigestingHandler(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}
  Flow on_head(const std::shared_ptr<Response>&) override { return Flow::proceed; }
  Flow on_chunk(std::string_view bytes) override {
    digest_.add(bytes);
    shared_->bytes += bytes.size();
    return Flow::proceed;
  }
  Flow on_line(std::string_view) override { return Flow::abort; }
  Flow on_event(const SseEvent&) override { return Flow::abort; }
  void on_complete(std::shared_ptr<Response>, std::unique_ptr<Error> error) noexcept override {
    const std::lock_guard lock(shared_->mutex);
    shared_->error = std::move(error);
    shared_->digest = digest_.finish();
    shared_->complete = true;
    shared_->changed.notify_all();
  }

 private:
  const std::shared_ptr<Shared> shared_;
  Digest digest_;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(nginx, NginxFixture, *boost::unit_test::precondition(nginx_is_there))

BOOST_AUTO_TEST_CASE(thousand_calls_in_sequence_share_one_connection) {
  const NginxServer server;
  for (const std::string& url : {server.http_url("/json"), server.https_url("/json")}) {
    const auto caller = client(server);
    int fresh = 0;
    int good = 0;
    for (int i = 0; i < 1'000; ++i) {
      const Outcome outcome = fetch(caller, url);
      if (!outcome.reused()) ++fresh;
      if (outcome.body() == NginxServer::json_body()) ++good;
    }
    BOOST_TEST(good == 1'000);
    BOOST_TEST(fresh == 1);
  }
}

BOOST_AUTO_TEST_CASE(many_calls_are_in_flight_at_once) {
  const NginxServer server;
  for (const std::string& url : {server.http_url("/json"), server.https_url("/json")}) {
    const auto caller = client(server, [](Options& options) { options.connection.max_connections_per_origin = 64; });
    for (int round = 0; round < 4; ++round) {
      std::vector<std::unique_ptr<TestCall>> calls;
      for (int i = 0; i < 64; ++i) calls.push_back(std::make_unique<TestCall>(caller, Request{.url = url}));
      for (const auto& call : calls) call->start();
      for (const auto& call : calls) BOOST_TEST(call->finish().body() == NginxServer::json_body());
    }
  }
}

BOOST_AUTO_TEST_CASE(large_file_arrives_without_a_changed_byte) {
  const std::string file = noise(std::size_t{sanitized ? 64 : 256} << 20);
  NginxServer server;
  server.add_file("large", file);
  Digest whole;
  whole.add(file);
  const std::string expected = whole.finish();
  for (const std::string& url : {server.http_url("/files/large"), server.https_url("/files/large")}) {
    const auto call = Call::create(client(server), "GET", url);
    BOOST_REQUIRE(call.ok());
    const auto shared = std::make_shared<DigestingHandler::Shared>();
    BOOST_REQUIRE((*call)->start(Delivery::chunks, std::make_unique<DigestingHandler>(shared)).ok());
    std::unique_lock lock(shared->mutex);
    BOOST_REQUIRE(shared->changed.wait_until(lock, after(std::chrono::seconds(50)), [&] { return shared->complete; }));
    BOOST_TEST(!shared->error);
    BOOST_TEST(shared->bytes == file.size());
    BOOST_TEST((shared->digest == expected));
  }
}

BOOST_AUTO_TEST_CASE(large_file_is_collected_whole) {
  const std::string file = noise(std::size_t{16} << 20);
  NginxServer server;
  server.add_file("large", file);
  for (const std::string& url : {server.http_url("/files/large"), server.https_url("/files/large")}) {
    BOOST_TEST((fetch(client(server), url).body() == file));
  }
}

BOOST_AUTO_TEST_CASE(server_that_ends_connections_after_some_requests_fails_no_call) {
  const NginxServer server({.keepalive_requests = 7});
  for (const std::string& url : {server.http_url("/json"), server.https_url("/json")}) {
    const auto caller = client(server);
    int fresh = 0;
    for (int i = 0; i < 70; ++i) {
      const Outcome outcome = fetch(caller, url);
      BOOST_TEST(outcome.code() == "OK");
      if (!outcome.reused()) ++fresh;
    }
    BOOST_TEST(fresh == 10);
  }
}

BOOST_AUTO_TEST_CASE(server_that_ends_idle_connections_fails_no_call) {
  const NginxServer server({.keepalive_timeout_s = 1});
  for (const std::string& url : {server.http_url("/json"), server.https_url("/json")}) {
    const auto caller = client(server);
    BOOST_TEST(fetch(caller, url).code() == "OK");
    BOOST_TEST(fetch(caller, url).reused());
    // After its second the server closes, and the connection leaves the pool without a call that asks for it.
    BOOST_TEST(until([] { return live_object_count() == 1; }));
    const Outcome next = fetch(caller, {.url = url, .method = "POST", .body = "x"});
    BOOST_TEST(next.code() == "OK");
    BOOST_TEST(!next.reused());
  }
}

BOOST_AUTO_TEST_CASE(part_of_a_file_arrives_as_206) {
  NginxServer server;
  const std::string file = noise(200'000);
  server.add_file("file", file);
  for (const std::string& url : {server.http_url("/files/file"), server.https_url("/files/file")}) {
    const auto caller = client(server);
    const Outcome part = fetch(caller, {.url = url, .headers = {{"Range", "bytes=1000-150999"}}});
    BOOST_TEST(part.status() == 206);
    BOOST_TEST((part.body() == file.substr(1'000, 150'000)));
    BOOST_TEST(part.response->headers.find("content-range").value_or("") == "bytes 1000-150999/200000");
    const Outcome several = fetch(caller, {.url = url, .headers = {{"Range", "bytes=0-9,100-109"}}});
    BOOST_TEST(several.status() == 206);
    BOOST_TEST(several.response->headers.find("content-type").value_or("").starts_with("multipart/byteranges"));
    BOOST_TEST(fetch(caller, {.url = url, .headers = {{"Range", "bytes=200000-"}}}).status() == 416);
    const Outcome whole = fetch(caller, url);
    BOOST_TEST(whole.status() == 200);
    BOOST_TEST(whole.reused());
    const std::string tag(whole.response->headers.find("etag").value_or(""));
    BOOST_TEST(fetch(caller, {.url = url, .headers = {{"If-None-Match", tag}}}).status() == 304);
  }
}

BOOST_AUTO_TEST_CASE(request_that_is_too_large_for_the_server_gets_its_answer) {
  const NginxServer server;
  for (const std::string& url : {server.http_url("/json"), server.https_url("/json")}) {
    const auto caller = client(server);
    // nginx answers before it has read everything, and closes.
    BOOST_TEST(fetch(caller, {.url = url, .headers = {{"X-Large", std::string(20'000, 'x')}}}).status() == 400);
    BOOST_TEST(fetch(caller, url + "?" + std::string(20'000, 'x')).status() == 414);
    BOOST_TEST(fetch(caller, {.url = url, .method = "POST", .body = std::string(8 << 20, 'x')}).status() == 413);
    BOOST_TEST(fetch(caller, url).body() == NginxServer::json_body());
  }
}

BOOST_AUTO_TEST_CASE(compressed_file_is_delivered_as_it_came_and_only_when_asked_for) {
  NginxServer server;
  const std::string file(300'000, 'z');
  server.add_file("file", file);
  const auto caller = client(server);
  const std::string url = server.https_url("/gzip/file");
  BOOST_TEST((fetch(caller, url).body() == file));
  const Outcome packed = fetch(caller, {.url = url, .headers = {{"Accept-Encoding", "gzip"}}});
  BOOST_TEST(packed.response->headers.find("content-encoding").value_or("") == "gzip");
  BOOST_TEST(packed.response->headers.find("transfer-encoding").value_or("") == "chunked");
  BOOST_TEST(packed.body().starts_with("\x1F\x8B"));
  BOOST_TEST(packed.body().size() < file.size());
}

BOOST_AUTO_TEST_CASE(methods_and_statuses_of_a_real_server_pass) {
  const NginxServer server;
  const auto caller = client(server);
  const Outcome head = fetch(caller, {.url = server.https_url("/json"), .method = "HEAD"});
  BOOST_TEST(head.status() == 200);
  BOOST_TEST(head.response->headers.find("content-length").value_or("") == "130");
  for (const int status : {204, 404, 429, 503}) {
    BOOST_TEST(fetch(caller, server.https_url("/status/" + std::to_string(status))).status() == status);
  }
  BOOST_TEST(fetch(caller, server.https_url("/close")).body() == "{}");
  const Outcome redirect =
      fetch(caller, {.url = server.https_url("/redirect/302"), .options = {{"max_redirects", "0"}}});
  BOOST_TEST(redirect.status() == 302);
}

BOOST_AUTO_TEST_CASE(redirects_of_a_real_server_are_followed) {
  const NginxServer server;
  const auto caller = client(server);
  for (const int status : {301, 302, 303, 307, 308}) {
    BOOST_TEST_CONTEXT(status) {
      const Outcome outcome = fetch(caller, server.https_url("/redirect/" + std::to_string(status)));
      BOOST_TEST_REQUIRE(outcome.status() == 200);
      BOOST_TEST(outcome.body().size() == 130U);
      BOOST_TEST(outcome.response->redirects == 1);
      BOOST_TEST(outcome.response->url.text() == server.https_url("/json"));
      BOOST_TEST(outcome.reused());  // the connection of the redirect
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
