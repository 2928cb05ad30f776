package network_test

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"pepperpy.ai/network"
)

// leavesNothing checks at the end of a test, after everything was closed, that no object of the library, no goroutine and no
// token is left. It comes first in the test.
func leavesNothing(t *testing.T) {
	t.Helper()
	// Nothing, unless a test before has failed.
	before, objects, listeners := runtime.NumGoroutine(), network.LiveObjects(), network.Listeners()
	t.Cleanup(func() {
		must(t, network.Shutdown())
		waitUntil(t, "a goroutine is left", func() bool { return runtime.NumGoroutine() <= before })
		waitUntil(t, "a token is left", func() bool { return network.Listeners() <= listeners })
		waitUntil(t, "an object is left", func() bool { return network.LiveObjects() <= objects })
	})
}

func waitUntil(t testing.TB, what string, reached func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !reached() {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<16)
			t.Fatalf("%s (%d objects)\n%s", what, network.LiveObjects(), stacks[:runtime.Stack(stacks, true)])
		}
		time.Sleep(time.Millisecond)
	}
}

// residentKiB is the memory of the process.
func residentKiB(t testing.TB) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	must(t, err)
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	must(t, err)
	return pages * os.Getpagesize() / 1024
}
