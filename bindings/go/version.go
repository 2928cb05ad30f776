package network

import (
	"fmt"
	"sync"

	"pepperpy.ai/network/internal/cabi"
)

var handshake struct {
	once sync.Once
	err  error
}

// checkVersion compares the library that runs with the headers that this module was compiled with, once.
func checkVersion() error {
	handshake.once.Do(func() {
		handshake.err = compareVersions(cabi.PPN_VERSION_NUMBER, cabi.PPN_ABI_VERSION, cabi.Ppn_version_number(),
			cabi.Ppn_abi_version())
	})
	return handshake.err
}

func compareVersions(header, headerABI, library, libraryABI int) error {
	const major = 1000000
	if header/major == library/major && headerABI == libraryABI {
		return nil
	}
	return failure(CodeABIMismatch, fmt.Sprintf("the program was compiled for version %d, ABI %d, and runs with version "+
		"%d, ABI %d", header, headerABI, library, libraryABI))
}

// Version is the version of the library that runs, such as "0.1.0".
func Version() string { return cabi.Ppn_version_string() }

// HasFeature reports whether the library that runs has a feature, such as "tls" or "sse".
func HasFeature(name string) bool { return cabi.Ppn_has_feature(name) != 0 }
