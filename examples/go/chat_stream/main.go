// SPDX-License-Identifier: CC0-1.0. Copy freely.
//
// A chat completion whose tokens are read by a loop, each as it arrives. The library stops reading the socket while the loop
// is busy, and closing the stream early closes the connection. A stream without its [DONE] was cut short, however well the
// connection ended: that is an error here.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"pepperpy.ai/network"
)

const usage = `usage: chat_stream [URL [KEY [CA_FILE]]]
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

var question = map[string]any{"model": "demo", "stream": true,
	"messages": []map[string]string{{"role": "user", "content": "Say something about pepper."}}}

func run(ctx context.Context, base, key, caFile string) error {
	api, err := network.NewAPIClient(base, key, network.WithCaFile(caFile))
	if err != nil {
		return err
	}
	defer api.Close()
	stream, err := api.DoEvents(ctx, network.NewRequest("POST", "/v1/chat/completions").JSON(question))
	if err != nil {
		return err
	}
	defer stream.Close()
	finished := false
	for {
		event, err := stream.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if event.Data == "[DONE]" {
			finished = true
			continue
		}
		var token struct {
			Choices []struct{ Delta struct{ Content string } }
		}
		if err := event.JSON(&token); err != nil {
			return err
		}
		for _, choice := range token.Choices {
			fmt.Print(choice.Delta.Content)
		}
	}
	if !finished {
		return network.CodeStreamTruncated
	}
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
		fmt.Println()
		fmt.Fprintln(os.Stderr, "chat_stream:", err) // CODE: what happened
		os.Exit(1)
	}
	fmt.Println()
}
