package network

import (
	"time"

	"pepperpy.ai/network/internal/cabi"
)

// A CallEvent is one step of a call. It holds no secret.
type CallEvent struct {
	Name        string // "begin", "attempt", "rate_limit_wait", "connect", "sent", "first_byte", "retry", "end" and others
	Call        int64  // number of the call among those of its client that were watched, from 1
	Time        time.Duration
	Attempt     int // from 0
	Method, URL string
	Status      int  // 0 = no response
	Code        Code // CodeOK = none
	Delay       time.Duration
	DelaySource string
	Bytes       int64
	Reused      bool // the connection had carried a request before
	Remote      string
	Detail      string
}

// OnCallEvent lets a function hear of the calls of a client that start from now on, instead of the one before; nil = nobody.
// It is called on a goroutine of its own, one event after the other. Events that come faster than it takes them are dropped;
// so is what it panics with.
func (c *client) OnCallEvent(listener func(CallEvent)) error {
	if listener == nil {
		listener = func(CallEvent) {}
	}
	f := &eventFeed{listener: listener}
	f.token = listen(f)
	var events uintptr
	f.queue.mu.Lock() // no event is taken before the queue is known
	err := c.with(func(handle uintptr, fail *uintptr) int {
		return cabi.Ppnb_events_open(handle, f.token, &events, fail)
	})
	f.events = events
	f.queue.mu.Unlock()
	if err != nil {
		heard.remove(f.token)
	}
	return err
}

type eventFeed struct {
	token    int64
	events   uintptr
	listener func(CallEvent)
	queue    hookQueue
}

func (f *eventFeed) hear(n *note) {
	f.queue.run(f.deliver)
	if n.what == noteEventsEnd {
		heard.remove(f.token)
		f.queue.run(func() { cabi.Ppnb_events_release(f.events) })
	}
}

func (f *eventFeed) deliver() {
	take := func(into []byte) int64 { return cabi.Ppnb_events_take(f.events, into) }
	forEachRecord(take, func() int64 { return cabi.Ppnb_events_needed(f.events) }, func(r record) {
		r.int32() // the type follows from the name
		e := CallEvent{Attempt: r.int32(), Status: r.int32(), Code: Code(r.int32()), Reused: r.int32() != 0}
		e.Call, e.Delay, e.Bytes = r.int64(), millisecondsOr(r.int64(), -1), r.int64()
		e.Time = time.Duration(r.float64() * float64(time.Millisecond))
		e.Name, e.Method, e.URL, e.DelaySource, e.Detail, e.Remote = r.text(), r.text(), r.text(), r.text(), r.text(), r.text()
		guarded(func() error { f.listener(e); return nil }, ignore)
	})
}

// MetricsJSON is what this client has counted, as JSON.
func (c *client) MetricsJSON() (string, error) { return c.metrics(cabi.PPN_METRICS_JSON) }

// MetricsPrometheus is the same for Prometheus, as text/plain; version=0.0.4.
func (c *client) MetricsPrometheus() (string, error) { return c.metrics(cabi.PPN_METRICS_PROMETHEUS) }

func (c *client) metrics(format int) (string, error) {
	var out uintptr
	err := c.with(func(handle uintptr, fail *uintptr) int { return cabi.Ppn_client_metrics(handle, format, &out, fail) })
	return string(takeBuffer(out)), err
}
