/** @file redact.h
 *  What a program may show: the rules by which the library keeps secrets out of its own errors and log lines.
 */
#ifndef PEPPERPY_NETWORK_REDACT_H
#define PEPPERPY_NETWORK_REDACT_H

#include "export.h"

PPN_BEGIN_DECLS

/** A URL, or the target of one, as it may be shown: user information and the values of secret query parameters ("key",
 *  "token", "X-Amz-Signature" and others) are replaced by REDACTED, the fragment is dropped, the rest stays byte for
 *  byte. The text need not be a valid URL.
 *  @param url    Required.
 *  @param out    Required. Receives the text as a buffer (buffer.h); the caller releases it.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_redact_url(const char* url, size_t length, ppn_buffer** out, ppn_error** error);

/** Whether the value of a header of this name is a secret: Authorization, Cookie and their kin, and names with a word
 *  such as "key", "token" or "session" between hyphens or underscores. A few that only look so are not
 *  ("Idempotency-Key").
 *  @param name  Required. Compared without regard to case (RFC 9110 5.1).
 *  @return 1 or 0; 1 for NULL, since nothing is known about its value. Thread: any. Blocks: never. May be called from:
 *  any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_header_is_sensitive(const char* name, size_t name_length);

/** Any text as it may be shown: registered secrets (below, and the credentials in the options of living clients) and
 *  what looks like a credential ("sk-...", "Bearer ...") are replaced by "***". A secret is found as it is,
 *  percent-encoded in whole or in part, and inside base64. The log lines and errors of the library have gone through
 *  this.
 *  @param text   Required.
 *  @param out    Required. Receives the text as a buffer (buffer.h); the caller releases it.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_redact_text(const char* text, size_t length, ppn_buffer** out, ppn_error** error);

/** Make a text a secret of the process: from now on it is hidden wherever the library shows something. Credentials in
 *  the options of a client need no call of this; those in the headers of a request are hidden in what concerns it.
 *  Calls are counted.
 *  @param text   Required, of at least 8 bytes: shorter ones would be found inside words.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT. Thread: any. Blocks: never. May be called from: any callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_secret_register(const char* text, size_t length, ppn_error** error);

/** Undo one ppn_secret_register. With the last one the library's copy is overwritten.
 *  @param text   Required.
 *  @param error  Optional.
 *  @return PPN_OK, PPN_E_INVALID_ARGUMENT (also: not registered). Thread: any. Blocks: never. May be called from: any
 *  callback. Since 0.1. */
PPN_API int32_t PPN_CALL ppn_secret_forget(const char* text, size_t length, ppn_error** error);

PPN_END_DECLS

#endif
