// A request described and started, and a response read whole, in one crossing each: a crossing costs as much as the work
// behind most of them.
#pragma once

#include <pepperpy/network.h>

#include <stddef.h>
#include <stdint.h>

#include "shim/streams.hpp"

// What the body of a description is.
enum { PPNB_BODY_NONE = 0, PPNB_BODY_BYTES = 1, PPNB_BODY_JSON = 2, PPNB_BODY_FILE = 3 };

// Describe a request, and start it with ppnb_request_start unless `token` is 0. The description is as records.hpp: texts
// method, url; int32 kind of the body; int32 number of headers, each int32 add (else set), texts name and value; int32
// number of options, each texts name and value. The body, or the path of the file that holds it, is apart. Unless PPN_OK
// there is no request and nothing is told. Thread: any.
int32_t ppnb_whole_request(ppn_client* client, const char* description, size_t description_length, const char* body,
                           size_t body_length, int64_t token, ppn_request** out, ppn_error** error);

// Describe and start many. `requests` holds for each: int32 length of what follows, int64 client, int64 token, int32 keep,
// text description, text body. Of each, three int64 go to `results`: code, request, error; the request is null unless `keep`
// is 1, for a request that was started needs no owner. Returns how many there were room for.
int64_t ppnb_whole_requests(const char* requests, size_t requests_length, uint8_t* results, size_t results_length);

// Read a response whole: int32 length and bytes of ppnb_describe_response; int32 length and bytes of ppnb_describe_error of
// ppn_response_check_status, empty for a success; the rest is the body. Returns the number of bytes, or -1 without memory.
// When they fit the request and the response are released; else nothing is written, and they stay.
int64_t ppnb_whole_response(ppn_request* request, ppn_response* response, uint8_t* buffer, size_t capacity);

// The bytes of ppnb_describe_error, as ppnb_whole_response; the error is released when they fit.
int64_t ppnb_whole_error(ppn_error* error, uint8_t* buffer, size_t capacity);

// Wait for notes as ppnb_mailbox_take, up to `timeout_ms`, then let the thread that left the first one leave the others that
// it has, and take them, too: whoever sleeps between two notes pays for waking up more than a note is worth.
int64_t ppnb_gather_notes(uint8_t* buffer, size_t capacity, int64_t timeout_ms);

// ppnb_reader_take, and whether there is nothing left: then 2^40 is added to the number of bytes, on_ready follows,
// and whoever waits for the next piece needs no look that finds nothing.
int64_t ppnb_take_all(ppnb_reader* reader, uint8_t* buffer, size_t capacity, ppn_error** error);

// Let the I/O threads not interrupt a thread that has just given them work (SCHED_BATCH), where both have one processor: it
// is about to give them more, and Go pays twice for a thread that stops inside C. Before the first request; later calls
// have no effect, so that hooks which a program has set afterwards stay.
void ppnb_be_patient();
