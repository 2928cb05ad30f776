// Handles that several threads use, release and mistake at the same time.
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "capi/capi.hpp"

using namespace ppn::test;

BOOST_FIXTURE_TEST_SUITE(handle_threads, NoLeak)

BOOST_AUTO_TEST_CASE(threads_may_use_and_release_references_of_one_handle) {
  constexpr int threads = 4;
  constexpr int rounds = 500;
  std::atomic<int> wrong{0};
  for (int round = 0; round < 20; ++round) {
    Config config = make_config();
    std::vector<std::thread> workers;
    for (int i = 0; i < threads; ++i) {
      workers.emplace_back([&wrong, own = ppn_config_acquire(config.get())] {
        for (int n = 0; n < rounds; ++n) {
          ppn_config* const more = ppn_config_acquire(own);
          if (more != own) ++wrong;
          ppn_config_release(more);
        }
        ppn_config_release(own);
      });
    }
    ppn_config* const handle = config.get();
    config.reset();
    for (std::thread& worker : workers) worker.join();
    if (ppn_config_acquire(handle) != nullptr) ++wrong;
  }
  BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_CASE(threads_may_make_and_release_handles_while_others_try_stale_ones) {
  std::atomic<ppn_config*> stale{nullptr};
  std::atomic<int> wrong{0};
  std::atomic<bool> stop{false};
  std::thread prober([&] {
    while (!stop) {
      // The handle may have been released at any moment or still be alive; it is never anything else.
      const char* text = nullptr;
      ppn_config* const mine = ppn_config_acquire(stale.load());
      if (mine == nullptr) continue;
      if (ppn_config_get(mine, "timeout_ms", PPN_AUTO_LENGTH, &text, nullptr, nullptr) != PPN_OK) ++wrong;
      ppn_config_release(mine);
    }
  });
  std::vector<std::thread> makers;
  for (int i = 0; i < 2; ++i) {
    makers.emplace_back([&] {
      for (int n = 0; n < 2'000; ++n) {
        ppn_config* config = nullptr;
        if (ppn_config_new(&config, nullptr) != PPN_OK) ++wrong;
        stale = config;
        ppn_config_release(config);
      }
    });
  }
  for (std::thread& maker : makers) maker.join();
  stop = true;
  prober.join();
  BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_SUITE_END()
