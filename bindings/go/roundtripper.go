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
//	web := &http.Client{Transport: network.NewRoundTripper(client)}
//
// Bodies stream both ways. Redirects are left to the http.Client. The context of a request holds until the body of its
// response is closed. Close the client itself when it is not needed any more.
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

// A body of a known length up to this is read before the request is sent, which then can be sent again.
const smallBody = 32 << 10

// RoundTrip sends a request and returns when the head of the response is there.
func (t roundTripper) RoundTrip(given *http.Request) (*http.Response, error) {
	request, err := requestFrom(given)
	if err != nil {
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
	r := NewRequest(given.Method, given.URL.String())
	if r.method == "" {
		r.method = "GET"
	}
	r.Option("max_redirects", "0")
	for name, values := range given.Header {
		if framing[http.CanonicalHeaderKey(name)] {
			continue
		}
		for _, value := range values {
			r.AddHeader(name, strings.TrimSpace(value))
		}
	}
	if given.Host != "" && given.Host != given.URL.Host {
		closeBody(given)
		return nil, failure(CodeInvalidHeader, "the Host header is that of the URL")
	}
	return r, addBody(r, given)
}

func addBody(r *Request, given *http.Request) error {
	switch {
	case given.Body == nil || given.Body == http.NoBody:
	case given.ContentLength > 0 && given.ContentLength <= smallBody:
		defer given.Body.Close()
		body := make([]byte, given.ContentLength)
		if _, err := io.ReadFull(given.Body, body); err != nil {
			return err
		}
		r.Body(body)
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
	if err == io.EOF {
		b.once.Do(b.addTrailers)
	}
	return n, err
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
		if err == io.EOF {
			b.once.Do(b.addTrailers)
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
