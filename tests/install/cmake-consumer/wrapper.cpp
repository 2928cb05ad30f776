// A C++ program of a user who knows the wrapper from the installed CMake package alone.
#include <iostream>
#include <pepperpy/network.hpp>
#include <utility>

int main() {
  const ppn::APIClient api("https://localhost:1/v1", "key");
  auto outcome = api.request("GET", "models").on_data([](std::string_view) {}).send_async();
  try {
    outcome.get();
  } catch (const ppn::NetworkError& error) {
    std::cout << "pepperpy-network " << ppn::library_version() << ' ' << error.name() << '\n';
  }
  ppn::shutdown();
}
