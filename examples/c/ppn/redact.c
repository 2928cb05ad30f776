#include "redact.h"

#include <string.h>

static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static int is_word(const char* bytes, size_t length, const char* word) {
  if (length != strlen(word)) return 0;
  for (size_t i = 0; i < length; ++i) {
    if (lower(bytes[i]) != word[i]) return 0;
  }
  return 1;
}

static int is_one_of(const char* bytes, size_t length, const char* const* words) {
  for (; *words != NULL; ++words) {
    if (is_word(bytes, length, *words)) return 1;
  }
  return 0;
}

int is_secret_header(const char* name, size_t length) {
  static const char* const public_names[] = {"idempotency-key", "sec-websocket-accept", "x-request-id", NULL};
  static const char* const secret_names[] = {"authorization",    "proxy-authorization", "cookie",       "set-cookie",
                                             "www-authenticate", "proxy-authenticate",  "x-auth-token", NULL};
  static const char* const secret_parts[] = {"token",    "secret",    "key",     "apikey",
                                             "password", "signature", "session", NULL};
  size_t from = 0;
  if (is_one_of(name, length, public_names)) return 0;
  if (is_one_of(name, length, secret_names)) return 1;
  for (size_t at = 0; at <= length; ++at) {
    if (at < length && name[at] != '-' && name[at] != '_') continue;
    if (is_one_of(name + from, at - from, secret_parts)) return 1;
    from = at + 1;
  }
  return 0;
}

int is_harmless_request_header(const char* name, size_t length) {
  static const char* const names[] = {"accept",          "accept-encoding",
                                      "accept-language", "cache-control",
                                      "content-type",    "content-encoding",
                                      "if-match",        "if-none-match",
                                      "range",           "if-modified-since",
                                      "user-agent",      "last-event-id",
                                      "x-request-id",    NULL};
  return is_one_of(name, length, names);
}

static int is_secret_parameter(const char* name, size_t length) {
  static const char* const names[] = {"x-amz-signature",
                                      "x-amz-credential",
                                      "x-amz-security-token",
                                      "awsaccesskeyid",
                                      "signature",
                                      "sig",
                                      "x-goog-signature",
                                      "key",
                                      "api_key",
                                      "apikey",
                                      "api-key",
                                      "access_token",
                                      "token",
                                      "auth",
                                      "password",
                                      "secret",
                                      "client_secret",
                                      "code",
                                      NULL};
  return is_one_of(name, length, names);
}

void append_redacted_url(struct text* out, const char* url) {
  const char* scheme_end = strstr(url, "://");
  const char* authority = scheme_end != NULL ? scheme_end + 3 : url;
  const size_t authority_length = scheme_end != NULL ? strcspn(authority, "/?#") : 0;
  const char* at_sign = NULL;
  const char* query = NULL;
  for (size_t i = 0; i < authority_length; ++i) {
    if (authority[i] == '@') at_sign = authority + i;
  }
  text_append(out, url, (size_t)(authority - url));
  if (at_sign != NULL) {
    text_append_string(out, "REDACTED:REDACTED@");
    authority = at_sign + 1;
  }
  query = authority + strcspn(authority, "?#");
  text_append(out, authority, (size_t)(query - authority));
  while (*query == '?' || *query == '&') {
    const size_t length = 1 + strcspn(query + 1, "&#");
    const size_t name_length = strcspn(query + 1, "=&#");
    if (1 + name_length < length && is_secret_parameter(query + 1, name_length)) {
      text_append(out, query, 2 + name_length);
      text_append_string(out, "REDACTED");
    } else {
      text_append(out, query, length);
    }
    query += length;
  }
}
