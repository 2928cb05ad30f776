package network

import "pepperpy.ai/network/internal/cabi"

// RedactURL is a URL as it may be shown: without user information and the values of secret query parameters.
func RedactURL(url string) string {
	return redacted(func(out, fail *uintptr) int { return cabi.Ppn_redact_url(url, out, fail) })
}

// RedactText is a text as it may be shown: without registered secrets and what looks like a credential.
func RedactText(text string) string {
	return redacted(func(out, fail *uintptr) int { return cabi.Ppn_redact_text(text, out, fail) })
}

func redacted(function func(out, fail *uintptr) int) string {
	var out uintptr
	call(func(fail *uintptr) int { return function(&out, fail) })
	return string(takeBuffer(out))
}

// HeaderIsSensitive reports whether the value of a header of this name is a secret.
func HeaderIsSensitive(name string) bool { return cabi.Ppn_header_is_sensitive(name) != 0 }

// RegisterSecret hides a text of at least 8 bytes wherever the library shows something. Calls are counted; ForgetSecret
// undoes one.
func RegisterSecret(text string) error {
	return call(func(fail *uintptr) int { return cabi.Ppn_secret_register(text, fail) })
}

// ForgetSecret undoes one RegisterSecret.
func ForgetSecret(text string) error {
	return call(func(fail *uintptr) int { return cabi.Ppn_secret_forget(text, fail) })
}
