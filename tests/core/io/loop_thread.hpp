// An event loop on a thread of its own, for tests.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

#include "base/task.hpp"
#include "io/event_loop.hpp"
#include "support/deadline.hpp"

namespace ppn::test {

class LoopThread {
 public:
  LoopThread() : thread_([this] { loop_.run(); }) {}
  ~LoopThread() { end(); }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  EventLoop& loop() noexcept { return loop_; }

  // Runs `function()` on the loop thread and returns its result.
  template <class Function>
  auto on_loop(Function function) -> decltype(function()) {
    auto task = std::make_shared<std::packaged_task<decltype(function())()>>(std::move(function));
    auto result = task->get_future();
    if (!loop_.submit([task] { (*task)(); })) throw std::runtime_error("the loop has ended");
    if (result.wait_until(default_deadline()) != std::future_status::ready) throw std::runtime_error("the loop hangs");
    return result.get();
  }

  // Ends the loop and its thread.
  void end() {
    if (!thread_.joinable()) return;
    loop_.submit([this] { loop_.stop(); });
    thread_.join();
  }

 private:
  EventLoop loop_;
  std::thread thread_;
};

}  // namespace ppn::test
