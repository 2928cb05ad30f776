// SPDX-License-Identifier: CC0-1.0. Copy freely.
//
// Middleware: one around each request, which answers some of them itself; one around each attempt, which another thread
// completes with a signature; and the built-in one that names the trace (W3C Trace Context).
#include <cstdlib>
#include <iostream>
#include <pepperpy/network.hpp>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

constexpr std::string_view usage =
    "usage: middleware_trace [URL [KEY [CA_FILE]]]\n"
    "  URL      where the API is; default $PEPPERPY_DEMO_URL, else https://localhost:8443\n"
    "  KEY      API key; default $PEPPERPY_DEMO_KEY, else demo-key\n"
    "  CA_FILE  PEM file of the certificates to trust; default $PEPPERPY_DEMO_CA, else the system's\n";

std::string setting(int argc, char** argv, int index, const char* variable, const char* otherwise) {
  if (argc > index) return argv[index];
  const char* value = std::getenv(variable);
  return value != nullptr ? value : otherwise;
}

// Lambdas run on threads of the library. Here only one request is under way at a time.
ppn::RequestMiddleware cache() {
  ppn::RequestMiddleware middleware("cache");
  middleware
      .before_request([](ppn::MiddlewareContext& context) {
        std::cout << "  request: before\n";
        if (context.url().find("/cached") == std::string::npos) return;
        std::cout << "  request: answered here\n";  // nothing inside runs, nothing is sent
        context.respond(200, R"({"from": "memory"})");
      })
      .after_response([](ppn::MiddlewareContext& context) {
        std::cout << "  request: after, status " << context.response()->status() << '\n';
      });
  return middleware;
}

// The threads that have signed attempts.
struct Threads {
  std::vector<std::thread> all;

  ~Threads() {
    for (std::thread& thread : all) thread.join();
  }
};

// A lambda that takes the context by value may finish it later, on any thread.
ppn::RequestMiddleware signer(Threads& threads) {
  ppn::RequestMiddleware middleware("signer");
  middleware.before_attempt([&threads](ppn::MiddlewareContext context) {
    std::cout << "  attempt: number " << context.attempt() << " waits for its signature\n";
    threads.all.emplace_back([context = std::move(context)]() mutable {
      std::cout << "  attempt: signed by another thread\n";
      context.set_header("X-Signature", "1234");
      context.finish();  // now the attempt goes on
    });
  });
  return middleware;
}

void ask(const ppn::APIClient& api, std::string_view path) {
  std::cout << "GET " << path << '\n';
  const ppn::Response response = api.get(path).raise_for_status();
  const ppn::Json echo = response.json();  // what /echo says that it got
  for (std::size_t i = 0; echo.contains("/headers") && i < echo.size("/headers"); ++i) {
    const std::string pointer = "/headers/" + std::to_string(i);
    const std::string name = echo.string(pointer + "/0");
    if (name != "traceparent" && name != "X-Signature") continue;
    std::cout << "  the server got " << name << ": " << echo.string(pointer + "/1") << '\n';
  }
  std::cout << "  attempts: " << response.attempts() << '\n';
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
    Threads threads;
    const ppn::APIClient api(base, key, ppn::NetworkConfig().ca_file(ca_file));
    api.client().add_middleware(cache());
    api.client().add_middleware(signer(threads));
    api.client().add_middleware(ppn::Middleware::trace_context());
    ask(api, "echo");
    ask(api, "cached");
    return 0;
  } catch (const ppn::NetworkError& error) {
    std::cerr << "middleware_trace: " << error.what() << '\n';
    return 1;
  }
}
