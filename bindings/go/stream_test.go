package network_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"pepperpy.ai/network"
)

func TestEventsInOneByteChunksAreWhole(t *testing.T) {
	leavesNothing(t)
	text := "id: 1\nevent: greeting\ndata: h\xc3\xa9llo\ndata: \x00two\n\nretry: 250\ndata: last\n\n"
	s := script(t, func(c net.Conn, _ <-chan struct{}) {
		io.WriteString(c, eventStreamHead)
		for i := 0; i < len(text); i++ { // bytes, not runes
			c.Write([]byte{text[i]})
		}
	})
	stream, err := newHTTP(t).Events(background, s.URL)
	must(t, err)
	defer stream.Close()
	first, err := stream.Next()
	must(t, err)
	if first.Type != "greeting" || first.ID != "1" || first.Data != "h\xc3\xa9llo\n\x00two" || first.Retry != -1 {
		t.Fatalf("%+v", first)
	}
	second, err := stream.Next()
	must(t, err)
	if second.Type != "message" || second.Data != "last" || second.Retry != 250*time.Millisecond || second.Index != 1 {
		t.Fatalf("%+v", second)
	}
	for i := 0; i < 2; i++ {
		if _, err := stream.Next(); err != io.EOF {
			t.Fatal(err)
		}
	}
	if stream.LastEventID() != "1" || stream.Retry() != 250*time.Millisecond {
		t.Fatal(stream.LastEventID(), stream.Retry())
	}
	head, err := stream.Response()
	must(t, err)
	if head.Status != 200 {
		t.Fatal(head.Status)
	}
}

func TestLinesAndChunksAreRead(t *testing.T) {
	leavesNothing(t)
	client := newHTTP(t)
	s := script(t, says("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"n\":1}\n\n{\"n\":2}"))
	lines, err := client.Lines(background, s.URL)
	must(t, err)
	defer lines.Close()
	for want := 1; want <= 2; want++ {
		var line struct{ N int }
		must(t, lines.NextJSON(&line))
		if line.N != want {
			t.Fatal(line)
		}
	}
	if _, err := lines.Next(); err != io.EOF {
		t.Fatal(err)
	}
	body, err := client.Stream(background, server.url+"/bytes?n=3000000", 0)
	must(t, err)
	whole, err := io.ReadAll(body)
	must(t, err)
	must(t, body.Close())
	if len(whole) != 3000000 || whole[2999999] != byte(2999999%251) {
		t.Fatal(len(whole))
	}
	small, err := client.Stream(background, server.url+"/bytes?n=1000", 100)
	must(t, err)
	defer small.Close()
	total := 0
	for chunk := range small.Chan() {
		if len(chunk) > 100 {
			t.Fatal(len(chunk))
		}
		total += len(chunk)
	}
	must(t, small.Err())
	if total != 1000 {
		t.Fatal(total)
	}
}

func TestAStreamThatIsCutSaysSoAfterItsEvents(t *testing.T) {
	leavesNothing(t)
	s := script(t, says("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 100\r\n\r\ndata: one\n\n"))
	stream, err := newHTTP(t, network.WithMaxRetries(0)).Events(background, s.URL)
	must(t, err)
	defer stream.Close()
	if event, err := stream.Next(); err != nil || event.Data != "one" {
		t.Fatal(event, err)
	}
	_, err = stream.Next()
	if !errors.Is(err, network.CodeStreamTruncated) || !errors.Is(err, network.ErrStream) {
		t.Fatal(err)
	}
	var e *network.Error
	if errors.As(err, &e); e.Response == nil || e.Response.Status != 200 || e.StreamFraming != 1 {
		t.Fatalf("%+v", e)
	}
	if _, again := stream.Next(); again != err {
		t.Fatal(again)
	}
}

func TestAStreamOfEventsWithAnErrorStatusIsAStatusError(t *testing.T) {
	leavesNothing(t)
	api := newAPI(t)
	request := network.NewRequest("POST", "/v1/chat/completions").Header("Authorization", "Bearer wrong").JSON(
		map[string]any{"stream": true})
	stream, err := api.DoEvents(background, request)
	must(t, err)
	defer stream.Close()
	_, err = stream.Next()
	var status *network.StatusError
	if !errors.As(err, &status) || status.Status() != 401 || !errors.Is(err, network.ErrAuthentication) ||
		status.Response == nil || !strings.Contains(status.Response.Text(), "error") {
		t.Fatal(err)
	}
}

func TestACancelledContextEndsAStreamThatIsSilent(t *testing.T) {
	leavesNothing(t)
	s := script(t, stalls(eventStreamHead+"data: first\n\n"))
	ctx, cancel := context.WithCancel(background)
	defer cancel()
	stream, err := newHTTP(t).Events(ctx, s.URL)
	must(t, err)
	defer stream.Close()
	_, err = stream.Next()
	must(t, err)
	go cancel()
	if _, err = stream.Next(); !errors.Is(err, context.Canceled) || !errors.Is(err, network.ErrCancelled) {
		t.Fatal(err)
	}
}

func TestADeadlineOfTheContextLimitsAStream(t *testing.T) {
	leavesNothing(t)
	s := script(t, stalls(eventStreamHead))
	ctx, cancel := context.WithTimeout(background, 30*time.Millisecond)
	defer cancel()
	stream, err := newHTTP(t).Events(ctx, s.URL)
	must(t, err)
	defer stream.Close()
	if _, err = stream.Next(); !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, network.ErrTimeout) {
		t.Fatal(err)
	}
}

func TestAStreamWithoutAReaderEndsWithItsContext(t *testing.T) {
	leavesNothing(t)
	gone := make(chan struct{})
	s := script(t, func(c net.Conn, _ <-chan struct{}) {
		io.WriteString(c, eventStreamHead)
		io.Copy(io.Discard, c)
		close(gone)
	})
	ctx, cancel := context.WithCancel(background)
	stream, err := newHTTP(t).Events(ctx, s.URL)
	must(t, err)
	defer stream.Close()
	_, err = stream.Response()
	must(t, err)
	cancel()
	<-gone
}

func TestClosingAStreamLetsItsReaderGo(t *testing.T) {
	leavesNothing(t)
	s := script(t, stalls(eventStreamHead+"data: first\n\n"))
	stream, err := newHTTP(t).Events(background, s.URL)
	must(t, err)
	events := stream.Chan()
	<-events
	must(t, stream.Close())
	must(t, stream.Close())
	if _, more := <-events; more {
		t.Fatal("an event after the end")
	}
	if !errors.Is(stream.Err(), network.ErrCancelled) {
		t.Fatal(stream.Err())
	}
	if _, err := stream.Next(); !errors.Is(err, network.ErrInvalidState) {
		t.Fatal(err)
	}
}

func TestAChannelThatNobodyReadsIsLetGo(t *testing.T) {
	leavesNothing(t)
	s := script(t, stalls(eventStreamHead+strings.Repeat("data: x\n\n", 100)))
	client := newHTTP(t)
	for _, byContext := range []bool{false, true} {
		ctx, cancel := context.WithCancel(background)
		stream, err := client.Events(ctx, s.URL)
		must(t, err)
		<-stream.Chan()
		if byContext {
			cancel()
			waitUntil(t, "the stream goes on", func() bool { return stream.Err() != nil })
		} else {
			must(t, stream.Close())
		}
		cancel()
	}
}

func TestAStreamSurvivesTheCollectorWithoutOtherReferences(t *testing.T) {
	leavesNothing(t)
	const events = 200
	s := script(t, func(c net.Conn, _ <-chan struct{}) {
		io.WriteString(c, eventStreamHead)
		for i := 0; i < events; i++ {
			fmt.Fprintf(c, "data: %d\n\n", i)
		}
	})
	channel := func() <-chan network.Event {
		stream, err := newHTTP(t).Events(background, s.URL)
		must(t, err)
		return stream.Chan()
	}()
	count := 0
	for event := range channel {
		if count%20 == 0 {
			runtime.GC()
		}
		if event.Data != fmt.Sprint(count) {
			t.Fatal(event)
		}
		count++
	}
	if count != events {
		t.Fatal(count)
	}
}

func TestMillionsOfEventsLeaveTheMemoryFlat(t *testing.T) {
	leavesNothing(t)
	events := scale(1000000)
	const first = 60000 // until the heap is as large as it stays, the shadow of the race detector included
	block := strings.Repeat("data: 0123456789012345678901234567890123456789012345678901234567890123\n\n", 1000)
	s := script(t, func(c net.Conn, _ <-chan struct{}) {
		io.WriteString(c, eventStreamHead)
		for i := 0; i < events+first+1000; i += 1000 {
			if _, err := io.WriteString(c, block); err != nil {
				return
			}
		}
	})
	stream, err := newHTTP(t).Events(background, s.URL)
	must(t, err)
	defer stream.Close()
	read := func(n int) {
		for i := 0; i < n; i++ {
			event, err := stream.Next()
			must(t, err)
			if len(event.Data) != 64 {
				t.Fatal(event)
			}
		}
	}
	read(first)
	runtime.GC()
	before := residentKiB(t)
	began := time.Now()
	read(events)
	took := time.Since(began)
	runtime.GC()
	if grown := residentKiB(t) - before; grown > 16*1024 {
		t.Fatalf("%d KiB more after %d events", grown, events)
	}
	t.Logf("%d events, %v each", events, took/time.Duration(events))
}

func TestABodyIsSentWhileItIsRead(t *testing.T) {
	leavesNothing(t)
	client := newHTTP(t)
	content := bytes.Repeat([]byte("0123456789\x00\xff"), 100000)
	pipe, in := io.Pipe()
	go func() {
		for rest := content; len(rest) > 0; {
			n := len(rest)
			if n > 12345 {
				n = 12345
			}
			in.Write(rest[:n])
			rest = rest[n:]
		}
		in.Close()
	}()
	for name, body := range map[string]any{"a pipe": pipe, "a seeker": bytes.NewReader(content)} {
		response, err := client.Post(background, server.url+"/echo", body)
		e := echoed(t, response, err)
		if e.Length != len(content) {
			t.Fatal(name, e.Length)
		}
		if chunked := e.header("Transfer-Encoding") == "chunked"; chunked != (name == "a pipe") {
			t.Fatal(name, e.Headers)
		}
	}
}

func TestABodyThatCanSeekIsSentAgain(t *testing.T) {
	leavesNothing(t)
	client := newHTTP(t, network.WithBackoffFactor(0))
	request := network.NewRequest("PUT", server.url+"/flaky?fail=2&retry-after=0&key="+unique("seek")).Body(strings.NewReader("again"))
	response, err := client.Do(background, request)
	must(t, err)
	if response.Status != 200 || response.Attempts() != 3 {
		t.Fatal(response.Status, response.Attempts())
	}
}

type brokenReader struct{ value any }

func (b brokenReader) Read([]byte) (int, error) {
	if err, is := b.value.(error); is {
		return 0, err
	}
	panic(b.value)
}

func TestABodyThatCanNotBeReadIsTheCause(t *testing.T) {
	leavesNothing(t)
	client := newHTTP(t)
	broken := errors.New("the disk is gone")
	_, err := client.Post(background, server.url+"/echo", brokenReader{broken})
	if !errors.Is(err, broken) || !errors.Is(err, network.ErrCancelled) {
		t.Fatal(err)
	}
	_, err = client.Post(background, server.url+"/echo", brokenReader{"boom"})
	var panicked *network.PanicError
	if !errors.As(err, &panicked) || panicked.Value != "boom" || len(panicked.Stack) == 0 {
		t.Fatal(err)
	}
}
