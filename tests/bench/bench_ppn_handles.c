/* Ours: making and releasing a request handle that is never started.
 *
 * usage: bench_ppn_handles SECONDS */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "bench_ppn.h"

enum { per_look_at_the_clock = 1000 };

int main(int argc, char** argv) {
  static const char url[] = "http://127.0.0.1:8080/v1/chat/completions";
  bench_figures figures = {0};
  ppn_client* client = NULL;
  double end_s;
  if (argc != 2 || atof(argv[1]) <= 0) {
    fprintf(stderr, "usage: bench_ppn_handles SECONDS\n");
    return 1;
  }
  if (ppn_client_new(NULL, &client, NULL) != PPN_OK) return 1;
  bench_begin(&figures);
  end_s = bench_now_s() + atof(argv[1]);
  do {
    for (int i = 0; i < per_look_at_the_clock; i++) {
      ppn_request* request = NULL;
      if (ppn_request_new(client, "GET", 3, url, sizeof url - 1, &request, NULL) == PPN_OK) {
        figures.operations++;
      } else {
        figures.errors++;
      }
      ppn_request_release(request);
    }
  } while (figures.errors == 0 && bench_now_s() < end_s);
  bench_end(&figures);
  ppn_client_release(client);
  return bench_print(&figures, "");
}
