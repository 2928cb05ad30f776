package network

import (
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"pepperpy.ai/network/internal/cabi"
)

// An Option sets one option of a NetworkConfig: WithTimeout, WithMaxRetries and so on, one for each row of the option table
// (Options lists them), and WithOption, which knows them all by name.
type Option func(*NetworkConfig) error

func setOption(name, value string) Option {
	return func(c *NetworkConfig) error { return c.Set(name, value) }
}

// WithOption sets an option by its name in the table, as text: WithOption("timeout_ms", "5000").
func WithOption(name, value string) Option { return setOption(name, value) }

// WithJSON sets options from a JSON object whose members are names of the table: {"timeout_ms": 5000}.
func WithJSON(text string) Option {
	return func(c *NetworkConfig) error { return c.SetJSON(text) }
}

// A NetworkConfig holds options, from the built-in defaults and the PEPPERPY_NETWORK_ environment variables as they are
// when it is made. A client copies them: later changes do not reach it. Close gives its memory back; most programs never
// make one, for the constructors of the clients take options. Its methods may be called on any goroutine.
type NetworkConfig struct {
	mu     sync.Mutex
	handle uintptr
}

// NewNetworkConfig makes a configuration. It fails with CodeConfigError when an option or an environment variable can not
// be understood, and with CodeABIMismatch.
func NewNetworkConfig(options ...Option) (*NetworkConfig, error) {
	return newConfig(func(out, fail *uintptr) int { return cabi.Ppn_config_new(out, fail) }, options)
}

// NewRequestManagerConfig makes the configuration of a RequestManager.
func NewRequestManagerConfig(baseURL string, options ...Option) (*NetworkConfig, error) {
	return newConfig(func(out, fail *uintptr) int {
		return cabi.Ppn_config_new_request_manager(baseURL, -1, -1, out, fail)
	}, options)
}

// NewAPIClientConfig makes the configuration of an APIClient: other limits than usual, and where the key goes.
func NewAPIClientConfig(baseURL, apiKey string, options ...Option) (*NetworkConfig, error) {
	return newConfig(func(out, fail *uintptr) int {
		return cabi.Ppn_config_new_api_client(baseURL, apiKey, out, fail)
	}, options)
}

func newConfig(make func(out, fail *uintptr) int, options []Option) (*NetworkConfig, error) {
	if err := checkVersion(); err != nil {
		return nil, err
	}
	var handle, fail uintptr
	if err := check(make(&handle, &fail), fail); err != nil {
		return nil, err
	}
	c := &NetworkConfig{handle: handle}
	// A configuration that was forgotten holds nothing but memory.
	runtime.SetFinalizer(c, (*NetworkConfig).Close)
	err := c.with(func(handle uintptr, fail *uintptr) int {
		return cabi.Ppnb_config_name_caller(handle, caller(runtime.Version()), fail)
	})
	if err == nil {
		err = c.Apply(options...)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// caller is a version of Go as a product of a User-Agent (RFC 9110 10.1.5): "go1.19.8" is "go/1.19.8", and what is no release
// is "go".
func caller(version string) string {
	number := strings.TrimPrefix(version, "go")
	if number == version || strings.Trim(number, ".0123456789") != "" {
		return "go"
	}
	return "go/" + number
}

// Apply sets options, in order, up to the first one that fails.
func (c *NetworkConfig) Apply(options ...Option) error {
	for _, option := range options {
		if option == nil {
			return failure(CodeInvalidArgument, "an option is nil")
		}
		if err := option(c); err != nil {
			return err
		}
	}
	return nil
}

// Set sets one option by its name, as text: numbers in decimal, booleans as true/false, yes/no, on/off or 1/0. It fails
// with CodeConfigError and changes nothing then.
func (c *NetworkConfig) Set(name, value string) error {
	return c.with(func(handle uintptr, fail *uintptr) int { return cabi.Ppn_config_set(handle, name, value, fail) })
}

// SetJSON sets options from a JSON object; all of them or none.
func (c *NetworkConfig) SetJSON(text string) error {
	return c.with(func(handle uintptr, fail *uintptr) int { return cabi.Ppn_config_set_json(handle, text, fail) })
}

// Get is the value of an option as text; secrets that are set are "***".
func (c *NetworkConfig) Get(name string) (string, error) {
	var out uintptr
	err := c.with(func(handle uintptr, fail *uintptr) int { return cabi.Ppnb_config_get(handle, name, &out, fail) })
	return string(takeBuffer(out)), err
}

// duration is the value of an option that counts milliseconds.
func (c *NetworkConfig) duration(name string) (time.Duration, error) {
	text, err := c.Get(name)
	if err != nil {
		return 0, err
	}
	ms, _ := strconv.ParseInt(text, 10, 64) // what the library has written
	return time.Duration(ms) * time.Millisecond, nil
}

// JSON is all options with their effective values as a JSON object, secrets as "***".
func (c *NetworkConfig) JSON() (string, error) {
	var out uintptr
	err := c.with(func(handle uintptr, fail *uintptr) int { return cabi.Ppnb_config_dump(handle, &out, fail) })
	return string(takeBuffer(out)), err
}

// Close releases the configuration; clients made of it go on. A second call has no effect.
func (c *NetworkConfig) Close() error {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	cabi.Ppn_config_release(c.handle)
	c.handle = 0
	runtime.SetFinalizer(c, nil)
	return nil
}

func (c *NetworkConfig) with(function func(handle uintptr, fail *uintptr) int) error {
	if c == nil {
		return failure(CodeInvalidArgument, "the configuration is nil")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.handle == 0 {
		return failure(CodeInvalidState, "the configuration is closed")
	}
	return call(func(fail *uintptr) int { return function(c.handle, fail) })
}
