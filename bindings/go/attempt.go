package network

import (
	"time"

	"pepperpy.ai/network/internal/cabi"
)

// An Attempt is one of the tries of a call. Each may have cost money at the other end.
type Attempt struct {
	Number        int           // from 0; numbers are missing where attempts were left out
	Code          Code          // CodeOK for a response below status 400
	Status        int           // HTTP status; 0 when there was no response
	Sent          Sent          // how much of the request had been handed to the kernel
	ReceivedBytes int64         // of the response body
	Began         time.Duration // after the start of the call
	Ended         time.Duration // after the start of the call; -1 when it is not known
	Delay         time.Duration // waited before the next attempt; -1 when there was none
	Connection    int64         // a number that tells connections apart; 0 when there was none
	Outcome       string        // "success", "not_sent", "sent_no_response", "status_retryable" and others
	Phase         string        // as Error.Phase
	DelaySource   string        // "none", "backoff", "retry_after" and others
	Remote        string        // the address, such as "127.0.0.1:443"; "" when it is not known
}

// A StopReason says why there was no further attempt.
type StopReason int32

// The reasons; later versions may add some.
const (
	StopNone              StopReason = 0  // it succeeded, or is to be repeated
	StopNotRetryable      StopReason = 1  // another attempt would fail in the same way
	StopUnsafeMethod      StopReason = 2  // the work may have been done: a POST without an idempotency key
	StopMaxRetries        StopReason = 3  // all retries were used
	StopBudget            StopReason = 4  // too many calls to this origin fail at the moment
	StopDeadline          StopReason = 5  // the delay would outlast the time that is left
	StopRetryAfterTooLong StopReason = 6  // the server asked for more than is allowed, or than is left
	StopServer            StopReason = 7  // x-should-retry: false
	StopProviderCode      StopReason = 8  // the error body names a final reason, such as insufficient_quota
	StopBodyNotReplayable StopReason = 9  // the request body can not be sent a second time
	StopCommitted         StopReason = 10 // a part of the response was handed out
	StopDecider           StopReason = 11 // a hook
	StopCancelled         StopReason = 12 // the call was cancelled, or its client closed
)

// String is the name of the reason in every language, such as "max_retries".
func (r StopReason) String() string { return cabi.Ppn_stop_reason_name(int(r)) }

func attemptsFrom(r *record) []Attempt {
	count := r.int32()
	if count <= 0 {
		return nil
	}
	attempts := make([]Attempt, count)
	for i := range attempts {
		a := &attempts[i]
		a.Number, a.Code, a.Status, a.Sent = int(r.int64()), Code(r.int64()), int(r.int64()), Sent(r.int64())
		a.ReceivedBytes = r.int64()
		a.Began, a.Ended, a.Delay = millisecondsOr(r.int64(), -1), millisecondsOr(r.int64(), -1), millisecondsOr(r.int64(), -1)
		a.Connection = r.int64()
		a.Outcome, a.Phase, a.DelaySource, a.Remote = r.text(), r.text(), r.text(), r.text()
	}
	return attempts
}
