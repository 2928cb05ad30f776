// SPDX-License-Identifier: CC0-1.0. Copy freely.
//
// Middleware: one around each request, which answers some of them itself; one around each attempt, which waits for a signature
// that another goroutine makes; and the built-in one that names the trace (W3C Trace Context).
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"pepperpy.ai/network"
)

const usage = `usage: middleware_trace [URL [KEY [CA_FILE]]]
  URL      where the API is; default $PEPPERPY_DEMO_URL, else https://localhost:8443
  KEY      API key; default $PEPPERPY_DEMO_KEY, else demo-key
  CA_FILE  PEM file of the certificates to trust; default $PEPPERPY_DEMO_CA, else the system's
`

func setting(index int, variable, otherwise string) string {
	if len(os.Args) > index {
		return os.Args[index]
	}
	if value, set := os.LookupEnv(variable); set {
		return value
	}
	return otherwise
}

// Steps run on goroutines of their own and may take their time.
var cache = &network.RequestMiddleware{
	Name: "cache",
	BeforeRequest: func(c *network.MiddlewareContext) error {
		fmt.Println("  request: before")
		if !strings.Contains(c.URL(), "/cached") {
			return nil
		}
		fmt.Println("  request: answered here") // nothing inside runs, nothing is sent
		return c.Respond(200, nil, []byte(`{"from": "memory"}`))
	},
	AfterResponse: func(c *network.MiddlewareContext) error {
		fmt.Println("  request: after, status", c.Response().Status)
		return nil
	},
}

var signer = &network.RequestMiddleware{
	Name: "signer",
	BeforeAttempt: func(c *network.MiddlewareContext) error {
		fmt.Println("  attempt: number", c.Attempt(), "waits for its signature")
		signature := make(chan string)
		go func() {
			fmt.Println("  attempt: signed by another thread")
			signature <- "1234"
		}()
		return c.SetHeader("X-Signature", <-signature) // now the attempt goes on
	},
}

func ask(ctx context.Context, api *network.APIClient, path string) error {
	fmt.Println("GET", path)
	response, err := api.Get(ctx, path)
	if err != nil {
		return err
	}
	if err := response.RaiseForStatus(); err != nil {
		return err
	}
	var echo struct{ Headers [][2]string } // what /echo says that it got
	if err := response.JSON(&echo); err != nil {
		return err
	}
	for _, header := range echo.Headers {
		if header[0] == "traceparent" || header[0] == "X-Signature" {
			fmt.Printf("  the server got %s: %s\n", header[0], header[1])
		}
	}
	fmt.Println("  attempts:", response.Attempts())
	return nil
}

func run(ctx context.Context, base, key, caFile string) error {
	api, err := network.NewAPIClient(base, key, network.WithCaFile(caFile))
	if err != nil {
		return err
	}
	defer api.Close()
	if err := api.Use(cache, signer); err != nil {
		return err
	}
	trace, err := network.NewTraceContext()
	if err != nil {
		return err
	}
	defer trace.Close()
	if err := trace.UseIn(api); err != nil {
		return err
	}
	if err := ask(ctx, api, "echo"); err != nil {
		return err
	}
	return ask(ctx, api, "cached")
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "--help" {
		fmt.Print(usage)
		return
	}
	if len(os.Args) > 4 || len(os.Args) > 1 && strings.HasPrefix(os.Args[1], "-") {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(1)
	}
	base := setting(1, "PEPPERPY_DEMO_URL", "https://localhost:8443")
	key := setting(2, "PEPPERPY_DEMO_KEY", "demo-key")
	caFile := setting(3, "PEPPERPY_DEMO_CA", "")
	if err := run(context.Background(), base, key, caFile); err != nil {
		fmt.Fprintln(os.Stderr, "middleware_trace:", err) // CODE: what happened
		os.Exit(1)
	}
}
