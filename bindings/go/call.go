package network

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"pepperpy.ai/network/internal/cabi"
)

// A call under way: whoever waits for its one note. Calls are used again, with their channel and their token.
type pending struct {
	token          int64
	done           chan struct{}
	status         int
	response, fail uintptr
	out            *started
	next           *pending

	// Of calls that are gathered (starts.go).
	described   []byte
	startStatus int // why it could not be started
	cancellable bool
	begun       chan struct{} // rung when a call that can be cancelled has its request
	parts       atomic.Int32  // what is missing until it is done: its note, and its request when it can be cancelled
}

// What the library writes when a call is started: apart, for C must not see memory that has pointers of Go.
type started struct{ request, fail uintptr }

func (p *pending) hear(n *note) {
	p.status, p.response, p.fail = int(n.b), n.first, n.second
	p.part()
}

func (p *pending) part() {
	if p.parts.Add(-1) == 0 {
		p.done <- struct{}{}
	}
}

var idle struct {
	mu    sync.Mutex
	first *pending
}

func newPending() *pending {
	idle.mu.Lock()
	p := idle.first
	if p != nil {
		idle.first = p.next
	}
	idle.mu.Unlock()
	if p == nil {
		p = &pending{done: make(chan struct{}, 1), begun: make(chan struct{}, 1), out: &started{}}
		p.token = heard.add(p)
	}
	useMailbox()
	p.next, *p.out, p.status, p.response, p.fail, p.startStatus = nil, started{}, 0, 0, 0, 0
	p.parts.Store(1)
	return p
}

// Only after its note came, or when it was never started.
func (p *pending) free() {
	leaveMailbox()
	idle.mu.Lock()
	p.next = idle.first
	idle.first = p
	idle.mu.Unlock()
}

// wait returns when the note has come. A context that ends cancels the call, whose note follows at once.
func (p *pending) wait(ctx context.Context, cancel func()) {
	ended := ctx.Done()
	if ended == nil {
		<-p.done
		return
	}
	select {
	case <-p.done:
	case <-ended:
		cancel()
		<-p.done
	}
}

// begin refuses contexts that nothing can be started under.
func begin(ctx context.Context) error {
	if ctx == nil {
		return failure(CodeInvalidArgument, "the context is nil")
	}
	if ctx.Err() != nil {
		return withContext(ctx, failure(CodeCancelled, "the context had ended before"))
	}
	return nil
}

// limit is the time that a context leaves, as an option of the request, unless the call has less anyway.
func (r *Request) limit(ctx context.Context, name string, otherwise time.Duration) []option {
	deadline, limited := ctx.Deadline()
	if !limited {
		return nil
	}
	left := time.Until(deadline)
	for _, o := range r.options {
		if o.name == name {
			ms, err := strconv.ParseInt(o.value, 10, 64)
			if err != nil {
				return nil // the library says what is wrong with it
			}
			otherwise = time.Duration(ms) * time.Millisecond
		}
	}
	if otherwise > 0 && otherwise <= left {
		return nil
	}
	ms := millisecondsUp(left)
	if ms < 1 {
		ms = 1
	}
	if ms > 86400000 {
		return nil // more than any call may take: the context ends it
	}
	return []option{{name, strconv.FormatInt(ms, 10)}}
}

// Do sends a request and waits for the whole response. A status of 400 or more is a response like another
// (Response.RaiseForStatus). When the context ends, the call is cancelled; its deadline limits the call beside the timeout
// of the client. Blocks; any number of goroutines may call.
func (c *client) Do(ctx context.Context, request *Request) (*Response, error) {
	if err := c.usable(ctx, request); err != nil {
		return nil, err
	}
	p := newPending()
	defer p.free()
	upload, err := c.start(ctx, request, p)
	if err != nil {
		return nil, err
	}
	gathered := p.cancellable
	p.wait(ctx, func() {
		if gathered {
			<-p.begun
			ring(p.begun)
		}
		cabi.Ppn_request_cancel(p.out.request)
	})
	upload.stop()
	if gathered {
		<-p.begun
	}
	if p.startStatus != 0 {
		return nil, c.explain(check(p.startStatus, p.out.fail))
	}
	response := takeResponse(p.out.request, p.response)
	if p.status == 0 {
		return response, nil
	}
	return nil, upload.explain(withContext(ctx, withResponse(takeError(p.status, p.fail), response)))
}

func (c *client) start(ctx context.Context, r *Request, p *pending) (*upload, error) {
	limit := r.limit(ctx, "timeout_ms", c.timeout)
	p.cancellable = false
	if r.canBeGathered() {
		starts.add(ctx, p, c.handle.Load(), r, limit)
		return nil, nil
	}
	if r.upload == nil && r.policy == nil {
		code := r.native(c.handle.Load(), p.token, &p.out.request, &p.out.fail, limit...)
		return nil, c.explain(check(code, p.out.fail))
	}
	code := r.native(c.handle.Load(), 0, &p.out.request, &p.out.fail, limit...)
	if err := check(code, p.out.fail); err != nil {
		return nil, c.explain(err)
	}
	u, err := r.complete(p.out.request)
	if err == nil {
		p.out.fail = 0
		err = check(cabi.Ppnb_request_start(p.out.request, p.token, &p.out.fail), p.out.fail)
	}
	if err != nil {
		u.stop()
		cabi.Ppn_request_release(p.out.request)
		return nil, c.explain(err)
	}
	return u, nil
}

// complete gives a described request what takes calls of its own.
func (r *Request) complete(request uintptr) (*upload, error) {
	if r.policy != nil {
		if err := r.policy.applyTo(request); err != nil {
			return nil, err
		}
	}
	if r.upload == nil {
		return nil, nil
	}
	return openUpload(request, r.upload)
}

func withResponse(err error, response *Response) error {
	if e := errorOf(err); e != nil {
		e.Response = response
	}
	if s, is := err.(*StatusError); is {
		s.Response = response
	}
	return err
}

// usable refuses what can not be sent.
func (c *client) usable(ctx context.Context, request *Request) error {
	if c == nil || c.handle.Load() == 0 && !c.closed.Load() {
		return failure(CodeInvalidArgument, "the client was not made by its constructor")
	}
	if c.closed.Load() {
		return failure(CodeClientClosed, "the client is closed")
	}
	if request == nil {
		return failure(CodeInvalidArgument, "the request is nil")
	}
	if request.err != nil {
		return request.err
	}
	return begin(ctx)
}

// explain says of a client that was closed meanwhile that it is closed.
func (c *client) explain(err error) error {
	e := errorOf(err)
	if e != nil && (e.Code == CodeInvalidState || e.Code == CodeInvalidArgument) && c.closed.Load() {
		return failure(CodeClientClosed, "the client is closed")
	}
	return err
}
