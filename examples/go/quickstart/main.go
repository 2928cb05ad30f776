// SPDX-License-Identifier: CC0-1.0. Copy freely.
//
// Ask an AI server which models it has, then for one chat completion, over one client.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"pepperpy.ai/network"
)

const usage = `usage: quickstart [URL [KEY [CA_FILE]]]
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

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

func run(ctx context.Context, base, key, caFile string) error {
	// The key goes to `base` and nowhere else.
	api, err := network.NewAPIClient(base, key, network.WithCaFile(caFile))
	if err != nil {
		return err
	}
	defer api.Close()

	var models struct{ Data []struct{ ID string } }
	response, err := api.Get(ctx, "/v1/models")
	if err := read(response, err, &models); err != nil {
		return err
	}
	fmt.Printf("GET %s/v1/models\n  /data/0/id = %s\n", base, models.Data[0].ID)

	question := map[string]any{"model": "demo", "messages": []message{{"user", "Say something about pepper."}}}
	var completion struct{ Choices []struct{ Message message } }
	response, err = api.PostJSON(ctx, "/v1/chat/completions", question)
	if err := read(response, err, &completion); err != nil {
		return err
	}
	fmt.Printf("POST %s/v1/chat/completions\n  /choices/0/message/content = %s\n", base, completion.Choices[0].Message.Content)
	return nil
}

// The JSON of an answer; an HTTP status that is no success is an error, too.
func read(response *network.Response, err error, into any) error {
	if err != nil {
		return err
	}
	if err := response.RaiseForStatus(); err != nil {
		return err
	}
	return response.JSON(into)
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
		fmt.Fprintln(os.Stderr, "quickstart:", err) // CODE: what happened
		os.Exit(1)
	}
}
