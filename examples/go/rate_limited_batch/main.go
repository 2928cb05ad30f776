// SPDX-License-Identifier: CC0-1.0. Copy freely.
//
// A batch of requests under a rate limit: so many a minute, so many at once, so many under way. Any number of clients may share
// the limiter; results come in the order of the requests.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"pepperpy.ai/network"
)

const usage = `usage: rate_limited_batch [URL [KEY [CA_FILE]]]
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

const (
	requests  = 12
	perSecond = 20
	burst     = 4
)

// Each request has a result of its own: one that failed is no failure of the others.
func show(results []network.BatchResult) error {
	for i, result := range results {
		if result.Err != nil {
			return result.Err
		}
		if err := result.Response.RaiseForStatus(); err != nil {
			return err
		}
		var echo struct{ Query string }
		if err := result.Response.JSON(&echo); err != nil {
			return err
		}
		fmt.Printf("result %d: status %d, %s\n", i, result.Response.Status, echo.Query)
	}
	return nil
}

func run(ctx context.Context, base, key, caFile string) error {
	api, err := network.NewAPIClient(base, key, network.WithCaFile(caFile))
	if err != nil {
		return err
	}
	defer api.Close()
	limiter, err := network.NewRateLimiter(perSecond*60, burst)
	if err != nil {
		return err
	}
	defer limiter.Close()
	if err := limiter.Share(api); err != nil {
		return err
	}
	batch := &network.Batch{Concurrency: 3, Timeout: time.Minute, Progress: func(done, total int) {
		fmt.Printf("%d of %d done\n", done, total)
	}}
	for i := 0; i < requests; i++ {
		if err := batch.Add(api, network.NewRequest("GET", fmt.Sprintf("echo?index=%d", i))); err != nil {
			return err
		}
	}
	began := time.Now()
	results, err := batch.Run(ctx)
	if err != nil {
		return err
	}
	took := time.Since(began)
	if err := show(results); err != nil {
		return err
	}
	fmt.Printf("%d requests in %d ms: %d at once, then %d a second\n", requests, took.Milliseconds(), burst, perSecond)
	return nil
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
		fmt.Fprintln(os.Stderr, "rate_limited_batch:", err) // CODE: what happened
		os.Exit(1)
	}
}
