// The log sink through the C ABI.
#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "capi/capi.hpp"
#include "capi/recorder.hpp"
#include "support/scripted_server.hpp"

using namespace ppn::test;

namespace {

struct Lines {
  std::mutex mutex;
  std::vector<std::pair<int32_t, std::string>> all;
  std::atomic<int> destroyed{0};
  std::atomic<int> not_terminated{0};

  static void sink(void* user, int32_t level, const char* text, size_t length) {
    auto& self = *static_cast<Lines*>(user);
    if (text[length] != '\0') ++self.not_terminated;
    const std::lock_guard lock(self.mutex);
    self.all.emplace_back(level, std::string(text, length));
  }
  static void destroy(void* user) { ++static_cast<Lines*>(user)->destroyed; }

  int32_t install(int32_t level) { return ppn_log_set_sink(level, sink, this, destroy, nullptr); }
  std::size_t size() {
    const std::lock_guard lock(mutex);
    return all.size();
  }
};

// A client that does not verify writes a warning.
void write_warning() {
  make_client(R"({"verify_ssl": false})");
}

int32_t switch_off() {
  return ppn_log_set_sink(PPN_LOG_ERROR, nullptr, nullptr, nullptr, nullptr);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(log_lines, NoLeak)

BOOST_AUTO_TEST_CASE(client_without_verification_writes_a_warning) {
  Lines lines;
  BOOST_REQUIRE_EQUAL(lines.install(PPN_LOG_WARNING), PPN_OK);
  write_warning();
  BOOST_REQUIRE_EQUAL(lines.size(), 1U);
  BOOST_TEST(lines.all[0].first == PPN_LOG_WARNING);
  BOOST_TEST(lines.all[0].second.find("verify_ssl") != std::string::npos);
  BOOST_TEST(lines.not_terminated == 0);
  make_client();
  BOOST_TEST(lines.size() == 1U);
  BOOST_TEST(switch_off() == PPN_OK);
  BOOST_TEST(lines.destroyed == 1);
  write_warning();
  BOOST_TEST(lines.size() == 1U);
}

BOOST_AUTO_TEST_CASE(level_keeps_what_is_less_urgent_away) {
  Lines lines;
  BOOST_REQUIRE_EQUAL(lines.install(PPN_LOG_ERROR), PPN_OK);
  write_warning();
  BOOST_TEST(lines.size() == 0U);
  BOOST_TEST(switch_off() == PPN_OK);
}

BOOST_AUTO_TEST_CASE(level_out_of_range_leaves_the_data_with_the_caller) {
  Lines lines;
  for (const int32_t level : {0, -1, 5}) BOOST_TEST(lines.install(level) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(lines.destroyed == 0);
}

BOOST_AUTO_TEST_CASE(data_without_a_sink_is_ended_at_once) {
  Lines lines;
  BOOST_TEST(ppn_log_set_sink(PPN_LOG_INFO, nullptr, &lines, Lines::destroy, nullptr) == PPN_OK);
  BOOST_TEST(lines.destroyed == 1);
}

BOOST_AUTO_TEST_CASE(log_of_a_call_holds_no_secret) {
  Lines lines;
  BOOST_REQUIRE_EQUAL(lines.install(PPN_LOG_DEBUG), PPN_OK);
  {
    const ScriptedServer server({Script{}.expect_request().send(http_ok("b0dy"))});
    const Client client = make_client();
    const Request request = make_request(client, "GET", server.url("/p?api_key=s3cret"));
    Response response;
    BOOST_TEST(ppn_request_set_header(request.get(), "Authorization", 13, "Bearer t0ken", 12, nullptr) == PPN_OK);
    BOOST_TEST(ppn_request_send(request.get(), response.out(), nullptr) == PPN_OK);
  }
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  BOOST_TEST(switch_off() == PPN_OK);
  BOOST_TEST(!lines.all.empty());
  for (const auto& [level, text] : lines.all) {
    for (const char* secret : {"s3cret", "t0ken", "b0dy"}) BOOST_TEST(text.find(secret) == text.npos, text);
    BOOST_TEST(text.find('\n') == text.npos);
  }
}

BOOST_AUTO_TEST_CASE(blocking_calls_inside_a_sink_are_refused) {
  struct Reentrant {
    ppn_request* request;
    std::vector<int32_t> codes;
    static void sink(void* user, int32_t, const char*, size_t) {
      auto& self = *static_cast<Reentrant*>(user);
      ppn_response* response = nullptr;
      self.codes.push_back(ppn_request_send(self.request, &response, nullptr));
      self.codes.push_back(switch_off());
      self.codes.push_back(ppn_runtime_shutdown(nullptr));
    }
  };
  const ScriptedServer server({});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  Reentrant state{request.get(), {}};
  BOOST_REQUIRE_EQUAL(ppn_log_set_sink(PPN_LOG_WARNING, Reentrant::sink, &state, nullptr, nullptr), PPN_OK);
  write_warning();
  BOOST_TEST(switch_off() == PPN_OK);
  BOOST_REQUIRE_EQUAL(state.codes.size(), 3U);
  for (const int32_t code : state.codes) BOOST_TEST(code == PPN_E_WOULD_DEADLOCK);
  BOOST_TEST(server.connections() == 0);
}

BOOST_AUTO_TEST_CASE(sink_may_be_replaced_while_calls_write_lines) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))}, {.repeat_last = true});
  std::atomic<bool> stop{false};
  std::atomic<int> failed{0};
  const Client client = make_client();
  std::thread caller([&] {
    const std::string url = server.url();
    while (!stop) {
      Request request;
      Response response;
      if (ppn_request_new(client.get(), "GET", 3, url.data(), url.size(), request.out(), nullptr) != PPN_OK ||
          ppn_request_send(request.get(), response.out(), nullptr) != PPN_OK) {
        ++failed;
      }
    }
  });
  std::vector<std::unique_ptr<Lines>> sinks;
  for (int i = 0; i < 100; ++i) {
    Lines& lines = *sinks.emplace_back(std::make_unique<Lines>());
    BOOST_REQUIRE_EQUAL(lines.install(PPN_LOG_DEBUG), PPN_OK);
  }
  BOOST_TEST(switch_off() == PPN_OK);
  stop = true;
  caller.join();
  BOOST_TEST(failed == 0);
  for (const auto& lines : sinks) BOOST_TEST(lines->destroyed == 1);
}

BOOST_AUTO_TEST_SUITE_END()
