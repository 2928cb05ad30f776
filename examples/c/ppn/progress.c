#define _XOPEN_SOURCE 700
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Monotonic time, `ms` from now. */
static struct timespec in_ms(long ms) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  at.tv_nsec += ms * 1000000L;
  at.tv_sec += at.tv_nsec / 1000000000L;
  at.tv_nsec %= 1000000000L;
  return at;
}

void progress_start(struct progress* progress, int wanted) {
  progress->shows = wanted && isatty(STDERR_FILENO);
  progress->drawn = 0;
  progress->next = in_ms(PROGRESS_MS);
}

int progress_is_due(const struct progress* progress) {
  const struct timespec now = in_ms(0);
  if (!progress->shows) return 0;
  if (now.tv_sec != progress->next.tv_sec) return now.tv_sec > progress->next.tv_sec;
  return now.tv_nsec >= progress->next.tv_nsec;
}

void progress_draw(struct progress* progress, const char* line) {
  if (!progress->shows) return;
  /* EL of ECMA-48: what is left of a longer line goes. */
  fprintf(stderr, "\r%s\033[K", line);
  progress->drawn = 1;
  progress->next = in_ms(PROGRESS_MS);
}

void progress_clear(struct progress* progress) {
  if (progress->drawn) fputs("\r\033[K", stderr);
  progress->drawn = 0;
}

static void draw_tick(struct ticker* ticker, const struct timespec* began) {
  const struct timespec now = in_ms(0);
  char line[96];
  snprintf(line, sizeof line, "ppn: %" PRIu64 " of %" PRIu64 ", %ld s", ticker->index + 1, ticker->count,
           (long)(now.tv_sec - began->tv_sec) - (now.tv_nsec < began->tv_nsec));
  progress_draw(&ticker->progress, line);
}

static void* tick(void* user_data) {
  struct ticker* ticker = user_data;
  const struct timespec began = in_ms(0);
  pthread_mutex_lock(&ticker->mutex);
  while (!ticker->ended) {
    const struct timespec next = ticker->progress.next;
    if (ticker->paused) {
      pthread_cond_wait(&ticker->changed, &ticker->mutex);
    } else if (progress_is_due(&ticker->progress)) {
      draw_tick(ticker, &began);
    } else {
      pthread_cond_timedwait(&ticker->changed, &ticker->mutex, &next);
    }
  }
  pthread_mutex_unlock(&ticker->mutex);
  return NULL;
}

void ticker_start(struct ticker* ticker, int wanted, uint64_t count) {
  pthread_condattr_t monotonic;
  memset(ticker, 0, sizeof *ticker);
  progress_start(&ticker->progress, wanted);
  if (!ticker->progress.shows) return;
  ticker->count = count;
  ticker->paused = 1;
  pthread_mutex_init(&ticker->mutex, NULL);
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&ticker->changed, &monotonic);
  pthread_condattr_destroy(&monotonic);
  /* Without a thread there is no progress, and everything else as always. */
  if (pthread_create(&ticker->thread, NULL, tick, ticker) != 0) {
    ticker->progress.shows = 0;
    pthread_cond_destroy(&ticker->changed);
    pthread_mutex_destroy(&ticker->mutex);
  }
}

void ticker_resume(struct ticker* ticker, uint64_t index) {
  if (!ticker->progress.shows) return;
  pthread_mutex_lock(&ticker->mutex);
  ticker->index = index;
  ticker->paused = 0;
  pthread_cond_signal(&ticker->changed);
  pthread_mutex_unlock(&ticker->mutex);
}

void ticker_pause(struct ticker* ticker, int clears) {
  if (!ticker->progress.shows) return;
  pthread_mutex_lock(&ticker->mutex);
  ticker->paused = 1;
  if (clears) progress_clear(&ticker->progress);
  pthread_mutex_unlock(&ticker->mutex);
}

void ticker_stop(struct ticker* ticker) {
  if (!ticker->progress.shows) return;
  ticker_pause(ticker, 1);
  pthread_mutex_lock(&ticker->mutex);
  ticker->ended = 1;
  pthread_cond_signal(&ticker->changed);
  pthread_mutex_unlock(&ticker->mutex);
  pthread_join(ticker->thread, NULL);
  pthread_cond_destroy(&ticker->changed);
  pthread_mutex_destroy(&ticker->mutex);
}
