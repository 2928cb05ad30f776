package network

import (
	"sync"

	"pepperpy.ai/network/internal/cabi"
)

// Memory that what comes up is copied into first; its size is not known before.
var scratches = sync.Pool{New: func() any { return &scratch{make([]byte, 4096)} }}

type scratch struct{ bytes []byte }

const scratchLimit = 64 << 10 // larger ones are not kept

func (s *scratch) done() {
	if len(s.bytes) <= scratchLimit {
		scratches.Put(s)
	}
}

// readWhole calls `read` with memory until it fits, and returns a copy of its size; nil when there is nothing. `read`
// returns how much there is.
func readWhole(read func(to []byte) int64) []byte {
	s := scratches.Get().(*scratch)
	defer s.done()
	needed := read(s.bytes)
	if needed > int64(len(s.bytes)) {
		whole := make([]byte, needed)
		if read(whole) != needed {
			return nil
		}
		return whole
	}
	if needed <= 0 {
		return nil
	}
	return append([]byte(nil), s.bytes[:needed]...)
}

// takeBuffer copies the bytes of a buffer and releases it; nil for 0.
func takeBuffer(buffer uintptr) []byte {
	if buffer == 0 {
		return nil
	}
	defer cabi.Ppn_buffer_release(buffer)
	return readWhole(func(to []byte) int64 { return cabi.Ppnb_buffer_copy(buffer, to) })
}

// check turns what a function of the library returned into an error.
func check(code int, handle uintptr) error {
	if code == 0 {
		return nil
	}
	return takeError(code, handle)
}

// call is for functions whose last argument is the error.
func call(function func(fail *uintptr) int) error {
	var handle uintptr
	return check(function(&handle), handle)
}
