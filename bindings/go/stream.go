package network

import (
	"context"
	"encoding/binary"
	"io"
	"strconv"
	"sync"
	"time"

	"pepperpy.ai/network/internal/cabi"
)

// A response that is read piece by piece. Pieces are taken many at a time: a note says that there is something, and one
// crossing fetches all that is there.
type stream struct {
	ctx       context.Context
	turn      sync.Mutex    // one reads at a time
	ready     chan struct{} // rung for the one who reads
	headReady chan struct{} // and for the one who waits for the head
	over      chan struct{} // closed when the native side is done with
	reuse     bool          // pieces need not outlive the next take

	mu       sync.Mutex // guards what follows; held for moments
	reader   uintptr
	token    int64
	taken    []byte // pieces that were not handed out
	buffer   []byte // where they are, when they need not live on
	response *Response
	upload   *upload
	err      error // how it ended; io.EOF for the end as it should be
	closed   bool
}

func (s *stream) hear(*note) {
	ring(s.ready)
	ring(s.headReady)
}

func ring(bell chan<- struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}

func (c *client) openStream(ctx context.Context, r *Request, kind int, more ...option) (*stream, error) {
	if err := c.usable(ctx, r); err != nil {
		return nil, err
	}
	more = append(more, r.limit(ctx, "stream_timeout_ms", 0)...)
	var request, fail uintptr
	code := r.native(c.handle.Load(), 0, &request, &fail, more...)
	if err := check(code, fail); err != nil {
		return nil, c.explain(err)
	}
	defer cabi.Ppn_request_release(request)
	s := &stream{ctx: ctx, ready: make(chan struct{}, 1), headReady: make(chan struct{}, 1), over: make(chan struct{})}
	var err error
	if s.upload, err = r.complete(request); err != nil {
		return nil, err
	}
	s.token = listen(s)
	var reader uintptr
	if err := call(func(fail *uintptr) int {
		return cabi.Ppnb_reader_open(request, kind, s.token, &reader, fail)
	}); err != nil {
		s.upload.stop()
		heard.remove(s.token)
		return nil, c.explain(err)
	}
	s.mu.Lock()
	s.reader = reader
	s.mu.Unlock()
	if ctx.Done() != nil {
		go s.watch()
	}
	return s, nil
}

// watch cancels the stream when its context ends, whether somebody reads or not.
func (s *stream) watch() {
	select {
	case <-s.over:
	case <-s.ctx.Done():
		s.mu.Lock()
		if s.reader != 0 {
			cabi.Ppnb_reader_cancel(s.reader)
		}
		s.mu.Unlock()
		s.hear(nil)
	}
}

// fill takes what is there. Nil: something was taken; errWait: nothing yet; else how the stream ended.
func (s *stream) fill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	var fail uintptr
	into := s.buffer
	var loan *scratch
	if into == nil {
		loan = scratches.Get().(*scratch)
		defer loan.done()
		into = loan.bytes
	}
	n := cabi.Ppnb_reader_take(s.reader, into, &fail)
	if n == takeTooSmall {
		into = make([]byte, roomFor(cabi.Ppnb_reader_needed(s.reader), len(into)))
		if s.buffer != nil {
			s.buffer = into
		} else {
			loan.bytes = into
		}
		n = cabi.Ppnb_reader_take(s.reader, into, &fail)
	}
	switch {
	case n > 0 && s.buffer != nil:
		s.taken = into[:n]
	case n > 0:
		s.taken = append(make([]byte, 0, n), into[:n]...)
		// As much as fits at once means that there is more: the next take has more room.
		if int(n) > len(into)-len(into)/4 && len(into) < scratchLimit {
			loan.bytes = make([]byte, scratchLimit)
		}
	case n == takeNothing:
		return errWait
	case n == takeEnd:
		s.end(io.EOF)
	default:
		s.end(takeError(int(-n), fail))
	}
	return s.err
}

func roomFor(needed int64, had int) int {
	room := 2 * had
	if int64(room) < needed {
		room = int(needed)
	}
	return room
}

// errWait never leaves this package.
var errWait = failure(CodeInternal, "nothing yet")

// end keeps how the stream ended, and gives the native side back. With the lock held.
func (s *stream) end(err error) {
	if s.err == nil {
		s.response = s.head()
		err = s.upload.explain(withContext(s.ctx, err))
		if err != io.EOF {
			withResponse(err, s.response)
		}
		s.err = err
	}
	s.release()
}

// giveUp ends a stream whose context has ended and that nobody reads to its end.
func (s *stream) giveUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.end(failure(CodeCancelled, "the call was cancelled"))
	}
}

func (s *stream) head() *Response {
	var response, fail uintptr
	code := cabi.Ppnb_reader_response(s.reader, &response, &fail)
	cabi.Ppn_error_release(fail)
	if code != 0 {
		cabi.Ppn_response_release(response)
		return s.response
	}
	return takeResponse(0, response)
}

func (s *stream) release() {
	if s.reader == 0 {
		return
	}
	cabi.Ppnb_reader_release(s.reader)
	s.reader = 0
	s.upload.stop()
	heard.remove(s.token)
	close(s.over)
}

// A piece as it crosses: index, reconnection time, type, id, data.
type piece struct {
	index, retryMs int64
	kind, id, data []byte
}

// next waits for a piece. Its bytes live until the next call when the stream reuses its memory.
func (s *stream) next() (piece, error) {
	s.turn.Lock()
	defer s.turn.Unlock()
	if s.isClosed() {
		return piece{}, failure(CodeInvalidState, "the stream is closed")
	}
	for len(s.taken) < 32 {
		s.taken = nil
		err := s.fill()
		if err == errWait {
			<-s.ready
			continue
		}
		if err != nil {
			return piece{}, err
		}
	}
	length := binary.LittleEndian.Uint32(s.taken)
	r := record{s.taken[4:length:length]}
	s.taken = s.taken[length:]
	return piece{r.int64(), r.int64(), r.bytes(), r.bytes(), r.bytes()}, nil
}

func (s *stream) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// Response waits for the head of the response. A stream whose head was not taken may be tried again when it breaks before
// its first piece; from then on nothing is sent twice. After the end it is the response as it was then.
func (s *stream) Response() (*Response, error) {
	if s == nil {
		return nil, failure(CodeInvalidArgument, "the stream is nil")
	}
	for {
		response, err := s.lookForHead()
		if err != errWait {
			return response, err
		}
		<-s.headReady
	}
}

func (s *stream) lookForHead() (*Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.response != nil {
		return s.response, nil
	}
	if s.closed {
		return nil, failure(CodeInvalidState, "the stream is closed")
	}
	if s.err != nil {
		return nil, s.err
	}
	var response, fail uintptr
	const pendingCode = 2
	code := cabi.Ppnb_reader_response(s.reader, &response, &fail)
	switch code {
	case 0:
		s.response = takeResponse(0, response)
		return s.response, nil
	case pendingCode:
		return nil, errWait
	}
	return nil, withContext(s.ctx, takeError(code, fail))
}

// Close ends the stream if it has not ended: the connection is closed. Whoever waits for a piece gets CodeCancelled. A
// second call has no effect. It never blocks.
func (s *stream) Close() error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.err == nil {
		s.err = failure(CodeCancelled, "the stream was closed")
	}
	s.release()
	s.hear(nil)
	return nil
}

// Err is how the stream ended: nil while it has not, and after its end as it should be. For those who read a channel.
func (s *stream) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == io.EOF {
		return nil
	}
	return s.err
}

// LastEventID is the last id of a stream of events so far, to be sent as Last-Event-ID.
func (s *stream) LastEventID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reader == 0 {
		if s.response == nil {
			return ""
		}
		return s.response.LastEventID()
	}
	return string(takeBuffer(cabi.Ppnb_reader_last_event_id(s.reader)))
}

func milliseconds64(text string) int64 {
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return -1
	}
	return ms
}

func retryOf(p piece) time.Duration { return millisecondsOr(p.retryMs, -1) }
