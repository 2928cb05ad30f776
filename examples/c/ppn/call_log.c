#include "call_log.h"

#include <inttypes.h>
#include <stdio.h>

#include "text.h"

static void append_printable(struct text* out, const char* bytes, size_t length) {
  for (size_t i = 0; i < length; ++i) {
    const unsigned char byte = (unsigned char)bytes[i];
    text_append(out, byte < 0x20 || byte == 0x7f ? "?" : bytes + i, 1);
  }
}

static void append_number(struct text* out, const char* before, int64_t number, const char* after) {
  char digits[24];
  snprintf(digits, sizeof digits, "%" PRId64, number);
  text_append_string(out, before);
  text_append_string(out, digits);
  text_append_string(out, after);
}

/* ", name" for each of the two that there is: the detail and the code of the event. */
static void append_reasons(struct text* out, const ppn_call_event* event) {
  size_t length = 0;
  const char* detail = ppn_call_event_detail(event, &length);
  if (length != 0) {
    text_append_string(out, ", ");
    append_printable(out, detail, length);
  }
  if (ppn_call_event_code(event) != PPN_OK) {
    text_append_string(out, ", ");
    text_append_string(out, ppn_code_name(ppn_call_event_code(event)));
  }
}

static void append_result(struct text* out, const ppn_call_event* event) {
  if (ppn_call_event_status(event) != 0) append_number(out, ", status ", ppn_call_event_status(event), "");
  append_number(out, ", ", (int64_t)ppn_call_event_bytes(event), " bytes");
  append_reasons(out, event);
}

static void append_event(struct text* out, const ppn_call_event* event) {
  const int64_t delay_ms = ppn_call_event_delay_ms(event);
  size_t length = 0;
  const char* text = NULL;
  switch (ppn_call_event_type(event)) {
    case PPN_CALL_EVENT_BEGIN:
      text = ppn_call_event_method(event, &length);
      text_append_string(out, "begin ");
      append_printable(out, text, length);
      text = ppn_call_event_url(event, &length);
      text_append_string(out, " ");
      append_printable(out, text, length);
      break;
    case PPN_CALL_EVENT_ATTEMPT: append_number(out, "attempt ", ppn_call_event_attempt(event) + 1, ""); break;
    case PPN_CALL_EVENT_RATE_LIMIT_WAIT:
      append_number(out, "waits for the rate limiter: ", delay_ms, " ms");
      append_reasons(out, event);
      break;
    case PPN_CALL_EVENT_BREAKER:
      text_append_string(out, "circuit breaker");
      append_reasons(out, event);
      break;
    case PPN_CALL_EVENT_CONNECT:
      text = ppn_call_event_remote(event, &length);
      text_append_string(out, ppn_call_event_reused(event) ? "uses the connection to " : "connected to ");
      append_printable(out, text, length);
      if (ppn_call_event_reused(event)) text_append_string(out, " again");
      break;
    case PPN_CALL_EVENT_SENT:
      append_number(out, "request sent: ", (int64_t)ppn_call_event_bytes(event), " bytes");
      break;
    case PPN_CALL_EVENT_FIRST_BYTE: append_number(out, "first byte: status ", ppn_call_event_status(event), ""); break;
    case PPN_CALL_EVENT_FIRST_EVENT: text_append_string(out, "first piece of the stream"); break;
    case PPN_CALL_EVENT_ATTEMPT_END:
      append_number(out, "end of attempt ", ppn_call_event_attempt(event) + 1, "");
      append_result(out, event);
      break;
    case PPN_CALL_EVENT_RETRY:
      append_number(out, "retry in ", delay_ms, " ms (");
      text_append_string(out, ppn_call_event_delay_source(event));
      text_append_string(out, ")");
      if (ppn_call_event_status(event) != 0) append_number(out, ", status ", ppn_call_event_status(event), "");
      append_reasons(out, event);
      break;
    case PPN_CALL_EVENT_HEDGE:
      append_number(out, "a second request, for the first one takes more than ", delay_ms, " ms");
      break;
    case PPN_CALL_EVENT_END:
      text_append_string(out, "end of the call");
      append_result(out, event);
      break;
    default: text_append_string(out, ppn_call_event_name(event)); break; /* of a newer library */
  }
}

/* Written at once: other threads write lines, too. */
static void PPN_CALL print_event(void* user_data, const ppn_call_event* event) {
  struct text line = {NULL, 0, 0};
  char time[40];
  (void)user_data;
  snprintf(time, sizeof time, "* %.1f ms: ", ppn_call_event_time_ms(event));
  text_append_string(&line, time);
  append_event(&line, event);
  text_append_string(&line, "\n");
  fputs(line.data, stderr);
  text_free(&line);
}

int32_t call_log_start(ppn_client* client, ppn_error** error) {
  return ppn_client_set_event_listener(client, print_event, NULL, NULL, error);
}
