// Several processes share one limit through a real Redis: in no window are there more grants than burst + window / T
// (SEMANTICS 3.2.1). The times are those that Redis decided by, so there is no tolerance.
#include <time.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "process/fleet_record.hpp"
#include "support/process.hpp"
#include "support/redis_server.hpp"
#include "support/temp_dir.hpp"

namespace ppn::test {
namespace {

constexpr int kProcesses = 4;
constexpr std::int64_t kIntervalNs = 1'000'003;  // about a thousand a second
constexpr std::int64_t kBurst = 50;

boost::test_tools::assertion_result has_redis(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result result(redis_available());
  result.message() << "redis-server is not installed";
  return result;
}

class Fleet {
 public:
  explicit Fleet(const RedisServer& server) {
    for (int i = 0; i < kProcesses; ++i) {
      hosts_.push_back(std::make_unique<Process>(ProcessOptions{
          .program = PPN_TEST_FLEET_HOST,
          .arguments = {server.url(), dir_.file("record"), std::to_string(kIntervalNs), std::to_string(kBurst)}}));
    }
    wait_for("ready\n");
  }

  void wait_for(std::string_view text) const {
    for (const auto& host : hosts_) BOOST_REQUIRE(host->wait_for_output(text));
  }

  // Each process must have had its share of grants and of refusals, or there was no fleet.
  void wait_for_the_end() {
    for (const auto& host : hosts_) {
      const auto status = host->wait();
      BOOST_REQUIRE(status.has_value());
      BOOST_TEST(status->code == 0);
      const std::string output = host->output();
      long granted = 0;
      long refused = 0;
      const std::size_t at = output.find("granted ");
      BOOST_REQUIRE(at != std::string::npos);
      BOOST_REQUIRE(std::sscanf(output.c_str() + at, "granted %ld refused %ld", &granted, &refused) == 2);
      BOOST_TEST(granted > 0);
      BOOST_TEST(refused > 0);
    }
  }

  std::string output(std::size_t host) const { return hosts_[host]->output(); }
  MappedRecord& record() { return record_; }

  // Of all processes, in order of time.
  std::vector<std::int64_t> times() {
    std::vector<std::int64_t> all;
    const std::uint32_t count = record_->grants.load();
    for (std::uint32_t i = 0; i < count; ++i) all.push_back(record_->decided_at_us[i].load());
    std::sort(all.begin(), all.end());
    return all;
  }

 private:
  TempDir dir_;
  MappedRecord record_{dir_.file("record")};
  std::vector<std::unique_ptr<Process>> hosts_;
};

// The largest count - W / T of all windows from a grant to a grant, in nanoseconds. Windows with other ends hold no more
// grants than the shortest one around them.
std::int64_t largest_excess_ns(std::span<const std::int64_t> times_us) {
  std::int64_t largest = 0;
  std::int64_t lowest_start = 0;
  for (std::size_t i = 0; i < times_us.size(); ++i) {
    const std::int64_t before = static_cast<std::int64_t>(i) * kIntervalNs - (times_us[i] - times_us[0]) * 1'000;
    lowest_start = i == 0 ? before : std::min(lowest_start, before);
    largest = std::max(largest, before + kIntervalNs - lowest_start);
  }
  return largest;
}

void check_every_window(std::span<const std::int64_t> times_us) {
  const std::int64_t excess = largest_excess_ns(times_us);
  BOOST_TEST(excess <= kBurst * kIntervalNs);
  // And the limit is used to its end: a refusal says that less than one grant was left.
  BOOST_TEST(excess > (kBurst - 1) * kIntervalNs);
}

std::int64_t wall_us() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1'000;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet, *boost::unit_test::precondition(has_redis))

BOOST_AUTO_TEST_CASE(excess_of_a_window_is_found_wherever_it_is) {
  std::vector<std::int64_t> even;
  for (std::int64_t i = 0; i < 1'000; ++i) even.push_back(1'700'000'000'000'000 + i * 1'000);
  BOOST_TEST(largest_excess_ns(even) < 2 * kIntervalNs);
  const std::int64_t moment = even[700];
  even.insert(even.begin() + 700, kBurst, moment);
  BOOST_TEST(largest_excess_ns(even) > kBurst * kIntervalNs);
}

BOOST_AUTO_TEST_CASE(four_processes_share_one_limit_in_every_window) {
  RedisServer server;
  Fleet fleet(server);
  constexpr std::uint32_t grants = 1'200;
  fleet.record()->target.store(grants);
  fleet.wait_for_the_end();
  const auto times = fleet.times();
  BOOST_TEST(times.size() >= grants);
  // What was under way when the last one came: eight questions of each process.
  BOOST_TEST(times.size() < grants + 8 * kProcesses);
  BOOST_TEST(times.front() > 0);
  check_every_window(times);
}

BOOST_AUTO_TEST_CASE(limit_holds_again_after_redis_was_killed_and_brought_back) {
  RedisServer server;
  Fleet fleet(server);
  constexpr std::uint32_t grants_before = 400;
  // They do not stop before this test has done its part.
  fleet.record()->notice.store(grants_before);
  fleet.record()->target.store(FleetRecord::capacity);
  fleet.wait_for("noticed\n");
  server.kill();
  const std::int64_t killed_at = wall_us();
  fleet.wait_for("down\n");
  const std::int64_t back_at = wall_us();
  server.restart();
  fleet.record()->target.store(fleet.record()->grants.load() + 600);
  fleet.wait_for_the_end();

  // The new Redis knows nothing of the old grants, so the windows of each are looked at alone. Redis decides by the wall
  // clock of this machine.
  const auto times = fleet.times();
  const auto end_of_old = std::upper_bound(times.begin(), times.end(), killed_at);
  const std::vector<std::int64_t> old_ones(times.begin(), end_of_old);
  const std::vector<std::int64_t> new_ones(end_of_old, times.end());
  BOOST_TEST(old_ones.size() >= grants_before);
  BOOST_TEST(new_ones.size() >= 600U);
  BOOST_TEST(new_ones.front() >= back_at);  // nobody was granted anything while there was no Redis
  check_every_window(old_ones);
  check_every_window(new_ones);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
