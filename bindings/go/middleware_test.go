package network_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"pepperpy.ai/network"
)

func TestMiddlewareSeesAndChangesRequests(t *testing.T) {
	leavesNothing(t)
	client := newHTTP(t)
	var mu sync.Mutex
	var steps []string
	step := func(name string) {
		mu.Lock()
		defer mu.Unlock()
		steps = append(steps, name)
	}
	must(t, client.Use(&network.RequestMiddleware{
		Name: "watcher",
		BeforeRequest: func(c *network.MiddlewareContext) error {
			step("before " + c.Method())
			if c.Attempt() != 0 || c.Response() != nil || c.Err() != nil || !strings.HasSuffix(c.URL(), "/echo?token=secret") ||
				strings.Contains(c.RedactedURL(), "secret") {
				return errors.New("what is this?")
			}
			must(t, c.SetAttribute("left", "behind"))
			must(t, c.SetBody([]byte("another\x00body")))
			return c.SetHeader("X-Added", "yes")
		},
		AfterResponse: func(c *network.MiddlewareContext) error {
			step("after " + c.Attribute("left"))
			if c.Response().Status != 200 {
				return errors.New("status")
			}
			return nil
		},
		BeforeAttempt: func(c *network.MiddlewareContext) error {
			step("attempt " + c.Header("x-added"))
			if c.Attempt() != 1 {
				return errors.New("attempt")
			}
			return c.RemoveHeader("X-Removed")
		},
	}))
	response, err := client.Do(background, network.NewRequest("POST", server.url+"/echo?token=secret").Header("X-Removed", "1"))
	e := echoed(t, response, err)
	if e.header("X-Added") != "yes" || e.header("X-Removed") != "" || e.Length != len("another\x00body") {
		t.Fatalf("%+v", e)
	}
	if got := strings.Join(steps, ", "); got != "before POST, attempt yes, after behind" {
		t.Fatal(got)
	}
}

func TestMiddlewareAnswersItself(t *testing.T) {
	leavesNothing(t)
	client := newHTTP(t)
	must(t, client.Use(&network.RequestMiddleware{Name: "cache", BeforeRequest: func(c *network.MiddlewareContext) error {
		return c.Respond(201, http.Header{"X-From": {"memory"}}, []byte("stored"))
	}}))
	response, err := client.Get(background, "http://127.0.0.1:1/")
	must(t, err)
	if response.Status != 201 || response.Text() != "stored" || response.Header().Get("X-From") != "memory" {
		t.Fatal(response.Status, response.Text())
	}
}

func TestWhatMiddlewareFailsWithIsInTheErrorOfTheCall(t *testing.T) {
	leavesNothing(t)
	original := errors.New("no signature")
	client := newHTTP(t)
	var seen atomic.Value
	must(t, client.Use(&network.RequestMiddleware{Name: "outer", OnError: func(c *network.MiddlewareContext) error {
		seen.Store(errors.Is(c.Err(), original))
		return nil
	}}, &network.RequestMiddleware{Name: "signer", BeforeAttempt: func(*network.MiddlewareContext) error { return original }}))
	_, err := client.Get(background, server.url+"/echo")
	if !errors.Is(err, original) || !errors.Is(err, network.CodeMiddlewareFailed) || strings.Contains(err.Error(), "[go") ||
		!strings.Contains(err.Error(), "signer") || !strings.Contains(err.Error(), "no signature") {
		t.Fatal(err)
	}
	if seen.Load() != true {
		t.Fatal("the outer middleware saw another error")
	}
}

func TestAPanicOfMiddlewareIsInTheErrorOfTheCall(t *testing.T) {
	leavesNothing(t)
	type reason struct{ number int }
	for name, middleware := range map[string]*network.RequestMiddleware{
		"before":  {Name: "m", BeforeRequest: func(*network.MiddlewareContext) error { panic(reason{7}) }},
		"after":   {Name: "m", AfterResponse: func(*network.MiddlewareContext) error { panic(reason{7}) }},
		"attempt": {Name: "m", BeforeAttempt: func(*network.MiddlewareContext) error { panic(reason{7}) }},
	} {
		client := newHTTP(t)
		must(t, client.Use(middleware))
		_, err := client.Get(background, server.url+"/echo")
		var panicked *network.PanicError
		if !errors.As(err, &panicked) || panicked.Value != (reason{7}) || !strings.Contains(string(panicked.Stack), "TestAPanic") {
			t.Fatal(name, err)
		}
		stream, err := client.Events(background, server.url+"/echo")
		must(t, err)
		_, err = stream.Next()
		if name != "after" && (!errors.As(err, &panicked) || panicked.Value != (reason{7})) {
			t.Fatal(name, err)
		}
		must(t, stream.Close())
	}
}

func TestMiddlewareFailsWithTheCodeOfItsError(t *testing.T) {
	leavesNothing(t)
	client := newHTTP(t)
	must(t, client.Use(&network.RequestMiddleware{Name: "m", BeforeRequest: func(c *network.MiddlewareContext) error {
		return c.SetHeader("bad header", "x")
	}}))
	if _, err := client.Get(background, server.url+"/echo"); !errors.Is(err, network.CodeInvalidHeader) {
		t.Fatal(err)
	}
}

func TestMiddlewareMakesTheRequestOnceMore(t *testing.T) {
	leavesNothing(t)
	client := newHTTP(t)
	var runs atomic.Int32
	var kept atomic.Value
	must(t, client.Use(&network.RequestMiddleware{Name: "again", AfterResponse: func(c *network.MiddlewareContext) error {
		kept.Store(c)
		if runs.Add(1) == 1 {
			return c.RetryOnce(0)
		}
		return nil
	}}))
	response, err := client.Get(background, server.url+"/flaky?fail=1&status=404&key="+unique("again"))
	must(t, err)
	if response.Status != 200 || runs.Load() != 2 {
		t.Fatal(response.Status, runs.Load())
	}
	over := kept.Load().(*network.MiddlewareContext)
	if err := over.SetHeader("A", "b"); !errors.Is(err, network.ErrInvalidState) || over.Method() != "" || over.Response() != nil {
		t.Fatal(err)
	}
}

func TestACallIsCancelledAndItsClientClosedInsideMiddleware(t *testing.T) {
	leavesNothing(t)
	ctx, cancel := context.WithCancel(background)
	client := newHTTP(t)
	must(t, client.Use(&network.RequestMiddleware{Name: "m", BeforeRequest: func(*network.MiddlewareContext) error {
		cancel()
		return nil
	}}))
	if _, err := client.Get(ctx, server.url+"/slow?ms=60000"); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	closing := newHTTP(t)
	must(t, closing.Use(&network.RequestMiddleware{Name: "m", BeforeRequest: func(*network.MiddlewareContext) error {
		must(t, closing.Close())
		return closing.Close()
	}}))
	if _, err := closing.Get(background, server.url+"/slow?ms=60000"); !errors.Is(err, network.ErrCancelled) {
		t.Fatal(err)
	}
}

func TestATokenIsRefreshedOnce(t *testing.T) {
	leavesNothing(t)
	client := newHTTP(t)
	var asked atomic.Int32
	refresh, err := network.NewTokenRefresh(server.url, "Authorization", "Bearer", "stale", func() (string, error) {
		asked.Add(1)
		return server.key, nil
	})
	must(t, err)
	defer refresh.Close()
	must(t, refresh.UseIn(client))
	body := map[string]any{"messages": []map[string]string{{"role": "user", "content": "x"}}}
	for i := 0; i < 2; i++ {
		response, err := client.Do(background, network.NewRequest("POST", server.url+"/v1/chat/completions").JSON(body))
		must(t, err)
		if response.Status != 200 || asked.Load() != 1 {
			t.Fatal(response.Status, asked.Load())
		}
	}
	broken, err := network.NewTokenRefresh(server.url, "Authorization", "Bearer", "", func() (string, error) { panic("no") })
	must(t, err)
	defer broken.Close()
	other := newHTTP(t)
	must(t, broken.UseIn(other))
	if _, err := other.Get(background, server.url+"/echo"); !errors.Is(err, network.CodeMiddlewareFailed) {
		t.Fatal(err)
	}
}

func TestTraceAndCredentialsAreSent(t *testing.T) {
	leavesNothing(t)
	client := newHTTP(t)
	trace, err := network.NewTraceContext()
	must(t, err)
	must(t, trace.UseIn(client))
	must(t, trace.Close())
	must(t, trace.Close())
	if err := trace.UseIn(client); !errors.Is(err, network.ErrInvalidState) {
		t.Fatal(err)
	}
	auth, err := network.NewAuth(server.url, "X-Key", "", "a secret")
	must(t, err)
	defer auth.Close()
	must(t, auth.UseIn(client))
	response, err := client.Get(background, server.url+"/echo")
	e := echoed(t, response, err)
	if e.header("traceparent") == "" || e.header("X-Key") != "a secret" {
		t.Fatal(e.Headers)
	}
}
