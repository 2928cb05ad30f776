// A C++ program of a user who knows the wrapper from its installed headers and its pkg-config file alone.
#include <iostream>
#include <pepperpy/network.hpp>

int main() {
  try {
    ppn::check_version();
    const ppn::HTTPClient client(ppn::NetworkConfig().timeout(std::chrono::seconds(1)));
    client.get("http://127.0.0.1:1/");
  } catch (const ppn::ConnectionError& error) {
    std::cout << "pepperpy-network " << ppn::library_version() << ' ' << error.name() << '\n';
    return 0;
  } catch (const ppn::NetworkError& error) {
    std::cerr << error.what() << '\n';
  }
  return 1;
}
