/* A growing byte buffer, and what fills one: files, base64. */
#ifndef PPN_TEXT_H
#define PPN_TEXT_H

#include <stddef.h>

struct text {
  char* data; /* zero-terminated unless NULL */
  size_t length;
  size_t capacity;
};

/* The command can do nothing useful without memory: it says so and ends with the exit status of OUT_OF_MEMORY. */
void* allocate_or_die(void* old, size_t size);

void text_append(struct text* text, const void* data, size_t length);
void text_append_string(struct text* text, const char* string);
void text_append_base64(struct text* text, const void* data, size_t length);

/* Append a file, or standard input when `path` is "-". Returns NULL, or why it can not be read. */
const char* text_append_file(struct text* text, const char* path, size_t limit);

void text_free(struct text* text);

/* Pointers into argv, which outlives everything. */
struct list {
  const char** items;
  size_t count;
  size_t capacity;
};

void list_add(struct list* list, const char* item);
void list_free(struct list* list);

#endif
