/* A program of a user who knows the library from its installed headers and its pkg-config file alone. */
#include <pepperpy/network.h>
#include <stdio.h>
#include <string.h>

int main(void) {
  if (strcmp(ppn_version_string(), PPN_VERSION_STRING) != 0) {
    fprintf(stderr, "header %s, library %s\n", PPN_VERSION_STRING, ppn_version_string());
    return 1;
  }
  printf("pepperpy-network %s\n", ppn_version_string());
  return 0;
}
