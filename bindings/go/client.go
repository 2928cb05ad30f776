package network

import (
	"context"
	"sync/atomic"
	"time"

	"pepperpy.ai/network/internal/cabi"
)

// What every client is: a native client, and the verbs over it.
type client struct {
	handle        atomic.Uintptr
	closed        atomic.Bool
	timeout       time.Duration // of a call; 0 = none
	streamTimeout time.Duration // of a stream
	baseURL       string
}

// An HTTPClient sends requests: options that are fixed when it is made, and a pool of connections that its requests share.
// Its addresses are absolute URLs, and paths when the configuration has a base URL. Close ends it. Its methods may be
// called on any number of goroutines.
type HTTPClient struct{ client }

// NewHTTPClient makes a client from the built-in defaults, the environment and options. It fails with CodeConfigError (also:
// a file of certificates that can not be read), and with CodeABIMismatch.
func NewHTTPClient(options ...Option) (*HTTPClient, error) {
	config, err := NewNetworkConfig(options...)
	if err != nil {
		return nil, err
	}
	defer config.Close()
	return config.NewHTTPClient()
}

// NewHTTPClient makes a client of this configuration.
func (c *NetworkConfig) NewHTTPClient() (*HTTPClient, error) {
	made := &HTTPClient{}
	if err := made.open(c); err != nil {
		return nil, err
	}
	return made, nil
}

// A RequestManager is a client with a base URL: with "https://localhost:8443/v1", "/models" and "models" both mean
// "https://localhost:8443/v1/models". An absolute URL stands for itself.
type RequestManager struct{ client }

// NewRequestManager makes a client for the paths below a base URL, an absolute http or https URL without query.
func NewRequestManager(baseURL string, options ...Option) (*RequestManager, error) {
	config, err := NewRequestManagerConfig(baseURL, options...)
	if err != nil {
		return nil, err
	}
	defer config.Close()
	return config.NewRequestManager()
}

// NewRequestManager makes a client of this configuration, which has a base URL.
func (c *NetworkConfig) NewRequestManager() (*RequestManager, error) {
	made := &RequestManager{}
	if err := made.open(c); err != nil {
		return nil, err
	}
	return made, nil
}

// An APIClient is a RequestManager with a key, which goes with requests to the origin of the base URL and with no others.
type APIClient struct{ client }

// NewAPIClient makes a client for one API. The base URL is https, or http for loopback addresses alone. The key is not empty;
// it never appears in errors and logs.
func NewAPIClient(baseURL, apiKey string, options ...Option) (*APIClient, error) {
	config, err := NewAPIClientConfig(baseURL, apiKey, options...)
	if err != nil {
		return nil, err
	}
	defer config.Close()
	return config.NewAPIClient()
}

// NewAPIClient makes a client of this configuration, which has a base URL and a key.
func (c *NetworkConfig) NewAPIClient() (*APIClient, error) {
	if key, err := c.Get("api_key"); err != nil {
		return nil, err
	} else if key == "" {
		return nil, failure(CodeConfigError, "the API key is empty")
	}
	made := &APIClient{}
	if err := made.open(c); err != nil {
		return nil, err
	}
	return made, nil
}

// A StreamingClient is a client for responses that are read while they arrive: Stream, Lines, Events. It has everything else
// of HTTPClient, whose engine it is.
type StreamingClient struct{ client }

// NewStreamingClient makes a client as NewHTTPClient.
func NewStreamingClient(options ...Option) (*StreamingClient, error) {
	config, err := NewNetworkConfig(options...)
	if err != nil {
		return nil, err
	}
	defer config.Close()
	return config.NewStreamingClient()
}

// NewStreamingClient makes a client of this configuration.
func (c *NetworkConfig) NewStreamingClient() (*StreamingClient, error) {
	made := &StreamingClient{}
	if err := made.open(c); err != nil {
		return nil, err
	}
	return made, nil
}

func (c *client) open(config *NetworkConfig) (err error) {
	if c.baseURL, err = config.Get("base_url"); err != nil {
		return err
	}
	if c.timeout, err = config.duration("timeout_ms"); err != nil {
		return err
	}
	if c.streamTimeout, err = config.duration("stream_timeout_ms"); err != nil {
		return err
	}
	var made uintptr
	err = config.with(func(handle uintptr, fail *uintptr) int { return cabi.Ppn_client_new(handle, &made, fail) })
	c.handle.Store(made)
	return err
}

// BaseURL is what paths are below; "" when the client has none.
func (c *client) BaseURL() string { return c.baseURL }

// Close cancels requests under way, which end with CodeCancelled, refuses later ones with CodeClientClosed and closes idle
// connections. It never blocks; a second call has no effect.
func (c *client) Close() error {
	if c == nil || c.closed.Swap(true) {
		return nil
	}
	handle := c.handle.Swap(0)
	cabi.Ppn_client_close(handle, nil)
	cabi.Ppn_client_release(handle)
	return nil
}

// Preconnect makes connections before they are needed, so that the first requests pay for no handshake. One that can not be
// made is reported by the request that needs it.
func (c *client) Preconnect(url string, count int) error {
	return c.with(func(handle uintptr, fail *uintptr) int {
		return cabi.Ppn_client_preconnect(handle, url, count, fail)
	})
}

// A Count is what Counted counts of the pool.
type Count int

const (
	CountConnections Count = 0 // connections, those being made included
	CountIdle        Count = 1 // of these: idle
	CountConnecting  Count = 2 // of these: being made
	CountWaiting     Count = 3 // requests that wait for a place in the pool
)

// Counted is a count of the connection pool, as of a moment ago; 0 of a closed client.
func (c *client) Counted(which Count) int {
	if c == nil {
		return 0
	}
	return int(cabi.Ppn_client_count(c.handle.Load(), int(which)))
}

// with calls a function of the library with the client, unless it is closed.
func (c *client) with(function func(handle uintptr, fail *uintptr) int) error {
	if c == nil {
		return failure(CodeInvalidArgument, "the client is nil")
	}
	if c.closed.Load() {
		return failure(CodeClientClosed, "the client is closed")
	}
	return c.explain(call(func(fail *uintptr) int { return function(c.handle.Load(), fail) }))
}

// A Client is any of the clients: HTTPClient, RequestManager, APIClient, StreamingClient.
type Client interface {
	Do(ctx context.Context, request *Request) (*Response, error)
	native() *client
}

func (c *client) native() *client { return c }
