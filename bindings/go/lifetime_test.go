package network_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"testing"
	"time"

	"pepperpy.ai/network"
)

func TestClientsAreMadeAndClosedManyTimes(t *testing.T) {
	leavesNothing(t)
	rounds := scale(10000)
	round := func(i int) {
		client, err := network.NewHTTPClient(network.WithCaFile(server.ca))
		must(t, err)
		if i%100 == 0 {
			_, err := client.Get(background, server.plainURL+"/echo")
			must(t, err)
		}
		must(t, client.Use(&network.RequestMiddleware{Name: "m", OnError: func(*network.MiddlewareContext) error { return nil }}))
		must(t, client.Close())
	}
	for i := 0; i < 100; i++ {
		round(i)
	}
	runtime.GC()
	before := residentKiB(t)
	for i := 0; i < rounds; i++ {
		round(i)
	}
	runtime.GC()
	if grown := residentKiB(t) - before; grown > 16*1024 {
		t.Fatalf("%d KiB more after %d rounds", grown, rounds)
	}
}

func TestTwoHundredGoroutinesUseOneClient(t *testing.T) {
	leavesNothing(t)
	client := newHTTP(t, network.WithMaxConnectionsPerOrigin(16))
	var running sync.WaitGroup
	failed := make(chan error, 200)
	for i := 0; i < 200; i++ {
		running.Add(1)
		go func(i int) {
			defer running.Done()
			ctx, cancel := context.WithTimeout(background, time.Minute)
			defer cancel()
			for n := 0; n < 5; n++ {
				want := fmt.Sprintf("i=%d&n=%d", i, n)
				response, err := client.Get(ctx, server.plainURL+"/echo?"+want)
				if err != nil {
					failed <- err
					return
				}
				var e echo
				if err := response.JSON(&e); err != nil || e.Query != want {
					failed <- fmt.Errorf("%s: %v %v", want, e.Query, err)
					return
				}
			}
		}(i)
	}
	running.Wait()
	close(failed)
	for err := range failed {
		t.Error(err)
	}
	if client.Counted(network.CountConnections) > 16 {
		t.Fatal(client.Counted(network.CountConnections))
	}
}

func TestCallsUnderWayEndWhenTheirClientIsClosed(t *testing.T) {
	leavesNothing(t)
	s := script(t, stalls(eventStreamHead))
	client := newHTTP(t)
	stream, err := client.Events(background, s.URL)
	must(t, err)
	defer stream.Close()
	ended := make(chan error, 11)
	for i := 0; i < 10; i++ {
		go func() {
			_, err := client.Get(background, s.URL)
			ended <- err
		}()
	}
	go func() {
		_, err := stream.Next()
		ended <- err
	}()
	for i := 0; i < 11; i++ {
		<-s.Requests
	}
	must(t, client.Close())
	for i := 0; i < 11; i++ {
		if err := <-ended; !errors.Is(err, network.ErrCancelled) {
			t.Fatal(err)
		}
	}
}

func TestAfterCloseEverythingIsRefusedByName(t *testing.T) {
	leavesNothing(t)
	client := newHTTP(t)
	must(t, client.Close())
	must(t, client.Close())
	_, err := client.Get(background, server.url+"/echo")
	_, err2 := client.Events(background, server.url+"/echo")
	_, err3 := network.NewWebSocketClient(client, "ws://localhost/")
	_, err4 := client.MetricsJSON()
	for i, err := range []error{err, err2, err3, err4, client.Use(&network.RequestMiddleware{Name: "m",
		OnError: func(*network.MiddlewareContext) error { return nil }}), client.OnCallEvent(func(network.CallEvent) {}),
		client.Preconnect(server.url, 1), (&network.Batch{}).Add(client, network.NewRequest("GET", "/"))} {
		if !errors.Is(err, network.ErrClosed) || !errors.Is(err, network.ErrUsage) {
			t.Fatal(i, err)
		}
	}
	if client.Counted(network.CountIdle) != 0 {
		t.Fatal(client.Counted(network.CountIdle))
	}
	var zero network.HTTPClient
	if _, err := zero.Get(background, server.url); !errors.Is(err, network.ErrInvalidArgument) {
		t.Fatal(err)
	}
	must(t, zero.Close())
}

func TestAConstructorThatFailsReturnsNil(t *testing.T) {
	leavesNothing(t)
	noFile := network.WithCaFile("/no/such/file")
	http, err1 := network.NewHTTPClient(noFile)
	manager, err2 := network.NewRequestManager(server.url, noFile)
	api, err3 := network.NewAPIClient(server.url, server.key, noFile)
	streaming, err4 := network.NewStreamingClient(noFile)
	_, err5 := network.NewAPIClient(server.url, "")
	if http != nil || manager != nil || api != nil || streaming != nil {
		t.Fatal(http, manager, api, streaming)
	}
	for i, err := range []error{err1, err2, err3, err4, err5} {
		if !errors.Is(err, network.ErrConfig) {
			t.Fatal(i, err)
		}
	}
}

func TestNilIsRefusedByName(t *testing.T) {
	leavesNothing(t)
	client := newHTTP(t)
	//lint:ignore SA1012 what is tested
	var none context.Context
	_, err1 := client.Get(none, server.url)
	_, err2 := client.Do(background, nil)
	_, err3 := client.Events(none, server.url)
	_, err4 := client.DoEvents(background, nil)
	_, err5 := network.NewHTTPClient(nil)
	_, err6 := (*network.NetworkConfig)(nil).NewHTTPClient()
	err7 := client.Use(nil)
	_, err8 := network.NewRoundTripper(nil)
	err9 := (&network.Batch{}).Add(nil, network.NewRequest("GET", "/"))
	err10 := (&network.Batch{}).Add(client, nil)
	limiter, err := network.NewRateLimiter(60, 1)
	must(t, err)
	defer limiter.Close()
	err11 := limiter.Share(nil)
	_, err12 := limiter.Acquire(none)
	_, err13 := (*network.RateLimiter)(nil).Acquire(background)
	retry, err := network.NewRetryHandler(-1)
	must(t, err)
	defer retry.Close()
	err14 := retry.Run(background, nil)
	err15 := retry.Run(none, func(context.Context) error { return nil })
	_, err16 := client.Do(background, network.NewRequest("GET", server.url).Retry(nil))
	_, err17 := network.NewTokenRefresh(server.url, "A", "", "t", nil)
	_, err18 := (&network.Batch{}).Run(none)
	_, err19 := client.Drain(none)
	_, err20 := client.Do(background, network.NewRequest("POST", server.url).Body(make(chan int)))
	_, err21 := client.PostJSON(background, server.url, make(chan int))
	_, err22 := client.Do(background, network.NewRequest("POST", server.url).Body((*os.File)(nil)))
	_, err27 := client.Post(background, server.url, (*bytes.Buffer)(nil))
	err23 := limiter.Share((*network.HTTPClient)(nil))
	_, err24 := (*network.WebSocketClient)(nil).Next(background)
	err25 := (*network.Ticket)(nil).Settle(1)
	err26 := (*network.Middleware)(nil).SetToken("t")
	for i, err := range []error{err1, err2, err3, err4, err5, err6, err7, err8, err9, err10, err11, err12, err13, err14, err15,
		err16, err17, err18, err19, err20, err21, err22, err23, err24, err25, err26, err27} {
		if !errors.Is(err, network.ErrInvalidArgument) || !errors.Is(err, network.ErrUsage) {
			t.Errorf("%d: %v", i+1, err)
		}
	}
	(*network.Ticket)(nil).Release()
	response, err := client.Post(background, server.url+"/echo", nil)
	echoed(t, response, err)
	must(t, (*network.NetworkConfig)(nil).Close())
	must(t, network.SetLogger(network.LogInfo, nil))
}

func TestWhatIsForgottenIsClosedByFinalizers(t *testing.T) {
	leavesNothing(t)
	before := network.LiveObjects()
	closed := make(chan *network.HTTPClient, 1)
	func() {
		_, err := network.NewNetworkConfig() // has a finalizer of its own
		must(t, err)
		client := newHTTP(t)
		owner := &struct{ client *network.HTTPClient }{client}
		runtime.SetFinalizer(owner, func(o *struct{ client *network.HTTPClient }) {
			o.client.Close()
			closed <- o.client
		})
	}()
	waitUntil(t, "something was not closed", func() bool {
		runtime.GC()
		return len(closed) == 1 && network.LiveObjects() <= before
	})
	if _, err := (<-closed).Get(background, server.url); !errors.Is(err, network.ErrClosed) {
		t.Fatal(err)
	}
}

func TestADrainLetsCallsEnd(t *testing.T) {
	leavesNothing(t)
	client := newHTTP(t)
	ended := make(chan error, 1)
	s := script(t, says("HTTP/1.1 204 No Content\r\n\r\n"))
	go func() {
		_, err := client.Get(background, s.URL)
		ended <- err
	}()
	<-s.Requests
	all, err := client.Drain(background)
	must(t, err)
	must(t, <-ended)
	if !all {
		t.Fatal("a call was cancelled")
	}
	if _, err := client.Get(background, s.URL); !errors.Is(err, network.ErrClosed) {
		t.Fatal(err)
	}
	silent := script(t, stalls(""))
	slow := newHTTP(t)
	go func() {
		_, err := slow.Get(background, silent.URL)
		ended <- err
	}()
	<-silent.Requests
	ctx, cancel := context.WithCancel(background)
	cancel()
	if all, err := slow.Drain(ctx); err != nil || all {
		t.Fatal(all, err)
	}
	if err := <-ended; !errors.Is(err, network.ErrCancelled) {
		t.Fatal(err)
	}
}

func TestCallsGoOnWhileOthersShutDown(t *testing.T) {
	leavesNothing(t)
	client := newHTTP(t, network.WithMaxRetries(0))
	var running sync.WaitGroup
	over := make(chan struct{})
	for i := 0; i < 4; i++ {
		running.Add(1)
		go func() {
			defer running.Done()
			for {
				select {
				case <-over:
					return
				default:
				}
				_, err := client.Get(background, server.plainURL+"/echo")
				if err != nil && !errors.Is(err, network.ErrCancelled) && !errors.Is(err, network.ErrClosed) {
					t.Error(err)
					return
				}
			}
		}()
	}
	for i := 0; i < 20; i++ {
		must(t, network.Shutdown())
	}
	close(over)
	running.Wait()
}

func TestCallsThatMeetACloseSaySo(t *testing.T) {
	leavesNothing(t)
	for i := 0; i < 20; i++ {
		client := newHTTP(t)
		ended := make(chan error, 8)
		for n := 0; n < cap(ended); n++ {
			go func() {
				var err error
				for err == nil {
					_, err = client.Get(background, server.plainURL+"/echo")
				}
				ended <- err
			}()
		}
		must(t, client.Close())
		for n := 0; n < cap(ended); n++ {
			if err := <-ended; !errors.Is(err, network.ErrCancelled) && !errors.Is(err, network.ErrClosed) {
				t.Fatal(err)
			}
		}
	}
}

// What the process of the next test does.
func TestTheProcessThatEnds(t *testing.T) {
	if os.Getenv("PPN_TEST_EXIT") == "" {
		t.Skip("for the next test")
	}
	client, err := network.NewHTTPClient()
	must(t, err)
	for i := 0; i < 10; i++ {
		stream, err := client.Events(background, os.Getenv("PPN_TEST_EXIT"))
		must(t, err)
		_, err = stream.Next()
		must(t, err)
		go stream.Next()
	}
	go client.Get(background, os.Getenv("PPN_TEST_EXIT"))
	os.Exit(7)
}

func TestAProcessEndsWhileItsStreamsAreLive(t *testing.T) {
	s := script(t, stalls(eventStreamHead+"data: first\n\n"))
	program := exec.Command(os.Args[0], "-test.run", "^TestTheProcessThatEnds$")
	program.Env = append(os.Environ(), "PPN_TEST_EXIT="+s.URL)
	out, err := program.CombinedOutput()
	var status *exec.ExitError
	if !errors.As(err, &status) || status.ExitCode() != 7 {
		t.Fatal(err, string(out))
	}
}
