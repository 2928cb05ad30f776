package network_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"pepperpy.ai/network"
)

// web is a http.Client over ours, and a server of the standard library.
func web(t *testing.T, handler http.HandlerFunc, options ...network.Option) (*http.Client, string) {
	t.Helper()
	peer := httptest.NewServer(handler)
	t.Cleanup(peer.Close)
	transport, err := network.NewRoundTripper(newHTTP(t, options...))
	must(t, err)
	return &http.Client{Transport: transport}, peer.URL
}

func TestAnHTTPClientOverOurs(t *testing.T) {
	leavesNothing(t)
	client, url := web(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Trailer", "X-After")
		w.Header().Add("X-Twice", "1")
		w.Header().Add("X-Twice", "2")
		w.WriteHeader(http.StatusAccepted)
		fmt.Fprintf(w, "%s %s %s %d ", r.Method, r.URL.RequestURI(), r.Header.Get("X-Sent"), r.ContentLength)
		w.(http.Flusher).Flush()
		w.Write(body)
		w.Header().Set("X-After", "all")
	})
	for _, body := range []string{"", "small\x00\xff", strings.Repeat("large", 100000)} {
		request, err := http.NewRequest("POST", url+"/a%2fb?c=d", strings.NewReader(body))
		must(t, err)
		request.Header.Set("X-Sent", "yes")
		request.Header.Set("Connection", "close")
		response, err := client.Do(request)
		must(t, err)
		got, err := io.ReadAll(response.Body)
		must(t, err)
		must(t, response.Body.Close())
		if want := fmt.Sprintf("POST /a%%2fb?c=d yes %d %s", len(body), body); string(got) != want {
			t.Fatalf("%.80q", got)
		}
		if response.StatusCode != 202 || response.Status != "202 Accepted" || response.Proto != "HTTP/1.1" ||
			len(response.Header["X-Twice"]) != 2 || response.Trailer.Get("X-After") != "all" || response.ContentLength != -1 {
			t.Fatalf("%+v", response)
		}
	}
}

func TestARedirectIsFollowedByTheHTTPClient(t *testing.T) {
	leavesNothing(t)
	client, url := web(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/from" {
			http.Redirect(w, r, "/to", http.StatusTemporaryRedirect)
			return
		}
		w.Write(body)
	})
	response, err := client.Post(url+"/from", "text/plain", strings.NewReader("carried along"))
	must(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	must(t, err)
	if string(body) != "carried along" || response.Request.URL.Path != "/to" {
		t.Fatal(string(body), response.Request.URL)
	}
}

type closeCounter struct {
	io.Reader
	closed *atomic.Int32
}

func (c closeCounter) Close() error {
	c.closed.Add(1)
	return nil
}

func TestBodiesOfRequestsAreClosedAndSentAgain(t *testing.T) {
	leavesNothing(t)
	var seen atomic.Int32
	client, url := web(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if seen.Add(1) == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, len(body), err)
	}, network.WithBackoffFactor(0))
	content := bytes.Repeat([]byte("0123456789"), 10000)
	var opened, closed atomic.Int32
	open := func() (io.ReadCloser, error) {
		opened.Add(1)
		return closeCounter{bytes.NewReader(content), &closed}, nil
	}
	first, _ := open()
	request, err := http.NewRequest("PUT", url, first)
	must(t, err)
	request.ContentLength, request.GetBody = int64(len(content)), open
	response, err := client.Do(request)
	must(t, err)
	body, err := io.ReadAll(response.Body)
	must(t, err)
	must(t, response.Body.Close())
	if response.StatusCode != 200 || string(body) != fmt.Sprint(len(content), error(nil)) {
		t.Fatal(response.Status, string(body))
	}
	waitUntil(t, "a body is open", func() bool { return opened.Load() == 2 && closed.Load() == 2 })

	bad, err := http.NewRequest("PUT", "ftp://localhost/", closeCounter{strings.NewReader("x"), &closed})
	must(t, err)
	if _, err := client.Do(bad); !errors.Is(err, network.ErrUsage) {
		t.Fatal(err)
	}
	waitUntil(t, "the body of a bad request is open", func() bool { return closed.Load() == 3 })
}

func TestACancelledRequestOfAnHTTPClientEnds(t *testing.T) {
	leavesNothing(t)
	gone := make(chan struct{})
	client, url := web(t, func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		close(gone)
	})
	ctx, cancel := context.WithCancel(background)
	request, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	must(t, err)
	response, err := client.Do(request)
	must(t, err)
	cancel()
	if _, err := io.ReadAll(response.Body); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	must(t, response.Body.Close())
	must(t, response.Body.Close())
	<-gone
	response, err = client.Get(server.url + "/echo")
	must(t, err)
	if response.TLS == nil || !response.TLS.HandshakeComplete {
		t.Fatal(response.TLS)
	}
	must(t, response.Body.Close())
}
