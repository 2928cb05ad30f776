// SPDX-License-Identifier: CC0-1.0. Copy freely.
//
// Retries around any function: a GET against a server that fails a few times is repeated, a POST without an idempotency key is
// not when the server may have done its work, and with one it is. The client itself repeats nothing here (max_retries 0), or
// the attempts would multiply; without a handler it does the same by itself.
package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand"
	"os"
	"strings"
	"time"

	"pepperpy.ai/network"
)

const usage = `usage: retry [URL [KEY [CA_FILE]]]
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

// The server counts the requests of each path and query.
var random = rand.New(rand.NewSource(time.Now().UnixNano()))

func flaky(failures string) string {
	return fmt.Sprintf("flaky?%s&key=%d-%d", failures, random.Uint32(), random.Uint32())
}

func ask(ctx context.Context, api *network.APIClient, method, failures string, keyed bool) error {
	if keyed {
		fmt.Printf("%s %s, with an idempotency key\n", method, failures)
	} else {
		fmt.Printf("%s %s, no idempotency key\n", method, failures)
	}
	retry, err := network.NewRetryHandler(3)
	if err != nil {
		return err
	}
	defer retry.Close()
	if err := retry.Set("backoff_factor", "0.05"); err != nil {
		return err
	}
	retry.OnRetry(func(_ error, decision network.RetryDecision) {
		fmt.Printf("  another attempt in %d ms\n", decision.Delay.Milliseconds())
	})
	url, number := flaky(failures), 0
	err = retry.RunMethod(ctx, method, keyed, func(ctx context.Context) error {
		request := network.NewRequest(method, url)
		if keyed {
			request.Header("Idempotency-Key", "the-same-for-each-attempt")
		}
		response, err := api.Do(ctx, request)
		if err != nil {
			return err
		}
		number++
		fmt.Printf("  attempt %d: status %d\n", number, response.Status)
		return response.RaiseForStatus()
	})
	var status *network.StatusError
	if !errors.As(err, &status) {
		return err
	}
	decision, err := retry.Decide(status, method, keyed, number-1)
	if err != nil {
		return err
	}
	fmt.Printf("  no other attempt: %s\n", decision.Reason)
	return nil
}

func run(ctx context.Context, base, key, caFile string) error {
	api, err := network.NewAPIClient(base, key, network.WithCaFile(caFile), network.WithMaxRetries(0),
		network.WithIdempotencyHeader(""))
	if err != nil {
		return err
	}
	defer api.Close()
	// A server that asks for a time by Retry-After gets it; 0 leaves it to the backoff.
	if err := ask(ctx, api, "GET", "fail=2&status=503&retry-after=0", false); err != nil {
		return err
	}
	if err := ask(ctx, api, "POST", "fail=1&status=500", false); err != nil {
		return err
	}
	return ask(ctx, api, "POST", "fail=1&status=500", true)
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
		fmt.Fprintln(os.Stderr, "retry:", err) // CODE: what happened
		os.Exit(1)
	}
}
