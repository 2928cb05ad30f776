package network_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pepperpy.ai/network"
)

func TestARateLimiterLetsTheBurstPassAndThenWaits(t *testing.T) {
	leavesNothing(t)
	limiter, err := network.NewRateLimiter(60000, 2) // one in a millisecond
	must(t, err)
	defer limiter.Close()
	began := time.Now()
	for i := 0; i < 22; i++ {
		release, err := limiter.Acquire(background)
		must(t, err)
		release()
		release()
	}
	if took := time.Since(began); took < 19*time.Millisecond {
		t.Fatal(took)
	}
	if limiter.Counted(network.RateGranted) != 22 || limiter.Counted(network.RateInFlight) != 0 {
		t.Fatal(limiter.Counted(network.RateGranted), limiter.Counted(network.RateInFlight))
	}
}

func TestAcquireEndsWithItsContext(t *testing.T) {
	leavesNothing(t)
	limiter, err := network.NewRateLimiter(1, 1)
	must(t, err)
	defer limiter.Close()
	first, err := limiter.Acquire(background)
	must(t, err)
	defer first()
	ctx, cancel := context.WithCancel(background)
	ended := make(chan error, 1)
	go func() {
		_, err := limiter.AcquirePermit(ctx, network.Permit{Wait: time.Hour})
		ended <- err
	}()
	waitUntil(t, "nobody waits", func() bool { return limiter.Counted(network.RateWaiting) == 1 })
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	short, stop := context.WithTimeout(background, 10*time.Millisecond)
	defer stop()
	_, err = limiter.Acquire(short) // it knows that the wait would be longer
	var e *network.Error
	if !errors.As(err, &e) || !errors.Is(err, network.ErrRateLimit) || !e.RateLimited() {
		t.Fatal(err)
	}
	if after, known := e.RetryAfter(); !known || after <= 0 {
		t.Fatal(after)
	}
	if _, err := limiter.Try(network.Permit{}); !errors.Is(err, network.CodeRateLimited) {
		t.Fatal(err)
	}
	other, err := limiter.Try(network.Permit{Scope: "other", Tokens: 5})
	must(t, err)
	must(t, other.Settle(3))
	other.Release()
	other.Release()
	if err := other.Settle(4); !errors.Is(err, network.ErrInvalidState) {
		t.Fatal(err)
	}
	must(t, limiter.Close())
	must(t, limiter.Close())
	if _, err := limiter.Acquire(background); !errors.Is(err, network.ErrInvalidState) {
		t.Fatal(err)
	}
}

func TestClientsShareALimit(t *testing.T) {
	leavesNothing(t)
	limiter, err := network.NewRateLimiterWithOptions(network.WithRateLimit("1/m"))
	must(t, err)
	defer limiter.Close()
	one, two := newHTTP(t), newHTTP(t, network.WithMaxRetries(0))
	must(t, limiter.Share(one))
	must(t, limiter.Share(two))
	_, err = one.Get(background, server.url+"/echo")
	must(t, err)
	ctx, cancel := context.WithTimeout(background, 20*time.Millisecond)
	defer cancel()
	if _, err := two.Get(ctx, server.url+"/echo"); !errors.Is(err, network.ErrRateLimit) && !errors.Is(err, network.ErrTimeout) {
		t.Fatal(err)
	}
	if err := limiter.Share(one); !errors.Is(err, network.ErrInvalidState) {
		t.Fatal(err)
	}
}

func TestARetryHandlerRepeatsWhatMayBeRepeated(t *testing.T) {
	leavesNothing(t)
	client := newHTTP(t, network.WithMaxRetries(0))
	retry, err := network.NewRetryHandler(3, 503)
	must(t, err)
	defer retry.Close()
	must(t, retry.Set("backoff_factor", "0.001"))
	var decisions []network.RetryDecision
	retry.OnRetry(func(_ error, d network.RetryDecision) { decisions = append(decisions, d) })
	attempts := 0
	ask := func(url string) func(context.Context) error {
		attempts = 0
		return func(ctx context.Context) error {
			attempts++
			response, err := client.Get(ctx, url)
			if err != nil {
				return err
			}
			return response.RaiseForStatus()
		}
	}
	must(t, retry.Run(background, ask(server.url+"/flaky?fail=2&retry-after=0&key="+unique("handler"))))
	if attempts != 3 || len(decisions) != 2 || !decisions[0].Retry || decisions[0].Outcome != "status_retryable" {
		t.Fatal(attempts, decisions)
	}
	if err := retry.Run(background, ask(server.url+"/nothing")); !errors.Is(err, network.ErrNotFound) || attempts != 1 {
		t.Fatal(err, attempts)
	}
	other := errors.New("no error of this package")
	if err := retry.Run(background, func(context.Context) error { return other }); err != other {
		t.Fatal(err)
	}
	if err := retry.RunMethod(background, "POST", false, func(context.Context) error {
		attempts++
		return network.CodeReadFailed
	}); err != network.CodeReadFailed {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(background)
	must(t, retry.Set("backoff_factor", "60"))
	retry.OnRetry(func(error, network.RetryDecision) { cancel() })
	if err := retry.Run(ctx, ask(server.url+"/flaky?fail=9&retry-after=0&key="+unique("cancelled"))); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := retry.Set("max_retries", "11"); !errors.Is(err, network.ErrConfig) {
		t.Fatal(err)
	}
	must(t, retry.Close())
	must(t, retry.Close())
	if err := retry.Run(background, ask(server.url+"/nothing")); !errors.Is(err, network.ErrInvalidState) {
		t.Fatal(err)
	}
}

func TestARequestFollowsARetryHandler(t *testing.T) {
	leavesNothing(t)
	retry, err := network.NewRetryHandler(1, 404)
	must(t, err)
	defer retry.Close()
	must(t, retry.Set("backoff_factor", "0"))
	response, err := newHTTP(t).Do(background, network.NewRequest("GET", server.url+"/nothing").Retry(retry))
	must(t, err)
	if response.Attempts() != 2 || response.StopReason() != network.StopMaxRetries || len(response.AttemptLog()) != 2 ||
		response.AttemptLog()[0].Code != network.CodeHTTPNotFound || response.AttemptLog()[0].DelaySource == "" {
		t.Fatalf("%+v %v", response.AttemptLog(), response.StopReason())
	}
}

func TestABatchKeepsTheOrderOfItsRequests(t *testing.T) {
	leavesNothing(t)
	client := newHTTP(t)
	var progress []string
	batch := &network.Batch{Concurrency: 3, Progress: func(done, total int) {
		progress = append(progress, fmt.Sprintf("%d/%d", done, total))
	}}
	for i := 0; i < 4; i++ {
		must(t, batch.Add(client, network.NewRequest("POST", fmt.Sprintf("%s/echo?i=%d", server.url, i)).Body(
			strings.NewReader("body"))))
	}
	must(t, batch.Add(client, network.NewRequest("GET", "http://127.0.0.1:1/").Option("max_retries", "0")))
	results, err := batch.Run(background)
	must(t, err)
	for i, result := range results[:4] {
		e := echoed(t, result.Response, result.Err)
		if e.Query != fmt.Sprintf("i=%d", i) || e.Body != "body" {
			t.Fatal(i, e)
		}
	}
	if !errors.Is(results[4].Err, network.CodeConnectFailed) || results[4].Response != nil {
		t.Fatal(results[4])
	}
	if strings.Join(progress, " ") != "1/5 2/5 3/5 4/5 5/5" {
		t.Fatal(progress)
	}
	if _, err := batch.Run(background); !errors.Is(err, network.ErrInvalidState) {
		t.Fatal(err)
	}
	if _, err := (&network.Batch{}).Run(background); err != nil {
		t.Fatal(err)
	}
}

func TestABatchEndsWithItsContext(t *testing.T) {
	leavesNothing(t)
	s := script(t, stalls(""))
	client := newHTTP(t)
	ctx, cancel := context.WithCancel(background)
	batch := &network.Batch{Concurrency: 2}
	for i := 0; i < 4; i++ {
		must(t, batch.Add(client, network.NewRequest("GET", s.URL)))
	}
	go func() {
		<-s.Requests
		cancel()
	}()
	results, err := batch.Run(ctx)
	must(t, err)
	for _, result := range results {
		if !errors.Is(result.Err, context.Canceled) {
			t.Fatal(result.Err)
		}
	}
	limited := &network.Batch{Timeout: 20 * time.Millisecond}
	must(t, limited.Add(client, network.NewRequest("GET", s.URL)))
	results, err = limited.Run(background)
	must(t, err)
	if !errors.Is(results[0].Err, network.CodeTimeout) {
		t.Fatal(results[0].Err)
	}
}

func TestStepsOfCallsAreTold(t *testing.T) {
	leavesNothing(t)
	client := newHTTP(t, network.WithBackoffFactor(0))
	events := make(chan network.CallEvent, 100)
	must(t, client.OnCallEvent(func(e network.CallEvent) { events <- e }))
	response, err := client.Get(background, server.url+"/flaky?fail=1&retry-after=0&key="+unique("events"))
	must(t, err)
	if response.Attempts() != 2 {
		t.Fatal(response.Attempts())
	}
	var names []string
	for e := range events {
		names = append(names, e.Name)
		if e.Call != 1 || e.Method != "GET" || !strings.Contains(e.URL, "/flaky") {
			t.Fatalf("%+v", e)
		}
		if e.Name == "retry" && (e.Status != 503 || e.DelaySource != "backoff" || e.Code != network.CodeHTTPUnavailable) {
			t.Fatalf("%+v", e)
		}
		if e.Name == "end" {
			break
		}
	}
	if got := strings.Join(names, " "); !strings.HasPrefix(got, "begin attempt connect ") || !strings.Contains(got, " retry ") {
		t.Fatal(got)
	}
	text, err := client.MetricsPrometheus()
	must(t, err)
	if !strings.Contains(text, "http_client") {
		t.Fatal(text)
	}
	_, err = client.MetricsJSON()
	must(t, err)
	must(t, client.OnCallEvent(nil))
}

func TestLogLinesReachALogger(t *testing.T) {
	leavesNothing(t)
	lines := make(chan string, 1000)
	must(t, network.SetLogger(network.LogDebug, network.LoggerFunc(func(level network.LogLevel, line string) {
		select {
		case lines <- level.String() + " " + line:
		default:
		}
		panic("a logger that panics ends nothing")
	})))
	_, err := newHTTP(t, network.WithMaxRetries(1), network.WithBackoffFactor(0)).Get(background, "http://127.0.0.1:1/?key="+unique("secretsecret"))
	if !errors.Is(err, network.CodeConnectFailed) {
		t.Fatal(err)
	}
	if line := <-lines; strings.Contains(line, "secretsecret") {
		t.Fatal(line)
	}
	must(t, network.SetLogger(network.LogOff, nil))
	if err := network.SetLogger(9, network.LoggerFunc(func(network.LogLevel, string) {})); !errors.Is(err, network.ErrInvalidArgument) {
		t.Fatal(err)
	}
}
