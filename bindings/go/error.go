package network

import (
	"context"
	"errors"
	"strconv"
	"time"
)

// An Error is what a call of this package returns when it fails: every error of the library is one, or has one inside
// (errors.As). Its texts hold no secret.
type Error struct {
	Code    Code
	Message string // one line for people
	Phase   string // "dns", "connect", "tls", "send", "first_byte", "body" and others
	URL     string // without its secrets; "" when the call had none
	Status  int    // HTTP status that came with the error; 0 when there was no response
	Sent    Sent   // how much of the request had been handed to the kernel

	Attempts   int        // attempts that were made, the first included
	AttemptLog []Attempt  // each of them, oldest first, at most 16
	StopReason StopReason // why there was no further attempt

	ProviderCode    string // what a JSON error body calls the error, such as "insufficient_quota"
	ProviderType    string // and its kind, such as "rate_limit_error"
	ProviderMessage string // and what it says to people, without keys
	RequestID       string // the name that the server gave the request

	ReceivedBytes int64  // of the response body
	Partial       []byte // the begin of a line that was cut
	StreamStatus  int    // HTTP status that an error inside a stream stands for; 0 = none
	StreamFraming int    // of a stream that was cut: 1 = its connection ended, 0 = the end marker is missing, else -1
	OSErrno       int    // of the operating system; 0 = none
	TLSError      uint64 // of OpenSSL, or X509_V_ERR of a certificate; 0 = none

	Response *Response // what had arrived of the response, as a body that was cut; nil when no head had

	kind       Kind
	retryable  bool
	timeout    bool
	retryAfter time.Duration
	cause      error
}

// Sent says how much of a request had been handed to the kernel.
type Sent int32

const (
	SentNone    Sent = 0
	SentPartial Sent = 1
	SentFull    Sent = 2
)

// Error is "CODE: what happened".
func (e *Error) Error() string { return e.Code.String() + ": " + e.Message }

// Kind is the class of the error.
func (e *Error) Kind() Kind { return e.kind }

// Retryable reports whether the same request may succeed when it is sent again; look at Sent before one that is not
// idempotent.
func (e *Error) Retryable() bool { return e.retryable }

// RetryAfter is the delay that the server asked for; false when it asked for none.
func (e *Error) RetryAfter() (time.Duration, bool) { return e.retryAfter, e.retryAfter >= 0 }

// Timeout reports whether a limit of time of this side passed, whichever it was.
func (e *Error) Timeout() bool { return e.timeout }

// Cancelled reports whether the call was cancelled: by its context, or with its client.
func (e *Error) Cancelled() bool { return e.Code == CodeCancelled }

// RateLimited reports whether requests come too fast, for the server (429) or for a limiter of this program.
func (e *Error) RateLimited() bool {
	return e.Code == CodeHTTPTooManyRequests || e.Code == CodeRateLimited || e.Code == CodeRateLimitQueueFull ||
		e.StreamStatus == 429
}

// Unwrap is what user code gave as the reason: what a middleware returned or panicked with, the error of a body that was
// read, the cause of a context. Nil for everything else.
func (e *Error) Unwrap() error { return e.cause }

// Is makes errors.Is find the code, the kinds, context.Canceled for a call that was cancelled and context.DeadlineExceeded
// for one that ran out of time.
func (e *Error) Is(target error) bool {
	switch is := target.(type) {
	case Code:
		return e.Code == is
	case Kind:
		return e.kind.isA(is)
	}
	return target == context.Canceled && e.Code == CodeCancelled || target == context.DeadlineExceeded && e.timeout
}

// A StatusError is a response whose status is no success, made an error by RaiseForStatus or by a stream of events. It
// has the Error inside.
type StatusError struct {
	Err      *Error
	Response *Response
}

// Error is "CODE: what happened".
func (e *StatusError) Error() string { return e.Err.Error() }

// Unwrap is the Error.
func (e *StatusError) Unwrap() error { return e.Err }

// Status is the HTTP status.
func (e *StatusError) Status() int { return e.Err.Status }

// Retryable reports whether the same request may succeed when it is sent again.
func (e *StatusError) Retryable() bool { return e.Err.Retryable() }

// RetryAfter is the delay that the server asked for; false when it asked for none.
func (e *StatusError) RetryAfter() (time.Duration, bool) { return e.Err.RetryAfter() }

// A PanicError is the cause of an Error when a function of the user panicked: a middleware, a hook.
type PanicError struct {
	Value any    // what was given to panic
	Stack []byte // where
}

// Error says what was given to panic.
func (e *PanicError) Error() string { return "panic: " + panicText(e.Value) }

// Unwrap is the value, when it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

func panicText(value any) string {
	switch v := value.(type) {
	case error:
		return v.Error()
	case string:
		return v
	case interface{ String() string }:
		return v.String()
	case int:
		return strconv.Itoa(v)
	}
	return "a value that is no text"
}

// errorOf is the *Error inside an error, or nil.
func errorOf(err error) *Error {
	var found *Error
	if errors.As(err, &found) {
		return found
	}
	return nil
}

// failure is an error that this package finds by itself.
func failure(code Code, message string) *Error {
	return &Error{Code: code, Message: message, Phase: "validate", StreamFraming: -1, kind: code.Kind(), retryAfter: -1}
}
