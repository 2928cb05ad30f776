/* What the client programs share: clocks, and the line that each of them prints. */
#ifndef PPN_BENCH_H
#define PPN_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

typedef struct {
  long operations, errors;
  uint64_t body_bytes;
  double seconds; /* of the measured part alone */
  double cpu_s;   /* of the whole process, in the measured part */
} bench_figures;

static inline double bench_now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The kernel's account of all threads of this process, user and system. */
static inline double bench_cpu_s(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static inline void bench_begin(bench_figures* figures) {
  figures->seconds = -bench_now_s();
  figures->cpu_s = -bench_cpu_s();
}

/* Connections are opened, and TLS handshakes made, by the first requests: what is measured begins after them. Call it
 * when a request has ended; `warm` begins as 0. Returns 1 at that point. */
static inline int bench_warmed_up(bench_figures* figures, int in_flight, int* warm) {
  enum { requests_per_connection = 4 };
  if (*warm || figures->operations < (long)in_flight * requests_per_connection) return 0;
  *warm = 1;
  figures->operations = 0;
  figures->body_bytes = 0;
  bench_begin(figures);
  return 1;
}

static inline void bench_end(bench_figures* figures) {
  figures->seconds += bench_now_s();
  figures->cpu_s += bench_cpu_s();
}

/* `more` continues the object: "" or ",\"name\":1". Returns the exit status of the program. */
static inline int bench_print(const bench_figures* figures, const char* more) {
  printf("{\"operations\":%ld,\"errors\":%ld,\"body_bytes\":%llu,\"seconds\":%.6f,\"cpu_s\":%.6f%s}\n",
         figures->operations, figures->errors, (unsigned long long)figures->body_bytes, figures->seconds,
         figures->cpu_s, more);
  return figures->errors || !figures->operations;
}

#endif
