package network

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// Values that cross at once: little-endian, without gaps, a text as its length in 4 bytes and its bytes.

// A record that is read. Past its end everything is zero.
type record struct {
	rest []byte
}

func (r *record) take(n int) []byte {
	if n < 0 || n > len(r.rest) {
		n = len(r.rest)
	}
	taken := r.rest[:n:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *record) int32() int {
	if b := r.take(4); len(b) == 4 {
		return int(int32(binary.LittleEndian.Uint32(b)))
	}
	return 0
}

func (r *record) int64() int64 {
	if b := r.take(8); len(b) == 8 {
		return int64(binary.LittleEndian.Uint64(b))
	}
	return 0
}

func (r *record) float64() float64 { return math.Float64frombits(uint64(r.int64())) }

func (r *record) bytes() []byte { return r.take(r.int32()) }

// text shares the memory of the record.
func (r *record) text() string { return textOf(r.bytes()) }

func appendInt32(to []byte, value int) []byte {
	return append(to, byte(value), byte(value>>8), byte(value>>16), byte(value>>24))
}

func appendText(to []byte, text string) []byte {
	return append(appendInt32(to, len(text)), text...)
}

// textOf is the bytes as a string without a copy; nobody may change them while the string is used.
func textOf(b []byte) string { return *(*string)(unsafe.Pointer(&b)) }

// bytesOf is the text as bytes without a copy; nobody may change them.
func bytesOf(s string) []byte {
	if s == "" {
		return nil
	}
	return *(*[]byte)(unsafe.Pointer(&struct {
		string
		capacity int
	}{s, len(s)}))
}
