/* ppn stream: print a response while it arrives. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "call_log.h"
#include "commands.h"
#include "exit_status.h"
#include "head.h"
#include "interrupts.h"
#include "json.h"
#include "output.h"
#include "progress.h"
#include "refusal.h"
#include "session.h"
#include "verbose.h"

struct run {
  const struct options* options;
  struct output output;
  ppn_stream* stream;
  ppn_response* response;
  ppn_error* error;
  uint64_t pieces;
  uint64_t bytes;
  struct progress progress; /* of a stream that goes to a file */
};

static void show_progress(struct run* run) {
  char line[96];
  if (!progress_is_due(&run->progress)) return;
  snprintf(line, sizeof line, "ppn: %" PRIu64 " bytes", run->bytes);
  progress_draw(&run->progress, line);
}

/* One wait of `next` or `response`: PPN_PENDING until an interrupt turns it into a cancelled stream. */
static int32_t wait_for_head(struct run* run) {
  int32_t status = PPN_PENDING;
  while (status == PPN_PENDING && !interrupted) {
    status = ppn_stream_response(run->stream, WAIT_MS, &run->response, NULL);
    show_progress(run);
  }
  return status;
}

static int32_t wait_for_piece(struct run* run, const ppn_event** piece) {
  int32_t status = PPN_PENDING;
  while (status == PPN_PENDING) {
    if (interrupted) ppn_stream_cancel(run->stream);
    status = ppn_stream_next(run->stream, WAIT_MS, piece, &run->error);
    show_progress(run);
  }
  return status;
}

static void append_event_report(struct text* out, const ppn_event* event) {
  size_t length = 0;
  const char* bytes = ppn_event_type(event, &length);
  text_append_string(out, "{\"type\":");
  json_string(out, bytes, length);
  bytes = ppn_event_data(event, &length);
  text_append_string(out, ",\"data\":");
  json_string(out, bytes, length);
  bytes = ppn_event_id(event, &length);
  text_append_string(out, ",\"id\":");
  json_string(out, bytes, length);
  text_append_string(out, ",\"retry\":");
  json_integer_or_null(out, ppn_event_retry_ms(event));
  text_append_string(out, "}\n");
}

static void append_piece_report(struct text* out, enum stream_kind kind, const ppn_event* piece) {
  size_t length = 0;
  const char* bytes = ppn_event_data(piece, &length);
  if (kind == STREAM_LINES) {
    text_append_string(out, "{\"line\":");
    json_string(out, bytes, length);
  } else {
    text_append_string(out, "{\"bytes\":");
    json_integer(out, (int64_t)length);
    text_append_string(out, ",\"data_base64\":\"");
    text_append_base64(out, bytes, length);
    text_append_string(out, "\"");
  }
  text_append_string(out, "}\n");
}

static void write_piece(struct run* run, const ppn_event* piece) {
  const enum stream_kind kind = run->options->stream_kind;
  size_t length = 0;
  const char* bytes = ppn_event_data(piece, &length);
  ++run->pieces;
  run->bytes += length;
  if (run->options->report) {
    struct text line = {NULL, 0, 0};
    if (kind == STREAM_SSE) {
      append_event_report(&line, piece);
    } else {
      append_piece_report(&line, kind, piece);
    }
    output_write(&run->output, line.data, line.length);
    text_free(&line);
  } else {
    output_write(&run->output, bytes, length);
    if (kind == STREAM_SSE || kind == STREAM_LINES) output_write(&run->output, "\n", 1);
  }
  output_flush(&run->output);
}

static void write_end_report(struct run* run, int32_t code) {
  struct text line = {NULL, 0, 0};
  const char* end = code == PPN_OK ? "ok" : ppn_code_name(code);
  const enum stream_kind kind = run->options->stream_kind;
  text_append_string(&line, "{\"end\":");
  json_string(&line, end, strlen(end));
  text_append_string(&line, kind == STREAM_SSE     ? ",\"events\":"
                            : kind == STREAM_LINES ? ",\"lines\":"
                                                   : ",\"chunks\":");
  json_integer(&line, (int64_t)run->pieces);
  if (kind == STREAM_SSE) {
    size_t length = 0;
    const char* id = run->stream != NULL ? ppn_stream_last_event_id(run->stream, &length) : "";
    text_append_string(&line, ",\"last_event_id\":");
    json_string(&line, id, length);
    text_append_string(&line, ",\"retry\":");
    json_integer_or_null(&line, run->stream != NULL ? ppn_stream_retry_ms(run->stream) : -1);
  } else {
    text_append_string(&line, ",\"bytes\":");
    json_integer(&line, (int64_t)run->bytes);
  }
  text_append_string(&line, "}\n");
  output_write(&run->output, line.data, line.length);
  text_free(&line);
}

static void write_head(struct run* run) {
  struct text head = {NULL, 0, 0};
  if (run->options->verbose) verbose_head(run->response);
  if (!run->options->include_head || run->options->report) return;
  append_head(&head, run->response);
  output_write(&run->output, head.data, head.length);
  output_flush(&run->output);
  text_free(&head);
}

static int32_t open_stream(struct run* run, ppn_client* client, const char* url) {
  static const int32_t kinds[] = {PPN_STREAM_CHUNKS, PPN_STREAM_EVENTS, PPN_STREAM_LINES, PPN_STREAM_CHUNKS};
  ppn_request* request = NULL;
  int32_t code = session_request(run->options, client, url, &request, &run->error);
  if (code == PPN_OK && run->options->verbose) verbose_request(run->options, url);
  if (code == PPN_OK) code = ppn_stream_open(request, kinds[run->options->stream_kind], &run->stream, &run->error);
  ppn_request_release(request);
  return code;
}

/* Lines and chunks of an error page are printed as they come; afterwards its status is the failure. A stream whose head
   nobody has taken is tried again when it breaks before its first piece, so only who is to see it waits for it. */
static int32_t read_stream(struct run* run) {
  const ppn_event* piece = NULL;
  int32_t code = PPN_OK;
  if ((run->options->verbose || run->options->include_head) && wait_for_head(run) == PPN_OK) write_head(run);
  while ((code = wait_for_piece(run, &piece)) == PPN_OK && !run->output.failed) write_piece(run, piece);
  if (code == PPN_OK) return PPN_E_CANCELLED; /* nobody can read on */
  /* A stream that was cancelled may not have completed yet. */
  if (run->options->verbose && code != PPN_E_CANCELLED) verbose_end(run->response);
  if (code != PPN_END) return code;
  if (run->response == NULL) ppn_stream_response(run->stream, 0, &run->response, NULL);
  return ppn_response_status(run->response) >= 400 ? ppn_response_check_status(run->response, &run->error) : PPN_OK;
}

/* A server that refuses a stream of events says why in a body that is no event. */
static void show_refusal(struct run* run) {
  ppn_response* response = NULL;
  if (run->stream == NULL || ppn_stream_response(run->stream, 0, &response, NULL) != PPN_OK) return;
  print_refusal(response);
  ppn_response_release(response);
}

static int exit_status(struct run* run, int32_t code) {
  const int quiet = run->options->silent && !run->options->show_error;
  const int is_http_status = code >= PPN_E_HTTP_BAD_REQUEST && code <= PPN_E_HTTP_OTHER_STATUS;
  if (run->output.failed) return EXIT_USAGE;
  if (code == PPN_OK) return 0;
  if (interrupted && code == PPN_E_CANCELLED) return EXIT_INTERRUPTED + (int)interrupted;
  if (!quiet) {
    complain(code, run->error);
    if (run->options->stream_kind == STREAM_SSE) show_refusal(run);
  }
  return is_http_status && !run->options->report ? EXIT_HTTP_STATUS : exit_status_of(code);
}

int command_stream(const struct options* options) {
  struct run run;
  ppn_client* client = NULL;
  int32_t code = PPN_OK;
  int status = 0;
  memset(&run, 0, sizeof run);
  run.options = options;
  status = output_open(&run.output, &options->outputs, 0);
  if (status != 0) return status;
  catch_interrupts();
  progress_start(&run.progress, !options->silent && !options->verbose && options->outputs.count > 0);
  code = session_client(options, &client, &run.error);
  if (code == PPN_OK && options->verbose) code = call_log_start(client, &run.error);
  if (code == PPN_OK) code = open_stream(&run, client, options->urls.items[0]);
  if (code == PPN_OK) code = read_stream(&run);
  progress_clear(&run.progress);
  if (options->report) write_end_report(&run, code);
  if (output_close(&run.output) != 0) run.output.failed = 1;
  status = exit_status(&run, code);
  ppn_error_release(run.error);
  ppn_response_release(run.response);
  ppn_stream_release(run.stream);
  ppn_client_release(client);
  return status;
}
