/* One line on a terminal that says how far long work is, drawn over itself and cleared at the end. Nothing is shown when
 * standard error is no terminal. */
#ifndef PPN_PROGRESS_H
#define PPN_PROGRESS_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* How long a line stays at least, and the first one stays away. */
enum { PROGRESS_MS = 200 };

struct progress {
  int shows; /* 0: nothing is ever drawn */
  int drawn; /* there is a line on the terminal */
  struct timespec next;
};

/* `wanted`: the user has not switched it off, and nothing else is written to standard error meanwhile. */
void progress_start(struct progress* progress, int wanted);

/* Whether it is time for the next line. */
int progress_is_due(const struct progress* progress);

/* Draw a line; the next one is due PROGRESS_MS later. */
void progress_draw(struct progress* progress, const char* line);

/* Leave the terminal as it was. */
void progress_clear(struct progress* progress);

/* The same on a thread of its own, for calls that block: "ppn: 2 of 5, 3 s". */
struct ticker {
  struct progress progress;
  pthread_t thread;
  pthread_mutex_t mutex; /* guards what follows, and `progress` */
  pthread_cond_t changed;
  int ended;
  int paused;
  uint64_t index;
  uint64_t count;
};

/* Begin, paused. */
void ticker_start(struct ticker* ticker, int wanted, uint64_t count);

/* The index-th of `count` is under way, from 0. */
void ticker_resume(struct ticker* ticker, uint64_t index);

/* Nothing is drawn until the next resume. With `clears` the line goes, because something else will be written. */
void ticker_pause(struct ticker* ticker, int clears);

void ticker_stop(struct ticker* ticker);

#endif
