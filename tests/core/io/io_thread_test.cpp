#include "io/io_thread.hpp"

#include <pthread.h>

#include <boost/test/unit_test.hpp>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "support/deadline.hpp"

namespace ppn::test {
namespace {

// A blocking call without a network: it begins, and it is complete when somebody says so on the loop.
struct LoneCall final : EventLoop::Work {
  explicit LoneCall(IoThread& on) : io(on) {}

  void run() noexcept override {
    io.call_begins(true);
    ran_on = std::this_thread::get_id();
    if (ends_at_once) return end();
    begun.set_value();
  }
  void discard() noexcept override {}
  void end() noexcept {
    io.call_ends();
    complete.set();
    ended.set_value();
  }
  // As a blocking caller does: true when it drove the loop itself.
  bool call_and_wait() {
    const bool drove = io.drive(*this, complete);
    if (!drove) BOOST_TEST(io.loop().post(*this));
    BOOST_TEST((ended.get_future().wait_until(default_deadline()) == std::future_status::ready));
    return drove;
  }

  IoThread& io;
  bool ends_at_once = true;
  Completion complete;
  std::promise<void> begun;
  std::promise<void> ended;
  std::thread::id ran_on;
};

struct RunningThread {
  explicit RunningThread(std::shared_ptr<const ThreadHooks> hooks = nullptr) : io(std::move(hooks)) {}
  ~RunningThread() {
    io.loop().submit([this] { io.loop().stop(); });
    io.join();
  }
  std::thread::id id() {
    std::promise<std::thread::id> told;
    io.loop().submit([&] { told.set_value(std::this_thread::get_id()); });
    return told.get_future().get();
  }
  // Makes lone calls until one is driven by this thread.
  void make_a_habit() {
    const Deadline deadline = default_deadline();
    for (;;) {
      LoneCall call(io);
      if (call.call_and_wait()) {
        BOOST_TEST((call.ran_on == std::this_thread::get_id()));
        return;
      }
      BOOST_REQUIRE((std::chrono::steady_clock::now() < deadline));
    }
  }

  IoThread io;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(io_thread)

BOOST_AUTO_TEST_CASE(first_blocking_call_is_run_by_the_thread) {
  RunningThread thread;
  LoneCall call(thread.io);
  BOOST_TEST(!call.call_and_wait());
  BOOST_TEST((call.ran_on == thread.id()));
}

BOOST_AUTO_TEST_CASE(blocking_calls_one_after_another_are_driven_by_their_caller) {
  RunningThread thread;
  thread.make_a_habit();
  for (int i = 0; i < 3; ++i) {
    LoneCall call(thread.io);
    // After a pause of 20 ms between two calls the thread may have taken the seat.
    if (!call.call_and_wait()) {
      thread.make_a_habit();
      continue;
    }
    BOOST_TEST((call.ran_on == std::this_thread::get_id()));
    BOOST_TEST(!EventLoop::in_any_loop_thread());
  }
}

BOOST_AUTO_TEST_CASE(work_of_another_thread_never_runs_on_the_caller) {
  RunningThread thread;
  for (int i = 0; i < 50; ++i) {
    thread.make_a_habit();
    LoneCall call(thread.io);
    call.ends_at_once = false;
    std::thread::id other_ran_on;
    std::thread other([&] {
      call.begun.get_future().wait();
      thread.io.loop().submit([&] {
        other_ran_on = std::this_thread::get_id();
        call.end();
      });
    });
    call.call_and_wait();
    other.join();
    BOOST_TEST((other_ran_on == thread.id()));
  }
}

BOOST_AUTO_TEST_CASE(work_wakes_the_thread_when_nobody_drives) {
  RunningThread thread;
  const std::thread::id id = thread.id();
  for (int i = 0; i < 50; ++i) {
    thread.make_a_habit();
    BOOST_TEST((thread.id() == id));
  }
}

BOOST_AUTO_TEST_CASE(timers_run_again_after_the_last_blocking_call) {
  RunningThread thread;
  struct Tick final : Timer {
    void on_timer() noexcept override { fired.set_value(); }
    std::promise<void> fired;
  } tick;
  std::promise<void> armed;
  thread.io.loop().submit([&] {
    thread.io.loop().arm(tick, thread.io.loop().now() + kMillisecond);
    armed.set_value();
  });
  armed.get_future().wait();
  thread.make_a_habit();
  BOOST_TEST((tick.fired.get_future().wait_until(default_deadline()) == std::future_status::ready));
}

BOOST_AUTO_TEST_CASE(call_that_meets_another_does_not_count_as_lone) {
  RunningThread thread;
  std::promise<void> begun;
  thread.io.loop().submit([&] {
    thread.io.call_begins(false);
    begun.set_value();
  });
  begun.get_future().wait();
  for (int i = 0; i < 10; ++i) {
    LoneCall call(thread.io);
    BOOST_TEST(!call.call_and_wait());
  }
  thread.io.loop().submit([&] { thread.io.call_ends(); });
}

BOOST_AUTO_TEST_CASE(hooks_run_on_the_thread_first_and_last) {
  std::string order;
  std::thread::id started_on;
  std::thread::id stopped_on;
  std::thread::id id;
  {
    RunningThread thread(std::make_shared<const ThreadHooks>(ThreadHooks{.started =
                                                                             [&] {
                                                                               started_on = std::this_thread::get_id();
                                                                               order += "started ";
                                                                             },
                                                                         .stopping =
                                                                             [&] {
                                                                               stopped_on = std::this_thread::get_id();
                                                                               order += "stopping";
                                                                             }}));
    id = thread.id();
    thread.io.loop().submit([&] { order += "work "; });
  }
  BOOST_TEST(order == "started work stopping");
  BOOST_TEST((started_on == id));
  BOOST_TEST((stopped_on == id));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace ppn::test
