/* What a process holds: the heap in use, as malloc accounts for it, and its resident pages. */
#ifndef PPN_BENCH_MEMORY_H
#define PPN_BENCH_MEMORY_H

#include <malloc.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

typedef struct {
  double heap, resident;
} bench_memory;

static inline bench_memory bench_memory_now(void) {
  const struct mallinfo2 heap = mallinfo2();
  bench_memory now = {0};
  long pages = 0;
  FILE* file = fopen("/proc/self/statm", "r");
  if (file) {
    if (fscanf(file, "%*s %ld", &pages) != 1) pages = 0;
    fclose(file);
  }
  now.heap = (double)heap.uordblks + (double)heap.hblkhd;
  now.resident = (double)pages * (double)sysconf(_SC_PAGESIZE);
  return now;
}

/* As many descriptors as the system lets this process have. Returns that number. */
static inline long bench_raise_descriptors(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return (long)limit.rlim_cur;
}

#endif
