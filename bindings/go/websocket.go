package network

import (
	"context"
	"encoding/json"
	"io"
	"sync"
	"time"

	"pepperpy.ai/network/internal/cabi"
)

// A WebSocketClient is a WebSocket (RFC 6455): messages both ways, kept alive by pings and opened again after it was lost
// (option websocket_reconnect).
//
//	socket, err := network.NewWebSocketClient(client, "wss://localhost:8443/v1/realtime")
//	err = socket.Connect(ctx)
//	err = socket.SendJSON(ctx, question)
//	message, err := socket.Next(ctx)
//
// Describe it, then connect once. Any goroutine may send; one reads at a time. Close says goodbye to the server, and Release
// gives everything back; `defer socket.Release()` is what most programs want.
type WebSocketClient struct {
	onOpen         func(handshake *Response)
	onClose        func(code int, reason string, err error)
	onReconnecting func(Reconnect) error

	turn    sync.Mutex    // one reads at a time
	ready   chan struct{} // rung when there is a message
	room    chan struct{} // rung when a message has left
	over    chan struct{} // closed when it is released
	hooks   hookQueue
	token   int64
	sentTo  int64
	sent    sentCounter
	handles sync.Mutex // guards what follows
	socket  uintptr
	native  uintptr
	taken   []byte

	mu         sync.Mutex // guards what follows
	changed    chan struct{}
	isOpen     bool
	wasOpen    bool
	terminated bool
	released   bool
	err        error // what terminated it; nil when it was closed as it should be
	cause      error // of a hook
}

// A Message is one of a WebSocket.
type Message struct {
	Binary bool
	Data   []byte // UTF-8 unless Binary
}

// Text is the data as a string.
func (m Message) Text() string { return string(m.Data) }

// JSON reads the data into a value (encoding/json).
func (m Message) JSON(into any) error { return unmarshal(m.Data, into) }

// A Reconnect is told before each further try.
type Reconnect struct {
	Attempt int           // from 1, anew after a connection that was stable
	Delay   time.Duration // how long the try waits
	Code    int           // of the close before; 0 when no connection had opened
	Err     error         // why the connection was lost; nil after a close without an error
}

// NewWebSocketClient describes a WebSocket. The client gives options, TLS and its key; the URL is an absolute ws or wss URL, or
// a path below the base URL of the client.
func NewWebSocketClient(client Client, url string) (*WebSocketClient, error) {
	c, err := nativeOf(client)
	if err != nil {
		return nil, err
	}
	w := &WebSocketClient{ready: make(chan struct{}, 1), room: make(chan struct{}, 1), over: make(chan struct{}),
		changed: make(chan struct{})}
	useMailbox()
	w.token = heard.add(w)
	w.sent.room = w.room
	w.sentTo = heard.add(&w.sent)
	var socket uintptr
	err = c.with(func(handle uintptr, fail *uintptr) int {
		return cabi.Ppnb_socket_new(handle, url, 1, w.token, &socket, fail)
	})
	if err != nil {
		heard.remove(w.token)
		heard.remove(w.sentTo)
		leaveMailbox()
		return nil, err
	}
	w.socket, w.native = socket, cabi.Ppnb_socket_websocket(socket)
	return w, nil
}

func errNilSocket() error { return failure(CodeInvalidArgument, "the WebSocket is nil") }

// with calls a function of the library with the WebSocket, which it also refuses when it is released.
func (w *WebSocketClient) with(function func(native uintptr, fail *uintptr) int) error {
	if w == nil {
		return errNilSocket()
	}
	w.handles.Lock()
	native := w.native
	w.handles.Unlock()
	if native == 0 {
		return failure(CodeInvalidState, "the WebSocket is released")
	}
	return call(func(fail *uintptr) int { return function(native, fail) })
}

// SetHeader sets a header of the handshake: before Connect and inside OnReconnecting.
func (w *WebSocketClient) SetHeader(name, value string) error {
	return w.with(func(n uintptr, fail *uintptr) int { return cabi.Ppn_websocket_set_header(n, name, value, fail) })
}

// SetURL uses another URL, such as one with a new token: before Connect and inside OnReconnecting.
func (w *WebSocketClient) SetURL(url string) error {
	return w.with(func(n uintptr, fail *uintptr) int { return cabi.Ppn_websocket_set_url(n, url, fail) })
}

// AddSubprotocol offers a subprotocol, after those offered before.
func (w *WebSocketClient) AddSubprotocol(name string) error {
	return w.with(func(n uintptr, fail *uintptr) int { return cabi.Ppn_websocket_add_subprotocol(n, name, fail) })
}

// SetOption sets an option for this WebSocket alone: one whose name begins with websocket_.
func (w *WebSocketClient) SetOption(name, value string) error {
	return w.with(func(n uintptr, fail *uintptr) int { return cabi.Ppn_websocket_set_option(n, name, value, fail) })
}

// OnOpen sets what is called when a connection is open. The hooks run one after the other on a goroutine of their own, and
// are set before Connect.
func (w *WebSocketClient) OnOpen(hook func(handshake *Response)) { w.onOpen = hook }

// OnClose sets what is called when a connection that was open has ended.
func (w *WebSocketClient) OnClose(hook func(code int, reason string, err error)) { w.onClose = hook }

// OnReconnecting sets what is called before each further try: the place for a new token (SetHeader, SetURL). The try waits
// for it, up to websocket_open_timeout_ms. An error, or a panic, ends the WebSocket; it is the cause of the error of Next.
func (w *WebSocketClient) OnReconnecting(hook func(Reconnect) error) { w.onReconnecting = hook }

// Connect connects and waits until the WebSocket is open. When the context ends before, it is cancelled. A handshake that was
// refused is CodeWebSocketHandshake, and the response of the error is what the server answered.
func (w *WebSocketClient) Connect(ctx context.Context) error {
	if err := begin(ctx); err != nil {
		return err
	}
	if err := w.with(func(n uintptr, fail *uintptr) int { return cabi.Ppn_websocket_connect(n, fail) }); err != nil {
		return err
	}
	return w.await(ctx, func() (bool, error) { return w.wasOpen || w.terminated, w.failed() })
}

// failed is the error of a WebSocket that was never open. With the lock held.
func (w *WebSocketClient) failed() error {
	if w.wasOpen {
		return nil
	}
	return w.err
}

// await waits for a state. A context that ends cancels the WebSocket.
func (w *WebSocketClient) await(ctx context.Context, reached func() (bool, error)) error {
	for {
		w.mu.Lock()
		is, err := reached()
		changed := w.changed
		released := w.released
		w.mu.Unlock()
		switch {
		case is:
			return err
		case released:
			return failure(CodeCancelled, "the WebSocket was released")
		}
		select {
		case <-changed:
		case <-ctx.Done():
			w.Cancel()
			return withContext(ctx, failure(CodeCancelled, "the context ended"))
		}
	}
}

// SendText queues a text message, UTF-8. It is written as soon as the connection allows; when the queue is full, it waits for
// room until the context ends.
func (w *WebSocketClient) SendText(ctx context.Context, text string) error {
	return w.send(ctx, cabi.PPN_WEBSOCKET_TEXT, text)
}

// SendBinary queues a binary message, as SendText.
func (w *WebSocketClient) SendBinary(ctx context.Context, data []byte) error {
	return w.send(ctx, cabi.PPN_WEBSOCKET_BINARY, textOf(data))
}

// SendJSON queues a value as JSON (encoding/json) in a text message, as SendText. A json.RawMessage is sent as it is, and
// checked.
func (w *WebSocketClient) SendJSON(ctx context.Context, value any) error {
	text, raw := value.(json.RawMessage)
	if !raw {
		var err error
		if text, err = json.Marshal(value); err != nil {
			e := failure(CodeInvalidArgument, "the value can not be written as JSON")
			e.cause = err
			return e
		}
	}
	return w.send(ctx, cabi.PPN_WEBSOCKET_JSON, textOf(text))
}

func (w *WebSocketClient) send(ctx context.Context, kind int, data string) error {
	if err := begin(ctx); err != nil {
		return err
	}
	for {
		err := w.queue(kind, data)
		if e := errorOf(err); e == nil || e.Code != CodeWebSocketQueueFull {
			ring(w.room) // for others who wait
			return err
		}
		select {
		case <-w.room:
		case <-ctx.Done():
			return withContext(ctx, failure(CodeCancelled, "the context ended before there was room for the message"))
		}
	}
}

func (w *WebSocketClient) queue(kind int, data string) error {
	if w == nil {
		return errNilSocket()
	}
	w.handles.Lock()
	defer w.handles.Unlock()
	if w.socket == 0 {
		return failure(CodeInvalidState, "the WebSocket is released")
	}
	w.sent.add(1)
	err := call(func(fail *uintptr) int { return cabi.Ppnb_socket_send(w.socket, kind, data, w.sentTo, fail) })
	if err != nil {
		w.sent.add(-1)
	}
	return err
}

// Flush waits until every message that was queued has left, or never will.
func (w *WebSocketClient) Flush(ctx context.Context) error {
	if w == nil {
		return errNilSocket()
	}
	if err := begin(ctx); err != nil {
		return err
	}
	select {
	case <-w.sent.nothingWaits():
		return nil
	case <-ctx.Done():
		return withContext(ctx, failure(CodeCancelled, "the context ended before the messages had left"))
	}
}

// Next waits for the next message. At the end it returns io.EOF when the WebSocket was closed as it should be, else what
// terminated it, after the messages that came before. A context that ends ends the wait and nothing else.
func (w *WebSocketClient) Next(ctx context.Context) (Message, error) {
	if w == nil {
		return Message{}, errNilSocket()
	}
	if ctx == nil {
		return Message{}, failure(CodeInvalidArgument, "the context is nil")
	}
	w.turn.Lock()
	defer w.turn.Unlock()
	for {
		message, err := w.take()
		if err != errWait {
			return message, err
		}
		select {
		case <-w.ready:
		case <-ctx.Done():
			return Message{}, withContext(ctx, failure(CodeCancelled, "the context ended before a message came"))
		}
	}
}

func (w *WebSocketClient) take() (Message, error) {
	w.handles.Lock()
	defer w.handles.Unlock()
	if len(w.taken) == 0 {
		if w.socket == 0 {
			return Message{}, failure(CodeInvalidState, "the WebSocket is released")
		}
		var fail uintptr
		take := func(into []byte) int64 { return cabi.Ppnb_socket_take(w.socket, into, &fail) }
		taken, code := takePieces(take, func() int64 { return cabi.Ppnb_socket_needed(w.socket) })
		switch {
		case code == takeNothing:
			return Message{}, errWait
		case code == takeEnd:
			return Message{}, io.EOF
		case code < 0:
			return Message{}, w.explain(takeError(int(-code), fail))
		}
		w.taken = taken
	}
	var p piece
	p, w.taken = firstPiece(w.taken)
	return Message{Binary: textOf(p.kind) == "binary", Data: p.data}, nil
}

// explain adds what a hook has failed with, and what the server had answered.
func (w *WebSocketClient) explain(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e := errorOf(err); e != nil {
		if e.cause == nil && w.cause != nil {
			e.cause, e.Message = w.cause, w.cause.Error()
		}
		if e.Response == nil && e.Code == CodeWebSocketHandshake {
			e.Response = w.handshake()
		}
	}
	return err
}

// Chan hands the messages out by a channel, which is closed at the end, by Release, and when the context ends; Err says
// then how it ended. A nil context is that of the WebSocket alone.
func (w *WebSocketClient) Chan(ctx context.Context) <-chan Message {
	messages := make(chan Message)
	if ctx == nil {
		ctx = context.Background()
	}
	go func() {
		defer close(messages)
		for {
			message, err := w.Next(ctx)
			if err != nil {
				return
			}
			select {
			case messages <- message:
			case <-w.over:
				return
			case <-ctx.Done():
				return
			}
		}
	}()
	return messages
}

// Err is what terminated the WebSocket; nil while it has not, and when it was closed as it should be.
func (w *WebSocketClient) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}
