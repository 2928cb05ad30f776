// Peer: keep-alive GET with Go's net/http, IN_FLIGHT goroutines that each call in sequence.
//
// usage: GOMAXPROCS=1 bench_go_get URL CA_FILE IN_FLIGHT SECONDS
package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"
)

type figures struct {
	operations, errors, bodyBytes int64
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}

// At least one request.
func getUntil(client *http.Client, url string, end time.Time) (f figures) {
	for f.errors == 0 && (f.operations == 0 || time.Now().Before(end)) {
		response, err := client.Get(url)
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench_go_get:", err)
			f.errors++
			continue
		}
		read, err := io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != 200 {
			f.errors++
			continue
		}
		f.operations++
		f.bodyBytes += read
	}
	return f
}

func runAll(client *http.Client, url string, inFlight int, seconds float64) (all figures) {
	end := time.Now().Add(time.Duration(seconds * float64(time.Second)))
	parts := make([]figures, inFlight)
	var running sync.WaitGroup
	for i := range parts {
		running.Add(1)
		go func(part *figures) {
			defer running.Done()
			*part = getUntil(client, url, end)
		}(&parts[i])
	}
	running.Wait()
	for _, part := range parts {
		all.operations += part.operations
		all.errors += part.errors
		all.bodyBytes += part.bodyBytes
	}
	return all
}

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: bench_go_get URL CA_FILE IN_FLIGHT SECONDS")
		os.Exit(1)
	}
	pem, err := os.ReadFile(os.Args[2])
	inFlight, err2 := strconv.Atoi(os.Args[3])
	seconds, err3 := strconv.ParseFloat(os.Args[4], 64)
	if err != nil || err2 != nil || err3 != nil {
		fmt.Fprintln(os.Stderr, "bench_go_get: bad arguments", err, err2, err3)
		os.Exit(1)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client := &http.Client{
		Timeout: 30 * time.Second,
		Transport: &http.Transport{
			TLSClientConfig:     &tls.Config{RootCAs: roots},
			MaxIdleConnsPerHost: inFlight,
			DisableCompression:  true,
		},
	}
	// The first requests open the connections and make the TLS handshakes.
	runAll(client, os.Args[1], inFlight, 0)
	begin, cpu := time.Now(), cpuSeconds()
	all := runAll(client, os.Args[1], inFlight, seconds)
	fmt.Printf("{\"operations\":%d,\"errors\":%d,\"body_bytes\":%d,\"seconds\":%.6f,\"cpu_s\":%.6f}\n", all.operations,
		all.errors, all.bodyBytes, time.Since(begin).Seconds(), cpuSeconds()-cpu)
	if all.errors > 0 || all.operations == 0 {
		os.Exit(1)
	}
}
