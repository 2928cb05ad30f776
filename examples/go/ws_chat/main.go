// SPDX-License-Identifier: CC0-1.0. Copy freely.
//
// A conversation over a WebSocket: questions sent as JSON, messages read by a loop, words printed as they come.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"pepperpy.ai/network"
)

const usage = `usage: ws_chat [URL [KEY [CA_FILE]]]
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

var questions = []string{"Say something about pepper.", "And about salt?"}

type event struct {
	Type  string
	Delta string
	Error struct{ Message string }
}

func ask(ctx context.Context, socket *network.WebSocketClient, question string) error {
	fmt.Println(">", question)
	return socket.SendJSON(ctx, map[string]string{"type": "response.create", "input": question})
}

func run(ctx context.Context, base, key, caFile string) error {
	api, err := network.NewAPIClient(base, key, network.WithCaFile(caFile))
	if err != nil {
		return err
	}
	defer api.Close()
	socket, err := network.NewWebSocketClient(api, "/v1/realtime")
	if err != nil {
		return err
	}
	defer socket.Release()
	if err := socket.SetOption("websocket_reconnect", "off"); err != nil {
		return err
	}
	if err := socket.Connect(ctx); err != nil { // says why there is no connection
		return err
	}
	return converse(ctx, socket)
}

func converse(ctx context.Context, socket *network.WebSocketClient) error {
	if err := ask(ctx, socket, questions[0]); err != nil {
		return err
	}
	answered := 0
	for {
		message, err := socket.Next(ctx)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		var e event
		if err := message.JSON(&e); err != nil {
			return err
		}
		switch e.Type { // others are of no interest: a server may add some
		case "response.output_text.delta":
			fmt.Print(e.Delta)
		case "response.completed":
			fmt.Println()
			if answered++; answered < len(questions) {
				err = ask(ctx, socket, questions[answered])
			} else {
				err = socket.Close(0, "")
			}
		case "error":
			err = fmt.Errorf("%w: %s", network.CodeInvalidArgument, e.Error.Message)
		}
		if err != nil {
			return err
		}
	}
	if answered < len(questions) {
		return network.CodeWebSocketClosed
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
		fmt.Fprintln(os.Stderr, "ws_chat:", err) // CODE: what happened
		os.Exit(1)
	}
}
