// SPDX-License-Identifier: CC0-1.0. Copy freely.
//
// Retries around any function: a GET against a server that fails a few times is repeated, a POST without an idempotency
// key is not when the server may have done its work, and with one it is. The client itself repeats nothing here
// (max_retries 0), or the attempts would multiply; without a handler it does the same by itself.
#include <cstdlib>
#include <iostream>
#include <pepperpy/network.hpp>
#include <random>
#include <string>
#include <string_view>

namespace {

constexpr std::string_view usage =
    "usage: retry [URL [KEY [CA_FILE]]]\n"
    "  URL      where the API is; default $PEPPERPY_DEMO_URL, else https://localhost:8443\n"
    "  KEY      API key; default $PEPPERPY_DEMO_KEY, else demo-key\n"
    "  CA_FILE  PEM file of the certificates to trust; default $PEPPERPY_DEMO_CA, else the system's\n";

std::string setting(int argc, char** argv, int index, const char* variable, const char* otherwise) {
  if (argc > index) return argv[index];
  const char* value = std::getenv(variable);
  return value != nullptr ? value : otherwise;
}

// The server counts the requests of each path and query.
std::string flaky(const std::string& failures) {
  std::random_device random;
  return "flaky?" + failures + "&key=" + std::to_string(random()) + "-" + std::to_string(random());
}

void ask(const ppn::APIClient& api, const std::string& method, const std::string& failures, bool keyed) {
  std::cout << method << ' ' << failures << (keyed ? ", with an idempotency key\n" : ", no idempotency key\n");
  int number = 0;
  ppn::RetryHandler retry(3);
  retry.set("backoff_factor", "0.05").on_retry([](const ppn::NetworkError&, const ppn::RetryDecision& decision) {
    std::cout << "  another attempt in " << decision.delay.count() << " ms\n";
  });
  const std::string url = flaky(failures);
  const auto attempt = [&] {
    ppn::Request request = api.request(method, url);
    if (keyed) request.header("Idempotency-Key", "the-same-for-each-attempt");
    const ppn::Response response = request.send();
    std::cout << "  attempt " << ++number << ": status " << response.status() << '\n';
    response.raise_for_status();
  };
  try {
    retry.run(method, attempt, keyed);
  } catch (const ppn::StatusError& error) {
    std::cout << "  no other attempt: " << ppn::name_of(retry.decide(error, method, keyed, number - 1).reason) << '\n';
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
    const ppn::APIClient api(base, key, ppn::NetworkConfig().ca_file(ca_file).max_retries(0));
    // A server that asks for a time by Retry-After gets it; 0 leaves it to the backoff.
    ask(api, "GET", "fail=2&status=503&retry-after=0", false);
    ask(api, "POST", "fail=1&status=500", false);
    ask(api, "POST", "fail=1&status=500", true);
    return 0;
  } catch (const ppn::NetworkError& error) {
    std::cerr << "retry: " << error.what() << '\n';
    return 1;
  }
}
