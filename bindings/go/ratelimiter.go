package network

import (
	"context"
	"reflect"
	"sync"
	"time"

	"pepperpy.ai/network/internal/cabi"
)

// A RateLimiter lets so many requests pass per time, around any code and for any number of clients (Share). Whoever waits
// keeps its place, first come, first served. Its methods may be called on any number of goroutines.
//
//	release, err := limiter.Acquire(ctx)
//	if err != nil {
//		return err
//	}
//	defer release()
type RateLimiter struct {
	mu     sync.RWMutex
	handle uintptr
}

// NewRateLimiter makes a limiter of requests per minute, 0 = no limit. burstSize may pass at once; 0 = as many as come in a
// tenth of a minute, at least 1.
func NewRateLimiter(requestsPerMinute float64, burstSize int) (*RateLimiter, error) {
	if err := checkVersion(); err != nil {
		return nil, err
	}
	var made uintptr
	err := call(func(fail *uintptr) int {
		return cabi.Ppn_rate_limiter_new(requestsPerMinute, int64(burstSize), &made, fail)
	})
	if err != nil {
		return nil, err
	}
	return &RateLimiter{handle: made}, nil
}

// NewRateLimiterWithOptions makes a limiter as the options whose names begin with rate_limit say: tokens and requests in
// flight as well.
func NewRateLimiterWithOptions(options ...Option) (*RateLimiter, error) {
	config, err := NewNetworkConfig(options...)
	if err != nil {
		return nil, err
	}
	defer config.Close()
	var made uintptr
	err = config.with(func(handle uintptr, fail *uintptr) int {
		return cabi.Ppn_rate_limiter_new_with_config(handle, &made, fail)
	})
	if err != nil {
		return nil, err
	}
	return &RateLimiter{handle: made}, nil
}

// A Permit says what Acquire waits for.
type Permit struct {
	Scope  string        // scopes do not know each other; "" is one like another
	Cost   int64         // requests to be counted; 0 = 1
	Tokens int64         // tokens to be reserved, as an estimate; Ticket.Settle says what they were
	Wait   time.Duration // the longest time to wait; 0 = as long as the limiter lets calls wait, less = not at all
}

// Acquire waits until one request may pass, and returns the function that says that it is over: to be called once the work
// is done, more often has no effect. It fails with CodeRateLimited (RetryAfter says when there will be room, when that is
// known), CodeRateLimitQueueFull or CodeRateLimitCost, and when the context ends.
func (l *RateLimiter) Acquire(ctx context.Context) (release func(), err error) {
	ticket, err := l.AcquirePermit(ctx, Permit{})
	if err != nil {
		return nil, err
	}
	return ticket.Release, nil
}

// AcquirePermit is Acquire for a scope, a cost, tokens or another wait.
func (l *RateLimiter) AcquirePermit(ctx context.Context, wanted Permit) (*Ticket, error) {
	if err := begin(ctx); err != nil {
		return nil, err
	}
	p := newPending()
	defer p.free()
	timeout := int64(-1)
	if wanted.Wait != 0 {
		if timeout = millisecondsUp(wanted.Wait); timeout < 0 {
			timeout = 0
		}
	}
	if limit := (&Request{}).limit(ctx, "", wanted.Wait); limit != nil && timeout != 0 {
		timeout = milliseconds64(limit[0].value)
	}
	err := l.with(func(handle uintptr, _ *uintptr) int {
		return cabi.Ppnb_rate_limiter_start(handle, wanted.Scope, wanted.cost(), wanted.Tokens, timeout, p.token,
			&p.out.request, &p.out.fail)
	}, p)
	if err != nil {
		return nil, err
	}
	ticket := &Ticket{handle: p.out.request}
	p.wait(ctx, func() { cabi.Ppn_rate_ticket_cancel(ticket.handle) })
	if p.status != 0 {
		ticket.Release()
		return nil, withContext(ctx, takeError(p.status, p.fail))
	}
	return ticket, nil
}

// Try takes a permit if there is one now; CodeRateLimited otherwise.
func (l *RateLimiter) Try(wanted Permit) (*Ticket, error) {
	var out uintptr
	err := l.with(func(handle uintptr, fail *uintptr) int {
		return cabi.Ppn_rate_limiter_try(handle, wanted.Scope, wanted.cost(), wanted.Tokens, &out, fail)
	}, nil)
	if err != nil {
		return nil, err
	}
	return &Ticket{handle: out}, nil
}

func (p Permit) cost() int64 {
	if p.Cost == 0 {
		return 1
	}
	return p.Cost
}

// Share lets the requests of a client keep to this limit, beside the other clients and goroutines that do. Before the first
// request of the client.
func (l *RateLimiter) Share(client Client) error {
	c, err := nativeOf(client)
	if err != nil {
		return err
	}
	return l.with(func(handle uintptr, fail *uintptr) int {
		return cabi.Ppn_client_set_rate_limiter(c.handle.Load(), handle, fail)
	}, nil)
}

func nativeOf(of Client) (*client, error) {
	if of == nil || reflect.ValueOf(of).IsNil() { // it may also be a *HTTPClient that is nil
		return nil, failure(CodeInvalidArgument, "the client is nil")
	}
	c := of.native()
	if c.closed.Load() {
		return nil, failure(CodeClientClosed, "the client is closed")
	}
	return c, nil
}

// A RateCount is what Counted counts, over all scopes.
type RateCount int

const (
	RateWaiting  RateCount = 0 // those who wait
	RateInFlight RateCount = 1 // tickets that were granted and not released
	RateGranted  RateCount = 2 // grants, ever
	RateRefused  RateCount = 3 // refusals, ever
	RateFrozen   RateCount = 4 // scopes that stand still because a response said so
	RateScopes   RateCount = 5 // scopes that are remembered
)

// Counted is a count over all scopes, as of a moment ago; 0 of a closed limiter.
func (l *RateLimiter) Counted(which RateCount) int64 {
	if l == nil {
		return 0
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	return cabi.Ppn_rate_limiter_count(l.handle, int(which))
}

// Close releases the limiter. Clients and tickets keep what they need of it. A second call has no effect.
func (l *RateLimiter) Close() error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	cabi.Ppn_rate_limiter_release(l.handle)
	l.handle = 0
	return nil
}

// with calls a function that writes its error to `fail`, or to the pending call when there is one.
func (l *RateLimiter) with(function func(handle uintptr, fail *uintptr) int, p *pending) error {
	if l == nil {
		return failure(CodeInvalidArgument, "the rate limiter is nil")
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.handle == 0 {
		return failure(CodeInvalidState, "the rate limiter is closed")
	}
	if p != nil {
		return check(function(l.handle, nil), p.out.fail)
	}
	return call(func(fail *uintptr) int { return function(l.handle, fail) })
}

// A Ticket is a permit that was granted. Its methods may be called on any goroutine.
type Ticket struct {
	mu     sync.Mutex
	handle uintptr
}

// Settle says what the tokens really were, before Release: what was reserved too much is given back, what was too little is
// charged. It fails with CodeInvalidState after Release.
func (t *Ticket) Settle(tokens int64) error {
	if t == nil {
		return failure(CodeInvalidArgument, "the ticket is nil")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.handle == 0 {
		return failure(CodeInvalidState, "the ticket is released")
	}
	return check(cabi.Ppn_rate_ticket_settle(t.handle, tokens), 0)
}

// Release says that the work that was allowed is over. A second call has no effect.
func (t *Ticket) Release() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	cabi.Ppn_rate_ticket_release(t.handle)
	t.handle = 0
}
