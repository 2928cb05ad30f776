// How the types of the C API cross to C#. Everything is blittable: numbers as they are, handles and addresses as numbers of the
// width of a pointer. So a call is nothing but a jump, nothing is copied on the way, and nothing needs reflection (trimming).
// Texts go down as an address and a length, two parameters: the layer above pins or stack-allocates their UTF-8.

// Constants instead of fields that are filled by a call each.
%csconst(1);
// The address of a text is no constant; PPN_VERSION_NUMBER says the same.
%ignore PPN_VERSION_STRING;

%pragma(csharp) imclassclassmodifiers="internal static unsafe class"
%pragma(csharp) moduleclassmodifiers="internal static unsafe class"

// One type, the same on all levels: in C, in the inner class and in the outer class.
%define PPNB_CSHARP_TYPE(TYPE, CTYPE, CSTYPE)
%typemap(ctype) TYPE #CTYPE
%typemap(imtype) TYPE #CSTYPE
%typemap(cstype) TYPE #CSTYPE
%typemap(in) TYPE { $1 = ($1_ltype)$input; }
%typemap(out) TYPE { $result = (CTYPE)$1; }
%typemap(csin) TYPE "$csinput"
%typemap(csout) TYPE { return $imcall; }
%enddef

%define PPN_HANDLE(TYPE)
PPNB_CSHARP_TYPE(TYPE *, void *, nint)
PPNB_CSHARP_TYPE(const TYPE *, void *, nint)
PPNB_CSHARP_TYPE(TYPE **, void **, nint*)
%enddef

// Both halves have types of their own below.
%define PPN_TEXT(DATA, LENGTH)
%enddef

%define PPN_OUT(TYPE, NAME)
%enddef

PPNB_CSHARP_TYPE(size_t, size_t, nuint)
PPNB_CSHARP_TYPE(const char *, void *, byte*)
PPNB_CSHARP_TYPE(const uint8_t *, void *, byte*)
PPNB_CSHARP_TYPE(uint8_t *, void *, byte*)
PPNB_CSHARP_TYPE(int32_t *, void *, int*)
PPNB_CSHARP_TYPE(int64_t *, void *, long*)
PPNB_CSHARP_TYPE(size_t *, void *, nuint*)
PPNB_CSHARP_TYPE(double *, void *, double*)
// Of ppnb_functions_open: addresses of functions.
PPNB_CSHARP_TYPE(void *, void *, nint)
