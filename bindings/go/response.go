package network

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"pepperpy.ai/network/internal/cabi"
)

// A Response is what the server answered. It is plain memory of Go: nothing has to be closed. It may be read on several
// goroutines.
type Response struct {
	Status int    // the HTTP status; 400 and more is no error by itself: RaiseForStatus
	Body   []byte // the whole body, when it was collected

	described   []byte // of ppnb_describe_response
	statusError []byte // of ppnb_describe_error; empty for a success
	once        sync.Once
	details     *responseDetails // read when they are asked for
}

type responseDetails struct {
	flags, attempts, redirects             int
	stop                                   StopReason
	bodyBytes, retryMs, pieces             int64
	timings                                [8]float64
	pace                                   [4]float64
	version, remote, tlsVersion, tlsCipher string
	url, lastEventID                       string
	headers, trailers                      []Field
	attemptLog                             []Attempt
}

// A Field is a header field as it was received.
type Field struct{ Name, Value string }

// String is the field as it may be shown: the values of headers such as Authorization and Cookie are "***".
func (f Field) String() string {
	if HeaderIsSensitive(f.Name) {
		return f.Name + ": ***"
	}
	return f.Name + ": " + RedactText(f.Value)
}

// GoString is String.
func (f Field) GoString() string { return f.String() }

// takeResponse reads a response whole and releases both handles. Nil for 0.
func takeResponse(request, response uintptr) *Response {
	if response == 0 {
		cabi.Ppn_request_release(request)
		return nil
	}
	raw := readWhole(func(to []byte) int64 { return cabi.Ppnb_whole_response(request, response, to) })
	if raw == nil {
		cabi.Ppn_response_release(response)
		cabi.Ppn_request_release(request)
		return &Response{}
	}
	r := record{raw}
	made := &Response{described: r.bytes(), statusError: r.bytes(), Body: r.rest}
	made.Status = (&record{made.described}).int32()
	return made
}

// String is the status and the URL as it may be shown, with every verb of package fmt.
func (r *Response) String() string {
	if r == nil {
		return "<nil>"
	}
	return strconv.Itoa(r.Status) + " " + RedactURL(r.URL())
}

// GoString is String.
func (r *Response) GoString() string { return r.String() }

func (r *Response) read() *responseDetails {
	r.once.Do(func() {
		from, d := record{r.described}, &responseDetails{}
		r.details = d
		from.int32()
		d.flags, d.attempts, d.redirects, d.stop = from.int32(), from.int32(), from.int32(), StopReason(from.int32())
		d.bodyBytes, d.retryMs, d.pieces = from.int64(), from.int64(), from.int64()
		for i := range d.timings {
			d.timings[i] = from.float64()
		}
		for i := range d.pace {
			d.pace[i] = from.float64()
		}
		d.version, d.remote, d.tlsVersion, d.tlsCipher = from.text(), from.text(), from.text(), from.text()
		d.url, d.lastEventID = from.text(), from.text()
		d.headers, d.trailers = fieldsFrom(&from), fieldsFrom(&from)
		d.attemptLog = attemptsFrom(&from)
	})
	return r.details
}

func fieldsFrom(r *record) []Field {
	count := r.int32()
	if count <= 0 {
		return nil
	}
	fields := make([]Field, count)
	for i := range fields {
		fields[i] = Field{Name: r.text(), Value: r.text()}
	}
	return fields
}

// Text is the body as a string.
func (r *Response) Text() string { return string(r.Body) }

// JSON reads the body into a value (encoding/json). It fails with CodeJSONParse.
func (r *Response) JSON(into any) error { return unmarshal(r.Body, into) }

func unmarshal(text []byte, into any) error {
	err := json.Unmarshal(text, into)
	if err == nil {
		return nil
	}
	e := failure(CodeJSONParse, "the JSON does not fit: "+err.Error())
	e.Phase, e.cause = "none", err
	return e
}

// RaiseForStatus is nil for a success, and a *StatusError, which has this response, for a status that is none.
func (r *Response) RaiseForStatus() error {
	if len(r.statusError) == 0 {
		return nil
	}
	e := errorFrom(r.statusError)
	e.Response = r
	return &StatusError{Err: e, Response: r}
}

// OK reports whether the status is a success.
func (r *Response) OK() bool { return len(r.statusError) == 0 }

// Header is the header fields by their canonical names.
func (r *Response) Header() http.Header { return headerOf(r.read().headers) }

// Trailer is the trailer fields by their canonical names; they are kept apart from the headers.
func (r *Response) Trailer() http.Header { return headerOf(r.read().trailers) }

func headerOf(fields []Field) http.Header {
	header := make(http.Header, len(fields))
	for _, f := range fields {
		header.Add(f.Name, f.Value)
	}
	return header
}

// Fields is the header fields in the order and spelling received.
func (r *Response) Fields() []Field { return append([]Field(nil), r.read().headers...) }

// TrailerFields is the trailer fields in the order and spelling received.
func (r *Response) TrailerFields() []Field { return append([]Field(nil), r.read().trailers...) }

// HeaderValue is the value of the first header field of a name, without regard to case; "" when there is none.
func (r *Response) HeaderValue(name string) string {
	for _, f := range r.read().headers {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// URL is that of the request, or the one that the last redirect led to.
func (r *Response) URL() string { return r.read().url }

// HTTPVersion is "HTTP/1.1" or "HTTP/1.0".
func (r *Response) HTTPVersion() string { return r.read().version }

// Remote is the address that answered, such as "127.0.0.1:443".
func (r *Response) Remote() string { return r.read().remote }

// TLSVersion is the version of TLS of the connection, such as "TLSv1.3"; "" without TLS.
func (r *Response) TLSVersion() string { return r.read().tlsVersion }

// TLSCipher is the cipher suite of the connection by its name in OpenSSL.
func (r *Response) TLSCipher() string { return r.read().tlsCipher }

// Reused reports whether the connection had carried a request before.
func (r *Response) Reused() bool { return r.read().flags&1 != 0 }

// TLSResumed reports whether the handshake of the connection resumed a session.
func (r *Response) TLSResumed() bool { return r.read().flags&2 != 0 }

// TLSVerified reports whether the server proved who it is.
func (r *Response) TLSVerified() bool { return r.read().flags&4 != 0 }

// Attempts is how many attempts were made, the first included.
func (r *Response) Attempts() int { return r.read().attempts }

// AttemptLog is each attempt of the call, oldest first, at most 16.
func (r *Response) AttemptLog() []Attempt { return r.read().attemptLog }

// StopReason says why a response whose status is an error was not followed by another attempt.
func (r *Response) StopReason() StopReason { return r.read().stop }

// Redirects is how many redirects were followed.
func (r *Response) Redirects() int { return r.read().redirects }

// BodyBytes is how many bytes of the body arrived, collected or delivered.
func (r *Response) BodyBytes() int64 { return r.read().bodyBytes }

// LastEventID is that of a stream of events, to be sent as Last-Event-ID.
func (r *Response) LastEventID() string { return r.read().lastEventID }

// A Timing is a span of a call.
type Timing int

const (
	TimingPool      Timing = 0 // waiting for a connection of the pool
	TimingDNS       Timing = 1 // resolving the name
	TimingConnect   Timing = 2 // TCP connect
	TimingTLS       Timing = 3 // TLS handshake
	TimingSend      Timing = 4 // writing the request
	TimingFirstByte Timing = 5 // request written to response head complete
	TimingBody      Timing = 6 // response head to end
	TimingTotal     Timing = 7 // start to end
)

// Timing is how long a part of the call took; negative when it is not known.
func (r *Response) Timing(which Timing) time.Duration {
	if which < 0 || which > TimingTotal {
		return -1
	}
	return time.Duration(r.read().timings[which] * float64(time.Millisecond))
}
