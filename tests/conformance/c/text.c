#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void text_add(struct text* text, const char* bytes, size_t length) {
  char* const grown = realloc(text->bytes, text->length + length + 1);
  if (grown == NULL) abort();
  if (length > 0) memcpy(grown + text->length, bytes, length);
  text->bytes = grown;
  text->length += length;
  grown[text->length] = '\0';
}

void text_add_string(struct text* text, const char* string) {
  text_add(text, string, strlen(string));
}

void text_format(struct text* text, const char* format, ...) {
  char line[1024];
  va_list arguments;
  va_start(arguments, format);
  const int length = vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  if (length < 0 || (size_t)length >= sizeof line) abort();
  text_add(text, line, (size_t)length);
}

void text_free(struct text* text) {
  free(text->bytes);
  text->bytes = NULL;
  text->length = 0;
}

void text_add_json(struct text* text, const char* utf8, size_t length) {
  text_add_string(text, "\"");
  for (size_t i = 0; i < length; ++i) {
    const unsigned char byte = (unsigned char)utf8[i];
    if (byte == '"' || byte == '\\') {
      text_format(text, "\\%c", byte);
    } else if (byte < 0x20) {
      text_format(text, "\\u%04x", byte);
    } else {
      text_add(text, utf8 + i, 1);
    }
  }
  text_add_string(text, "\"");
}

void text_add_base64(struct text* text, const uint8_t* bytes, size_t length) {
  text_add_string(text, "\"");
  for (size_t i = 0; i < length; i += 3) {
    const size_t rest = length - i;
    const unsigned bits = (unsigned)bytes[i] << 16 | (rest > 1 ? (unsigned)bytes[i + 1] << 8 : 0U) |
                          (rest > 2 ? (unsigned)bytes[i + 2] : 0U);
    const char four[4] = {digits[bits >> 18], digits[bits >> 12 & 63], rest > 1 ? digits[bits >> 6 & 63] : '=',
                          rest > 2 ? digits[bits & 63] : '='};
    text_add(text, four, sizeof four);
  }
  text_add_string(text, "\"");
}

void text_decode_base64(struct text* text, const char* base64) {
  unsigned bits = 0;
  int count = 0;
  for (; *base64 != '\0' && *base64 != '='; ++base64) {
    const char* const digit = strchr(digits, *base64);
    if (digit == NULL) continue;
    bits = (bits << 6 | (unsigned)(digit - digits)) & 0xffffffU;
    count += 6;
    if (count >= 8) {
      count -= 8;
      const char byte = (char)(bits >> count & 0xff);
      text_add(text, &byte, 1);
    }
  }
}
