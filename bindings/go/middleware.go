package network

import (
	"sync"

	"pepperpy.ai/network/internal/cabi"
)

// A Step is a function of a middleware. It runs on a goroutine of its own and may take its time: the request waits for it,
// up to middleware_timeout_ms. What it returns ends the request: an *Error with its code, everything else with
// CodeMiddlewareFailed; so does a panic, and leaving the goroutine (runtime.Goexit). errors.Is and errors.As find the
// original in the error of the call.
type Step func(context *MiddlewareContext) error

// RequestMiddleware is code of a user around the requests of a client, once for each request, or for each of its attempts.
//
//	client.Use(&network.RequestMiddleware{Name: "signer", BeforeAttempt: func(c *network.MiddlewareContext) error {
//		return c.SetHeader("X-Signature", sign(c.Method(), c.URL()))
//	}})
//
// Before steps run in the order in which the client got the middleware, the others in reverse; whoever was entered leaves.
type RequestMiddleware struct {
	Name string // for messages; 1 to 128 bytes without control characters

	BeforeRequest  Step // before the request as a whole
	AfterResponse  Step // it ended with a response, of any status; of a stream, that has its head only
	OnError        Step // it ended with an error
	BeforeAttempt  Step // close to the wire: once for each retry and each redirect
	AfterAttempt   Step
	OnAttemptError Step
}

// Use puts middleware around the requests that are started from here on, inside of what was added before.
func (c *client) Use(middleware ...*RequestMiddleware) error {
	for _, m := range middleware {
		if m == nil {
			return failure(CodeInvalidArgument, "the middleware is nil")
		}
		if err := c.use(m.Name, cabi.PPN_MIDDLEWARE_APPLICATION, m.BeforeRequest, m.AfterResponse, m.OnError); err != nil {
			return err
		}
		if err := c.use(m.Name, cabi.PPN_MIDDLEWARE_ATTEMPT, m.BeforeAttempt, m.AfterAttempt, m.OnAttemptError); err != nil {
			return err
		}
	}
	return nil
}

func (c *client) use(name string, kind int, before, after, onError Step) error {
	steps := &middlewareSteps{before: before, after: after, onError: onError}
	which := steps.bits()
	if which == 0 {
		return nil
	}
	steps.token = listen(steps)
	made, err := newMiddleware(func(out, fail *uintptr) int {
		return cabi.Ppnb_middleware_new(name, kind, which, steps.token, out, fail)
	})
	if err != nil {
		heard.remove(steps.token)
		return err
	}
	defer made.Close()
	return made.UseIn(c)
}

// What hears of the steps of one native middleware, until the last client that has it has ended.
type middlewareSteps struct {
	token                  int64
	before, after, onError Step
}

func (m *middlewareSteps) bits() (bits int) {
	if m.before != nil {
		bits |= cabi.PPNB_STEP_BEFORE
	}
	if m.after != nil {
		bits |= cabi.PPNB_STEP_AFTER
	}
	if m.onError != nil {
		bits |= cabi.PPNB_STEP_ON_ERROR
	}
	return bits
}

func (m *middlewareSteps) hear(n *note) {
	switch n.what {
	case noteReleased:
		heard.remove(m.token)
	case noteStep:
		step := m.onError
		switch int(n.b) {
		case cabi.PPNB_STEP_BEFORE:
			step = m.before
		case cabi.PPNB_STEP_AFTER:
			step = m.after
		}
		go runStep(step, n.first)
	default:
		discard(n)
	}
}

func runStep(step Step, handle uintptr) {
	context := &MiddlewareContext{handle: handle}
	guarded(func() error { return step(context) }, func(err error) {
		if err != nil {
			context.failWith(err)
		}
		context.finish()
	})
}

func (c *MiddlewareContext) failWith(err error) {
	code, text := CodeMiddlewareFailed, err.Error()
	if e := errorOf(err); e != nil {
		code, text = e.Code, e.Message
	}
	text = thrown.mark(text, err)
	fail := func(code Code) error {
		return c.with(func(handle uintptr, fail *uintptr) int {
			return cabi.Ppn_middleware_context_fail(handle, int(code), text, fail)
		})
	}
	// An Error that was not made by this package may have a code that the library does not know.
	if fail(code) != nil {
		fail(CodeMiddlewareFailed)
	}
}

// A Middleware is one that the library makes: TraceContext, Auth, TokenRefresh. UseIn puts it around the requests of a
// client; Close gives it back, clients keep it.
type Middleware struct {
	mu     sync.RWMutex
	handle uintptr
}

func newMiddleware(make func(out, fail *uintptr) int) (*Middleware, error) {
	if err := checkVersion(); err != nil {
		return nil, err
	}
	var handle, fail uintptr
	if err := check(make(&handle, &fail), fail); err != nil {
		return nil, err
	}
	return &Middleware{handle: handle}, nil
}

// NewTraceContext makes a middleware that names the trace of each attempt by a traceparent header (W3C Trace Context).
func NewTraceContext() (*Middleware, error) {
	return newMiddleware(func(out, fail *uintptr) int { return cabi.Ppn_middleware_new_trace_context(out, fail) })
}

// NewAuth makes a middleware that sends a credential to the origin of the URL and to no other. Usual are the header
// "Authorization" and the scheme "Bearer"; with an empty scheme the value is the secret alone.
func NewAuth(url, header, scheme, secret string) (*Middleware, error) {
	return newMiddleware(func(out, fail *uintptr) int {
		return cabi.Ppn_middleware_new_auth(url, header, scheme, secret, out, fail)
	})
}

// NewTokenRefresh makes a middleware that sends a token as NewAuth, and gets a new one when the server answers 401: one call
// of `refresh`, on a goroutine of its own, for all requests that were refused meanwhile. With an empty token the first request
// asks for one.
func NewTokenRefresh(url, header, scheme, token string, refresh func() (string, error)) (*Middleware, error) {
	if refresh == nil {
		return nil, failure(CodeInvalidArgument, "the refresh function is nil")
	}
	r := &tokenRefresh{refresh: refresh}
	r.token = listen(r)
	made, err := newMiddleware(func(out, fail *uintptr) int {
		return cabi.Ppnb_middleware_new_token_refresh(url, header, scheme, token, r.token, out, fail)
	})
	if err != nil {
		heard.remove(r.token)
	}
	return made, err
}

type tokenRefresh struct {
	token   int64
	refresh func() (string, error)
}

func (r *tokenRefresh) hear(n *note) {
	switch n.what {
	case noteReleased:
		heard.remove(r.token)
	case noteRefresh:
		go r.run(n.first)
	default:
		discard(n)
	}
}

func (r *tokenRefresh) run(middleware uintptr) {
	token := ""
	guarded(func() (err error) {
		token, err = r.refresh()
		return err
	}, func(err error) {
		if err == nil {
			err = call(func(fail *uintptr) int { return cabi.Ppn_middleware_set_token(middleware, token, fail) })
		}
		if err != nil {
			cabi.Ppn_middleware_refresh_failed(middleware, nil)
		}
		cabi.Ppn_middleware_release(middleware)
	})
}

// UseIn puts the middleware around the requests of a client that are started from here on.
func (m *Middleware) UseIn(client Client) error {
	if m == nil {
		return failure(CodeInvalidArgument, "the middleware is nil")
	}
	c, err := nativeOf(client)
	if err != nil {
		return err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.handle == 0 {
		return failure(CodeInvalidState, "the middleware is closed")
	}
	return c.with(func(handle uintptr, fail *uintptr) int {
		return cabi.Ppn_client_add_middleware(handle, m.handle, fail)
	})
}

// SetToken gives a new token to a middleware of NewTokenRefresh, asked for or not.
func (m *Middleware) SetToken(token string) error {
	if m == nil {
		return failure(CodeInvalidArgument, "the middleware is nil")
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.handle == 0 {
		return failure(CodeInvalidState, "the middleware is closed")
	}
	return call(func(fail *uintptr) int { return cabi.Ppn_middleware_set_token(m.handle, token, fail) })
}

// Close gives the middleware back; clients that have it keep it. A second call has no effect.
func (m *Middleware) Close() error {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	cabi.Ppn_middleware_release(m.handle)
	m.handle = 0
	return nil
}
