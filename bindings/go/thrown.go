package network

import (
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
)

// What functions of the user failed with, until the error of their request reaches Go again. The library carries a text
// and no Go value, so the text ends in a number, which is taken off again.
type thrownErrors struct {
	mu   sync.Mutex
	last uint64
	kept map[uint64]error
}

var thrown thrownErrors

// An error that never comes back (another middleware has answered instead) is forgotten when so many came after it.
const thrownLimit = 4096

const thrownMark = " [go "

// mark keeps the error and returns the text that brings it back.
func (t *thrownErrors) mark(text string, err error) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.kept == nil {
		t.kept = make(map[uint64]error)
	}
	t.last++
	t.kept[t.last] = err
	delete(t.kept, t.last-thrownLimit)
	return fmt.Sprintf("%s%s%d]", text, thrownMark, t.last)
}

// claim returns what was kept for an error and cleans its text; nil when there is nothing.
func (t *thrownErrors) claim(e *Error) error {
	at := strings.LastIndex(e.Message, thrownMark)
	if at < 0 || !strings.HasSuffix(e.Message, "]") {
		return nil
	}
	var number uint64
	if _, err := fmt.Sscanf(e.Message[at+len(thrownMark):], "%d]", &number); err != nil {
		return nil
	}
	e.Message = e.Message[:at]
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.kept[number]
}

// recovered turns the value of recover() into an error.
func recovered(value any) error { return &PanicError{Value: value, Stack: debug.Stack()} }
