package network_test

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"pepperpy.ai/network"
)

var background = context.Background()

func TestAnAPIClientGetsAndPosts(t *testing.T) {
	api := newAPI(t)
	response, err := api.Get(background, "/v1/models", network.Header("X-Custom", "value"))
	must(t, err)
	must(t, response.RaiseForStatus())
	var models struct{ Data []struct{ ID string } }
	must(t, response.JSON(&models))
	if len(models.Data) != 2 || models.Data[0].ID == "" {
		t.Fatal(response.Text())
	}
	if response.HTTPVersion() != "HTTP/1.1" || !response.TLSVerified() || response.Attempts() != 1 ||
		response.HeaderValue("content-type") == "" || response.Header().Get("X-Request-Id") == "" {
		t.Fatal(response.Fields())
	}
	question := map[string]any{"model": "demo", "messages": []map[string]string{{"role": "user", "content": "hello"}}}
	response, err = api.PostJSON(background, "/v1/chat/completions", question)
	must(t, err)
	must(t, response.RaiseForStatus())
	if !strings.Contains(response.Text(), "hello") {
		t.Fatal(response.Text())
	}
}

type echo struct {
	Method, Path, Query, Body string
	BodyBase64                string `json:"body_base64"`
	Length                    int
	Headers                   [][2]string
}

func (e echo) header(name string) string {
	for _, h := range e.Headers {
		if strings.EqualFold(h[0], name) {
			return h[1]
		}
	}
	return ""
}

func echoed(t *testing.T, response *network.Response, err error) (e echo) {
	t.Helper()
	must(t, err)
	must(t, response.RaiseForStatus())
	must(t, response.JSON(&e))
	return e
}

func TestABodyWithNULAndHighBytesArrivesAsItIs(t *testing.T) {
	body := make([]byte, 512)
	for i := range body {
		body[i] = byte(i)
	}
	client := newHTTP(t)
	response, err := client.Post(background, server.url+"/echo", body)
	e := echoed(t, response, err)
	sent, err := base64.StdEncoding.DecodeString(e.BodyBase64)
	must(t, err)
	if string(sent) != string(body) {
		t.Fatalf("%q", sent)
	}
	response, err = client.Get(background, server.url+"/bytes?n=1000")
	must(t, err)
	for i, b := range response.Body {
		if b != byte(i%251) {
			t.Fatal(i, b)
		}
	}
	if len(response.Body) != 1000 {
		t.Fatal(len(response.Body))
	}
}

func TestADeadlineOfTheContextIsATimeout(t *testing.T) {
	client := newHTTP(t)
	ctx, cancel := context.WithTimeout(background, 50*time.Millisecond)
	defer cancel()
	_, err := client.Get(ctx, server.url+"/slow?ms=60000")
	var e *network.Error
	if !errors.As(err, &e) || e.Code != network.CodeTimeout || !e.Timeout() ||
		!errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, network.ErrTimeout) ||
		errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestACancelledContextCancelsTheCall(t *testing.T) {
	s := script(t, stalls(""))
	client := newHTTP(t)
	ctx, cancel := context.WithCancel(background)
	go func() {
		<-s.Requests
		cancel()
	}()
	_, err := client.Get(ctx, s.URL)
	if !errors.Is(err, context.Canceled) || !errors.Is(err, network.ErrCancelled) ||
		!errors.Is(err, network.CodeCancelled) || errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	if _, err := client.Get(ctx, s.URL); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestAStatusBecomesAnErrorWhenAsked(t *testing.T) {
	client := newHTTP(t, network.WithMaxRetries(0))
	response, err := client.Get(background, server.url+"/flaky?fail=1&status=503&retry-after=7&key="+unique("status-error"))
	must(t, err)
	err = response.RaiseForStatus()
	var status *network.StatusError
	var inner *network.Error
	if !errors.As(err, &status) || !errors.As(err, &inner) || status.Response != response || status.Status() != 503 ||
		!errors.Is(err, network.ErrServer) || !errors.Is(err, network.ErrStatus) || errors.Is(err, network.ErrNotFound) ||
		!errors.Is(err, network.CodeHTTPUnavailable) || !inner.Retryable() {
		t.Fatal(err)
	}
	if after, asked := status.RetryAfter(); !asked || after != 7*time.Second {
		t.Fatal(after, asked)
	}
	if !strings.HasPrefix(err.Error(), "HTTP_UNAVAILABLE: ") {
		t.Fatal(err)
	}
}

func TestEventsAreReadToTheirEnd(t *testing.T) {
	api := newAPI(t)
	request := network.NewRequest("POST", "/v1/chat/completions?ms=0").JSON(map[string]any{"stream": true,
		"messages": []map[string]string{{"role": "user", "content": "hello"}}})
	stream, err := api.DoEvents(background, request)
	must(t, err)
	defer stream.Close()
	var last network.Event
	count := 0
	for event := range stream.Chan() {
		last, count = event, count+1
	}
	must(t, stream.Err())
	if last.Data != "[DONE]" || last.Type != "message" || count < 3 || last.Index != int64(count-1) {
		t.Fatal(count, last)
	}
}

func TestTheUserAgentNamesGoUnlessTheProgramSetsIt(t *testing.T) {
	for want, options := range map[string][]network.Option{" go/": nil, "mine": {network.WithUserAgent("mine/1")}} {
		response, err := newHTTP(t, options...).Get(background, server.url+"/echo")
		agent := echoed(t, response, err).header("User-Agent")
		if !strings.Contains(agent, want) || want == "mine" && agent != "mine/1" {
			t.Fatal(agent)
		}
	}
}
