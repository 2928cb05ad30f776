package network

import (
	"errors"
	"strings"
	"testing"

	"pepperpy.ai/network/internal/cabi"
)

func TestALibraryOfAnotherVersionIsRefused(t *testing.T) {
	if err := compareVersions(1002003, 4, 1005000, 4); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range [][2]int{{2000000, 4}, {1002003, 5}} {
		err := compareVersions(1002003, 4, wrong[0], wrong[1])
		if !errors.Is(err, CodeABIMismatch) || !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), "1002003") {
			t.Fatal(err)
		}
	}
	if err := checkVersion(); err != nil || Version() == "" || !HasFeature("tls") || HasFeature("nothing") {
		t.Fatal(err)
	}
}

// The constants of code.go are the table of the library.
func TestEachCodeHasItsNameAndKind(t *testing.T) {
	of := map[string]Code{"CONNECT_TIMEOUT": CodeConnectTimeout, "CANCELLED": CodeCancelled, "WS_CLOSED": CodeWebSocketClosed,
		"HTTP_OTHER_4XX": CodeHTTPOther4xx, "INTERNAL": CodeInternal}
	for name, code := range of {
		if code.String() != name || !strings.HasPrefix(code.Error(), name+": ") {
			t.Fatal(code)
		}
	}
	count := 0
	for index := int64(0); ; index++ {
		code := cabi.Ppn_code_at(index)
		if code < 0 {
			break
		}
		if code == 0 {
			continue
		}
		count++
		made, err := uintptr(0), error(nil)
		if err = call(func(fail *uintptr) int { return cabi.Ppn_error_new(code, "", &made, fail) }); err != nil {
			t.Fatal(code, err)
		}
		err = takeError(code, made)
		if !errors.Is(err, Code(code)) || !errors.Is(err, Code(code).Kind()) || !errors.Is(err, ErrNetwork) {
			t.Fatal(err)
		}
		if _, isStatus := err.(*StatusError); isStatus != (code/100 == 6) {
			t.Fatal(err)
		}
	}
	if count < 90 {
		t.Fatal(count)
	}
}

func TestKindsAreATree(t *testing.T) {
	status := Kind(cabi.PPNB_KIND_NOT_FOUND)
	if !status.isA(ErrStatus.(Kind)) || !status.isA(ErrNetwork.(Kind)) || status.isA(ErrServer.(Kind)) ||
		!ErrConfig.(Kind).isA(ErrUsage.(Kind)) || ErrUsage.(Kind).isA(ErrConfig.(Kind)) || ErrStream.(Kind).isA(ErrStatus.(Kind)) {
		t.Fatal("the tree of kinds")
	}
	for k := Kind(0); k <= ErrCircuitOpen.(Kind); k++ {
		if k.String() == "" || k > 0 && k.String() == kindNames[0] {
			t.Fatal(int(k))
		}
	}
}

func TestWhatWasThrownIsForgottenInTime(t *testing.T) {
	var kept thrownErrors
	original := errors.New("x")
	first := kept.mark("text", original)
	for i := 0; i < thrownLimit; i++ {
		kept.mark("text", original)
	}
	e := &Error{Message: first}
	if kept.claim(e) != nil || e.Message != "text" || len(kept.kept) != thrownLimit {
		t.Fatal(e.Message, len(kept.kept))
	}
	e = &Error{Message: kept.mark("text [go] of mine", original)}
	if kept.claim(e) != original || e.Message != "text [go] of mine" {
		t.Fatal(e.Message)
	}
	for _, foreign := range []string{"no mark [go x]", "[go 1]", "a server wrote this [go 4097]", "[go ]", "[go 18446744073709551615]"} {
		if plain := (&Error{Message: foreign}); kept.claim(plain) != nil || plain.Message != foreign {
			t.Fatal(plain.Message)
		}
	}
}

func TestALateNoteFindsNobodyElse(t *testing.T) {
	var l listeners
	first := l.add(&sentCounter{})
	l.remove(first)
	second := l.add(&sentCounter{})
	if l.find(first) != nil || l.find(second) == nil || first == second || l.count() != 1 {
		t.Fatal(first, second)
	}
	l.remove(first)
	if l.find(second) == nil || l.find(0) != nil || l.find(-1) != nil {
		t.Fatal("another was removed")
	}
}

func TestARecordThatEndsEarlyIsRead(t *testing.T) {
	r := record{appendText(appendInt32(nil, -5), "text")[:10]}
	if r.int32() != -5 || r.text() != "te" || r.int32() != 0 || r.int64() != 0 || r.text() != "" {
		t.Fatal("a record")
	}
}

func TestAVersionOfGoIsAProduct(t *testing.T) {
	for version, want := range map[string]string{"go1.19.8": "go/1.19.8", "go1.21": "go/1.21", "go1.22rc1": "go",
		"devel go1.20-abc Mon Jan 1": "go", "": "go", "go1.19 X:boringcrypto": "go"} {
		if got := caller(version); got != want {
			t.Fatal(version, got)
		}
	}
}
