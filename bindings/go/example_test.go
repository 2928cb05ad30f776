package network_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"pepperpy.ai/network"
)

// What a program would write as network.NewAPIClient("https://api.example.com/v1", key).
func exampleClient() *network.APIClient {
	api, err := network.NewAPIClient(server.url, server.key, network.WithCaFile(server.ca))
	if err != nil {
		panic(err)
	}
	return api
}

func ExampleNewAPIClient() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	api := exampleClient()
	defer api.Close()

	response, err := api.Get(ctx, "/v1/models")
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := response.RaiseForStatus(); err != nil {
		fmt.Println(err)
		return
	}
	var models struct{ Data []struct{ ID string } }
	if err := response.JSON(&models); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(response.Status, len(models.Data), "models")
	// Output: 200 2 models
}

func ExampleError() {
	api := exampleClient()
	defer api.Close()

	response, err := api.Get(context.Background(), "/no-such-thing")
	if err == nil {
		err = response.RaiseForStatus()
	}
	var e *network.Error
	switch {
	case errors.Is(err, network.ErrNotFound):
		errors.As(err, &e)
		fmt.Println("not found:", e.Code.String(), e.Status, e.Retryable())
	case errors.Is(err, context.DeadlineExceeded):
		fmt.Println("too late")
	}
	// Output: not found: HTTP_NOT_FOUND 404 false
}

func ExampleEventStream() {
	api := exampleClient()
	defer api.Close()

	question := map[string]any{"stream": true, "messages": []map[string]string{{"role": "user", "content": "pepper"}}}
	stream, err := api.DoEvents(context.Background(), network.NewRequest("POST", "/v1/chat/completions?ms=0").JSON(question))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stream.Close()
	var last network.Event
	for {
		event, err := stream.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		last = event
	}
	fmt.Println(last.Type, last.Data)
	// Output: message [DONE]
}

func ExampleRateLimiter_Acquire() {
	limiter, err := network.NewRateLimiter(60, 10)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer limiter.Close()

	release, err := limiter.Acquire(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer release()
	fmt.Println("one of sixty a minute")
	// Output: one of sixty a minute
}

func ExampleRetryHandler_Run() {
	api := exampleClient()
	defer api.Close()
	retry, err := network.NewRetryHandler(3, 500, 502, 503)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer retry.Close()
	retry.Set("backoff_factor", "0.01")

	url := "/flaky?fail=1&retry-after=0&key=" + unique("example")
	err = retry.Run(context.Background(), func(ctx context.Context) error {
		response, err := api.Do(ctx, network.NewRequest("GET", url).Option("max_retries", "0"))
		if err != nil {
			return err
		}
		fmt.Println(response.Status)
		return response.RaiseForStatus()
	})
	fmt.Println(err)
	// Output:
	// 503
	// 200
	// <nil>
}

func ExampleRequestMiddleware() {
	api := exampleClient()
	defer api.Close()
	api.Use(&network.RequestMiddleware{
		Name: "agent",
		BeforeRequest: func(c *network.MiddlewareContext) error {
			return c.SetHeader("User-Agent", "PepperPy/1.0")
		},
		AfterResponse: func(c *network.MiddlewareContext) error {
			fmt.Println("status", c.Response().Status)
			return nil
		},
	})
	response, err := api.Get(context.Background(), "/echo")
	if err != nil {
		fmt.Println(err)
		return
	}
	var echo struct{ Headers [][2]string }
	response.JSON(&echo)
	for _, h := range echo.Headers {
		if h[0] == "User-Agent" {
			fmt.Println(h[1])
		}
	}
	// Output:
	// status 200
	// PepperPy/1.0
}

func ExampleBatch() {
	api := exampleClient()
	defer api.Close()
	batch := &network.Batch{Concurrency: 2, Timeout: time.Minute}
	for i := 0; i < 3; i++ {
		batch.Add(api, network.NewRequest("GET", fmt.Sprintf("/bytes?n=%d", i)))
	}
	results, err := batch.Run(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, result := range results {
		fmt.Println(result.Response.Status, len(result.Response.Body))
	}
	// Output:
	// 200 0
	// 200 1
	// 200 2
}

func ExampleWebSocketClient() {
	ctx := context.Background()
	api := exampleClient()
	defer api.Close()
	socket, err := network.NewWebSocketClient(api, "/v1/realtime")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer socket.Release()
	if err := socket.Connect(ctx); err != nil {
		fmt.Println(err)
		return
	}
	message, err := socket.Next(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	var event struct{ Type string }
	message.JSON(&event)
	fmt.Println(event.Type)
	// Output: session.created
}

func ExampleNewRoundTripper() {
	api := exampleClient()
	defer api.Close()
	transport, err := network.NewRoundTripper(api)
	if err != nil {
		fmt.Println(err)
		return
	}
	web := &http.Client{Transport: transport}
	response, err := web.Get(server.url + "/v1/models")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	fmt.Println(response.Status)
	// Output: 200 OK
}
