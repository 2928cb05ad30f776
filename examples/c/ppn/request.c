/* ppn request: fetch URLs in order over one client. */
#define _POSIX_C_SOURCE 200809L
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "call_log.h"
#include "commands.h"
#include "exit_status.h"
#include "head.h"
#include "output.h"
#include "progress.h"
#include "report.h"
#include "session.h"
#include "verbose.h"

static double now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void fetch(const struct options* options, ppn_client* client, struct outcome* outcome) {
  ppn_request* request = NULL;
  const double start_ms = now_ms();
  outcome->code = session_request(options, client, outcome->url, &request, &outcome->error);
  if (outcome->code == PPN_OK) {
    if (options->verbose) verbose_request(options, outcome->url);
    outcome->code = ppn_request_send(request, &outcome->response, &outcome->error);
  }
  outcome->elapsed_ms = now_ms() - start_ms;
  if (options->verbose) {
    verbose_head(outcome->response);
    verbose_end(outcome->response);
  }
  ppn_request_release(request);
}

/* What there is of the body, also when it was cut short: the error line says so. */
static void write_body(const struct options* options, struct output* output, const ppn_response* response) {
  struct text head = {NULL, 0, 0};
  size_t length = 0;
  const uint8_t* body = NULL;
  if (response == NULL) return;
  if (options->include_head) append_head(&head, response);
  body = ppn_response_body(response, &length);
  output_write(output, head.data, head.length);
  output_write(output, body, length);
  text_free(&head);
}

static int write_report(const struct options* options, const struct outcome* outcome) {
  static const struct list standard_output = {NULL, 0, 0};
  struct output output;
  struct text line = {NULL, 0, 0};
  output_open(&output, &standard_output, 0);
  append_report(&line, outcome, options->report_body);
  output_write(&output, line.data, line.length);
  text_free(&line);
  return output_close(&output);
}

/* An HTTP status is an answer: with --report it is in the line, without it is an exit status. */
static int exit_status(const struct options* options, struct outcome* outcome) {
  const int quiet = options->silent && !options->show_error;
  if (outcome->code != PPN_OK) {
    if (!quiet) complain(outcome->code, outcome->error);
    return exit_status_of(outcome->code);
  }
  if (!options->report && ppn_response_status(outcome->response) >= 400) {
    const int32_t code = ppn_response_check_status(outcome->response, &outcome->error);
    if (!quiet) complain(code, outcome->error);
    return EXIT_HTTP_STATUS;
  }
  return 0;
}

static int finish(const struct options* options, size_t index, struct outcome* outcome) {
  struct output output;
  int status = 0;
  if (!options->report || index < options->outputs.count) {
    status = output_open(&output, &options->outputs, index);
    if (status == 0) write_body(options, &output, outcome->response);
    if (output_close(&output) != 0) status = EXIT_USAGE;
  }
  if (options->report && write_report(options, outcome) != 0) status = EXIT_USAGE;
  if (status == 0 || outcome->code != PPN_OK) status = exit_status(options, outcome);
  ppn_response_release(outcome->response);
  ppn_error_release(outcome->error);
  return status;
}

/* What takes long and says nothing meanwhile: several URLs, and a body that goes to a file. */
static int wants_progress(const struct options* options) {
  return !options->silent && !options->verbose && (options->urls.count > 1 || options->outputs.count > 0);
}

/* Whether finish() will write nothing but to a pipe or file that is standard output. */
static int ends_unseen(const struct options* options, size_t index, const struct outcome* outcome) {
  return outcome->code == PPN_OK && ppn_response_status(outcome->response) < 400 && index >= options->outputs.count &&
         !isatty(STDOUT_FILENO);
}

int command_request(const struct options* options) {
  ppn_client* client = NULL;
  ppn_error* client_error = NULL;
  int32_t client_code = session_client(options, &client, &client_error);
  int last_failure = 0;
  struct ticker ticker;
  if (client_code == PPN_OK && options->verbose) client_code = call_log_start(client, &client_error);
  if (client_code != PPN_OK && !options->report) {
    complain(client_code, client_error);
    last_failure = exit_status_of(client_code);
  } else {
    ticker_start(&ticker, wants_progress(options), options->urls.count);
    for (size_t i = 0; i < options->urls.count; ++i) {
      struct outcome outcome;
      int status = 0;
      memset(&outcome, 0, sizeof outcome);
      outcome.url = options->urls.items[i];
      if (client_code == PPN_OK) {
        ticker_resume(&ticker, i);
        fetch(options, client, &outcome);
        ticker_pause(&ticker, !ends_unseen(options, i, &outcome));
      } else {
        outcome.code = client_code;
        outcome.error = ppn_error_acquire(client_error);
      }
      status = finish(options, i, &outcome);
      if (status != 0) last_failure = status;
    }
    ticker_stop(&ticker);
  }
  ppn_error_release(client_error);
  ppn_client_release(client);
  return last_failure;
}
