#include "script.h"

#include <stdarg.h>
#include <stdio.h>

enum { POINTER_SIZE = 256 };

#define MAKE_POINTER(pointer, format)                      \
  char pointer[POINTER_SIZE];                              \
  do {                                                     \
    va_list arguments;                                     \
    va_start(arguments, format);                           \
    vsnprintf(pointer, sizeof pointer, format, arguments); \
    va_end(arguments);                                     \
  } while (0)

static const char* text_at(ppn_json* script, const char* pointer) {
  const char* text = NULL;
  return ppn_json_string(script, pointer, PPN_AUTO_LENGTH, &text, NULL, NULL) == PPN_OK ? text : NULL;
}

const char* script_text(ppn_json* script, const char* format, ...) {
  MAKE_POINTER(pointer, format);
  return text_at(script, pointer);
}

int64_t script_number(ppn_json* script, int64_t otherwise, const char* format, ...) {
  MAKE_POINTER(pointer, format);
  int64_t number = 0;
  return ppn_json_int64(script, pointer, PPN_AUTO_LENGTH, &number, NULL) == PPN_OK ? number : otherwise;
}

int script_flag(ppn_json* script, const char* format, ...) {
  MAKE_POINTER(pointer, format);
  int32_t flag = 0;
  return ppn_json_bool(script, pointer, PPN_AUTO_LENGTH, &flag, NULL) == PPN_OK && flag != 0;
}

size_t script_size(ppn_json* script, const char* format, ...) {
  MAKE_POINTER(pointer, format);
  size_t size = 0;
  return ppn_json_size(script, pointer, PPN_AUTO_LENGTH, &size, NULL) == PPN_OK ? size : 0;
}

int script_bytes(ppn_json* script, struct text* out, const char* format, ...) {
  MAKE_POINTER(pointer, format);
  const char* text = NULL;
  size_t length = 0;
  if (ppn_json_string(script, pointer, PPN_AUTO_LENGTH, &text, &length, NULL) == PPN_OK) {
    text_add(out, text, length);
    return 1;
  }
  char below[POINTER_SIZE + 16];
  snprintf(below, sizeof below, "%s/base64", pointer);
  text = text_at(script, below);
  if (text == NULL) return 0;
  text_decode_base64(out, text);
  return 1;
}
