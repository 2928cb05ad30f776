/* Writing JSON (RFC 8259) into a text. Members are written in order; the caller keeps the commas. */
#ifndef PPN_JSON_H
#define PPN_JSON_H

#include <stdint.h>

#include "text.h"

/* A string. Bytes that are not UTF-8 as a whole are taken for ISO 8859-1, so that nothing is lost and the result is
 * JSON: header values may hold any byte above 0x7f (RFC 9110 5.5). */
void json_string(struct text* out, const char* bytes, size_t length);

/* "name": and what follows is up to the caller. */
void json_member(struct text* out, const char* name);

void json_integer(struct text* out, int64_t number);

/* null when `number` is negative, which is how the library says "not known". */
void json_integer_or_null(struct text* out, int64_t number);

/* null when negative. */
void json_decimal_or_null(struct text* out, double number, int decimals);

/* With three decimals; null when negative. */
void json_ms_or_null(struct text* out, double ms);

void json_boolean(struct text* out, int value);

#endif
