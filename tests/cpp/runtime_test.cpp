// What is there once per process: log sink, threads, shutdown, versions.
#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

#include "cpp/cpp.hpp"

using namespace cpp_test;

namespace {

// Leaves the process as it was: later cases expect one thread without hooks.
struct PlainRuntime : NoLeak {
  ~PlainRuntime() {
    ppn::shutdown();
    ppn::set_io_threads(1);
    ppn::clear_thread_hooks();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(runtime, NoLeak)

BOOST_AUTO_TEST_CASE(sink_gets_lines_and_ends_when_it_is_cleared) {
  auto alive = std::make_shared<int>(0);
  std::mutex mutex;
  std::string warnings;
  ppn::set_log_sink(ppn::LogLevel::warning, [&, alive](ppn::LogLevel level, std::string_view line) {
    const std::lock_guard lock(mutex);
    if (level == ppn::LogLevel::warning) warnings += line;
  });
  { const ppn::HTTPClient loud(ppn::NetworkConfig().verify_ssl(false)); }
  BOOST_TEST(alive.use_count() == 2);
  ppn::clear_log_sink();
  BOOST_TEST(alive.use_count() == 1);
  BOOST_TEST(!warnings.empty());
}

BOOST_AUTO_TEST_CASE(sink_that_throws_loses_its_line_and_nothing_else) {
  int lines = 0;
  ppn::set_log_sink(ppn::LogLevel::debug, [&lines](ppn::LogLevel, std::string_view) {
    ++lines;
    throw std::runtime_error("no room");
  });
  { const ppn::HTTPClient loud(ppn::NetworkConfig().verify_ssl(false)); }
  ppn::clear_log_sink();
  BOOST_TEST(lines > 0);
}

BOOST_AUTO_TEST_CASE(refused_sink_is_ended_at_once) {
  auto alive = std::make_shared<int>(0);
  BOOST_TEST(code_of([&] {
               ppn::set_log_sink(static_cast<ppn::LogLevel>(99), [alive](ppn::LogLevel, std::string_view) {});
             }) == PPN_E_INVALID_ARGUMENT);
  BOOST_TEST(alive.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(header_and_library_are_of_one_version) {
  ppn::check_version();
  BOOST_TEST(ppn::library_version() == PPN_VERSION_STRING);
  BOOST_TEST(ppn::has_feature("http1"));
  BOOST_TEST(!ppn::has_feature("teleport"));
}

BOOST_AUTO_TEST_CASE(library_of_another_major_version_or_abi_is_refused) {
  ppn::detail::require_version(1'002'003, 4, 1'999'000, 4);
  for (const auto& [number, abi] : {std::pair(2'002'003, 4), std::pair(1'002'003, 5), std::pair(2'003, 4)}) {
    const auto error = error_of([&] { ppn::detail::require_version(1'002'003, 4, number, abi); });
    BOOST_REQUIRE(error.has_value());
    BOOST_TEST(error->code() == PPN_E_ABI_MISMATCH);
    BOOST_TEST(error->message().find("1002003") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(objects_are_counted_and_runtime_starts_again) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x", "Connection: close\r\n")).close()},
                              {.repeat_last = true});
  for (int i = 0; i < 2; ++i) {
    const ppn::HTTPClient client;
    BOOST_TEST(ppn::live_objects() > 0);
    BOOST_TEST(client.get(server.url()).status() == 200);
    ppn::shutdown();
  }
  BOOST_TEST(ppn::live_objects() == 0);
}

BOOST_FIXTURE_TEST_CASE(hooks_run_once_on_each_io_thread_and_end_when_they_are_replaced, PlainRuntime) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))}, {.repeat_last = true});
  auto alive = std::make_shared<int>(0);
  std::atomic<int> started{0};
  std::atomic<int> stopped{0};
  ppn::set_io_threads(3);
  ppn::set_thread_hooks([&started, alive] { ++started; },
                        [&stopped, owned = std::make_unique<int>(1)] { stopped += *owned; });
  std::set<std::thread::id> threads;
  for (int i = 0; i < 6; ++i) {
    ppn::HTTPClient()
        .request("GET", server.url())
        .on_complete([&](const ppn::Completion&) { threads.insert(std::this_thread::get_id()); })
        .send();
  }
  BOOST_TEST(threads.size() == 3U);  // clients take turns
  BOOST_TEST(code_of([] { ppn::set_io_threads(2); }) == PPN_E_INVALID_STATE);
  BOOST_TEST(code_of([alive] { ppn::set_thread_hooks([alive] {}, [alive] {}); }) == PPN_E_INVALID_STATE);
  BOOST_TEST(code_of([] { ppn::clear_thread_hooks(); }) == PPN_E_INVALID_STATE);
  ppn::shutdown();
  BOOST_TEST(started == 3);
  BOOST_TEST(stopped == 3);
  BOOST_TEST(alive.use_count() == 2);
  ppn::clear_thread_hooks();
  BOOST_TEST(alive.use_count() == 1);
}

BOOST_FIXTURE_TEST_CASE(hook_that_throws_harms_nothing, PlainRuntime) {
  const ScriptedServer server({Script{}.expect_request().send(http_ok("x"))});
  std::atomic<int> thrown{0};
  const auto hook = [&thrown] {
    ++thrown;
    throw std::runtime_error("no room");
  };
  ppn::set_thread_hooks(hook, hook);
  BOOST_TEST(ppn::HTTPClient().get(server.url()).body() == "x");
  ppn::shutdown();
  BOOST_TEST(thrown == 2);
}

BOOST_FIXTURE_TEST_CASE(number_of_io_threads_has_a_range, PlainRuntime) {
  for (const int32_t count : {0, -1, 65}) BOOST_CHECK_THROW(ppn::set_io_threads(count), ppn::ConfigError);
}

BOOST_AUTO_TEST_SUITE_END()
