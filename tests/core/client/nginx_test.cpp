// A real server: reuse over many calls, many calls at once, large bodies, and a server that ends connections.
#include <openssl/evp.h>

#include <array>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/client/engine.hpp"
#include "support/nginx_server.hpp"

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
    for (std::size_t k = 0; k < 8; ++k) bytes[i + k] = static_cast<char>(state >> (8 * k));
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
  const std::string file = noise(std::size_t{64} << 20);
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
  BOOST_TEST(fetch(caller, server.https_url("/redirect/302")).status() == 302);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
