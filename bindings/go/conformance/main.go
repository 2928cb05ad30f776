// Command conformance replays behaviours.json through the Go binding: one line of JSON for each behaviour.
// tests/conformance/FORMAT.md says what is done and what the lines hold.
//
//	conformance BEHAVIOURS HTTPS_BASE HTTP_BASE CA_FILE
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
)

// A script is the file; see FORMAT.md.
type script struct {
	CommonOptions [][2]string `json:"common_options"`
	Behaviours    []behaviour
}

type behaviour struct {
	Name    string
	Request request
}

type request struct {
	Kind           string
	Options        [][2]string
	RequestOptions [][2]string `json:"request_options"`
	Method         string
	Base           string
	Path           string
	URL            *string
	Headers        [][2]string
	JSON           *string
	Body           *data
	RaiseForStatus bool `json:"raise_for_status"`
	WebSocket      struct {
		Subprotocols []string
		Actions      []action
	}
}

type action struct {
	Send       *data
	SendBinary *data   `json:"send_binary"`
	SendJSON   *string `json:"send_json"`
	Receive    int
	Close      *int
	Reason     string
}

// data is a text, or {"base64": "..."}.
type data []byte

func (d *data) UnmarshalJSON(text []byte) error {
	var plain string
	if json.Unmarshal(text, &plain) == nil {
		*d = data(plain)
		return nil
	}
	var encoded struct{ Base64 []byte }
	err := json.Unmarshal(text, &encoded)
	*d = data(encoded.Base64)
	return err
}

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: conformance BEHAVIOURS HTTPS_BASE HTTP_BASE CA_FILE")
		os.Exit(2)
	}
	if err := replayAll(stage{os.Args[2], os.Args[3], os.Args[4]}, os.Args[1], os.Getenv("PPN_CONFORMANCE_ONLY")); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(1)
	}
}

type stage struct{ httpsBase, httpBase, caFile string }

func replayAll(at stage, file, only string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var all script
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	for i, b := range all.Behaviours {
		if only != "" && b.Name != only {
			continue
		}
		o := newOutcome(b.Name, fmt.Sprintf("go-%d-%d", os.Getpid(), i))
		p := play{stage: at, asked: b.Request, outcome: o}
		o.failed(p.run(all.CommonOptions))
		line, err := json.Marshal(o)
		if err != nil {
			return err
		}
		out.Write(append(line, '\n'))
		if err := out.Flush(); err != nil {
			return err
		}
	}
	return nil
}
