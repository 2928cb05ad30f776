package network_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pepperpy.ai/network"
)

// What the documentation of http.RoundTripper asks for, and what users of net/http expect.

func echoBody(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // all of it before the answer begins
	w.Write(body)
}

func newRequest(t *testing.T, method, url string, body io.Reader) *http.Request {
	t.Helper()
	request, err := http.NewRequest(method, url, body)
	must(t, err)
	return request
}

func TestARoundTripperLeavesTheRequestAsItIs(t *testing.T) {
	leavesNothing(t)
	client, url := web(t, echoBody)
	request := newRequest(t, "POST", url+"/a?b=c", strings.NewReader("body"))
	request.Header.Set("X-Twice", " padded ")
	request.Header.Add("X-Twice", "2")
	before := request.Clone(background)
	response, err := client.Transport.RoundTrip(request)
	must(t, err)
	must(t, response.Body.Close())
	if !reflect.DeepEqual(before.Header, request.Header) || before.URL.String() != request.URL.String() ||
		before.ContentLength != request.ContentLength || before.Host != request.Host || response.Request != request {
		t.Fatalf("%+v", request)
	}
}

func TestWhatARoundTripperRefusesHasItsBodyClosed(t *testing.T) {
	leavesNothing(t)
	client, address := web(t, echoBody)
	broken := errors.New("the disk is gone")
	for name, change := range map[string]func(*http.Request){
		"no URL":        func(r *http.Request) { r.URL = nil },
		"a scheme":      func(r *http.Request) { r.URL = &url.URL{Scheme: "ftp", Host: "localhost"}; r.Host = "" },
		"another host":  func(r *http.Request) { r.Host = "elsewhere" },
		"a trailer":     func(r *http.Request) { r.Trailer = http.Header{"X": {"y"}} },
		"a method":      func(r *http.Request) { r.Method = "BAD METHOD" },
		"a header":      func(r *http.Request) { r.Header.Set("X", "a\nb") },
		"a short body":  func(r *http.Request) { r.ContentLength = 50 },
		"a long body":   func(r *http.Request) { r.ContentLength = 2 },
		"a broken body": func(r *http.Request) { r.Body = body{brokenReader{broken}, r.Body.Close} },
	} {
		for _, inMemory := range []bool{false, true} {
			var closed atomic.Int32
			request := newRequest(t, "POST", address, strings.NewReader("a body"))
			request.Body = closeCounter{request.Body, &closed}
			if !inMemory {
				request.GetBody = nil
			}
			change(request)
			response, err := client.Transport.RoundTrip(request)
			if err == nil || response != nil {
				t.Errorf("%s (%v): %v", name, inMemory, response)
				response.Body.Close()
			}
			if name == "a broken body" && !errors.Is(err, broken) {
				t.Errorf("%s (%v): %v", name, inMemory, err)
			}
			waitUntil(t, name+": the body is open", func() bool { return closed.Load() == 1 })
		}
	}
}

func TestABodyThatStallsDoesNotHoldItsContext(t *testing.T) {
	leavesNothing(t)
	client, url := web(t, echoBody)
	stalled, in := io.Pipe()
	defer in.Close()
	ctx, cancel := context.WithCancel(background)
	request := newRequest(t, "POST", url, stalled).WithContext(ctx)
	request.ContentLength = 5
	go func() {
		in.Write([]byte("a"))
		cancel()
	}()
	if _, err := client.Do(request); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestTheCancelChannelOfARequestEndsIt(t *testing.T) {
	leavesNothing(t)
	s := script(t, stalls(""))
	client, _ := web(t, echoBody)
	cancel := make(chan struct{})
	request := newRequest(t, "GET", s.URL, nil)
	request.Cancel = cancel
	go func() {
		<-s.Requests
		close(cancel)
	}()
	if _, err := client.Do(request); !errors.Is(err, network.ErrCancelled) {
		t.Fatal(err)
	}
}

func TestTheTimeoutOfAnHTTPClientIsATimeout(t *testing.T) {
	leavesNothing(t)
	s := script(t, stalls("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"))
	client, _ := web(t, echoBody)
	client.Timeout = 50 * time.Millisecond
	response, err := client.Get(s.URL)
	if err == nil {
		_, err = io.ReadAll(response.Body)
		response.Body.Close()
	}
	var timeout interface{ Timeout() bool }
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Fatal(err)
	}
}

func TestResponsesWithoutABodyHaveOneThatIsEmpty(t *testing.T) {
	leavesNothing(t)
	client, url := web(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/nothing":
			w.WriteHeader(http.StatusNoContent)
		case "/same":
			w.WriteHeader(http.StatusNotModified)
		case "/early":
			w.WriteHeader(http.StatusProcessing) // 1xx comes before the response
			w.WriteHeader(http.StatusOK)
		default:
			w.Header().Set("Content-Length", "7")
			w.Write([]byte("seven b"))
		}
	})
	for _, c := range []struct {
		method, path string
		status       int
		length       int64
	}{{"GET", "/nothing", 204, 0}, {"GET", "/same", 304, 0}, {"HEAD", "/", 200, 7}, {"GET", "/early", 200, 0}} {
		response, err := client.Do(newRequest(t, c.method, url+c.path, nil))
		must(t, err)
		if response.Body == nil || response.StatusCode != c.status || response.ContentLength != c.length {
			t.Fatalf("%+v: %+v", c, response)
		}
		rest, err := io.ReadAll(response.Body)
		must(t, err)
		must(t, response.Body.Close())
		if len(rest) != 0 {
			t.Fatal(c, rest)
		}
		if _, err := response.Body.Read(make([]byte, 1)); !errors.Is(err, http.ErrBodyReadAfterClose) {
			t.Fatal(err)
		}
	}
}

func TestCredentialsOfAURLBecomeAHeaderOfAnHTTPClient(t *testing.T) {
	leavesNothing(t)
	client, address := web(t, func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		fmt.Fprint(w, user, " ", password, " ", r.RequestURI)
	})
	response, err := client.Get(strings.Replace(address, "http://", "http://me:correcthorse@", 1) + "/?a=b#fragment")
	must(t, err)
	text, err := io.ReadAll(response.Body)
	must(t, err)
	must(t, response.Body.Close())
	if string(text) != "me correcthorse /?a=b" {
		t.Fatal(string(text))
	}
}

func TestManyGoroutinesUseOneRoundTripper(t *testing.T) {
	leavesNothing(t)
	client, url := web(t, echoBody)
	failed := make(chan error, 50)
	for i := 0; i < cap(failed); i++ {
		go func(text string) {
			response, err := client.Post(url, "text/plain", strings.NewReader(text))
			if err == nil {
				var got []byte
				if got, err = io.ReadAll(response.Body); err == nil && string(got) != text {
					err = fmt.Errorf("%d bytes of %d", len(got), len(text))
				}
				response.Body.Close()
			}
			failed <- err
		}(strings.Repeat(fmt.Sprint(i), 1000*i))
	}
	for i := 0; i < cap(failed); i++ {
		must(t, <-failed)
	}
}
