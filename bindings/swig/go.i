// How the types cross to Go: handles are uintptr, texts and bytes that go down are string (the layer above passes []byte
// without copying it), memory that is filled is []byte, numbers and handles that come up are written into Go memory.
// Everything is read and written where it lies, during the call alone; the library copies what it keeps.
//
// Nothing here is called back (callbacks.i), so `in` is the only direction of []byte. A director would need directorin and
// godirectorin as well, and SWIG would pass half a slice without a word.

%insert(cgo_comment) %{
#cgo pkg-config: pepperpy-network
#cgo CXXFLAGS: -std=c++20 -O2 -I${SRCDIR} -I${SRCDIR}/shim
#cgo LDFLAGS: -lstdc++
#include "header_check.h"
%}

// The empty string of Go has no address, which the library would take for a text that was left out.
%define PPN_GO_DOWN(pointer, length)
%typemap(gotype) (pointer, length) "string"
%typemap(in) (pointer, length) %{
  $1 = ($1_ltype)($input.n == 0 ? "" : $input.p);
  $2 = ($2_ltype)$input.n;
%}
%enddef

%define PPN_GO_FILLED(pointer, length)
%typemap(gotype) (pointer, length) "[]byte"
%typemap(in) (pointer, length) %{
  $1 = ($1_ltype)$input.array;
  $2 = ($2_ltype)$input.len;
%}
%enddef

%define PPN_HANDLE(type)
%typemap(gotype) type *, const type * "uintptr"
%typemap(in) type *, const type * %{ $1 = ($1_ltype)(uintptr_t)$input; %}
%typemap(out) type *, const type * %{ $result = $1; %}
%typemap(goout) type *, const type * ""
%typemap(gotype) type **out, type **error "*uintptr"
%typemap(in) type **out, type **error %{ $1 = ($1_ltype)$input; %}
%enddef

%define PPN_TEXT(pointer, length)
PPN_GO_DOWN(pointer, length)
%enddef

%define PPN_OUT(type, name)
%typemap(in) type *name %{ $1 = ($1_ltype)$input; %}
%enddef
%typemap(gotype) double *out "*float64"
%typemap(gotype) int32_t *out, int32_t *out_kind, int32_t *out_outcome, int32_t *out_reason, int32_t *out_retry,
                 int32_t *out_type "*int32"
%typemap(gotype) int64_t *out, int64_t *out_delay_ms "*int64"
%typemap(gotype) size_t *out, size_t *out_removed "*uint64"

// Texts that are returned live at least until the call has returned; Go copies them before anything else can happen.
%typemap(imtype) const char * "string"
%typemap(out) const char * %{
  $result.p = (char *)$1;
  $result.n = $1 == NULL ? 0 : (intgo)strlen($1);
%}
%typemap(goout) const char * %{ $result = string([]byte($1)) %}

PPN_GO_FILLED(uint8_t *buffer, size_t capacity)
PPN_GO_FILLED(uint8_t *to, size_t capacity)
PPN_GO_DOWN(const uint8_t *data, size_t length)

// One call in two crossings.
PPN_HANDLE(ppn_client)
PPN_HANDLE(ppn_request)
PPN_HANDLE(ppn_response)
PPN_HANDLE(ppn_error)
PPN_HANDLE(ppnb_reader)
PPN_GO_DOWN(const char *description, size_t description_length)
PPN_GO_DOWN(const char *body, size_t body_length)
PPN_GO_DOWN(const char *requests, size_t requests_length)
PPN_GO_FILLED(uint8_t *results, size_t results_length)
%{
#include "whole_calls.hpp"
%}
%include "../go/internal/cabi/whole_calls.hpp"
