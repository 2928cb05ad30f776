package network

import (
	"context"
	"time"

	"pepperpy.ai/network/internal/cabi"
)

const (
	flagRetryable = 1
	flagTimeout   = 2
)

// takeError makes the error of a call that returned `code`, and releases the handle, which may be 0. What user code had
// failed with becomes the cause.
func takeError(code int, handle uintptr) error {
	if handle == 0 {
		return failure(Code(code), Code(code).Text())
	}
	e := errorFrom(readWhole(func(to []byte) int64 { return cabi.Ppnb_whole_error(handle, to) }))
	if e == nil {
		cabi.Ppn_error_release(handle)
		return failure(Code(code), Code(code).Text())
	}
	e.cause = thrown.claim(e)
	if e.kind.isA(ErrStatus.(Kind)) {
		return &StatusError{Err: e}
	}
	return e
}

// errorFrom reads what ppnb_describe_error has written.
func errorFrom(raw []byte) *Error {
	if len(raw) == 0 {
		return nil
	}
	r := record{raw}
	e := &Error{Code: Code(r.int32()), kind: Kind(r.int32())}
	r.int32() // the category follows from the code
	flags := r.int32()
	e.retryable, e.timeout = flags&flagRetryable != 0, flags&flagTimeout != 0
	e.Sent = Sent(r.int32())
	e.Status, e.StreamStatus, e.StreamFraming = r.int32(), r.int32(), r.int32()
	e.Attempts, e.StopReason, e.OSErrno = r.int32(), StopReason(r.int32()), r.int32()
	e.retryAfter = millisecondsOr(r.int64(), -1)
	e.ReceivedBytes, e.TLSError = r.int64(), uint64(r.int64())
	r.text() // the name follows from the code
	e.Message, e.Phase, e.URL = r.text(), r.text(), r.text()
	e.ProviderCode, e.ProviderType, e.ProviderMessage, e.RequestID = r.text(), r.text(), r.text(), r.text()
	if partial := r.bytes(); len(partial) > 0 {
		e.Partial = partial
	}
	e.AttemptLog = attemptsFrom(&r)
	return e
}

func millisecondsOr(ms int64, otherwise time.Duration) time.Duration {
	if ms < 0 {
		return otherwise
	}
	return time.Duration(ms) * time.Millisecond
}

// withContext says of a call that its context ended why it did: a deadline of the context is a timeout.
func withContext(ctx context.Context, err error) error {
	e := errorOf(err)
	if e == nil || e.Code != CodeCancelled || ctx.Err() == nil {
		return err
	}
	if ctx.Err() == context.DeadlineExceeded {
		e.Code, e.kind, e.timeout = CodeTimeout, CodeTimeout.Kind(), true
		e.Message = "the deadline of the context passed"
	}
	if e.cause == nil {
		e.cause = ctx.Err()
	}
	return err
}
