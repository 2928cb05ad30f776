package network_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pepperpy.ai/network"
)

// What the tests talk to: the AI server over HTTPS and HTTP, one for all of them. PPN_AI_SERVER says where its program is.
var server struct {
	url, plainURL, ca, key string
}

func TestMain(m *testing.M) {
	if os.Getenv("PPN_TEST_EXIT") != "" { // a process that ends without a word must not leave a server behind
		os.Exit(m.Run())
	}
	os.Exit(withServer(m.Run))
}

func withServer(run func() int) int {
	program := os.Getenv("PPN_AI_SERVER")
	if program == "" {
		fmt.Fprintln(os.Stderr, "PPN_AI_SERVER is not set: where ppn-ai-server is")
		return 1
	}
	folder, err := os.MkdirTemp("", "ppn-go-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	ready := filepath.Join(folder, "ready")
	server.ca, server.key = filepath.Join(folder, "ca.pem"), "demo-key"
	child := exec.Command(program, "--port", "0", "--plain-port", "0", "--ca-out", server.ca, "--ready-file", ready)
	// Its output is not ours: a test that dies must not leave a pipe open.
	if err := child.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		child.Process.Kill()
		child.Wait()
	}()
	values := map[string]string{}
	for deadline := time.Now().Add(time.Minute); len(values) == 0; time.Sleep(10 * time.Millisecond) {
		text, err := os.ReadFile(ready)
		if err != nil && time.Now().After(deadline) {
			fmt.Fprintln(os.Stderr, "the server did not start")
			return 1
		}
		for _, line := range strings.Fields(string(text)) {
			name, value, _ := strings.Cut(line, "=")
			values[name] = value
		}
	}
	server.url = "https://localhost:" + values["https_port"]
	server.plainURL = "http://127.0.0.1:" + values["http_port"]
	return run()
}

var uniques atomic.Int64

// unique is a key that the server has not counted for before.
func unique(name string) string { return fmt.Sprint(name, "-", uniques.Add(1)) }

// scale is how many rounds the long tests make of their full number.
func scale(full int) int {
	share, err := strconv.ParseFloat(os.Getenv("PPN_TEST_SCALE"), 64)
	if err != nil {
		share = 1
	}
	if n := int(float64(full) * share); n > 0 {
		return n
	}
	return 1
}

func newAPI(t testing.TB, options ...network.Option) *network.APIClient {
	t.Helper()
	client, err := network.NewAPIClient(server.url, server.key, append([]network.Option{network.WithCaFile(server.ca)},
		options...)...)
	must(t, err)
	t.Cleanup(func() { client.Close() })
	return client
}

func newHTTP(t testing.TB, options ...network.Option) *network.HTTPClient {
	t.Helper()
	client, err := network.NewHTTPClient(append([]network.Option{network.WithCaFile(server.ca)}, options...)...)
	must(t, err)
	t.Cleanup(func() { client.Close() })
	return client
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// scripted listens and plays the same bytes to each connection, after its request.
type scripted struct {
	listener net.Listener
	URL      string
	Requests chan string // heads of requests
	wait     sync.WaitGroup
	over     chan struct{}
}

func script(t testing.TB, play func(c net.Conn, over <-chan struct{})) *scripted {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	s := &scripted{listener: listener, URL: "http://" + listener.Addr().String(), Requests: make(chan string, 1000),
		over: make(chan struct{})}
	s.wait.Add(1)
	go func() {
		defer s.wait.Done()
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			s.wait.Add(1)
			go func() {
				defer s.wait.Done()
				defer c.Close()
				head, err := readHead(c)
				if err != nil {
					return
				}
				select {
				case s.Requests <- head:
				default:
				}
				play(c, s.over)
			}()
		}
	}()
	t.Cleanup(func() {
		close(s.over)
		listener.Close()
		s.wait.Wait()
	})
	return s
}

func readHead(c net.Conn) (string, error) {
	in := bufio.NewReader(c)
	var head strings.Builder
	length := 0
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return "", err
		}
		head.WriteString(line)
		if name, value, is := strings.Cut(line, ":"); is && strings.EqualFold(name, "Content-Length") {
			length, _ = strconv.Atoi(strings.TrimSpace(value))
		}
		if line == "\r\n" {
			_, err = io.CopyN(&head, in, int64(length))
			return head.String(), err
		}
	}
}

// says plays the same text to everybody.
func says(text string) func(net.Conn, <-chan struct{}) {
	return func(c net.Conn, _ <-chan struct{}) { io.WriteString(c, text) }
}

// stalls plays a text and then nothing until the test is over or the peer goes.
func stalls(text string) func(net.Conn, <-chan struct{}) {
	return func(c net.Conn, over <-chan struct{}) {
		io.WriteString(c, text)
		gone := make(chan struct{})
		go func() {
			io.Copy(io.Discard, c)
			close(gone)
		}()
		select {
		case <-over:
			c.Close()
			<-gone
		case <-gone:
		}
	}
}

const eventStreamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
