package network

import (
	"errors"
	"runtime/debug"
	"sync"
)

// The cause when a function of the user did neither return nor panic: it called runtime.Goexit, as the FailNow of a test
// does, or panic(nil).
var errLeft = errors.New("the function left its goroutine")

// guarded calls a function of the user, then `then` with what came of it: also when it panicked, and when it ends the
// goroutine, which nothing can prevent.
func guarded(function func() error, then func(error)) {
	err := errLeft
	defer func() {
		if value := recover(); value != nil {
			err = &PanicError{Value: value, Stack: debug.Stack()}
		}
		then(err)
	}()
	err = function()
}

// A hookQueue runs functions of the user one after the other, on a goroutine that lives as long as there are some.
type hookQueue struct {
	mu      sync.Mutex
	waiting []func()
	running bool
}

func (q *hookQueue) run(function func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, function)
	if !q.running {
		q.running = true
		go q.work()
	}
}

func (q *hookQueue) work() {
	left := true
	defer func() {
		if left { // one has ended the goroutine: the others need a new one
			go q.work()
		}
	}()
	for {
		q.mu.Lock()
		if len(q.waiting) == 0 {
			q.running = false
			q.mu.Unlock()
			left = false
			return
		}
		function := q.waiting[0]
		q.waiting = q.waiting[1:]
		q.mu.Unlock()
		function()
	}
}
