#define _POSIX_C_SOURCE 200809L
#include "input.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "exit_status.h"
#include "interrupts.h"
#include "text.h"

enum { PIECE = 65536 };

/* Whether there is something to read, or the end; 0 when the thread shall end. */
static int wait_for_input(const struct input* input) {
  struct pollfd files[2];
  memset(files, 0, sizeof files);
  files[0].fd = STDIN_FILENO;
  files[0].events = POLLIN;
  files[1].fd = input->wake[0];
  files[1].events = POLLIN;
  while (poll(files, 2, -1) < 0) {
    if (errno != EINTR) return 0;
  }
  return files[1].revents == 0;
}

static int shall_end(const struct input* input) {
  struct pollfd file;
  memset(&file, 0, sizeof file);
  file.fd = input->wake[0];
  file.events = POLLIN;
  return poll(&file, 1, 0) > 0;
}

/* A server that reads slowly makes the input wait. */
static int32_t send_line(struct input* input, const char* line, size_t length) {
  int32_t code = PPN_E_WS_QUEUE_FULL;
  while (code == PPN_E_WS_QUEUE_FULL && !shall_end(input)) {
    ppn_error_release(input->error);
    input->error = NULL;
    code = ppn_websocket_send_wait(input->websocket, PPN_WEBSOCKET_TEXT, line, length, WAIT_MS, &input->error);
  }
  return code;
}

/* Send the whole lines of `text` and keep what is left. */
static int32_t send_lines(struct input* input, struct text* text, size_t searched) {
  size_t begin = 0;
  int32_t code = PPN_OK;
  const char* end = NULL;
  while (code == PPN_OK && text->length > searched &&
         (end = memchr(text->data + searched, '\n', text->length - searched)) != NULL) {
    const size_t length = (size_t)(end - text->data) - begin;
    code = send_line(input, text->data + begin, length);
    begin += length + 1;
    searched = begin;
  }
  if (begin > 0) memmove(text->data, text->data + begin, text->length - begin);
  text->length -= begin;
  return code;
}

static void* run(void* user_data) {
  struct input* input = user_data;
  struct text text = {NULL, 0, 0};
  static char piece[PIECE];
  ssize_t got = 1;
  while (input->code == PPN_OK && got > 0 && wait_for_input(input)) {
    const size_t before = text.length;
    got = read(STDIN_FILENO, piece, sizeof piece);
    if (got < 0 && errno == EINTR)
      got = 1;
    else if (got > 0)
      text_append(&text, piece, (size_t)got);
    input->code = send_lines(input, &text, before);
  }
  /* The last line may have no end. */
  if (input->code == PPN_OK && got <= 0 && text.length > 0) input->code = send_line(input, text.data, text.length);
  if (input->code != PPN_OK || got <= 0) ppn_websocket_close(input->websocket, 1000, NULL, 0, NULL);
  text_free(&text);
  return NULL;
}

int input_start(struct input* input, ppn_websocket* websocket) {
  memset(input, 0, sizeof *input);
  if (pipe(input->wake) != 0) return complain_file("standard input", strerror(errno));
  input->websocket = ppn_websocket_acquire(websocket);
  input->running = pthread_create(&input->thread, NULL, run, input) == 0;
  if (input->running) return 0;
  input_stop(input);
  return complain_file("standard input", "there is no thread for it");
}

void input_stop(struct input* input) {
  if (input->websocket == NULL) return;
  if (input->running && write(input->wake[1], "", 1) == 1) pthread_join(input->thread, NULL);
  input->running = 0;
  close(input->wake[0]);
  close(input->wake[1]);
  ppn_websocket_release(input->websocket);
  input->websocket = NULL;
}
