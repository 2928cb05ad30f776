package network_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"pepperpy.ai/network"
)

// A function of a user that neither returns nor panics with a value.
var leaving = map[string]func(){"Goexit": runtime.Goexit, "panic(nil)": func() { panic(nil) }}

func TestAStepThatLeavesItsGoroutineEndsItsRequest(t *testing.T) {
	leavesNothing(t)
	for name, leave := range leaving {
		client := newHTTP(t)
		must(t, client.Use(&network.RequestMiddleware{Name: "m", BeforeRequest: func(*network.MiddlewareContext) error {
			leave()
			return nil
		}}))
		began := time.Now()
		_, err := client.Get(background, server.url+"/echo")
		if !errors.Is(err, network.CodeMiddlewareFailed) || !strings.Contains(err.Error(), "left its goroutine") {
			t.Fatal(name, err, time.Since(began))
		}
	}
	refresh, err := network.NewTokenRefresh(server.url, "Authorization", "Bearer", "", func() (string, error) {
		runtime.Goexit()
		return "", nil
	})
	must(t, err)
	defer refresh.Close()
	client := newHTTP(t)
	must(t, refresh.UseIn(client))
	if _, err := client.Get(background, server.url+"/echo"); !errors.Is(err, network.CodeMiddlewareFailed) {
		t.Fatal(err)
	}
}

func TestALoggerThatLeavesItsGoroutineIsAskedAgain(t *testing.T) {
	leavesNothing(t)
	lines := make(chan string, 1)
	must(t, network.SetLogger(network.LogDebug, network.LoggerFunc(func(_ network.LogLevel, line string) {
		select {
		case lines <- line:
		default:
		}
		runtime.Goexit()
	})))
	client := newHTTP(t, network.WithMaxRetries(0))
	for i := 0; i < 3; i++ {
		_, err := client.Get(background, "http://127.0.0.1:1/")
		if !errors.Is(err, network.CodeConnectFailed) {
			t.Fatal(err)
		}
		select {
		case <-lines:
		case <-time.After(20 * time.Second):
			t.Fatal("no line any more")
		}
	}
	must(t, network.SetLogger(network.LogOff, nil))
}

func TestAHookThatLeavesItsGoroutineEndsTheWebSocket(t *testing.T) {
	leavesNothing(t)
	socket := newSocket(t, newAPI(t), "/v1/realtime?ms=0&drop=1&key="+unique("go-leave"))
	must(t, socket.SetOption("websocket_reconnect", "on"))
	socket.OnReconnecting(func(network.Reconnect) error {
		runtime.Goexit()
		return nil
	})
	must(t, socket.Connect(background))
	var err error
	for err == nil {
		_, err = socket.Next(background)
	}
	if !errors.Is(err, network.ErrCancelled) {
		t.Fatal(err)
	}
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(into []byte) (int, error) { return f(into) }

type body struct {
	io.Reader
	close func() error
}

func (b body) Close() error { return b.close() }

func TestABodyThatLeavesItsGoroutineOrGivesNothingEndsItsCall(t *testing.T) {
	leavesNothing(t)
	client := newHTTP(t)
	_, err := client.Post(background, server.url+"/echo", readFunc(func([]byte) (int, error) {
		runtime.Goexit()
		return 0, nil
	}))
	if !errors.Is(err, network.ErrCancelled) || !strings.Contains(err.Error(), "left its goroutine") {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(background, 30*time.Second)
	defer cancel()
	_, err = client.Post(ctx, server.url+"/echo", readFunc(func([]byte) (int, error) { return 0, nil }))
	if !errors.Is(err, io.ErrNoProgress) {
		t.Fatal(err)
	}
	transport, err := network.NewRoundTripper(client)
	must(t, err)
	request, err := http.NewRequest("PUT", server.url+"/echo", body{strings.NewReader("x"), func() error { panic("in Close") }})
	must(t, err)
	response, err := transport.RoundTrip(request)
	must(t, err)
	must(t, response.Body.Close())
}

func TestWhatMiddlewareFailsWithMayBeAnyError(t *testing.T) {
	leavesNothing(t)
	for name, original := range map[string]error{
		"long":         errors.New(strings.Repeat("x", 100000)),
		"lines":        errors.New("one\ntwo\x00three\xff"),
		"unknown code": &network.Error{Code: 5, Message: "made by hand"},
		"no code":      &network.Error{Message: "made by hand"},
		"a mark":       errors.New("as if it came from elsewhere [go 1]"),
	} {
		client := newHTTP(t)
		must(t, client.Use(&network.RequestMiddleware{Name: "m", AfterResponse: func(*network.MiddlewareContext) error {
			return original
		}}))
		_, err := client.Get(background, server.url+"/echo")
		if err == nil || !errors.Is(err, original) {
			t.Fatalf("%s: %.200v", name, err)
		}
	}
}

func TestNoMarkOfAFailureIsSeen(t *testing.T) {
	leavesNothing(t)
	client := newHTTP(t)
	must(t, client.Use(&network.RequestMiddleware{Name: "m", BeforeAttempt: func(*network.MiddlewareContext) error {
		return errors.New("no signature")
	}}))
	told := make(chan string, 1000)
	must(t, network.SetLogger(network.LogDebug, network.LoggerFunc(func(_ network.LogLevel, line string) { told <- line })))
	must(t, client.OnCallEvent(func(e network.CallEvent) { told <- e.Name + " " + e.Detail }))
	_, err := client.Get(background, server.url+"/echo")
	if err == nil || strings.Contains(err.Error(), "[go ") {
		t.Fatal(err)
	}
	for ended := false; !ended; {
		select {
		case text := <-told:
			if strings.Contains(text, "[go ") {
				t.Fatal(text)
			}
			ended = strings.HasPrefix(text, "end ")
		case <-time.After(20 * time.Second):
			t.Fatal("the end was not told")
		}
	}
	must(t, network.SetLogger(network.LogOff, nil))
}

func TestABatchWhoseFunctionPanicsIsGivenBack(t *testing.T) {
	leavesNothing(t)
	s := script(t, stalls(""))
	client := newHTTP(t)
	batch := &network.Batch{}
	must(t, batch.Add(client, network.NewRequest("GET", server.url+"/echo")))
	for i := 0; i < 3; i++ {
		must(t, batch.Add(client, network.NewRequest("POST", s.URL).Body(readFunc(strings.NewReader("x").Read))))
	}
	defer func() {
		if value := recover(); value != "mine" {
			t.Fatal(value)
		}
	}()
	batch.RunEach(background, func(int, network.BatchResult) { panic("mine") })
}
