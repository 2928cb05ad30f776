package network

import (
	"context"
	"math/rand"
	"strconv"
	"strings"
	"sync"
	"time"

	"pepperpy.ai/network/internal/cabi"
)

// A RetryHandler calls a function, and again when it fails with an Error that may go away, after a delay that grows and that
// the server may set. A client with max_retries repeats its calls itself: around such calls set one of both to 0, or the
// attempts multiply. Set it up, then use it on any number of goroutines; Close gives its memory back.
type RetryHandler struct {
	mu      sync.RWMutex
	handle  uintptr
	onRetry func(err error, decision RetryDecision)
}

// A RetryDecision is what a RetryHandler does after a failure, and why.
type RetryDecision struct {
	Retry   bool
	Delay   time.Duration
	Outcome string // "not_sent", "sent_no_response", "status_retryable" and others
	Reason  StopReason
}

// NewRetryHandler makes a handler that calls up to maxRetries times after the first (-1 = the default), for the given
// statuses instead of the usual ones when there are any.
func NewRetryHandler(maxRetries int, retryCodes ...int) (*RetryHandler, error) {
	if err := checkVersion(); err != nil {
		return nil, err
	}
	var handle uintptr
	err := call(func(fail *uintptr) int { return cabi.Ppn_retry_policy_new(&handle, fail) })
	if err != nil {
		return nil, err
	}
	h := &RetryHandler{handle: handle}
	if maxRetries >= 0 {
		err = h.Set("max_retries", strconv.Itoa(maxRetries))
	}
	if len(retryCodes) > 0 && err == nil {
		texts := make([]string, len(retryCodes))
		for i, code := range retryCodes {
			texts[i] = strconv.Itoa(code)
		}
		err = h.Set("retry_codes", strings.Join(texts, ","))
	}
	if err != nil {
		h.Close()
		return nil, err
	}
	return h, nil
}

// Set sets one option by its name: "max_retries", "backoff_factor", "max_backoff_ms", "backoff_jitter",
// "max_retry_after_ms", "retry_codes", "retry_unsafe" or "final_error_codes".
func (h *RetryHandler) Set(name, value string) error {
	return h.with(func(handle uintptr, fail *uintptr) int { return cabi.Ppn_retry_policy_set(handle, name, value, fail) })
}

// OnRetry sets what is called before each wait, on the goroutine of Run.
func (h *RetryHandler) OnRetry(hook func(err error, decision RetryDecision)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.onRetry = hook
}

// Close releases the handler; runs under way end with CodeInvalidState before their next call. A second call has no effect.
func (h *RetryHandler) Close() error {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	cabi.Ppn_retry_policy_release(h.handle)
	h.handle = 0
	return nil
}

// Run calls the function until it succeeds or is not to be called again, and returns its last error. It is taken for
// something that may be done twice, as GET is: RunMethod says otherwise. What is no Error of this package ends it at once.
// A context that ends ends the waits; its deadline ends what would wait beyond it.
func (h *RetryHandler) Run(ctx context.Context, function func(context.Context) error) error {
	return h.RunMethod(ctx, "GET", false, function)
}

// RunMethod is Run for another method: a "POST" is repeated only when the server did not do the work, or when `keyed` says
// that it carries an idempotency key that the server honours.
func (h *RetryHandler) RunMethod(ctx context.Context, method string, keyed bool,
	function func(context.Context) error) error {
	if function == nil {
		return failure(CodeInvalidArgument, "the function is nil")
	}
	if err := begin(ctx); err != nil {
		return err
	}
	for retries := 0; ; retries++ {
		failed := function(ctx)
		if failed == nil {
			return nil
		}
		decision, err := h.decide(ctx, failed, method, keyed, retries)
		if err != nil {
			return err
		}
		if !decision.Retry || ctx.Err() != nil {
			return failed
		}
		if hook := h.hook(); hook != nil {
			hook(failed, decision)
		}
		if err := sleep(ctx, decision.Delay); err != nil {
			return err
		}
	}
}

func (h *RetryHandler) hook() func(error, RetryDecision) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.onRetry
}

func sleep(ctx context.Context, delay time.Duration) error {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return withContext(ctx, failure(CodeCancelled, "the context ended between two attempts"))
	}
}

// Decide is what Run would do after an error of the first call or of a later one.
func (h *RetryHandler) Decide(err error, method string, keyed bool, retriesDone int) (RetryDecision, error) {
	return h.decide(context.Background(), err, method, keyed, retriesDone)
}

func (h *RetryHandler) decide(ctx context.Context, failed error, method string, keyed bool, retries int) (RetryDecision,
	error) {
	e := errorOf(failed)
	if e == nil {
		return RetryDecision{Outcome: cabi.Ppn_outcome_name(cabi.PPN_OUTCOME_FATAL), Reason: StopNotRetryable}, nil
	}
	asked, left := int64(-1), int64(-1)
	if after, is := e.RetryAfter(); is {
		asked = after.Milliseconds()
	}
	if deadline, limited := ctx.Deadline(); limited {
		if left = time.Until(deadline).Milliseconds(); left < 0 {
			left = 0
		}
	}
	var again, outcome, reason int32
	var delay int64
	err := h.with(func(handle uintptr, fail *uintptr) int {
		return cabi.Ppn_retry_policy_decide(handle, method, e.Status, int(e.Code), int(e.Sent), int(boolean(keyed)), retries,
			asked, left, rand.Float64(), &again, &delay, &outcome, &reason, fail)
	})
	return RetryDecision{again != 0, time.Duration(delay) * time.Millisecond, cabi.Ppn_outcome_name(int(outcome)),
		StopReason(reason)}, err
}

func (h *RetryHandler) applyTo(request uintptr) error {
	return h.with(func(handle uintptr, fail *uintptr) int {
		return cabi.Ppn_request_set_retry_policy(request, handle, fail)
	})
}

func (h *RetryHandler) with(function func(handle uintptr, fail *uintptr) int) error {
	if h == nil {
		return failure(CodeInvalidArgument, "the retry handler is nil")
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	if h.handle == 0 {
		return failure(CodeInvalidState, "the retry handler is closed")
	}
	return call(func(fail *uintptr) int { return function(h.handle, fail) })
}
