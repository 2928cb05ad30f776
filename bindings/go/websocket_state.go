package network

import (
	"context"
	"sync"

	"pepperpy.ai/network/internal/cabi"
)

// Close says goodbye: what was queued is sent, then a Close frame, and the answer of the server is awaited for up to
// websocket_close_timeout_ms. Messages that arrive meanwhile can still be read. It returns at once; Wait waits. Code 0 is 1000.
func (w *WebSocketClient) Close(code int, reason string) error {
	return w.with(func(n uintptr, fail *uintptr) int { return cabi.Ppn_websocket_close(n, code, reason, fail) })
}

// Cancel drops the connection without a Close frame, whatever the state: CodeCancelled.
func (w *WebSocketClient) Cancel() error {
	return w.with(func(n uintptr, _ *uintptr) int { return cabi.Ppn_websocket_cancel(n) })
}

// Wait waits until the WebSocket has terminated, and returns what terminated it; nil when it was closed as it should be. A
// context that ends cancels it.
func (w *WebSocketClient) Wait(ctx context.Context) error {
	if w == nil {
		return errNilSocket()
	}
	if ctx == nil {
		return failure(CodeInvalidArgument, "the context is nil")
	}
	return w.await(ctx, func() (bool, error) { return w.terminated, w.err })
}

// Release gives everything back. A WebSocket that was closed goes on to its end by itself; any other is dropped. Whoever
// waits gets CodeCancelled. A second call has no effect.
func (w *WebSocketClient) Release() error {
	if w == nil {
		return nil
	}
	w.handles.Lock()
	socket := w.socket
	w.socket, w.native, w.taken = 0, 0, nil
	if socket != 0 {
		cabi.Ppnb_socket_release(socket)
		heard.remove(w.token)
		leaveMailbox()
	}
	w.handles.Unlock()
	if socket != 0 {
		close(w.over)
		w.change(func() { w.released = true })
		ring(w.ready)
		ring(w.room)
		w.sent.giveUp(w.sentTo)
	}
	return nil
}

// A WebSocketState says where a WebSocket is.
type WebSocketState int

const (
	WebSocketNew           WebSocketState = 0 // not started
	WebSocketConnecting    WebSocketState = 1 // from the need of a connection to the end of its handshake
	WebSocketOpen          WebSocketState = 2 // messages go both ways
	WebSocketClosing       WebSocketState = 3 // a Close frame was sent or received
	WebSocketReconnectWait WebSocketState = 4 // waiting before the next connection
	WebSocketClosed        WebSocketState = 5 // terminated
)

// State is where the WebSocket is; WebSocketClosed when it is released.
func (w *WebSocketClient) State() WebSocketState {
	return WebSocketState(cabi.Ppn_websocket_state(w.nativeHandle()))
}

// CloseCode is the code that the last connection ended with; 0 when none has ended.
func (w *WebSocketClient) CloseCode() int { return cabi.Ppn_websocket_close_code(w.nativeHandle()) }

// QueuedBytes is how many bytes of messages wait to be sent.
func (w *WebSocketClient) QueuedBytes() int64 {
	return cabi.Ppn_websocket_queued_bytes(w.nativeHandle())
}

// PingMicroseconds is the time between the last ping and its pong; -1 when no pong has come.
func (w *WebSocketClient) PingMicroseconds() int64 {
	return cabi.Ppn_websocket_ping_us(w.nativeHandle())
}

// CloseReason is the reason that came with CloseCode.
func (w *WebSocketClient) CloseReason() string { return w.text(cabi.Ppnb_socket_close_reason) }

// Subprotocol is what the server chose; "" when it chose none.
func (w *WebSocketClient) Subprotocol() string { return w.text(cabi.Ppnb_socket_subprotocol) }

func (w *WebSocketClient) text(of func(uintptr) uintptr) string {
	w.handles.Lock()
	defer w.handles.Unlock()
	if w.socket == 0 {
		return ""
	}
	return string(takeBuffer(of(w.socket)))
}

func (w *WebSocketClient) nativeHandle() uintptr {
	w.handles.Lock()
	defer w.handles.Unlock()
	return w.native
}

// Handshake is what the server answered to the last handshake; nil before an answer.
func (w *WebSocketClient) Handshake() *Response {
	w.handles.Lock()
	defer w.handles.Unlock()
	return w.handshake()
}

// With `handles` locked.
func (w *WebSocketClient) handshake() *Response {
	var out, fail uintptr
	if cabi.Ppn_websocket_response(w.native, &out, &fail) != 0 {
		cabi.Ppn_error_release(fail)
		return nil
	}
	return takeResponse(0, out)
}

// TakeUnsent takes the oldest message that will never be sent; false when there is none.
func (w *WebSocketClient) TakeUnsent() (Message, bool) {
	var kind int32
	var out uintptr
	w.with(func(n uintptr, fail *uintptr) int { return cabi.Ppn_websocket_take_unsent(n, &kind, &out, fail) })
	if out == 0 {
		return Message{}, false
	}
	return Message{Binary: int(kind) == cabi.PPN_WEBSOCKET_BINARY, Data: takeBuffer(out)}, true
}

func (w *WebSocketClient) change(function func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	function()
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *WebSocketClient) hear(n *note) {
	switch n.what {
	case noteSocketReady:
		ring(w.ready)
	case noteSocketOpen:
		handshake := takeResponse(0, n.first)
		w.change(func() { w.isOpen, w.wasOpen = true, true })
		if w.onOpen != nil {
			w.hooks.run(func() { w.guard(func() error { w.onOpen(handshake); return nil }, func() {}) })
		}
	case noteSocketClose:
		code, reason, err := int(n.b), string(takeBuffer(n.first)), errorOrNil(n.second)
		w.change(func() { w.isOpen = false })
		if w.onClose != nil {
			w.hooks.run(func() { w.guard(func() error { w.onClose(code, reason, err); return nil }, func() {}) })
		}
	case noteReconnecting:
		told := Reconnect{Attempt: int(n.a), Code: int(n.b), Delay: millisecondsOr(n.c, 0), Err: errorOrNil(n.second)}
		w.hooks.run(func() { w.reconnecting(told) })
	case noteTerminated:
		err := errorOrNil(n.second)
		if err != nil {
			err = w.explainTerminated(err)
		}
		w.change(func() { w.isOpen, w.terminated, w.err = false, true, err })
		ring(w.ready)
		ring(w.room)
	default:
		discard(n)
	}
}

func (w *WebSocketClient) explainTerminated(err error) error {
	w.handles.Lock()
	defer w.handles.Unlock()
	return w.explain(err)
}

func errorOrNil(handle uintptr) error {
	if handle == 0 {
		return nil
	}
	return takeError(cabi.Ppn_error_code(handle), handle)
}

// The try waits until it is resumed.
func (w *WebSocketClient) reconnecting(told Reconnect) {
	w.guard(func() error {
		if w.onReconnecting == nil {
			return nil
		}
		return w.onReconnecting(told)
	}, func() { w.with(func(n uintptr, _ *uintptr) int { return cabi.Ppn_websocket_resume(n) }) })
}

// guard runs a hook, then what follows it. A hook that fails or panics ends the WebSocket.
func (w *WebSocketClient) guard(hook func() error, then func()) {
	guarded(hook, func(err error) {
		if err == nil {
			then()
			return
		}
		w.mu.Lock()
		w.cause = err
		w.mu.Unlock()
		w.Cancel()
	})
}

// The messages that were queued and have not left.
type sentCounter struct {
	room chan struct{}

	mu      sync.Mutex
	count   int
	nothing chan struct{} // somebody waits for the count to be 0
	gone    int64         // the token, once the WebSocket is released
}

func (s *sentCounter) hear(*note) {
	s.add(-1)
	ring(s.room)
}

func (s *sentCounter) add(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count += n
	if s.count == 0 {
		if s.nothing != nil {
			close(s.nothing)
			s.nothing = nil
		}
		if s.gone != 0 {
			heard.remove(s.gone)
		}
	}
}

func (s *sentCounter) nothingWaits() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.nothing == nil {
		s.nothing = make(chan struct{})
		if s.count == 0 {
			nothing := s.nothing
			s.nothing = nil
			close(nothing)
			return nothing
		}
	}
	return s.nothing
}

// giveUp lets go of the token when the last message was told of.
func (s *sentCounter) giveUp(token int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = token
	if s.count == 0 {
		heard.remove(token)
	}
}
