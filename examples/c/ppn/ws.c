/* ppn ws: lines of standard input out as messages, messages to the output; or every message back to where it came from. */
#define _POSIX_C_SOURCE 200809L
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "call_log.h"
#include "commands.h"
#include "exit_status.h"
#include "head.h"
#include "input.h"
#include "interrupts.h"
#include "output.h"
#include "refusal.h"
#include "session.h"
#include "verbose.h"
#include "ws_echo.h"

struct run {
  const struct options* options;
  struct output output;
  struct input input;
  struct echo echo;
  ppn_websocket* websocket;
  ppn_error* error;
  int64_t end_ms; /* of --max-time; 0: none */
  int closing;
};

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* How long the next wait may last. An interrupt closes, as 1001 "going away"; --max-time ends it at once. */
static int64_t wait_ms(struct run* run) {
  const int64_t left = run->end_ms != 0 ? run->end_ms - now_ms() : WAIT_MS;
  if (interrupted && !run->closing) {
    run->closing = 1;
    ppn_websocket_close(run->websocket, 1001, NULL, 0, NULL);
  }
  if (left <= 0) ppn_websocket_cancel(run->websocket);
  return left > WAIT_MS || left <= 0 ? WAIT_MS : left;
}

static int is_late(const struct run* run) {
  return run->end_ms != 0 && now_ms() >= run->end_ms;
}

/* -v: what happens to the connection. Reasons are words of a server. */
static void append_printable(struct text* out, const char* bytes, size_t length) {
  for (size_t i = 0; i < length; ++i) {
    const unsigned char byte = (unsigned char)bytes[i];
    text_append(out, byte < 0x20 || byte == 0x7f ? "?" : bytes + i, 1);
  }
}

static void PPN_CALL log_open(void* user_data, ppn_websocket* websocket, ppn_response* handshake) {
  struct text line = {NULL, 0, 0};
  size_t length = 0;
  const char* name = ppn_websocket_subprotocol(websocket, &length);
  (void)user_data;
  verbose_head(handshake);
  text_append_string(&line, "* WebSocket open");
  if (length != 0) {
    text_append_string(&line, ", subprotocol ");
    append_printable(&line, name, length);
  }
  text_append_string(&line, "\n");
  fputs(line.data, stderr);
  text_free(&line);
}

static void PPN_CALL log_close(void* user_data, ppn_websocket* websocket, int32_t code, const char* reason,
                               size_t reason_length, const ppn_error* error) {
  struct text line = {NULL, 0, 0};
  char number[48];
  (void)user_data;
  (void)websocket;
  snprintf(number, sizeof number, "* WebSocket closed, code %" PRId32, code);
  text_append_string(&line, number);
  if (reason_length != 0) {
    text_append_string(&line, ": ");
    append_printable(&line, reason, reason_length);
  }
  if (error != NULL) {
    text_append_string(&line, ", ");
    text_append_string(&line, ppn_code_name(ppn_error_code(error)));
  }
  text_append_string(&line, "\n");
  fputs(line.data, stderr);
  text_free(&line);
}

static int32_t PPN_CALL log_reconnecting(void* user_data, ppn_websocket* websocket, int32_t attempt, int64_t delay_ms,
                                         int32_t code, const ppn_error* error) {
  (void)user_data;
  (void)websocket;
  (void)code;
  (void)error;
  fprintf(stderr, "* WebSocket opens again in %" PRId64 " ms, attempt %" PRId32 "\n", delay_ms, attempt);
  return PPN_CB_CONTINUE;
}

static int32_t add_header(void* user_data, const char* name, size_t name_length, const char* value,
                          size_t value_length) {
  struct run* run = user_data;
  return ppn_websocket_set_header(run->websocket, name, name_length, value, value_length, &run->error);
}

static int32_t open_websocket(struct run* run, ppn_client* client) {
  const struct options* options = run->options;
  const char* url = options->urls.items[0];
  int32_t code = ppn_websocket_new(client, url, PPN_AUTO_LENGTH, &run->websocket, &run->error);
  if (code == PPN_OK) code = session_each_header(options, add_header, run);
  for (size_t i = 0; code == PPN_OK && i < options->subprotocols.count; ++i) {
    code = ppn_websocket_add_subprotocol(run->websocket, options->subprotocols.items[i], PPN_AUTO_LENGTH, &run->error);
  }
  if (code == PPN_OK && options->verbose) verbose_request(options, url);
  if (code == PPN_OK) {
    code = ppn_websocket_set_callbacks(run->websocket, options->verbose ? log_open : NULL,
                                       options->echo ? echo_message : NULL, options->verbose ? log_close : NULL,
                                       options->verbose ? log_reconnecting : NULL, NULL, &run->echo, NULL, &run->error);
  }
  return code == PPN_OK ? ppn_websocket_connect(run->websocket, &run->error) : code;
}

/* Whether lines can be sent. One that was open may have ended already; its messages come all the same, and how it ended
 * after them. */
static int is_open(struct run* run) {
  int32_t code = PPN_PENDING;
  while (code == PPN_PENDING) code = ppn_websocket_wait_open(run->websocket, wait_ms(run), NULL);
  return code == PPN_OK;
}

static void write_head(struct run* run) {
  struct text head = {NULL, 0, 0};
  ppn_response* response = NULL;
  if (!run->options->include_head) return;
  if (ppn_websocket_response(run->websocket, &response, NULL) != PPN_OK) return;
  if (ppn_response_status(response) == 101) append_head(&head, response);
  output_write(&run->output, head.data, head.length);
  output_flush(&run->output);
  text_free(&head);
  ppn_response_release(response);
}

/* The output is flushed when nothing more has arrived. */
static int32_t next_message(struct run* run, const ppn_event** message) {
  int32_t code = ppn_websocket_next(run->websocket, 0, message, &run->error);
  if (code == PPN_PENDING) output_flush(&run->output);
  while (code == PPN_PENDING) code = ppn_websocket_next(run->websocket, wait_ms(run), message, &run->error);
  return code;
}

static int is_text(const ppn_event* message) {
  size_t length = 0;
  const char* type = ppn_event_type(message, &length);
  return length == 4 && memcmp(type, "text", 4) == 0;
}

/* A text is a line; binary messages are as they came, one after the other. */
static void write_message(struct run* run, const ppn_event* message) {
  size_t length = 0;
  const char* data = ppn_event_data(message, &length);
  output_write(&run->output, data, length);
  if (is_text(message)) output_write(&run->output, "\n", 1);
}

/* The messages are sent back on the thread that brings them. PPN_END when it was closed as it should be. */
static int32_t echo_until_closed(struct run* run) {
  int32_t code = PPN_PENDING;
  while (code == PPN_PENDING) code = ppn_websocket_wait_closed(run->websocket, wait_ms(run), &run->error);
  if (run->echo.code == PPN_OK) return code == PPN_OK ? PPN_END : code;
  ppn_error_release(run->error);
  run->error = run->echo.error;
  return run->echo.code;
}

/* PPN_END when it was closed as it should be. */
static int32_t read_messages(struct run* run) {
  const ppn_event* message = NULL;
  int32_t code = PPN_OK;
  while (code == PPN_OK && !run->output.failed) {
    code = next_message(run, &message);
    if (code == PPN_OK) write_message(run, message);
  }
  return code;
}

/* A line that could not be sent is a failure of a conversation that went well otherwise; one that came after the server
 * had closed is none. */
static int32_t check_input(struct run* run) {
  const int32_t code = run->input.code;
  if (code == PPN_OK || code == PPN_E_WS_CLOSED || code == PPN_E_WS_QUEUE_FULL) return PPN_OK;
  run->error = ppn_error_acquire(run->input.error);
  return code;
}

static void show_refusal(const struct run* run) {
  ppn_response* response = NULL;
  if (ppn_websocket_response(run->websocket, &response, NULL) != PPN_OK) return;
  print_refusal(response);
  ppn_response_release(response);
}

static int exit_status(struct run* run, int32_t code) {
  const int quiet = run->options->silent && !run->options->show_error;
  if (run->output.failed) return EXIT_USAGE;
  if (interrupted && (code == PPN_OK || run->closing)) return EXIT_INTERRUPTED + (int)interrupted;
  if (code == PPN_OK) return 0;
  if (code == PPN_E_CANCELLED && is_late(run)) {
    if (!quiet) complain(PPN_E_TIMEOUT, NULL);
    return exit_status_of(PPN_E_TIMEOUT);
  }
  if (!quiet) {
    complain(code, run->error);
    if (code == PPN_E_WS_HANDSHAKE) show_refusal(run);
  }
  return exit_status_of(code);
}

static void warn_of_unsent(const struct run* run) {
  const size_t count = run->websocket != NULL ? ppn_websocket_unsent_count(run->websocket) : 0;
  if (count == 0 || run->options->silent) return;
  fprintf(stderr, "ppn: warning: %zu message%s not sent\n", count, count == 1 ? " was" : "s were");
}

int command_ws(const struct options* options) {
  struct run run;
  ppn_client* client = NULL;
  int32_t code = PPN_OK;
  int status = 0;
  memset(&run, 0, sizeof run);
  run.options = options;
  if (options->max_time_ms != 0) run.end_ms = now_ms() + (int64_t)options->max_time_ms;
  status = output_open(&run.output, &options->outputs, 0);
  if (status != 0) return status;
  catch_interrupts();
  code = session_client(options, &client, &run.error);
  if (code == PPN_OK && options->verbose) code = call_log_start(client, &run.error);
  if (code == PPN_OK) code = open_websocket(&run, client);
  if (code == PPN_OK) {
    const int open = is_open(&run);
    write_head(&run);
    if (open && !options->echo) status = input_start(&run.input, run.websocket);
    if (status == 0) code = options->echo ? echo_until_closed(&run) : read_messages(&run);
    input_stop(&run.input);
  }
  if (code == PPN_END) code = check_input(&run);
  if (output_close(&run.output) != 0) run.output.failed = 1;
  warn_of_unsent(&run);
  if (status == 0) status = exit_status(&run, code);
  ppn_error_release(run.input.error);
  ppn_error_release(run.error);
  ppn_websocket_release(run.websocket);
  text_free(&run.echo.held);
  ppn_client_release(client);
  return status;
}
