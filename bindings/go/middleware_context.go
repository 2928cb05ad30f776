package network

import (
	"net/http"
	"sync"
	"time"

	"pepperpy.ai/network/internal/cabi"
)

// A MiddlewareContext is what one step of a middleware sees of its request, and what it decides. When the step is over its
// methods fail with CodeInvalidState, and texts are "". It may be used on several goroutines.
type MiddlewareContext struct {
	mu     sync.Mutex
	handle uintptr
}

func (c *MiddlewareContext) finish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	cabi.Ppn_middleware_context_finish(c.handle, nil)
	cabi.Ppn_middleware_context_release(c.handle)
	c.handle = 0
}

func (c *MiddlewareContext) with(function func(handle uintptr, fail *uintptr) int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.handle == 0 {
		return failure(CodeInvalidState, "the step is over")
	}
	return call(func(fail *uintptr) int { return function(c.handle, fail) })
}

func (c *MiddlewareContext) text(which int) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(takeBuffer(cabi.Ppnb_context_text(c.handle, which)))
}

// Method is the method of the request.
func (c *MiddlewareContext) Method() string { return c.text(cabi.PPNB_CONTEXT_METHOD) }

// URL is the URL as it is sent, its secrets included: not for logs.
func (c *MiddlewareContext) URL() string { return c.text(cabi.PPNB_CONTEXT_URL) }

// RedactedURL is the URL for logs.
func (c *MiddlewareContext) RedactedURL() string { return c.text(cabi.PPNB_CONTEXT_URL_REDACTED) }

// Attempt is which attempt this is, from 1; 0 in the steps around the request as a whole.
func (c *MiddlewareContext) Attempt() int {
	var out int32
	c.with(func(handle uintptr, fail *uintptr) int {
		return cabi.Ppn_middleware_context_attempt(handle, &out, fail)
	})
	return int(out)
}

// Header is the value of the first header field of the request with a name; "" when there is none.
func (c *MiddlewareContext) Header(name string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(takeBuffer(cabi.Ppnb_context_header(c.handle, name)))
}

// SetHeader sets a header of the request: before it, and after it for RetryOnce.
func (c *MiddlewareContext) SetHeader(name, value string) error {
	return c.with(func(handle uintptr, fail *uintptr) int {
		return cabi.Ppn_middleware_context_set_header(handle, name, value, fail)
	})
}

// AddHeader adds a header beside those of the same name.
func (c *MiddlewareContext) AddHeader(name, value string) error {
	return c.with(func(handle uintptr, fail *uintptr) int {
		return cabi.Ppn_middleware_context_add_header(handle, name, value, fail)
	})
}

// RemoveHeader removes every header of a name.
func (c *MiddlewareContext) RemoveHeader(name string) error {
	return c.with(func(handle uintptr, fail *uintptr) int {
		return cabi.Ppn_middleware_context_remove_header(handle, name, fail)
	})
}

// SetURL sends the request to another URL. An attempt stays at the origin of its request.
func (c *MiddlewareContext) SetURL(url string) error {
	return c.with(func(handle uintptr, fail *uintptr) int { return cabi.Ppn_middleware_context_set_url(handle, url, fail) })
}

// SetBody sets the body: before the request as a whole.
func (c *MiddlewareContext) SetBody(body []byte) error {
	return c.with(func(handle uintptr, fail *uintptr) int {
		return cabi.Ppn_middleware_context_set_body(handle, textOf(body), fail)
	})
}

// SetOption sets an option for this request: before the request as a whole.
func (c *MiddlewareContext) SetOption(name, value string) error {
	return c.with(func(handle uintptr, fail *uintptr) int {
		return cabi.Ppn_middleware_context_set_option(handle, name, value, fail)
	})
}

// Attribute is a text that middleware of this request has left; "" when there is none.
func (c *MiddlewareContext) Attribute(name string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return string(takeBuffer(cabi.Ppnb_context_attribute(c.handle, name)))
}

// SetAttribute leaves a text for all middleware of this request. It is not sent.
func (c *MiddlewareContext) SetAttribute(name, value string) error {
	return c.with(func(handle uintptr, fail *uintptr) int {
		return cabi.Ppn_middleware_context_set_attribute(handle, name, value, fail)
	})
}

// Response is what the server has answered, of a stream its head; nil before the request, and when no head has arrived.
func (c *MiddlewareContext) Response() *Response {
	var out uintptr
	c.with(func(handle uintptr, fail *uintptr) int {
		return cabi.Ppn_middleware_context_response(handle, &out, fail)
	})
	return takeResponse(0, out)
}

// Err is what went wrong; nil except in OnError and OnAttemptError.
func (c *MiddlewareContext) Err() error {
	var out uintptr
	c.with(func(handle uintptr, fail *uintptr) int { return cabi.Ppn_middleware_context_error(handle, &out, fail) })
	if out == 0 {
		return nil
	}
	return takeError(cabi.Ppn_error_code(out), out)
}

// Respond answers: before the request instead of everything inside, after it in place of the response or the error. Of
// several verdicts the last one counts.
func (c *MiddlewareContext) Respond(status int, header http.Header, body []byte) error {
	var headers uintptr
	if len(header) > 0 {
		if err := call(func(fail *uintptr) int { return cabi.Ppn_headers_new(&headers, fail) }); err != nil {
			return err
		}
		defer cabi.Ppn_headers_release(headers)
		for name, values := range header {
			for _, value := range values {
				if err := call(func(fail *uintptr) int { return cabi.Ppn_headers_add(headers, name, value, fail) }); err != nil {
					return err
				}
			}
		}
	}
	return c.with(func(handle uintptr, fail *uintptr) int {
		return cabi.Ppn_middleware_context_respond(handle, status, headers, textOf(body), fail)
	})
}

// RetryOnce makes the request once more after a delay, which counts as a retry: after the request as a whole, once.
func (c *MiddlewareContext) RetryOnce(delay time.Duration) error {
	return c.with(func(handle uintptr, fail *uintptr) int {
		return cabi.Ppn_middleware_context_retry_once(handle, millisecondsUp(delay), fail)
	})
}
