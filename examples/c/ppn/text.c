#include "text.h"

#include <errno.h>
#include <pepperpy/network.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit_status.h"

void* allocate_or_die(void* old, size_t size) {
  void* block = realloc(old, size);
  if (block == NULL) {
    fputs("ppn: OUT_OF_MEMORY: memory could not be allocated\n", stderr);
    exit(exit_status_of(PPN_E_OUT_OF_MEMORY));
  }
  return block;
}

static void reserve(struct text* text, size_t more) {
  const size_t needed = text->length + more + 1;
  size_t capacity = text->capacity != 0 ? text->capacity : 256;
  if (needed <= text->capacity) return;
  while (capacity < needed) capacity *= 2;
  text->data = allocate_or_die(text->data, capacity);
  text->capacity = capacity;
}

void text_append(struct text* text, const void* data, size_t length) {
  reserve(text, length);
  if (length != 0) memcpy(text->data + text->length, data, length);
  text->length += length;
  text->data[text->length] = '\0';
}

void text_append_string(struct text* text, const char* string) {
  text_append(text, string, strlen(string));
}

/* RFC 4648 section 4, with padding. */
void text_append_base64(struct text* text, const void* data, size_t length) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const unsigned char* bytes = data;
  reserve(text, length / 3 * 4 + 4);
  for (size_t at = 0; at < length; at += 3) {
    const size_t left = length - at;
    const unsigned long group = (unsigned long)bytes[at] << 16 | (left > 1 ? (unsigned long)bytes[at + 1] << 8 : 0) |
                                (left > 2 ? (unsigned long)bytes[at + 2] : 0);
    char quad[4];
    quad[0] = digits[group >> 18 & 63];
    quad[1] = digits[group >> 12 & 63];
    quad[2] = left > 1 ? digits[group >> 6 & 63] : '=';
    quad[3] = left > 2 ? digits[group & 63] : '=';
    text_append(text, quad, sizeof quad);
  }
}

const char* text_append_file(struct text* text, const char* path, size_t limit) {
  const int is_stdin = strcmp(path, "-") == 0;
  const char* problem = NULL;
  const size_t before = text->length;
  char piece[16384];
  size_t length = 0;
  FILE* file = is_stdin ? stdin : fopen(path, "rb");
  if (file == NULL) return strerror(errno);
  while ((length = fread(piece, 1, sizeof piece, file)) > 0) {
    if (length > limit - (text->length - before)) {
      problem = "it is larger than allowed";
      break;
    }
    text_append(text, piece, length);
  }
  if (problem == NULL && ferror(file)) problem = strerror(errno);
  if (!is_stdin) fclose(file);
  return problem;
}

void text_free(struct text* text) {
  free(text->data);
  memset(text, 0, sizeof *text);
}

void list_add(struct list* list, const char* item) {
  if (list->count == list->capacity) {
    list->capacity = list->capacity * 2 + 8;
    list->items = allocate_or_die(list->items, list->capacity * sizeof *list->items);
  }
  list->items[list->count++] = item;
}

void list_free(struct list* list) {
  free(list->items);
  memset(list, 0, sizeof *list);
}
