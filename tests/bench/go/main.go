// Ours and net/http from Go: the same program asks the one or the other.
//
// `get`: COUNT goroutines that each call in sequence over kept connections, for SECONDS. `events`: COUNT streams of
// server-sent events, each read to its end.
//
// usage: bench_binding_go get|events ours|peer URL CA_FILE COUNT SECONDS
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"
)

type figures struct {
	operations, errors, bodyBytes int64
}

// What is measured: one call, or one stream.
type subject interface {
	get(url string) (bodyBytes int64, err error)
	events(url string, each func(data int)) error
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}

func allocatedBytes() uint64 {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return memory.TotalAlloc
}

// At least one request.
func getUntil(s subject, url string, end time.Time) (f figures) {
	for f.errors == 0 && (f.operations == 0 || time.Now().Before(end)) {
		read, err := s.get(url)
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench_binding_go:", err)
			f.errors++
			continue
		}
		f.operations++
		f.bodyBytes += read
	}
	return f
}

func readEvents(s subject, url string) (f figures) {
	err := s.events(url, func(data int) {
		f.operations++
		f.bodyBytes += int64(data)
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench_binding_go:", err)
		f.errors++
	}
	return f
}

func inParallel(count int, work func() figures) (all figures) {
	parts := make([]figures, count)
	var running sync.WaitGroup
	for i := range parts {
		running.Add(1)
		go func(part *figures) {
			defer running.Done()
			*part = work()
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
	if len(os.Args) != 7 || (os.Args[1] != "get" && os.Args[1] != "events") || (os.Args[2] != "ours" && os.Args[2] != "peer") {
		fmt.Fprintln(os.Stderr, "usage: bench_binding_go get|events ours|peer URL CA_FILE COUNT SECONDS")
		os.Exit(1)
	}
	url := os.Args[3]
	count, err := strconv.Atoi(os.Args[5])
	seconds, err2 := strconv.ParseFloat(os.Args[6], 64)
	if err != nil || err2 != nil {
		fmt.Fprintln(os.Stderr, "bench_binding_go: bad arguments", err, err2)
		os.Exit(1)
	}
	s, err := ours(os.Args[4], count)
	if os.Args[2] == "peer" {
		s, err = peer(os.Args[4], count)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench_binding_go:", err)
		os.Exit(1)
	}
	work := func() figures { return readEvents(s, url) }
	if os.Args[1] == "get" {
		// The first requests open the connections and make the TLS handshakes.
		end := time.Now().Add(time.Duration(seconds * float64(time.Second) / 8))
		inParallel(count, func() figures { return getUntil(s, url, end) })
		end = time.Now().Add(time.Duration(seconds * float64(time.Second)))
		work = func() figures { return getUntil(s, url, end) }
	}
	begin, cpu, allocated := time.Now(), cpuSeconds(), allocatedBytes()
	all := inParallel(count, work)
	took, cpuTook := time.Since(begin).Seconds(), cpuSeconds()-cpu
	fmt.Printf("{\"operations\":%d,\"errors\":%d,\"body_bytes\":%d,\"seconds\":%.6f,\"cpu_s\":%.6f,\"allocated_bytes\":%d}\n",
		all.operations, all.errors, all.bodyBytes, took, cpuTook, allocatedBytes()-allocated)
	if all.errors > 0 || all.operations == 0 {
		os.Exit(1)
	}
}
