#include "option_list.h"

#include <pepperpy/network.h>
#include <stdio.h>
#include <string.h>

#include "exit_status.h"

static void print_markdown(void) {
  puts("| option | type | default | range | environment | what it does |");
  puts("|---|---|---|---|---|---|");
  for (size_t i = 0; i < ppn_option_count(); ++i) {
    const char* unit = ppn_option_unit(i);
    const char* initial = ppn_option_default(i);
    const char* variable = ppn_option_environment(i);
    printf("| `%s` | %s%s%s | %s%s%s | %s | %s%s%s | %s |\n", ppn_option_name(i), ppn_option_type(i),
           *unit != '\0' ? ", " : "", unit, *initial != '\0' ? "`" : "", initial, *initial != '\0' ? "`" : "",
           ppn_option_range(i), *variable != '\0' ? "`" : "", variable, *variable != '\0' ? "`" : "",
           ppn_option_help(i));
  }
}

static void print_text(void) {
  for (size_t i = 0; i < ppn_option_count(); ++i) {
    const char* range = ppn_option_range(i);
    const char* variable = ppn_option_environment(i);
    const char* unit = ppn_option_unit(i);
    printf("%s\n    %s\n    %s%s%s, default \"%s\"", ppn_option_name(i), ppn_option_help(i), ppn_option_type(i),
           *unit != '\0' ? " " : "", unit, ppn_option_default(i));
    if (*range != '\0') printf(", %s %s", strchr(range, ',') != NULL ? "one of" : "range", range);
    if (*variable != '\0') printf(", environment %s", variable);
    if (ppn_option_is_per_request(i)) printf(", for each request");
    if (ppn_option_is_secret(i)) printf(", secret");
    putchar('\n');
  }
}

int print_option_list(int markdown) {
  if (markdown) {
    print_markdown();
  } else {
    print_text();
  }
  return fflush(stdout) == 0 ? 0 : complain_file("standard output", "it can not be written");
}
