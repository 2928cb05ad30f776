package network

import (
	"context"

	"pepperpy.ai/network/internal/cabi"
)

const codePending = 2 // PPN_PENDING

// Drain closes gracefully: later requests are refused, those under way may go on until the context ends, and what is left
// of them then ends with CodeCancelled. It reports whether all had ended by themselves. Close is still to be called.
func (c *client) Drain(ctx context.Context) (bool, error) {
	if c == nil || c.closed.Load() {
		return true, nil
	}
	if ctx == nil {
		return false, failure(CodeInvalidArgument, "the context is nil")
	}
	timeout := int64(-1)
	if left := (&Request{}).limit(ctx, "", 0); left != nil {
		timeout = milliseconds64(left[0].value)
	}
	handle := cabi.Ppn_client_acquire(c.handle.Load())
	defer cabi.Ppn_client_release(handle)
	return drained(ctx, handle, timeout)
}

type drainOutcome struct {
	code int
	fail uintptr
}

// A goroutine waits inside the library; a context that is cancelled lets it go by closing the client.
func drained(ctx context.Context, handle uintptr, timeout int64) (bool, error) {
	ended := make(chan drainOutcome, 1)
	go func() {
		var fail uintptr
		code := cabi.Ppn_client_drain(handle, timeout, &fail)
		ended <- drainOutcome{code, fail}
	}()
	select {
	case o := <-ended:
		if o.code == codePending {
			return false, nil
		}
		return true, check(o.code, o.fail)
	case <-ctx.Done():
		cabi.Ppn_client_close(handle, nil)
		o := <-ended
		cabi.Ppn_error_release(o.fail)
		return false, nil
	}
}
