// A C++ program of a user who knows the library from its installed CMake package alone.
#include <pepperpy/network.h>

#include <iostream>
#include <string_view>

int main() {
  if (std::string_view(ppn_version_string()) != PPN_VERSION_STRING) {
    std::cerr << "header " << PPN_VERSION_STRING << ", library " << ppn_version_string() << '\n';
    return 1;
  }
  std::cout << "pepperpy-network " << ppn_version_string() << '\n';
}
