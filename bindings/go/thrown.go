package network

import (
	"crypto/rand"
	"encoding/binary"
	"strconv"
	"strings"
	"sync"
	"time"
)

// What functions of the user failed with, until the error of their request reaches Go again. The library carries a text
// and no Go value, so the text ends in a number, which is taken off again. Numbers begin anywhere: no server can write a
// text that ends in the number of somebody else.
type thrownErrors struct {
	mu          sync.Mutex
	first, last uint64 // numbers that were used: above the first, up to the last
	kept        map[uint64]error
}

var thrown thrownErrors

// An error that never comes back (another middleware has answered instead) is forgotten when so many came after it.
const thrownLimit = 4096

const thrownMark = " [go "

// The library keeps the begin of long texts; the number must not be cut off.
const thrownText = 512

// mark keeps the error and returns the text that brings it back.
func (t *thrownErrors) mark(text string, err error) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.kept == nil {
		t.kept, t.first = make(map[uint64]error), firstMark()
		t.last = t.first
	}
	t.last++
	t.kept[t.last] = err
	delete(t.kept, t.last-thrownLimit)
	if len(text) > thrownText {
		text = strings.ToValidUTF8(text[:thrownText], "") + "..."
	}
	return text + thrownMark + strconv.FormatUint(t.last, 10) + "]"
}

func firstMark() uint64 {
	var random [8]byte
	if _, err := rand.Read(random[:]); err != nil {
		return uint64(time.Now().UnixNano())
	}
	return binary.LittleEndian.Uint64(random[:]) >> 2 // does not overflow
}

// claim returns what was kept for an error and cleans its text; nil when there is nothing.
func (t *thrownErrors) claim(e *Error) error {
	at := strings.LastIndex(e.Message, thrownMark)
	if at < 0 || !strings.HasSuffix(e.Message, "]") {
		return nil
	}
	number, err := strconv.ParseUint(e.Message[at+len(thrownMark):len(e.Message)-1], 10, 64)
	if err != nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if number <= t.first || number > t.last {
		return nil // somebody else wrote it
	}
	e.Message = e.Message[:at]
	return t.kept[number]
}
