/* ppn bench: the same request again and again, a fixed number at a time, over one client. */
#define _XOPEN_SOURCE 700
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "commands.h"
#include "exit_status.h"
#include "histogram.h"
#include "json.h"
#include "output.h"
#include "progress.h"
#include "session.h"

struct bench {
  const struct options* options;
  ppn_client* client;
  pthread_mutex_t mutex; /* guards everything below */
  pthread_cond_t changed;
  uint64_t started; /* calls whose start was decided */
  uint64_t ended;
  uint64_t errors;
  uint64_t events;
  int stopped; /* no more calls are started: one could not even be made */
  struct histogram latencies_ns;
  int32_t code; /* of the first failure */
  ppn_error* error;
  int status; /* exit status of the last failure */
  uint64_t end_ns;
};

/* One of the calls in flight; used by one call after the other. */
struct slot {
  struct bench* bench;
  uint64_t start_ns;
  uint64_t events;
  uint64_t first_event_ns;
};

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static double cpu_us(const struct rusage* usage) {
  return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e6 + (double)usage->ru_utime.tv_usec +
         (double)usage->ru_stime.tv_usec;
}

/* A call that ended badly; `error` is borrowed. */
static void count_failure(struct bench* bench, int32_t code, const ppn_error* error, int status) {
  if (bench->errors++ == 0) {
    bench->code = code;
    bench->error = ppn_error_acquire(error);
  }
  bench->status = status;
}

static void count_outcome(struct slot* slot, const ppn_response* response, const ppn_error* error, uint64_t end_ns) {
  struct bench* bench = slot->bench;
  bench->events += slot->events;
  if (bench->options->bench_stream) {
    if (slot->events > 0) histogram_add(&bench->latencies_ns, slot->first_event_ns - slot->start_ns);
  } else if (error == NULL) {
    histogram_add(&bench->latencies_ns, end_ns - slot->start_ns);
  }
  if (error != NULL) {
    const int32_t code = ppn_error_code(error);
    const int is_http_status = code >= PPN_E_HTTP_BAD_REQUEST && code <= PPN_E_HTTP_OTHER_STATUS;
    count_failure(bench, code, error, is_http_status ? EXIT_HTTP_STATUS : exit_status_of(code));
  } else if (ppn_response_status(response) >= 400) {
    ppn_error* refusal = NULL;
    const int32_t code = ppn_response_check_status(response, &refusal);
    count_failure(bench, code, refusal, EXIT_HTTP_STATUS);
    ppn_error_release(refusal);
  }
}

/* Whether there is another call to make. Called with the lock. */
static int take_turn(struct bench* bench) {
  const int goes_on = !bench->stopped && bench->started < bench->options->bench_requests;
  if (goes_on) ++bench->started;
  return goes_on;
}

static int32_t on_event(void* user_data, ppn_request* request, const ppn_event* event) {
  struct slot* slot = user_data;
  (void)request;
  (void)event;
  if (slot->events++ == 0) slot->first_event_ns = now_ns();
  return PPN_CB_CONTINUE;
}

static void run_slot(struct slot* slot);

static void on_complete(void* user_data, ppn_request* request, ppn_response* response, const ppn_error* error) {
  struct slot* slot = user_data;
  struct bench* bench = slot->bench;
  const uint64_t end_ns = now_ns();
  int goes_on = 0;
  (void)request;
  pthread_mutex_lock(&bench->mutex);
  count_outcome(slot, response, error, end_ns);
  ++bench->ended;
  bench->end_ns = end_ns;
  goes_on = take_turn(bench);
  if (bench->ended == bench->started) pthread_cond_signal(&bench->changed);
  pthread_mutex_unlock(&bench->mutex);
  /* Without another call the slot may be gone from here on. */
  if (goes_on) run_slot(slot);
}

/* Make and start the next call of a slot. Its completion comes later, on a thread of the library. */
static int32_t start_call(struct slot* slot, ppn_error** error) {
  struct bench* bench = slot->bench;
  ppn_request* request = NULL;
  int32_t code = PPN_OK;
  slot->events = 0;
  slot->start_ns = now_ns();
  code = session_request(bench->options, bench->client, bench->options->urls.items[0], &request, error);
  if (code == PPN_OK) code = ppn_request_set_callbacks(request, NULL, NULL, on_complete, slot, NULL, error);
  if (code == PPN_OK && bench->options->bench_stream) code = ppn_request_set_event_callback(request, on_event, error);
  if (code == PPN_OK) code = ppn_request_start(request, error);
  ppn_request_release(request);
  return code;
}

static void run_slot(struct slot* slot) {
  struct bench* bench = slot->bench;
  ppn_error* error = NULL;
  const int32_t code = start_call(slot, &error);
  if (code == PPN_OK) return;
  /* What is wrong with one request is wrong with all of them. */
  pthread_mutex_lock(&bench->mutex);
  bench->stopped = 1;
  count_failure(bench, code, error, exit_status_of(code));
  ++bench->ended;
  bench->end_ns = now_ns();
  pthread_cond_signal(&bench->changed);
  pthread_mutex_unlock(&bench->mutex);
  ppn_error_release(error);
}

/* Called with the lock, and without it while it writes: a terminal that is held must not hold the calls. */
static void show_progress(struct bench* bench, struct progress* progress) {
  const uint64_t ended = bench->ended;
  const uint64_t errors = bench->errors;
  char line[96];
  pthread_mutex_unlock(&bench->mutex);
  snprintf(line, sizeof line, "ppn: %" PRIu64 " of %" PRIu64 ", errors: %" PRIu64, ended,
           bench->options->bench_requests, errors);
  progress_draw(progress, line);
  pthread_mutex_lock(&bench->mutex);
}

/* Every call has deadlines of its own, so this wait has an end unless the user has switched them off. */
static void wait_for_all(struct bench* bench) {
  struct progress progress;
  progress_start(&progress, !bench->options->silent && !bench->options->verbose);
  pthread_mutex_lock(&bench->mutex);
  while (bench->ended < bench->started) {
    if (!progress.shows) {
      pthread_cond_wait(&bench->changed, &bench->mutex);
    } else if (progress_is_due(&progress)) {
      show_progress(bench, &progress);
    } else {
      const struct timespec next = progress.next;
      pthread_cond_timedwait(&bench->changed, &bench->mutex, &next);
    }
  }
  pthread_mutex_unlock(&bench->mutex);
  progress_clear(&progress);
}

static double divided(double amount, double by) {
  return by > 0 ? amount / by : -1;
}

static void append_number(struct text* out, const char* name, double number, int decimals) {
  text_append_string(out, out->length == 0 ? "{" : ",");
  json_member(out, name);
  json_decimal_or_null(out, number, decimals);
}

static int write_result(const struct bench* bench, double seconds, double used_us, long peak_rss_kb) {
  static const struct list standard_output = {NULL, 0, 0};
  const double calls = (double)bench->ended;
  const double events = (double)bench->events;
  struct output output;
  struct text line = {NULL, 0, 0};
  if (bench->options->bench_stream) {
    append_number(&line, "streams", calls, 0);
    append_number(&line, "errors", (double)bench->errors, 0);
    append_number(&line, "events", events, 0);
    append_number(&line, "seconds", seconds, 6);
    append_number(&line, "events_per_second", divided(events, seconds), 1);
    append_number(&line, "cpu_us_per_event", divided(used_us, events), 3);
  } else {
    append_number(&line, "requests", calls, 0);
    append_number(&line, "errors", (double)bench->errors, 0);
    append_number(&line, "seconds", seconds, 6);
    append_number(&line, "rps", divided(calls, seconds), 1);
    append_number(&line, "cpu_us_per_request", divided(used_us, calls), 3);
  }
  append_number(&line, "p50_ms", histogram_percentile(&bench->latencies_ns, 50) / 1e6, 3);
  append_number(&line, "p99_ms", histogram_percentile(&bench->latencies_ns, 99) / 1e6, 3);
  append_number(&line, "peak_rss_kb", (double)peak_rss_kb, 0);
  text_append_string(&line, "}\n");
  output_open(&output, &standard_output, 0);
  output_write(&output, line.data, line.length);
  text_free(&line);
  return output_close(&output);
}

/* One descriptor for each connection: as many as this user may have. */
static void raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static int run_bench(struct bench* bench, struct slot* slots) {
  struct rusage before;
  struct rusage after;
  const uint64_t start_ns = now_ns();
  const int quiet = bench->options->silent && !bench->options->show_error;
  getrusage(RUSAGE_SELF, &before);
  for (uint64_t i = 0; i < bench->options->bench_in_flight; ++i) {
    int goes_on = 0;
    slots[i].bench = bench;
    pthread_mutex_lock(&bench->mutex);
    goes_on = take_turn(bench);
    pthread_mutex_unlock(&bench->mutex);
    if (!goes_on) break;
    run_slot(&slots[i]);
  }
  wait_for_all(bench);
  getrusage(RUSAGE_SELF, &after);
  if (bench->code != PPN_OK && !quiet) complain(bench->code, bench->error);
  /* Bad input: nothing was sent, so there is nothing to tell. */
  if (bench->stopped && bench->started == 1) return bench->status;
  if (write_result(bench, (double)(bench->end_ns - start_ns) / 1e9, cpu_us(&after) - cpu_us(&before),
                   after.ru_maxrss) != 0) {
    return EXIT_USAGE;
  }
  return bench->status;
}

static void init_lock(struct bench* bench) {
  pthread_condattr_t monotonic;
  pthread_mutex_init(&bench->mutex, NULL);
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&bench->changed, &monotonic);
  pthread_condattr_destroy(&monotonic);
}

int command_bench(const struct options* options) {
  struct bench* bench = allocate_or_die(NULL, sizeof *bench);
  struct slot* slots = allocate_or_die(NULL, (size_t)options->bench_in_flight * sizeof *slots);
  ppn_error* error = NULL;
  int32_t code = PPN_OK;
  int status = 0;
  memset(bench, 0, sizeof *bench);
  bench->options = options;
  init_lock(bench);
  raise_descriptor_limit();
  code = session_client(options, &bench->client, &error);
  if (code == PPN_OK) {
    status = run_bench(bench, slots);
  } else {
    if (!options->silent || options->show_error) complain(code, error);
    status = exit_status_of(code);
  }
  ppn_error_release(error);
  ppn_error_release(bench->error);
  ppn_client_release(bench->client);
  ppn_runtime_shutdown(NULL); /* no callback runs after this */
  pthread_cond_destroy(&bench->changed);
  pthread_mutex_destroy(&bench->mutex);
  free(slots);
  free(bench);
  return status;
}
