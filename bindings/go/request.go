package network

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	"pepperpy.ai/network/internal/cabi"
)

// A Request describes a call. It is plain data, not bound to a client, and may be sent many times unless its body is an
// io.Reader. Its methods return it, so that they can be chained; what is wrong with an argument is said by the call that
// sends it.
//
//	request := network.NewRequest("POST", "/v1/chat/completions").JSON(question).Timeout(time.Minute)
type Request struct {
	method, url string
	headers     []field
	options     []option
	kind        int
	body        []byte
	path        string
	upload      *bodySource
	policy      *RetryHandler
	cancel      <-chan struct{} // of a http.Request; streams alone heed it
	err         error
}

type field struct {
	name, value string
	add         bool
}

type option struct{ name, value string }

// The kinds of bodies; PPNB_BODY_ of whole_calls.hpp.
const (
	bodyNone  = 0
	bodyBytes = 1
	bodyJSON  = 2
	bodyFile  = 3
)

// NewRequest describes a request. The URL is absolute, or a path below the base URL of the client that sends it.
func NewRequest(method, url string) *Request { return &Request{method: method, url: url} }

// String names the request as it may be shown, with every verb of package fmt: headers and bodies may hold secrets.
func (r *Request) String() string {
	if r == nil {
		return "<nil>"
	}
	return r.method + " " + RedactURL(r.url)
}

// GoString is String.
func (r *Request) GoString() string { return r.String() }

// Header sets a header; occurrences of the same name are replaced.
func (r *Request) Header(name, value string) *Request {
	if r == nil {
		return nil
	}
	r.headers = append(r.headers, field{name, value, false})
	return r
}

// AddHeader adds a header beside those of the same name.
func (r *Request) AddHeader(name, value string) *Request {
	if r == nil {
		return nil
	}
	r.headers = append(r.headers, field{name, value, true})
	return r
}

// Headers sets all headers of a map, as Header does.
func (r *Request) Headers(headers http.Header) *Request {
	if r == nil {
		return nil
	}
	for name, values := range headers {
		for i, value := range values {
			if i == 0 {
				r.Header(name, value)
			} else {
				r.AddHeader(name, value)
			}
		}
	}
	return r
}

// Option sets an option of the table for this request alone: Options says which a request may override.
func (r *Request) Option(name, value string) *Request {
	if r == nil {
		return nil
	}
	r.options = append(r.options, option{name, value})
	return r
}

// Timeout limits the whole call, waits and retries included; 0 = no limit. A deadline of the context counts as well.
func (r *Request) Timeout(limit time.Duration) *Request {
	return r.Option("timeout_ms", strconv.FormatInt(millisecondsUp(limit), 10))
}

// Retry lets the retries of this request follow a RetryHandler instead of the options of its client.
func (r *Request) Retry(handler *RetryHandler) *Request {
	if r == nil {
		return nil
	}
	if handler == nil {
		return r.fail(failure(CodeInvalidArgument, "the retry handler is nil"))
	}
	r.policy = handler
	return r
}

// Body sets the body: nil, bytes, a text, an *os.File from where it stands, or an io.Reader, which is read once and while it
// is sent (a *bytes.Reader or another io.Seeker can be sent again, from where it stands now). No Content-Type is invented. Bytes are not copied
// before the call: do not change them until it has ended.
func (r *Request) Body(body any) *Request {
	if r == nil {
		return nil
	}
	r.kind, r.body, r.path, r.upload = bodyNone, nil, "", nil
	if v := reflect.ValueOf(body); v.Kind() == reflect.Pointer && v.IsNil() {
		return r.fail(failure(CodeInvalidArgument, "the body is a nil pointer"))
	}
	switch b := body.(type) {
	case nil:
	case []byte:
		r.kind, r.body = bodyBytes, b
	case string:
		r.kind, r.body = bodyBytes, bytesOf(b)
	case *strings.Reader:
		r.upload = readerSource(b, int64(b.Len()))
	case *os.File:
		r.upload = readerSource(b, fileLength(b))
	case interface {
		io.Reader
		Len() int
	}:
		r.upload = readerSource(b, int64(b.Len()))
	case io.Reader:
		r.upload = readerSource(b, -1)
	default:
		return r.fail(failure(CodeInvalidArgument, "a body is nil, []byte, string or io.Reader; JSON takes other values"))
	}
	return r
}

// JSON sets the body to a value as JSON (encoding/json), and Content-Type: application/json unless that header is set. A
// json.RawMessage is sent as it is, and checked.
func (r *Request) JSON(value any) *Request {
	if r == nil {
		return nil
	}
	text, raw := value.(json.RawMessage)
	if !raw {
		var err error
		if text, err = json.Marshal(value); err != nil {
			e := failure(CodeInvalidArgument, "the value can not be written as JSON")
			e.cause = err
			return r.fail(e)
		}
	}
	r.kind, r.body, r.path, r.upload = bodyJSON, text, "", nil
	return r
}

// File sets the body to the content of a file, which is read while it is sent; the library opens it with the call.
func (r *Request) File(path string) *Request {
	if r == nil {
		return nil
	}
	r.kind, r.body, r.path, r.upload = bodyFile, nil, path, nil
	return r
}

func (r *Request) fail(err error) *Request {
	if r.err == nil {
		r.err = err
	}
	return r
}

// encode writes what ppnb_whole_request reads. `more` are options that the caller adds.
func (r *Request) encode(to []byte, more ...option) []byte {
	to = appendText(appendText(to, r.method), r.url)
	to = appendInt32(appendInt32(to, r.kind), len(r.headers))
	for _, h := range r.headers {
		to = appendInt32(to, int(boolean(h.add)))
		to = appendText(appendText(to, h.name), h.value)
	}
	to = appendInt32(to, len(r.options)+len(more))
	for _, o := range r.options {
		to = appendText(appendText(to, o.name), o.value)
	}
	for _, o := range more {
		to = appendText(appendText(to, o.name), o.value)
	}
	return to
}

// native describes the request to the library, and starts it unless token is 0.
func (r *Request) native(client uintptr, token int64, out, fail *uintptr, more ...option) int {
	s := scratches.Get().(*scratch)
	defer s.done()
	described := r.encode(s.bytes[:0], more...)
	if cap(described) > cap(s.bytes) {
		s.bytes = described[:cap(described)]
	}
	body := textOf(r.body)
	if r.kind == bodyFile {
		body = r.path
	}
	return cabi.Ppnb_whole_request(client, textOf(described), body, token, out, fail)
}

func boolean(b bool) int32 {
	if b {
		return 1
	}
	return 0
}

// millisecondsUp rounds up: what is below a millisecond must not become 0, which is no limit.
// Neither must what is below zero.
func millisecondsUp(d time.Duration) int64 {
	switch {
	case d > 0:
		d += time.Millisecond - 1
	case d < 0 && d > -time.Millisecond:
		return -1
	}
	return d.Milliseconds()
}
