package network

import (
	"crypto/tls"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// NewRoundTripper makes a http.RoundTripper over a client, so that everything that takes a http.Client gets its pool, its
// limits, its retries and its middleware:
//
//	transport, err := network.NewRoundTripper(client)
//	web := &http.Client{Transport: transport}
//
// Bodies stream both ways. Redirects are left to the http.Client. The context of a request, and its Cancel channel, hold until
// the body of its response is closed. Headers of the framing (Connection, Transfer-Encoding and others, RFC 9110 7.6.1) are
// those of the library; a Host that is not that of the URL, and trailers of a request, are refused with CodeInvalidHeader.
// No content coding is asked for and none is undone. Close the client itself when it is not needed any more.
func NewRoundTripper(client Client) (http.RoundTripper, error) {
	c, err := nativeOf(client)
	if err != nil {
		return nil, err
	}
	return roundTripper{c}, nil
}

type roundTripper struct{ client *client }

// Fields of the framing of a message, which are the library's.
var framing = map[string]bool{"Connection": true, "Content-Length": true, "Host": true, "Keep-Alive": true,
	"Proxy-Connection": true, "Te": true, "Trailer": true, "Transfer-Encoding": true, "Upgrade": true}

// A body that lies in memory (as GetBody tells) up to this is read before the request is sent: no goroutine is needed then.
const smallBody = 32 << 10

// RoundTrip sends a request and returns when the head of the response is there.
func (t roundTripper) RoundTrip(given *http.Request) (*http.Response, error) {
	request, err := requestFrom(given)
	if err != nil {
		closeBody(given)
		return nil, err
	}
	stream, err := t.client.DoStream(given.Context(), request, 0)
	if err != nil {
		request.upload.giveBack()
		return nil, err
	}
	head, err := stream.Response()
	if err != nil {
		stream.Close()
		return nil, err
	}
	return responseFor(given, head, stream), nil
}

// CloseIdleConnections does nothing: the pool closes them by its own rules.
func (t roundTripper) CloseIdleConnections() {}

func requestFrom(given *http.Request) (*Request, error) {
	switch {
	case given.URL == nil:
		return nil, failure(CodeInvalidURL, "the request has no URL")
	case given.Host != "" && given.Host != given.URL.Host:
		return nil, failure(CodeInvalidHeader, "the Host header is that of the URL")
	case len(given.Trailer) > 0:
		return nil, failure(CodeInvalidHeader, "trailers of a request can not be sent")
	}
	target := *given.URL
	target.User, target.Fragment, target.RawFragment = nil, "", "" // a http.Client has made a header of the first
	r := NewRequest(given.Method, target.String())
	if r.method == "" {
		r.method = "GET"
	}
	r.cancel = given.Cancel
	r.Option("max_redirects", "0")
	for name, values := range given.Header {
		if framing[http.CanonicalHeaderKey(name)] {
			continue
		}
		for _, value := range values {
			r.AddHeader(name, strings.TrimSpace(value))
		}
	}
	return r, addBody(r, given)
}

func addBody(r *Request, given *http.Request) error {
	switch {
	case given.Body == nil || given.Body == http.NoBody:
	case given.GetBody != nil && given.ContentLength > 0 && given.ContentLength <= smallBody:
		body := make([]byte, given.ContentLength+1)
		read, err := io.ReadFull(given.Body, body)
		if int64(read) != given.ContentLength || err != io.ErrUnexpectedEOF {
			return notItsLength(err)
		}
		given.Body.Close()
		r.Body(body[:read])
	default:
		source := &bodySource{length: given.ContentLength, first: given.Body, owned: true}
		if source.length == 0 {
			source.length = -1 // not known, for there is a body
		}
		if again := given.GetBody; again != nil {
			source.again = func() (io.Reader, error) {
				body, err := again()
				return body, err
			}
		}
		r.upload = source
	}
	return nil
}

func notItsLength(err error) error {
	e := failure(CodeInvalidArgument, "the request body is not as long as its ContentLength")
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		e.Message, e.cause = "the request body can not be read: "+err.Error(), err
	}
	return e
}

func closeBody(given *http.Request) {
	if given.Body != nil {
		given.Body.Close()
	}
}

func responseFor(given *http.Request, head *Response, stream *ChunkStream) *http.Response {
	made := &http.Response{Status: strconv.Itoa(head.Status) + " " + http.StatusText(head.Status), StatusCode: head.Status,
		Proto: head.HTTPVersion(), ProtoMajor: 1, Header: head.Header(), ContentLength: -1, Request: given}
	if made.Proto != "HTTP/1.0" {
		made.ProtoMinor = 1
	}
	if length, err := strconv.ParseInt(made.Header.Get("Content-Length"), 10, 64); err == nil {
		made.ContentLength = length
	} else if head.Status == http.StatusNoContent || head.Status == http.StatusNotModified {
		made.ContentLength = 0
	}
	if encoding := made.Header.Get("Transfer-Encoding"); encoding != "" {
		made.TransferEncoding = []string{encoding}
		made.Header.Del("Transfer-Encoding")
	}
	for _, names := range made.Header.Values("Trailer") {
		for _, name := range strings.Split(names, ",") {
			if made.Trailer == nil {
				made.Trailer = http.Header{}
			}
			made.Trailer[http.CanonicalHeaderKey(strings.TrimSpace(name))] = nil
		}
	}
	made.Header.Del("Trailer")
	if version := head.TLSVersion(); version != "" {
		made.TLS = &tls.ConnectionState{HandshakeComplete: true, ServerName: given.URL.Hostname(), DidResume: head.TLSResumed()}
		made.TLS.Version = tlsVersions[version]
	}
	made.Body = &responseBody{stream: stream, of: made}
	return made
}

var tlsVersions = map[string]uint16{"TLSv1.2": tls.VersionTLS12, "TLSv1.3": tls.VersionTLS13}

// The body of a response, which sets the trailers at its end.
type responseBody struct {
	stream *ChunkStream
	of     *http.Response
	once   sync.Once
}

func (b *responseBody) Read(into []byte) (int, error) {
	n, err := b.stream.Read(into)
	return n, b.ended(err)
}

// ended does what belongs to the end of a body, and says of a closed one what those who use net/http look for.
func (b *responseBody) ended(err error) error {
	switch {
	case err == io.EOF:
		b.once.Do(b.addTrailers)
	case err != nil && b.stream.closed.Load():
		e := failure(CodeInvalidState, "the body is closed")
		e.cause = http.ErrBodyReadAfterClose
		return e
	}
	return err
}

func (b *responseBody) addTrailers() {
	end, err := b.stream.Response()
	if err != nil {
		return
	}
	for name, values := range end.Trailer() {
		if b.of.Trailer == nil {
			b.of.Trailer = http.Header{}
		}
		b.of.Trailer[name] = values
	}
}

// WriteTo saves io.Copy its buffer.
func (b *responseBody) WriteTo(to io.Writer) (written int64, err error) {
	for {
		p, err := b.stream.chunk()
		if err = b.ended(err); err == io.EOF {
			return written, nil
		}
		if err != nil {
			return written, err
		}
		n, err := to.Write(p)
		written += int64(n)
		if err != nil {
			return written, err
		}
	}
}

func (b *responseBody) Close() error { return b.stream.Close() }

var _ io.WriterTo = (*responseBody)(nil)
