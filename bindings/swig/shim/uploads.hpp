// A request body that is written while it is sent.
#pragma once

#include <pepperpy/network.h>
#include <stddef.h>
#include <stdint.h>

struct ppnb_upload;

// Let `request` take its body from an upload. `length` as in ppn_request_set_body_callback, bytes or -1. With `rewindable` 1
// the binding can begin anew: on_writable tells a new generation then. The first is 0; on_writable(token, 0) asks for the
// first bytes. The caller releases the upload, at any time.
int32_t ppnb_upload_open(ppn_request* request, int64_t length, int32_t rewindable, int64_t token, ppnb_upload** out,
                         ppn_error** error);
void ppnb_upload_release(ppnb_upload* upload);

// Hand over bytes: how many were taken, up to 64 KiB in all that wait; 0 = no room, on_writable follows; -1 = they are of no
// use any more, for the request has ended or another generation has begun. Thread: any, one at a time. Blocks: never.
int64_t ppnb_upload_write(ppnb_upload* upload, int64_t generation, const uint8_t* data, size_t length);
// The body is whole. Thread: any.
void ppnb_upload_finish(ppnb_upload* upload, int64_t generation);
// The body can not be had: the request ends with PPN_E_CANCELLED. Thread: any.
void ppnb_upload_fail(ppnb_upload* upload);
