#include "io/event_loop.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <functional>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "core/io/loop_thread.hpp"
#include "support/socket.hpp"

namespace ppn::test {
namespace {

struct FunctionTimer final : Timer {
  explicit FunctionTimer(std::function<void()> body) : run(std::move(body)) {}
  void on_timer() noexcept override { run(); }
  std::function<void()> run;
};

struct FunctionWatcher final : Watcher {
  explicit FunctionWatcher(std::function<void(std::uint32_t)> body) : run(std::move(body)) {}
  void on_events(std::uint32_t events) noexcept override { run(events); }
  std::function<void(std::uint32_t)> run;
};

struct Pair {
  Pair() {
    int ends[2];
    BOOST_REQUIRE_EQUAL(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    here.reset(ends[0]);
    there.reset(ends[1]);
  }
  UniqueFd here;
  UniqueFd there;
};

// Runs the loop on this thread until `body` or something it arms calls stop(). A loop that hangs is ended by the
// timer of last resort.
void run_loop(EventLoop& loop, const std::function<void()>& body) {
  bool hung = false;
  FunctionTimer last_resort([&] {
    hung = true;
    loop.stop();
  });
  loop.arm(last_resort, monotonic_now() + 20 * kSecond);
  BOOST_TEST(loop.submit([&] { body(); }));
  loop.run();
  loop.disarm(last_resort);
  BOOST_TEST(!hung);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(event_loop)

BOOST_AUTO_TEST_CASE(timers_fire_in_the_order_of_their_times) {
  EventLoop loop;
  std::string order;
  FunctionTimer a([&] { order += 'a'; });
  FunctionTimer b([&] { order += 'b'; });
  FunctionTimer c([&] { order += 'c'; });
  FunctionTimer end([&] { loop.stop(); });
  run_loop(loop, [&] {
    const Nanos now = loop.now();
    loop.arm(end, now + 9 * kMillisecond);
    loop.arm(c, now + 6 * kMillisecond);
    loop.arm(a, now - kMillisecond);
    loop.arm(b, now + 3 * kMillisecond);
  });
  BOOST_TEST(order == "abc");
}

BOOST_AUTO_TEST_CASE(many_timers_fire_once_each_and_never_early) {
  EventLoop loop;
  struct Due final : Timer {
    EventLoop* loop = nullptr;
    Nanos due = 0;
    int fired = 0;
    bool early = false;
    void on_timer() noexcept override {
      ++fired;
      early = early || loop->now() < due;
    }
  };
  std::vector<Due> timers(500);
  FunctionTimer end([&] { loop.stop(); });
  run_loop(loop, [&] {
    for (std::size_t i = 0; i < timers.size(); ++i) {
      timers[i].loop = &loop;
      timers[i].due = loop.now() + static_cast<Nanos>((i * 7'919) % 503) * kMillisecond / 25;
      loop.arm(timers[i], timers[i].due);
    }
    // Every third is taken away again, from all places of the heap.
    for (std::size_t i = 0; i < timers.size(); i += 3) loop.disarm(timers[i]);
    loop.arm(end, loop.now() + 30 * kMillisecond);
  });
  for (std::size_t i = 0; i < timers.size(); ++i) {
    BOOST_TEST(timers[i].fired == (i % 3 == 0 ? 0 : 1));
    BOOST_TEST(!timers[i].early);
    BOOST_TEST(!timers[i].armed());
  }
}

BOOST_AUTO_TEST_CASE(timer_disarmed_by_an_earlier_one_of_the_same_turn_does_not_fire) {
  EventLoop loop;
  std::string order;
  FunctionTimer victim([&] { order += "victim"; });
  FunctionTimer first([&] {
    order += "first";
    loop.disarm(victim);
  });
  FunctionTimer end([&] { loop.stop(); });
  run_loop(loop, [&] {
    loop.arm(first, loop.now() - 2);
    loop.arm(victim, loop.now() - 1);
    loop.arm(end, loop.now() + 2 * kMillisecond);
  });
  BOOST_TEST(order == "first");
}

BOOST_AUTO_TEST_CASE(timer_may_arm_itself_again) {
  EventLoop loop;
  int fired = 0;
  FunctionTimer timer([&] {
    if (++fired < 3) return loop.arm(timer, loop.now() + kMillisecond);
    loop.stop();
  });
  run_loop(loop, [&] { loop.arm(timer, loop.now()); });
  BOOST_TEST(fired == 3);
}

BOOST_AUTO_TEST_CASE(timer_armed_again_fires_at_its_new_time_only) {
  EventLoop loop;
  std::string order;
  FunctionTimer moved_later([&] { order += 'l'; });
  FunctionTimer moved_earlier([&] { order += 'e'; });
  FunctionTimer middle([&] { order += 'm'; });
  FunctionTimer end([&] { loop.stop(); });
  run_loop(loop, [&] {
    const Nanos now = loop.now();
    loop.arm(moved_later, now + 1 * kMillisecond);
    loop.arm(moved_earlier, now + 3'600 * kSecond);
    loop.arm(middle, now + 4 * kMillisecond);
    loop.arm(moved_later, now + 6 * kMillisecond);
    loop.arm(moved_earlier, now + 2 * kMillisecond);
    loop.arm(end, now + 8 * kMillisecond);
  });
  BOOST_TEST(order == "eml");
}

BOOST_AUTO_TEST_CASE(work_of_each_thread_runs_in_its_order_and_none_is_lost) {
  constexpr int threads = 4;
  constexpr int each = 5'000;
  LoopThread runner;
  std::vector<int> next(threads, 0);  // of the loop thread
  int out_of_order = 0;
  std::latch all(threads * each);
  std::vector<std::thread> submitters;
  for (int t = 0; t < threads; ++t) {
    submitters.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) {
        runner.loop().submit([&, t, i] {
          if (next[static_cast<std::size_t>(t)]++ != i) ++out_of_order;
          all.count_down();
        });
        // Now and then the loop gets time to fall asleep.
        if (i % 500 == 0) std::this_thread::yield();
      }
    });
  }
  for (std::thread& submitter : submitters) submitter.join();
  all.wait();
  runner.end();
  BOOST_TEST(out_of_order == 0);
  for (const int count : next) BOOST_TEST(count == each);
}

BOOST_AUTO_TEST_CASE(sleeping_loop_wakes_for_each_piece_of_work) {
  LoopThread runner;
  for (int i = 0; i < 2'000; ++i) {
    // on_loop waits for the end of the work, so the loop falls asleep between two.
    BOOST_REQUIRE_EQUAL(runner.on_loop([i] { return i; }), i);
  }
}

BOOST_AUTO_TEST_CASE(work_submitted_by_work_runs_later_and_not_inside) {
  LoopThread runner;
  std::string order;
  runner.on_loop([&] {
    runner.loop().submit([&] { order += "inner"; });
    order += "outer ";
  });
  runner.on_loop([] {});
  runner.end();
  BOOST_TEST(order == "outer inner");
}

BOOST_AUTO_TEST_CASE(work_after_the_end_is_refused_and_destroyed) {
  LoopThread runner;
  runner.end();
  const auto owned = std::make_shared<int>(1);
  BOOST_TEST(!runner.loop().submit([owned] { BOOST_ERROR("work ran on a loop that has ended"); }));
  BOOST_TEST(owned.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(work_taken_in_before_the_end_runs) {
  EventLoop loop;
  int ran = 0;
  BOOST_TEST(loop.submit([&] {
    loop.stop();
    BOOST_TEST(loop.submit([&] { ++ran; }));
  }));
  loop.run();
  BOOST_TEST(ran == 1);
}

BOOST_AUTO_TEST_CASE(work_of_a_loop_that_never_ran_is_destroyed_with_it) {
  const auto owned = std::make_shared<int>(1);
  {
    EventLoop loop;
    BOOST_TEST(loop.submit([owned] {}));
    BOOST_TEST(owned.use_count() == 2);
  }
  BOOST_TEST(owned.use_count() == 1);
}

BOOST_AUTO_TEST_CASE(loop_thread_knows_itself) {
  LoopThread runner;
  BOOST_TEST(!EventLoop::in_any_loop_thread());
  BOOST_TEST(!runner.loop().in_loop_thread());
  BOOST_TEST(runner.on_loop([&] { return EventLoop::in_any_loop_thread() && runner.loop().in_loop_thread(); }));
}

BOOST_AUTO_TEST_CASE(watcher_is_told_of_bytes_and_of_the_end_of_its_peer) {
  EventLoop loop;
  Pair pair;
  std::vector<std::uint32_t> told;
  FunctionWatcher watcher([&](std::uint32_t events) {
    told.push_back(events);
    if ((events & EPOLLRDHUP) != 0) return loop.stop();
    if ((events & EPOLLIN) != 0) return pair.there.reset();
    BOOST_TEST(::write(pair.there.get(), "x", 1) == 1);  // the first event: it can be written to
  });
  EventLoop::WatchId id = EventLoop::kNoWatch;
  run_loop(loop, [&] { id = loop.watch(pair.here.get(), watcher); });
  loop.unwatch(id, pair.here.get());
  BOOST_REQUIRE_GE(told.size(), 3U);
  BOOST_TEST((told.front() & EPOLLOUT) != 0U);
  BOOST_TEST((told.back() & EPOLLRDHUP) != 0U);
}

BOOST_AUTO_TEST_CASE(watcher_removed_by_an_earlier_event_of_the_same_batch_is_not_told) {
  EventLoop loop;
  Pair one;
  Pair two;
  EventLoop::WatchId id_one = EventLoop::kNoWatch;
  EventLoop::WatchId id_two = EventLoop::kNoWatch;
  int told = 0;
  // Both sockets become writable in the same batch; whichever is told first removes the other.
  FunctionWatcher first([&](std::uint32_t) {
    ++told;
    loop.unwatch(std::exchange(id_two, EventLoop::kNoWatch), two.here.get());
  });
  FunctionWatcher second([&](std::uint32_t) {
    ++told;
    loop.unwatch(std::exchange(id_one, EventLoop::kNoWatch), one.here.get());
  });
  FunctionTimer end([&] { loop.stop(); });
  run_loop(loop, [&] {
    id_one = loop.watch(one.here.get(), first);
    id_two = loop.watch(two.here.get(), second);
    loop.arm(end, loop.now() + 5 * kMillisecond);
  });
  BOOST_TEST(told == 1);
}

BOOST_AUTO_TEST_CASE(number_of_a_removed_watch_does_not_reach_its_successor) {
  EventLoop loop;
  Pair one;
  Pair two;
  Pair three;
  EventLoop::WatchId id_two = EventLoop::kNoWatch;
  EventLoop::WatchId id_three = EventLoop::kNoWatch;
  std::vector<std::uint32_t> told_third;
  FunctionWatcher third([&](std::uint32_t events) { told_third.push_back(events); });
  FunctionWatcher second([](std::uint32_t) {});
  // The first event gives the place of the second watcher to a third one, while the second's event is in the batch.
  FunctionWatcher first([&](std::uint32_t) {
    if (id_two == EventLoop::kNoWatch) return;
    loop.unwatch(std::exchange(id_two, EventLoop::kNoWatch), two.here.get());
    id_three = loop.watch(three.here.get(), third);
  });
  FunctionTimer end([&] { loop.stop(); });
  run_loop(loop, [&] {
    BOOST_TEST(::write(two.there.get(), "x", 1) == 1);  // only the second has bytes to read
    BOOST_TEST((loop.watch(one.here.get(), first) != EventLoop::kNoWatch));
    id_two = loop.watch(two.here.get(), second);
    loop.arm(end, loop.now() + 5 * kMillisecond);
  });
  BOOST_TEST((id_three != EventLoop::kNoWatch));
  for (const std::uint32_t events : told_third) BOOST_TEST((events & EPOLLIN) == 0U);
}

BOOST_AUTO_TEST_CASE(descriptor_the_kernel_refuses_is_not_watched) {
  EventLoop loop;
  FunctionWatcher watcher([](std::uint32_t) {});
  BOOST_TEST((loop.watch(-1, watcher) == EventLoop::kNoWatch));
  BOOST_TEST(errno == EBADF);
  loop.unwatch(EventLoop::kNoWatch, -1);  // and this is nothing
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
