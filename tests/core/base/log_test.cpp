#include "base/log.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/deadline.hpp"

using namespace ppn;

namespace {

struct Record {
  std::mutex mutex;
  std::vector<std::pair<LogLevel, std::string>> lines;
  std::atomic<int> ended{0};

  std::vector<std::pair<LogLevel, std::string>> all() {
    const std::lock_guard lock(mutex);
    return lines;
  }
};

class RecordingSink : public LogSink {
 public:
  explicit RecordingSink(Record& record) : record_(record) {}
  ~RecordingSink() override { ++record_.ended; }
  void write(LogLevel level, std::string_view line) noexcept override {
    const std::lock_guard lock(record_.mutex);
    record_.lines.emplace_back(level, line);
  }

 private:
  Record& record_;
};

// Stays inside write() until it is let go.
class SlowSink : public LogSink {
 public:
  SlowSink(std::latch& entered, std::latch& leave, std::atomic<bool>& ended)
      : entered_(entered), leave_(leave), ended_(ended) {}
  ~SlowSink() override { ended_ = true; }
  void write(LogLevel, std::string_view) noexcept override {
    entered_.count_down();
    leave_.wait();
  }

 private:
  std::latch& entered_;
  std::latch& leave_;
  std::atomic<bool>& ended_;
};

// Stands after what the sink writes into, so that it is switched off before that ends.
struct LogOff {
  LogOff() = default;
  LogOff(const LogOff&) = delete;
  LogOff& operator=(const LogOff&) = delete;
  ~LogOff() { (void)set_log_sink(LogLevel::off, nullptr); }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(log_sink)

BOOST_AUTO_TEST_CASE(without_a_sink_no_level_is_enabled) {
  BOOST_TEST(!log_enabled(LogLevel::error));
  log(LogLevel::error, "nobody hears this");
}

BOOST_AUTO_TEST_CASE(sink_receives_its_level_and_what_is_more_urgent) {
  Record record;
  const LogOff off;
  BOOST_REQUIRE(set_log_sink(LogLevel::warning, std::make_unique<RecordingSink>(record)).ok());
  BOOST_TEST(log_enabled(LogLevel::error));
  BOOST_TEST(log_enabled(LogLevel::warning));
  BOOST_TEST(!log_enabled(LogLevel::info));
  BOOST_TEST(!log_enabled(LogLevel::off));
  log(LogLevel::error, "first");
  log(LogLevel::info, "not wanted");
  log(LogLevel::warning, "second");
  const auto lines = record.all();
  BOOST_REQUIRE(lines.size() == 2U);
  BOOST_TEST((lines[0].first == LogLevel::error));
  BOOST_TEST(lines[0].second == "first");
  BOOST_TEST(lines[1].second == "second");
}

BOOST_AUTO_TEST_CASE(replaced_sink_is_destroyed_before_the_replacement_returns) {
  Record first;
  Record second;
  const LogOff off;
  BOOST_REQUIRE(set_log_sink(LogLevel::debug, std::make_unique<RecordingSink>(first)).ok());
  BOOST_REQUIRE(set_log_sink(LogLevel::debug, std::make_unique<RecordingSink>(second)).ok());
  BOOST_TEST(first.ended == 1);
  log(LogLevel::debug, "line");
  BOOST_TEST(first.all().empty());
  BOOST_TEST(second.all().size() == 1U);
  BOOST_REQUIRE(set_log_sink(LogLevel::off, nullptr).ok());
  BOOST_TEST(second.ended == 1);
  BOOST_TEST(!log_enabled(LogLevel::error));
}

BOOST_AUTO_TEST_CASE(replacement_waits_for_a_call_of_the_old_sink) {
  std::latch entered(1);
  std::latch leave(1);
  std::atomic<bool> ended{false};
  const LogOff off;
  BOOST_REQUIRE(set_log_sink(LogLevel::info, std::make_unique<SlowSink>(entered, leave, ended)).ok());
  std::thread writer([] { log(LogLevel::info, "line"); });
  entered.wait();
  auto replaced = std::async(std::launch::async, [&] {
    const bool ok = set_log_sink(LogLevel::off, nullptr).ok();
    return ok && ended.load();
  });
  // New lines do not go to a sink that is being replaced, and nothing was destroyed under the call that runs.
  while (log_enabled(LogLevel::info)) std::this_thread::yield();
  BOOST_TEST(!ended);
  leave.count_down();
  writer.join();
  BOOST_REQUIRE((replaced.wait_until(test::default_deadline()) == std::future_status::ready));
  BOOST_TEST(replaced.get());
}

BOOST_AUTO_TEST_CASE(sink_can_neither_replace_itself_nor_cause_lines) {
  struct Reentrant : LogSink {
    explicit Reentrant(std::atomic<int>& seen, std::atomic<int>& refused) : calls(seen), refusals(refused) {}
    void write(LogLevel, std::string_view) noexcept override {
      ++calls;
      log(LogLevel::error, "again");
      const Status status = set_log_sink(LogLevel::off, nullptr);
      if (!status.ok() && status.error().code == ErrorCode::would_deadlock && in_log_sink()) ++refusals;
    }
    std::atomic<int>& calls;
    std::atomic<int>& refusals;
  };
  std::atomic<int> calls{0};
  std::atomic<int> refusals{0};
  const LogOff off;
  BOOST_REQUIRE(set_log_sink(LogLevel::debug, std::make_unique<Reentrant>(calls, refusals)).ok());
  log(LogLevel::error, "line");
  BOOST_TEST(calls == 1);
  BOOST_TEST(refusals == 1);
  BOOST_TEST(!in_log_sink());
}

BOOST_AUTO_TEST_CASE(lines_of_many_threads_survive_replacements) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&] {
      while (!stop) log(LogLevel::info, "line");
    });
  }
  std::vector<std::unique_ptr<Record>> records;
  for (int i = 0; i < 200; ++i) {
    Record& record = *records.emplace_back(std::make_unique<Record>());
    BOOST_REQUIRE(set_log_sink(LogLevel::info, std::make_unique<RecordingSink>(record)).ok());
  }
  BOOST_REQUIRE(set_log_sink(LogLevel::off, nullptr).ok());
  stop = true;
  for (std::thread& writer : writers) writer.join();
  for (const auto& record : records) BOOST_TEST(record->ended == 1);
}

BOOST_AUTO_TEST_SUITE_END()
