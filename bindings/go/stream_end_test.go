package network_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"pepperpy.ai/network"
)

func TestALaterDeadlineOfTheContextLeavesTheLimitOfTheClient(t *testing.T) {
	leavesNothing(t)
	s := script(t, stalls(eventStreamHead))
	ctx, cancel := context.WithTimeout(background, time.Minute)
	defer cancel()
	stream, err := newHTTP(t, network.WithStreamTimeout(30*time.Millisecond)).Events(ctx, s.URL)
	must(t, err)
	defer stream.Close()
	if _, err = stream.Next(); !errors.Is(err, network.ErrTimeout) || ctx.Err() != nil {
		t.Fatal(err, ctx.Err())
	}
}

func TestEverybodyWhoWaitsForTheHeadGetsIt(t *testing.T) {
	leavesNothing(t)
	const goroutines = 8
	begin := make(chan struct{})
	s := script(t, func(c net.Conn, over <-chan struct{}) {
		<-begin
		stalls("HTTP/1.1 200 OK\r\n\r\n")(c, over)
	})
	stream, err := newHTTP(t).Stream(background, s.URL, 0)
	must(t, err)
	defer stream.Close()
	heads := make(chan *network.Response, goroutines)
	waiting := make(chan struct{}, goroutines)
	for i := 0; i < goroutines; i++ {
		go func() {
			waiting <- struct{}{}
			head, _ := stream.Response()
			heads <- head
		}()
	}
	for i := 0; i < goroutines; i++ {
		<-waiting
	}
	time.Sleep(10 * time.Millisecond) // lets them wait; without it the test proves less
	close(begin)
	for i := 0; i < goroutines; i++ {
		select {
		case head := <-heads:
			if head == nil || head.Status != 200 {
				t.Fatal(head)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("somebody waits for ever")
		}
	}
}

func TestAClosedBodyGivesNothingThatWasLeft(t *testing.T) {
	leavesNothing(t)
	client := newHTTP(t)
	body, err := client.Stream(background, server.url+"/bytes?n=1000", 0)
	must(t, err)
	some := make([]byte, 10)
	_, err = io.ReadFull(body, some)
	must(t, err)
	must(t, body.Close())
	if n, err := body.Read(some); n != 0 || !errors.Is(err, network.ErrInvalidState) {
		t.Fatal(n, err)
	}
	if data, err := body.Next(); data != nil || !errors.Is(err, network.ErrInvalidState) {
		t.Fatal(data, err)
	}
	lines, err := client.Lines(background, server.url+"/echo")
	must(t, err)
	channel := lines.Chan()
	_, err = lines.Response()
	must(t, err)
	must(t, lines.Close())
	if line, more := <-channel; more {
		t.Fatal("a line after Close:", line)
	}
}

func TestAChannelOfMessagesThatNobodyReadsIsLetGo(t *testing.T) {
	leavesNothing(t)
	socket := newSocket(t, newAPI(t), "/v1/realtime?ms=0")
	must(t, socket.Connect(background))
	messages := socket.Chan(background)
	<-messages
	must(t, socket.SendJSON(background, question("one two three four five six")))
	<-messages
	must(t, socket.Release())
}

func TestARequestWithABodyThatCanSeekIsSentManyTimes(t *testing.T) {
	leavesNothing(t)
	client := newHTTP(t)
	request := network.NewRequest("PUT", server.url+"/echo").Body(strings.NewReader("the same"))
	for i := 0; i < 2; i++ {
		response, err := client.Do(background, request)
		if e := echoed(t, response, err); e.Body != "the same" {
			t.Fatal(i, e.Body)
		}
	}
}

func TestContextsEndAtAnyMoment(t *testing.T) {
	leavesNothing(t)
	client := newHTTP(t)
	passed, cancel := context.WithDeadline(background, time.Now().Add(-time.Second))
	defer cancel()
	if _, err := client.Get(passed, server.url+"/echo"); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, network.ErrTimeout) {
		t.Fatal(err)
	}
	if _, err := client.Events(passed, server.url+"/echo"); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	const calls = 300
	ended := make(chan error, calls)
	for i := 0; i < calls; i++ {
		go func(limit time.Duration) {
			ctx, cancel := context.WithTimeout(background, limit)
			defer cancel()
			_, err := client.Get(ctx, server.plainURL+"/slow?ms=1")
			ended <- err
		}(time.Duration(i) * 20 * time.Microsecond)
	}
	for i := 0; i < calls; i++ {
		if err := <-ended; err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
	}
	for i := 0; i < calls; i++ {
		ctx, cancel := context.WithCancel(background)
		go cancel()
		response, err := client.Get(ctx, server.plainURL+"/echo?"+unique("n"))
		if err != nil && !errors.Is(err, context.Canceled) || err == nil && response.Status != 200 {
			t.Fatal(err)
		}
	}
}

func TestAShutdownLetsEverybodyGoAndNewCallsBeginAnew(t *testing.T) {
	leavesNothing(t)
	s := script(t, stalls(""))
	client := newHTTP(t)
	limiter, err := network.NewRateLimiter(1, 1)
	must(t, err)
	defer limiter.Close()
	first, err := limiter.Acquire(background)
	must(t, err)
	first()
	ended := make(chan error, 4)
	go func() {
		_, err := client.Get(background, s.URL)
		ended <- err
	}()
	go func() {
		stream, err := client.Events(background, s.URL)
		if err == nil {
			_, err = stream.Next()
			stream.Close()
		}
		ended <- err
	}()
	go func() {
		batch := &network.Batch{}
		err := batch.Add(client, network.NewRequest("GET", s.URL))
		if err == nil {
			var results []network.BatchResult
			if results, err = batch.Run(background); err == nil {
				err = results[0].Err
			}
		}
		ended <- err
	}()
	go func() {
		_, err := limiter.AcquirePermit(background, network.Permit{Wait: time.Hour})
		ended <- err
	}()
	for i := 0; i < 3; i++ {
		<-s.Requests
	}
	must(t, network.Shutdown())
	for i := 0; i < 4; i++ {
		select {
		case err := <-ended:
			if !errors.Is(err, network.ErrCancelled) && !errors.Is(err, network.ErrClosed) && !errors.Is(err, network.ErrRateLimit) {
				t.Fatal(err)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("somebody waits for ever")
		}
	}
	response, err := client.Get(background, server.plainURL+"/echo")
	if e := echoed(t, response, err); e.Method != http.MethodGet {
		t.Fatal(e)
	}
}
