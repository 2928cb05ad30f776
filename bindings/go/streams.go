package network

import (
	"context"
	"io"
	"strconv"
	"time"

	"pepperpy.ai/network/internal/cabi"
)

// An Event is one of a text/event-stream.
type Event struct {
	Type  string        // "message" unless the server named another
	ID    string        // the last event id as of this event
	Data  string        // its lines, joined
	Index int64         // its number in the stream, from 0
	Retry time.Duration // the reconnection time that came with it; -1 when none did
}

// JSON reads the data into a value (encoding/json). It fails with CodeJSONParse.
func (e Event) JSON(into any) error { return unmarshal(bytesOf(e.Data), into) }

// An EventStream is a text/event-stream, read event by event. One goroutine reads at a time; any may close it.
type EventStream struct{ *stream }

// DoEvents sends a request whose response is a stream of events. It returns at once; what goes wrong is said by Next: a
// status other than 200 is a *StatusError. The context holds for the whole stream; a deadline limits all of it.
func (c *client) DoEvents(ctx context.Context, request *Request) (*EventStream, error) {
	s, err := c.openStream(ctx, request, cabi.PPN_STREAM_EVENTS)
	if err != nil {
		return nil, err
	}
	return &EventStream{s}, nil
}

// Next waits for the next event. At the end it returns io.EOF, and after an error the same error again.
func (s *EventStream) Next() (Event, error) {
	if s == nil {
		return Event{}, failure(CodeInvalidArgument, "the stream is nil")
	}
	p, err := s.next()
	if err != nil {
		return Event{}, err
	}
	return Event{Type: textOf(p.kind), ID: textOf(p.id), Data: textOf(p.data), Index: p.index, Retry: retryOf(p)}, nil
}

// Chan hands the events out by a channel, which is closed at the end; Err says then how it ended. Close lets go of it.
func (s *EventStream) Chan() <-chan Event { return channelOf(s.stream, s.Next) }

// A LineStream is a body of lines (NDJSON), read line by line. One goroutine reads at a time; any may close it.
type LineStream struct{ *stream }

// DoLines sends a request whose response is read line by line, as DoEvents.
func (c *client) DoLines(ctx context.Context, request *Request) (*LineStream, error) {
	s, err := c.openStream(ctx, request, cabi.PPN_STREAM_LINES)
	if err != nil {
		return nil, err
	}
	return &LineStream{s}, nil
}

// Next waits for the next line, without its end. At the end it returns io.EOF, and after an error the same error again.
func (s *LineStream) Next() (string, error) {
	if s == nil {
		return "", failure(CodeInvalidArgument, "the stream is nil")
	}
	p, err := s.next()
	return textOf(p.data), err
}

// NextJSON reads the next line into a value (encoding/json).
func (s *LineStream) NextJSON(into any) error {
	line, err := s.Next()
	if err != nil {
		return err
	}
	return unmarshal(bytesOf(line), into)
}

// Chan hands the lines out by a channel, which is closed at the end; Err says then how it ended. Close lets go of it.
func (s *LineStream) Chan() <-chan string { return channelOf(s.stream, s.Next) }

// A ChunkStream is a body that is read as it arrives: an io.ReadCloser. One goroutine reads at a time; any may close it.
type ChunkStream struct {
	*stream
	rest []byte
}

// DoStream sends a request whose response is read in chunks of at most chunkSize bytes (0 = as the options say). It returns
// at once; what goes wrong is said by Read and Next. The context holds for the whole stream.
func (c *client) DoStream(ctx context.Context, request *Request, chunkSize int) (*ChunkStream, error) {
	var more []option
	if chunkSize != 0 {
		more = append(more, option{"chunk_bytes", strconv.Itoa(chunkSize)})
	}
	s, err := c.openStream(ctx, request, cabi.PPN_STREAM_CHUNKS, more...)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.buffer = make([]byte, 4096)
	s.mu.Unlock()
	return &ChunkStream{stream: s}, nil
}

// chunk is what is there, or the next chunk. It lives until the next call.
func (s *ChunkStream) chunk() ([]byte, error) {
	if rest := s.rest; len(rest) > 0 {
		s.rest = nil
		return rest, s.refuse()
	}
	p, err := s.next()
	return p.data, err
}

// Next waits for the next chunk, which is the caller's. At the end it returns io.EOF.
func (s *ChunkStream) Next() ([]byte, error) {
	if s == nil {
		return nil, failure(CodeInvalidArgument, "the stream is nil")
	}
	data, err := s.chunk()
	if err != nil {
		return nil, err
	}
	return append([]byte(nil), data...), nil
}

// Read reads what is there, and waits for the next chunk when nothing is.
func (s *ChunkStream) Read(into []byte) (int, error) {
	if s == nil {
		return 0, failure(CodeInvalidArgument, "the stream is nil")
	}
	if len(into) == 0 {
		return 0, nil
	}
	if err := s.refuse(); err != nil {
		return 0, err
	}
	for len(s.rest) == 0 {
		p, err := s.next()
		if err != nil {
			return 0, err
		}
		s.rest = p.data
	}
	n := copy(into, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// Chan hands the chunks out by a channel, which is closed at the end; Err says then how it ended. Close lets go of it.
func (s *ChunkStream) Chan() <-chan []byte { return channelOf(s.stream, s.Next) }

var _ io.ReadCloser = (*ChunkStream)(nil)

// channelOf reads a stream on a goroutine of its own, which ends with the stream.
func channelOf[Piece any](s *stream, next func() (Piece, error)) <-chan Piece {
	pieces := make(chan Piece)
	go func() {
		defer close(pieces)
		for {
			p, err := next()
			if err != nil || s.closed.Load() {
				return
			}
			select {
			case pieces <- p:
			case <-s.over: // closed by somebody
				return
			case <-s.ctx.Done():
				s.giveUp()
				return
			}
		}
	}()
	return pieces
}
