package network_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pepperpy.ai/network"
)

func newSocket(t *testing.T, client network.Client, url string) *network.WebSocketClient {
	t.Helper()
	socket, err := network.NewWebSocketClient(client, url)
	must(t, err)
	t.Cleanup(func() { socket.Release() })
	return socket
}

type realtime struct {
	Type, Delta string
	Response    struct{ ID string }
}

// said reads a whole answer.
func said(t *testing.T, socket *network.WebSocketClient) string {
	t.Helper()
	var text strings.Builder
	for {
		message, err := socket.Next(background)
		must(t, err)
		var e realtime
		must(t, message.JSON(&e))
		switch e.Type {
		case "response.output_text.delta":
			text.WriteString(e.Delta)
		case "response.completed":
			return text.String()
		case "error":
			t.Fatal(message.Text())
		}
	}
}

func question(text string) map[string]string {
	return map[string]string{"type": "response.create", "input": text}
}

func TestAConversationOverAWebSocket(t *testing.T) {
	leavesNothing(t)
	socket := newSocket(t, newAPI(t), "/v1/realtime?ms=0")
	must(t, socket.AddSubprotocol("realtime"))
	opened := make(chan int, 1)
	socket.OnOpen(func(handshake *network.Response) { opened <- handshake.Status })
	closed := make(chan string, 1)
	socket.OnClose(func(code int, reason string, err error) { closed <- fmt.Sprint(code, reason, err) })
	if socket.State() != network.WebSocketNew {
		t.Fatal(socket.State())
	}
	must(t, socket.Connect(background))
	if <-opened != 101 || socket.State() != network.WebSocketOpen || socket.Subprotocol() != "realtime" ||
		socket.Handshake().Status != 101 {
		t.Fatal(socket.State(), socket.Subprotocol())
	}
	must(t, socket.SendJSON(background, question("pepper")))
	if text := said(t, socket); !strings.Contains(text, "pepper") {
		t.Fatal(text)
	}
	must(t, socket.Flush(background))
	must(t, socket.Close(0, "bye"))
	must(t, socket.Close(0, "bye"))
	for i := 0; i < 2; i++ {
		if _, err := socket.Next(background); err != io.EOF {
			t.Fatal(err)
		}
	}
	must(t, socket.Wait(background))
	if got := <-closed; !strings.HasPrefix(got, "1000") || socket.CloseCode() != 1000 {
		t.Fatal(got, socket.CloseCode())
	}
	if err := socket.SendText(background, "late"); !errors.Is(err, network.CodeWebSocketClosed) {
		t.Fatal(err)
	}
	must(t, socket.Release())
	must(t, socket.Release())
	if err := socket.SendText(background, "later"); !errors.Is(err, network.ErrInvalidState) {
		t.Fatal(err)
	}
	if _, err := socket.Next(background); !errors.Is(err, network.ErrInvalidState) {
		t.Fatal(err)
	}
	if socket.State() != network.WebSocketClosed || socket.Handshake() != nil || socket.CloseReason() != "" {
		t.Fatal(socket.State())
	}
}

func TestAHandshakeThatIsRefusedHasTheAnswer(t *testing.T) {
	leavesNothing(t)
	client := newHTTP(t)
	socket := newSocket(t, client, "wss"+strings.TrimPrefix(server.url, "https")+"/v1/realtime")
	err := socket.Connect(background)
	var e *network.Error
	if !errors.As(err, &e) || e.Code != network.CodeWebSocketHandshake || !errors.Is(err, network.ErrWebSocket) ||
		e.Response == nil || e.Response.Status != 401 {
		t.Fatal(err)
	}
	if _, err := network.NewWebSocketClient(client, "http://localhost/"); !errors.Is(err, network.ErrUsage) {
		t.Fatal(err)
	}
	if _, err := network.NewWebSocketClient(nil, "ws://localhost/"); !errors.Is(err, network.ErrInvalidArgument) {
		t.Fatal(err)
	}
}

func TestALostWebSocketIsOpenedAgainWithANewToken(t *testing.T) {
	leavesNothing(t)
	api := newAPI(t)
	socket := newSocket(t, api, "/v1/realtime?ms=0&drop=3&times=1&key="+unique("go-reconnect"))
	must(t, socket.SetOption("websocket_reconnect", "on"))
	var told atomic.Int32
	socket.OnReconnecting(func(r network.Reconnect) error {
		if r.Attempt != 1 || r.Err == nil {
			return fmt.Errorf("%+v", r)
		}
		told.Add(1)
		return socket.SetHeader("Authorization", "Bearer "+server.key)
	})
	must(t, socket.Connect(background))
	must(t, socket.SendJSON(background, question("first")))
	ctx, cancel := context.WithTimeout(background, time.Minute)
	defer cancel()
	for told.Load() == 0 { // the words before the connection is lost
		if _, err := socket.Next(ctx); err != nil {
			t.Fatal(err)
		}
	}
	must(t, socket.SendJSON(background, question("second")))
	if text := said(t, socket); !strings.Contains(text, "second") {
		t.Fatal(text)
	}
	must(t, socket.Close(0, ""))
	must(t, socket.Wait(background))
}

func TestAHookThatPanicsEndsTheWebSocket(t *testing.T) {
	leavesNothing(t)
	api := newAPI(t)
	original := errors.New("no token")
	for _, hook := range []func(network.Reconnect) error{
		func(network.Reconnect) error { return original },
		func(network.Reconnect) error { panic(original) },
	} {
		socket := newSocket(t, api, "/v1/realtime?ms=0&drop=1&key="+unique("go-panic"))
		must(t, socket.SetOption("websocket_reconnect", "on"))
		socket.OnReconnecting(hook)
		must(t, socket.Connect(background))
		var err error
		for err == nil {
			_, err = socket.Next(background)
		}
		if !errors.Is(err, original) {
			t.Fatal(err)
		}
		if err := socket.Wait(background); !errors.Is(err, original) {
			t.Fatal(err)
		}
	}
}

func TestAWebSocketEndsWithWhoeverCancels(t *testing.T) {
	leavesNothing(t)
	api := newAPI(t)
	socket := newSocket(t, api, "/v1/realtime")
	must(t, socket.Connect(background))
	_, err := socket.Next(background) // session.created
	must(t, err)
	ctx, cancel := context.WithTimeout(background, 10*time.Millisecond)
	defer cancel()
	if _, err := socket.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
	must(t, socket.SendJSON(background, question("still open")))
	messages := socket.Chan(background)
	<-messages
	must(t, socket.Cancel())
	for range messages {
	}
	waitUntil(t, "it goes on", func() bool { return errors.Is(socket.Err(), network.ErrCancelled) })

	silent := script(t, stalls(""))
	connecting := newSocket(t, api, "ws"+strings.TrimPrefix(silent.URL, "http"))
	ctx, stop := context.WithCancel(background)
	go func() {
		<-silent.Requests
		stop()
	}()
	if err := connecting.Connect(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	waiting := newSocket(t, api, "/v1/realtime")
	must(t, waiting.Connect(background))
	ended := make(chan error)
	go func() {
		for {
			if _, err := waiting.Next(background); err != nil {
				ended <- err
				return
			}
		}
	}()
	must(t, api.Close())
	if err := <-ended; !errors.Is(err, network.ErrCancelled) {
		t.Fatal(err)
	}
	must(t, waiting.Release())
}

func TestMessagesOfManyGoroutinesWaitForRoom(t *testing.T) {
	leavesNothing(t)
	socket := newSocket(t, newAPI(t), "/v1/realtime?ms=0")
	must(t, socket.SetOption("websocket_send_queue_bytes", "4096"))
	must(t, socket.Connect(background))
	const goroutines, each = 8, 25
	failed := make(chan error, goroutines)
	for i := 0; i < goroutines; i++ {
		go func() {
			var err error
			for n := 0; n < each && err == nil; n++ {
				err = socket.SendJSON(background, question(strings.Repeat("x", 300)))
			}
			failed <- err
		}()
	}
	for i := 0; i < goroutines*each; i++ {
		said(t, socket)
	}
	for i := 0; i < goroutines; i++ {
		must(t, <-failed)
	}
	must(t, socket.Flush(background))
	if socket.QueuedBytes() != 0 {
		t.Fatal(socket.QueuedBytes())
	}
	if _, some := socket.TakeUnsent(); some {
		t.Fatal("a message was not sent")
	}
}
