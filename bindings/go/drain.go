package network

import (
	"context"

	"pepperpy.ai/network/internal/cabi"
)

// The library cancels what is left when the time of a drain is over, so waiting in steps is for a context that is
// cancelled: a goroutine waits for the whole of it, and is let go by closing the client.
func drained(ctx context.Context, handle uintptr, _ int64) (bool, error) {
	timeout := int64(-1)
	if left := (&Request{}).limit(ctx, "", 0); left != nil {
		timeout = milliseconds64(left[0].value)
	}
	type outcome struct {
		code int
		fail uintptr
	}
	ended := make(chan outcome, 1)
	go func() {
		var o outcome
		o.code = cabi.Ppn_client_drain(handle, timeout, &o.fail)
		ended <- o
	}()
	var o outcome
	cancelled := false
	select {
	case o = <-ended:
	case <-ctx.Done():
		cancelled = true
		cabi.Ppn_client_close(handle, nil)
		o = <-ended
	}
	const pendingCode = 2
	if o.code == pendingCode {
		return false, nil
	}
	return !cancelled, check(o.code, o.fail)
}
