#include "json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Length of the UTF-8 sequence at `bytes` (RFC 3629 section 4), 0 when there is none. */
static size_t utf8_sequence(const unsigned char* bytes, size_t left) {
  const unsigned char first = bytes[0];
  unsigned char low = 0x80;
  unsigned char high = 0xbf;
  size_t length = 0;
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) {
    length = 2;
  } else if (first >= 0xe0 && first <= 0xef) {
    length = 3;
    if (first == 0xe0) low = 0xa0;
    if (first == 0xed) high = 0x9f;
  } else if (first >= 0xf0 && first <= 0xf4) {
    length = 4;
    if (first == 0xf0) low = 0x90;
    if (first == 0xf4) high = 0x8f;
  }
  if (length == 0 || left < length || bytes[1] < low || bytes[1] > high) return 0;
  for (size_t i = 2; i < length; ++i) {
    if (bytes[i] < 0x80 || bytes[i] > 0xbf) return 0;
  }
  return length;
}

static int is_utf8(const unsigned char* bytes, size_t length) {
  size_t at = 0;
  while (at < length) {
    const size_t step = utf8_sequence(bytes + at, length - at);
    if (step == 0) return 0;
    at += step;
  }
  return 1;
}

void json_string(struct text* out, const char* bytes, size_t length) {
  const int keep_high = is_utf8((const unsigned char*)bytes, length);
  size_t plain = 0; /* start of the run that is copied as it is */
  text_append(out, "\"", 1);
  for (size_t at = 0; at < length; ++at) {
    const unsigned char byte = (unsigned char)bytes[at];
    char escape[8];
    if (byte == '"' || byte == '\\') {
      snprintf(escape, sizeof escape, "\\%c", byte);
    } else if (byte < 0x20 || byte == 0x7f || (byte >= 0x80 && !keep_high)) {
      snprintf(escape, sizeof escape, "\\u%04x", byte);
    } else {
      continue;
    }
    text_append(out, bytes + plain, at - plain);
    text_append_string(out, escape);
    plain = at + 1;
  }
  text_append(out, bytes + plain, length - plain);
  text_append(out, "\"", 1);
}

void json_member(struct text* out, const char* name) {
  json_string(out, name, strlen(name));
  text_append(out, ":", 1);
}

void json_integer(struct text* out, int64_t number) {
  char digits[24];
  snprintf(digits, sizeof digits, "%" PRId64, number);
  text_append_string(out, digits);
}

void json_integer_or_null(struct text* out, int64_t number) {
  if (number < 0) {
    text_append_string(out, "null");
  } else {
    json_integer(out, number);
  }
}

void json_decimal_or_null(struct text* out, double number, int decimals) {
  char digits[64];
  if (number < 0) {
    text_append_string(out, "null");
    return;
  }
  snprintf(digits, sizeof digits, "%.*f", decimals, number);
  text_append_string(out, digits);
}

void json_ms_or_null(struct text* out, double ms) {
  json_decimal_or_null(out, ms, 3);
}

void json_boolean(struct text* out, int value) {
  text_append_string(out, value ? "true" : "false");
}
