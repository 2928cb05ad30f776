/* libcurl's multi interface on epoll, the way its documentation asks for when speed counts
 * (curl_multi_socket_action). */
#ifndef PPN_BENCH_CURL_EPOLL_H
#define PPN_BENCH_CURL_EPOLL_H

#include <curl/curl.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "bench.h"

enum { curl_epoll_events_per_wait = 128, curl_epoll_longest_wait_ms = 1000 };

typedef struct {
  CURLM* multi;
  int epoll;
  int64_t timer_ms; /* when curl wants to be called without an event; -1 = never */
} curl_epoll;

static inline int64_t curl_epoll_now_ms(void) {
  return (int64_t)(bench_now_s() * 1000);
}

/* curl names the sockets it waits for. Its own pointer per socket remembers whether epoll knows the socket already. */
static int curl_epoll_on_socket(CURL* easy, curl_socket_t fd, int what, void* user_data, void* known) {
  curl_epoll* loop = user_data;
  struct epoll_event event = {0};
  (void)easy;
  event.data.fd = fd;
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, &event);
    curl_multi_assign(loop->multi, fd, NULL);
    return 0;
  }
  event.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);
  epoll_ctl(loop->epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event);
  if (!known) curl_multi_assign(loop->multi, fd, loop);
  return 0;
}

static int curl_epoll_on_timer(CURLM* multi, long timeout_ms, void* user_data) {
  curl_epoll* loop = user_data;
  (void)multi;
  loop->timer_ms = timeout_ms < 0 ? -1 : curl_epoll_now_ms() + timeout_ms;
  return 0;
}

static inline int curl_epoll_open(curl_epoll* loop, long connections) {
  loop->multi = curl_multi_init();
  loop->epoll = epoll_create1(EPOLL_CLOEXEC);
  loop->timer_ms = -1;
  if (!loop->multi || loop->epoll < 0) return 0;
  curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, curl_epoll_on_socket);
  curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop);
  curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, curl_epoll_on_timer);
  curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop);
  curl_multi_setopt(loop->multi, CURLMOPT_MAXCONNECTS, connections);
  return 1;
}

/* Waits once and lets curl handle what came. */
static inline void curl_epoll_turn(curl_epoll* loop) {
  struct epoll_event events[curl_epoll_events_per_wait];
  int64_t wait_ms = curl_epoll_longest_wait_ms;
  int running, ready;
  if (loop->timer_ms >= 0) {
    wait_ms = loop->timer_ms - curl_epoll_now_ms();
    if (wait_ms < 0) wait_ms = 0;
    if (wait_ms > curl_epoll_longest_wait_ms) wait_ms = curl_epoll_longest_wait_ms;
  }
  ready = epoll_wait(loop->epoll, events, curl_epoll_events_per_wait, (int)wait_ms);
  for (int i = 0; i < ready; i++) {
    const uint32_t what = events[i].events;
    const int action = (what & (EPOLLIN | EPOLLHUP) ? CURL_CSELECT_IN : 0) | (what & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                       (what & EPOLLERR ? CURL_CSELECT_ERR : 0);
    curl_multi_socket_action(loop->multi, events[i].data.fd, action, &running);
  }
  if (loop->timer_ms >= 0 && curl_epoll_now_ms() >= loop->timer_ms) {
    loop->timer_ms = -1;
    curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0, &running);
  }
}

#endif
