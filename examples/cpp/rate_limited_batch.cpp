// SPDX-License-Identifier: CC0-1.0. Copy freely.
//
// A batch of requests under a rate limit: so many a minute, so many at once, so many under way. Any number of clients may
// share the limiter; results come in the order of the requests.
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <pepperpy/network.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr std::string_view usage =
    "usage: rate_limited_batch [URL [KEY [CA_FILE]]]\n"
    "  URL      where the API is; default $PEPPERPY_DEMO_URL, else https://localhost:8443\n"
    "  KEY      API key; default $PEPPERPY_DEMO_KEY, else demo-key\n"
    "  CA_FILE  PEM file of the certificates to trust; default $PEPPERPY_DEMO_CA, else the system's\n";

std::string setting(int argc, char** argv, int index, const char* variable, const char* otherwise) {
  if (argc > index) return argv[index];
  const char* value = std::getenv(variable);
  return value != nullptr ? value : otherwise;
}

constexpr int requests = 12;
constexpr int per_second = 20;
constexpr int burst = 4;

// Each request has a result of its own; the first one that failed is thrown here, and it did not stop the others.
void show(std::vector<ppn::Completion> results) {
  for (std::size_t i = 0; i < results.size(); ++i) {
    const ppn::Response response = std::move(results[i]).get();
    std::cout << "result " << i << ": status " << response.raise_for_status().status() << ", "
              << response.json().string("/query") << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "--help") {
    std::cout << usage;
    return 0;
  }
  if (argc > 4 || (argc > 1 && argv[1][0] == '-')) {
    std::cerr << usage;
    return 1;
  }
  const std::string base = setting(argc, argv, 1, "PEPPERPY_DEMO_URL", "https://localhost:8443");
  const std::string key = setting(argc, argv, 2, "PEPPERPY_DEMO_KEY", "demo-key");
  const std::string ca_file = setting(argc, argv, 3, "PEPPERPY_DEMO_CA", "");
  try {
    const ppn::APIClient api(base, key, ppn::NetworkConfig().ca_file(ca_file));
    const ppn::RateLimiter limiter(per_second * 60, burst);
    limiter.share_with(api.client());
    ppn::Batch batch;
    for (int i = 0; i < requests; ++i) batch.add(api.request("GET", "echo?index=" + std::to_string(i)));
    batch.concurrency(3).timeout(std::chrono::minutes(1)).on_progress([](std::size_t done, std::size_t total) {
      std::cout << done << " of " << total << " done\n";
    });
    const auto began = std::chrono::steady_clock::now();
    std::vector<ppn::Completion> results = batch.run();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
    show(std::move(results));
    std::cout << requests << " requests in " << static_cast<int>(took.count()) << " ms: " << burst << " at once, then "
              << per_second << " a second\n";
    return 0;
  } catch (const ppn::NetworkError& error) {
    std::cerr << "rate_limited_batch: " << error.what() << '\n';
    return 1;
  }
}
