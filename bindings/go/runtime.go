package network

import "pepperpy.ai/network/internal/cabi"

// SetIOThreads sets the number of threads that serve all clients of the process, 1 (default) to 64. One serves more than
// 100,000 requests a second. It fails with CodeInvalidState once a request was made.
func SetIOThreads(count int) error {
	return call(func(fail *uintptr) int { return cabi.Ppn_runtime_set_io_threads(count, fail) })
}

// Shutdown ends all that runs: requests under way end with CodeCancelled, connections are closed, the threads of the library
// and the one goroutine of this package end, unless others go on calling. The next request starts them again. Optional: a process may end without it.
func Shutdown() error {
	err := call(func(fail *uintptr) int { return cabi.Ppn_runtime_shutdown(fail) })
	stopMailbox()
	return err
}

// LiveObjects is how many objects of the library are alive: handles that were not released, calls under way and
// connections, idle ones included. Zero after everything was closed and Shutdown. For tests of leaks.
func LiveObjects() int { return int(cabi.Ppn_debug_live_objects()) }
