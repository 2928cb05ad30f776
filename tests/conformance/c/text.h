/* Bytes that grow, and JSON as the runner writes it. Without memory the program ends: nothing else is right then. */
#ifndef PPN_CONFORMANCE_TEXT_H
#define PPN_CONFORMANCE_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct text {
  char* bytes; /* zero-terminated once something was added; NULL before */
  size_t length;
};

void text_add(struct text* text, const char* bytes, size_t length);
void text_add_string(struct text* text, const char* string);
void text_format(struct text* text, const char* format, ...);
void text_free(struct text* text);

/* A JSON string in quotes; the bytes are UTF-8. */
void text_add_json(struct text* text, const char* utf8, size_t length);
/* Bytes as a JSON string of base64. */
void text_add_base64(struct text* text, const uint8_t* bytes, size_t length);
/* The bytes that a base64 text stands for, appended. */
void text_decode_base64(struct text* text, const char* base64);

#endif
