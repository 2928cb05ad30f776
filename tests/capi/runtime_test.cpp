// The threads of the library, as a program sees them.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "capi/capi.hpp"
#include "capi/recorder.hpp"
#include "support/scripted_server.hpp"

namespace ppn::test {
namespace {

struct Hooked {
  std::mutex mutex;
  std::vector<std::string> order;
  std::set<std::thread::id> threads;
  std::atomic<int> destroyed{0};

  static void on_start(void* user) { note(user, "start"); }
  static void on_stop(void* user) { note(user, "stop"); }
  static void destroy(void* user) { ++static_cast<Hooked*>(user)->destroyed; }
  static void note(void* user, const char* what) {
    Hooked& self = *static_cast<Hooked*>(user);
    const std::lock_guard lock(self.mutex);
    self.order.push_back(what);
    self.threads.insert(std::this_thread::get_id());
  }
};

// Leaves the process as it was: later cases expect one thread without hooks.
struct PlainRuntime : NoLeak {
  ~PlainRuntime() {
    BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
    BOOST_TEST(ppn_runtime_set_io_threads(1, nullptr) == PPN_OK);
    BOOST_TEST(ppn_runtime_set_thread_hooks(nullptr, nullptr, nullptr, nullptr, nullptr) == PPN_OK);
  }
};

// One call; its code. Without assertions, which belong to the thread of the test.
int32_t send_one(ppn_client* client, const std::string& url) {
  Request request;
  Response response;
  const int32_t made = ppn_request_new(client, "GET", 3, url.data(), url.size(), request.out(), nullptr);
  return made != PPN_OK ? made : ppn_request_send(request.get(), response.out(), nullptr);
}

int send_some(ppn_client* client, const std::string& url, int count) {
  int good = 0;
  for (int i = 0; i < count; ++i) good += send_one(client, url) == PPN_OK ? 1 : 0;
  return good;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(runtime, PlainRuntime)

BOOST_AUTO_TEST_CASE(hooks_run_once_on_each_io_thread_and_callbacks_run_on_those) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))}, {.repeat_last = true});
  Hooked hooked;
  BOOST_TEST(ppn_runtime_set_io_threads(3, nullptr) == PPN_OK);
  BOOST_TEST(ppn_runtime_set_thread_hooks(Hooked::on_start, Hooked::on_stop, &hooked, Hooked::destroy, nullptr) ==
             PPN_OK);
  std::set<std::thread::id> called_back_on;
  std::mutex mutex;
  for (int i = 0; i < 6; ++i) {
    const Client client = make_client();
    const Request request = make_request(client, "GET", server.url());
    Recorder recorder;
    recorder.in_complete = [&](auto...) {
      const std::lock_guard lock(mutex);
      called_back_on.insert(std::this_thread::get_id());
    };
    BOOST_TEST(recorder.install(request.get()) == PPN_OK);
    BOOST_TEST(ppn_request_start(request.get(), nullptr) == PPN_OK);
    BOOST_TEST(recorder.wait_for_end().code == PPN_OK);
  }
  BOOST_TEST(called_back_on.size() == 3U);  // clients take turns
  BOOST_TEST(ppn_runtime_shutdown(nullptr) == PPN_OK);
  const std::vector<std::string> all{"start", "start", "start", "stop", "stop", "stop"};
  BOOST_TEST(hooked.order == all, boost::test_tools::per_element());
  BOOST_TEST((hooked.threads == called_back_on));
  BOOST_TEST(hooked.destroyed == 0);
  BOOST_TEST(ppn_runtime_set_thread_hooks(nullptr, nullptr, nullptr, nullptr, nullptr) == PPN_OK);
  BOOST_TEST(hooked.destroyed == 1);
}

BOOST_AUTO_TEST_CASE(threads_can_not_be_changed_while_they_run) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))});
  const Client client = make_client();
  const Request request = make_request(client, "GET", server.url());
  Response response;
  BOOST_TEST(ppn_request_send(request.get(), response.out(), nullptr) == PPN_OK);
  Hooked hooked;
  BOOST_TEST(ppn_runtime_set_io_threads(2, nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(ppn_runtime_set_thread_hooks(nullptr, nullptr, &hooked, Hooked::destroy, nullptr) == PPN_E_INVALID_STATE);
  BOOST_TEST(hooked.destroyed == 0);
}

BOOST_AUTO_TEST_CASE(number_of_threads_has_a_range) {
  for (const int32_t count : {0, -1, 65, 2'000'000'000}) {
    ErrorHandle error;
    BOOST_TEST(ppn_runtime_set_io_threads(count, error.out()) == PPN_E_CONFIG_ERROR);
    BOOST_TEST(std::string(ppn_error_message(error.get())).find("1 to 64") != std::string::npos);
  }
}

// Calls of one thread and calls of many threads meet in every order: none may be lost when the caller drives the loop.
BOOST_AUTO_TEST_CASE(blocking_calls_of_one_thread_and_of_many_all_end) {
  Script script;
  for (int i = 0; i < 2'000; ++i) script.expect_request().send(http_ok("x"));
  const ScriptedServer server({script}, {.repeat_last = true});
  const std::string url = server.url();
  const Client client = make_client();
  BOOST_TEST(send_some(client.get(), url, 20) == 20);
  for (int round = 0; round < 10; ++round) {
    std::atomic<int> good{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) threads.emplace_back([&] { good += send_some(client.get(), url, 10); });
    for (std::thread& thread : threads) thread.join();
    BOOST_TEST(good == 30);
    BOOST_TEST(send_some(client.get(), url, 5) == 5);
  }
}

BOOST_AUTO_TEST_CASE(blocking_call_that_drives_the_loop_is_cancelled_from_another_thread) {
  Script script;
  for (int i = 0; i < 3; ++i) script.expect_request().send(http_ok("x"));
  const ScriptedServer server({script.expect_request().wait_for_peer_close()});
  const Client client = make_client();
  BOOST_TEST(send_some(client.get(), server.url(), 3) == 3);
  const Request request = make_request(client, "GET", server.url());
  int32_t cancelled = -1;
  std::thread canceller([&] {
    if (server.wait_for_requests(4)) cancelled = ppn_request_cancel(request.get());
  });
  Response response;
  BOOST_TEST(ppn_request_send(request.get(), response.out(), nullptr) == PPN_E_CANCELLED);
  canceller.join();
  BOOST_TEST(cancelled == PPN_OK);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
