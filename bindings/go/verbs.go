package network

import "context"

// Header is a header for the verbs: client.Get(ctx, url, network.Header("Custom-Header", "value")).
func Header(name, value string) Field { return Field{Name: name, Value: value} }

func described(method, url string, headers []Field) *Request {
	r := NewRequest(method, url)
	for _, h := range headers {
		r.Header(h.Name, h.Value)
	}
	return r
}

// Get sends a GET and waits for the whole response, as Do.
func (c *client) Get(ctx context.Context, url string, headers ...Field) (*Response, error) {
	return c.Do(ctx, described("GET", url, headers))
}

// Head sends a HEAD, as Get.
func (c *client) Head(ctx context.Context, url string, headers ...Field) (*Response, error) {
	return c.Do(ctx, described("HEAD", url, headers))
}

// Delete sends a DELETE, as Get.
func (c *client) Delete(ctx context.Context, url string, headers ...Field) (*Response, error) {
	return c.Do(ctx, described("DELETE", url, headers))
}

// Post sends a POST whose body is nil, []byte, a string or an io.Reader, as Request.Body. Give its Content-Type as a header.
func (c *client) Post(ctx context.Context, url string, body any, headers ...Field) (*Response, error) {
	return c.Do(ctx, described("POST", url, headers).Body(body))
}

// Put sends a PUT, as Post.
func (c *client) Put(ctx context.Context, url string, body any, headers ...Field) (*Response, error) {
	return c.Do(ctx, described("PUT", url, headers).Body(body))
}

// Patch sends a PATCH, as Post.
func (c *client) Patch(ctx context.Context, url string, body any, headers ...Field) (*Response, error) {
	return c.Do(ctx, described("PATCH", url, headers).Body(body))
}

// PostJSON sends a POST whose body is a value as JSON, as Request.JSON.
func (c *client) PostJSON(ctx context.Context, url string, value any, headers ...Field) (*Response, error) {
	return c.Do(ctx, described("POST", url, headers).JSON(value))
}

// PutJSON sends a PUT, as PostJSON.
func (c *client) PutJSON(ctx context.Context, url string, value any, headers ...Field) (*Response, error) {
	return c.Do(ctx, described("PUT", url, headers).JSON(value))
}

// PatchJSON sends a PATCH, as PostJSON.
func (c *client) PatchJSON(ctx context.Context, url string, value any, headers ...Field) (*Response, error) {
	return c.Do(ctx, described("PATCH", url, headers).JSON(value))
}

// Stream opens a GET whose body is read while it arrives, in chunks of at most chunkSize bytes (0 = as the options say).
func (c *client) Stream(ctx context.Context, url string, chunkSize int, headers ...Field) (*ChunkStream, error) {
	return c.DoStream(ctx, described("GET", url, headers), chunkSize)
}

// Lines opens a GET whose body is read line by line (NDJSON).
func (c *client) Lines(ctx context.Context, url string, headers ...Field) (*LineStream, error) {
	return c.DoLines(ctx, described("GET", url, headers))
}

// Events opens a GET whose body is a stream of events (text/event-stream).
func (c *client) Events(ctx context.Context, url string, headers ...Field) (*EventStream, error) {
	return c.DoEvents(ctx, described("GET", url, headers))
}
