package network

import (
	"context"
	"encoding/binary"
	"io"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"pepperpy.ai/network/internal/cabi"
)

// A response that is read piece by piece. Pieces are taken many at a time: a note says that there is something, and one
// crossing fetches all that is there.
type stream struct {
	ctx       context.Context
	turn      sync.Mutex    // one reads at a time
	allTaken  bool          // nothing is there before `ready` is rung; of the one who reads
	ready     chan struct{} // rung for the one who reads
	headReady chan struct{} // and for the one who waits for the head
	over      chan struct{} // closed when the native side is done with
	closed    atomic.Bool

	mu       sync.Mutex // guards what follows; held for moments
	reader   uintptr
	token    int64
	taken    []byte // pieces that were not handed out
	buffer   []byte // where they are, when they need not live on; else nil
	response *Response
	upload   *upload
	err      error // how it ended; io.EOF for the end as it should be
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
	more = append(more, r.limit(ctx, "stream_timeout_ms", c.streamTimeout)...)
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
	useMailbox()
	s.token = heard.add(s)
	var reader uintptr
	if err := call(func(fail *uintptr) int {
		return cabi.Ppnb_reader_open(request, kind, s.token, &reader, fail)
	}); err != nil {
		s.upload.stop()
		heard.remove(s.token)
		leaveMailbox()
		return nil, c.explain(err)
	}
	s.mu.Lock()
	s.reader = reader
	s.mu.Unlock()
	if ctx.Done() != nil || r.cancel != nil {
		go s.watch(r.cancel)
	}
	return s, nil
}

// watch cancels the stream when its context ends, whether somebody reads or not.
func (s *stream) watch(cancel <-chan struct{}) {
	select {
	case <-s.over:
		return
	case <-s.ctx.Done():
	case <-cancel:
	}
	s.mu.Lock()
	if s.reader != 0 {
		cabi.Ppnb_reader_cancel(s.reader)
	}
	s.mu.Unlock()
	s.hear(nil)
}

// fill takes what is there. Nil: something was taken; errWait: nothing yet; else how the stream ended.
func (s *stream) fill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	var fail uintptr
	take := func(into []byte) int64 {
		n := cabi.Ppnb_take_all(s.reader, into, &fail)
		if s.allTaken = n >= allTaken; s.allTaken {
			n -= allTaken
		}
		return n
	}
	needed := func() int64 { return cabi.Ppnb_reader_needed(s.reader) }
	var code int64
	if s.buffer != nil {
		code = s.refill(take, needed)
	} else {
		s.taken, code = takePieces(take, needed)
	}
	switch {
	case code == takeNothing:
		return errWait
	case code == takeEnd:
		s.end(io.EOF)
	case code < 0:
		s.end(takeError(int(-code), fail))
	}
	return s.err
}

// refill takes into the memory of the stream, which grows up to what is worth a crossing.
func (s *stream) refill(take func([]byte) int64, needed func() int64) int64 {
	n := take(s.buffer)
	if n == takeTooSmall {
		s.buffer = make([]byte, roomFor(needed(), 2*len(s.buffer)))
		n = take(s.buffer)
	}
	if n <= 0 {
		s.taken = nil
		return n
	}
	s.taken = s.buffer[:n]
	if int(n) > len(s.buffer)/2 && len(s.buffer) < scratchLimit {
		s.buffer = make([]byte, scratchLimit)
	}
	return n
}

// takePieces takes what is there into memory of its own. A number above 0, or what the take has returned instead.
func takePieces(take func([]byte) int64, needed func() int64) ([]byte, int64) {
	loan := scratches.Get().(*scratch)
	defer loan.done()
	n := take(loan.bytes)
	if n == takeTooSmall {
		loan.bytes = make([]byte, roomFor(needed(), 2*len(loan.bytes)))
		n = take(loan.bytes)
	}
	if n <= 0 {
		return nil, n
	}
	taken := append([]byte(nil), loan.bytes[:n]...)
	if int(n) > len(loan.bytes)/2 && len(loan.bytes) < scratchLimit {
		loan.bytes = make([]byte, scratchLimit) // there may be more where this comes from
	}
	return taken, n
}

func roomFor(needed int64, atLeast int) int {
	if needed > int64(atLeast) {
		return int(needed)
	}
	return atLeast
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
	leaveMailbox()
	close(s.over)
}

// A piece as it crosses: index, reconnection time, type, id, data.
type piece struct {
	index, retryMs int64
	kind, id, data []byte
}

// next waits for a piece. Its bytes live until the next call when the stream has memory of its own.
func (s *stream) next() (piece, error) {
	s.turn.Lock()
	defer s.turn.Unlock()
	if err := s.refuse(); err != nil {
		return piece{}, err
	}
	for len(s.taken) == 0 {
		if s.allTaken {
			s.allTaken = false
			<-s.ready
		}
		err := s.fill()
		if err == errWait {
			s.allTaken = true
			continue
		}
		if err != nil {
			return piece{}, err
		}
	}
	p, rest := firstPiece(s.taken)
	s.taken = rest
	return p, nil
}

// firstPiece takes a piece apart; the rest are those behind it.
func firstPiece(taken []byte) (piece, []byte) {
	length := binary.LittleEndian.Uint32(taken)
	r := record{taken[4:length:length]}
	return piece{r.int64(), r.int64(), r.bytes(), r.bytes(), r.bytes()}, taken[length:]
}

func (s *stream) refuse() error {
	if s.closed.Load() {
		return failure(CodeInvalidState, "the stream is closed")
	}
	return nil
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
			ring(s.headReady) // for others who wait
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
	if err := s.refuse(); err != nil {
		return nil, err
	}
	if s.err != nil {
		return nil, s.err
	}
	var response, fail uintptr
	code := cabi.Ppnb_reader_response(s.reader, &response, &fail)
	switch code {
	case 0:
		s.response = takeResponse(0, response)
		return s.response, nil
	case codePending:
		return nil, errWait
	}
	return nil, s.upload.explain(withContext(s.ctx, takeError(code, fail)))
}

// Close ends the stream if it has not ended: the connection is closed. Whoever waits for a piece gets CodeCancelled. A
// second call has no effect. It never blocks.
func (s *stream) Close() error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed.Store(true)
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

// Retry is the reconnection time that the server set; -1 when it set none.
func (s *stream) Retry() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reader != 0 {
		return millisecondsOr(cabi.Ppnb_reader_retry_ms(s.reader), -1)
	}
	if s.response == nil {
		return -1
	}
	return millisecondsOr(s.response.read().retryMs, -1)
}

func milliseconds64(text string) int64 {
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return -1
	}
	return ms
}

func retryOf(p piece) time.Duration { return millisecondsOr(p.retryMs, -1) }
