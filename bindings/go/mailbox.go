package network

// How the library tells this package anything: one goroutine takes notes from its mailbox and hands each to the listener
// whose token it carries. No thread of the library ever enters Go.

import (
	"encoding/binary"
	"runtime"
	"sync"

	"pepperpy.ai/network/internal/cabi"
)

const (
	noteBytes   = 56
	notesAtOnce = 512
)

// A note of the mailbox. The handles are the listener's, which releases them.
type note struct {
	what, token, a, b, c int64
	first, second        uintptr
}

// A listener hears of its notes on the goroutine of the mailbox, one at a time. It must not block, and runs no code of a
// user.
type listener interface {
	hear(n *note)
}

// The listeners by token. A token names a place and how often it was used before, so that a note that comes late finds
// nobody instead of somebody else.
type listeners struct {
	mu     sync.Mutex
	places []place
	free   []int32
}

type place struct {
	uses     int32
	listener listener
}

func (l *listeners) add(who listener) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	var index int32
	if last := len(l.free) - 1; last >= 0 {
		index = l.free[last]
		l.free = l.free[:last]
	} else {
		index = int32(len(l.places))
		l.places = append(l.places, place{})
	}
	p := &l.places[index]
	p.uses = (p.uses + 1) & 0x7fffffff
	p.listener = who
	return int64(p.uses)<<32 | int64(index+1)
}

func (l *listeners) find(token int64) listener {
	l.mu.Lock()
	defer l.mu.Unlock()
	index := int(int32(token)) - 1
	if index < 0 || index >= len(l.places) || int64(l.places[index].uses) != token>>32 {
		return nil
	}
	return l.places[index].listener
}

func (l *listeners) remove(token int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	index := int32(token) - 1
	if p := &l.places[index]; int64(p.uses) == token>>32 && p.listener != nil {
		p.listener = nil
		l.free = append(l.free, index)
	}
}

func (l *listeners) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.places) - len(l.free)
}

var heard listeners

// The goroutine of the mailbox: it runs from the first listener until a Shutdown that meets nobody who waits for a note.
var mailbox struct {
	mu      sync.Mutex
	running bool
	users   int           // calls, streams, batches and WebSockets under way
	stop    bool          // it is to end, unless it is used
	changed chan struct{} // closed when it has ended, or goes on after all
}

// listen gives the listener a token and sees to it that its notes are taken.
func listen(who listener) int64 {
	token := heard.add(who)
	startMailbox(0)
	return token
}

// useMailbox keeps the goroutine until leaveMailbox: for those who wait for a note.
func useMailbox() { startMailbox(1) }

func leaveMailbox() {
	mailbox.mu.Lock()
	defer mailbox.mu.Unlock()
	mailbox.users--
}

func startMailbox(users int) {
	mailbox.mu.Lock()
	defer mailbox.mu.Unlock()
	mailbox.users += users
	if mailbox.running {
		return
	}
	mailbox.running = true
	cabi.Ppnb_mailbox_open()
	cabi.Ppnb_be_patient()
	go takeNotes()
}

// stopMailbox ends the goroutine after the notes that are there, unless it is used. The next listener starts it again.
func stopMailbox() {
	mailbox.mu.Lock()
	if !mailbox.running {
		mailbox.mu.Unlock()
		return
	}
	if !mailbox.stop {
		mailbox.stop, mailbox.changed = true, make(chan struct{})
	}
	changed := mailbox.changed
	mailbox.mu.Unlock()
	cabi.Ppnb_mailbox_wake()
	<-changed
}

func mailboxStops() bool {
	mailbox.mu.Lock()
	defer mailbox.mu.Unlock()
	if !mailbox.stop {
		return false
	}
	mailbox.stop = false
	close(mailbox.changed)
	mailbox.running = mailbox.users > 0
	return !mailbox.running
}

// Waiting inside C holds a thread, and for a moment the processor of this goroutine too. So those who were woken run
// first, and what they have started may be answered by the next look already.
func takeNotes() {
	buffer := make([]byte, notesAtOnce*noteBytes)
	for {
		taken := cabi.Ppnb_mailbox_take(buffer, 0)
		if taken == 0 {
			if mailboxStops() {
				return
			}
			taken = cabi.Ppnb_gather_notes(buffer, -1)
		}
		for rest := buffer[:taken]; len(rest) >= noteBytes; rest = rest[noteBytes:] {
			dispatch(rest)
		}
		runtime.Gosched()
	}
}

func dispatch(raw []byte) {
	at := func(i int) int64 { return int64(binary.LittleEndian.Uint64(raw[8*i:])) }
	n := note{what: at(0), token: at(1), a: at(2), b: at(3), c: at(4), first: uintptr(at(5)), second: uintptr(at(6))}
	if n.what == noteLogReady {
		logs.hear(&n)
		return
	}
	if who := heard.find(n.token); who != nil {
		who.hear(&n)
		return
	}
	discard(&n)
}

// The handles of a note that nobody hears any more.
func discard(n *note) {
	switch n.what {
	case noteCallComplete, noteSocketOpen:
		cabi.Ppn_response_release(n.first)
	case noteSocketClose:
		cabi.Ppn_buffer_release(n.first)
	case noteStep:
		// Nobody is left who would finish the step.
		cabi.Ppn_middleware_context_finish(n.first, nil)
		cabi.Ppn_middleware_context_release(n.first)
	case noteRefresh:
		cabi.Ppn_middleware_refresh_failed(n.first, nil)
		cabi.Ppn_middleware_release(n.first)
	}
	cabi.Ppn_error_release(n.second)
}
