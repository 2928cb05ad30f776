package network

import "pepperpy.ai/network/internal/cabi"

// A Kind is a class of errors: what other languages have exceptions for. Each is an error of its own, so that
// errors.Is(err, network.ErrTimeout) asks for it; the kinds of single statuses are ErrStatus too, and ErrConfig is
// ErrUsage.
type Kind int32

// The kinds of errors, for errors.Is.
var (
	ErrNetwork          error = Kind(cabi.PPNB_KIND_NETWORK)           // every error of this library
	ErrUsage            error = Kind(cabi.PPNB_KIND_USAGE)             // the call was wrong and nothing was sent
	ErrConfig           error = Kind(cabi.PPNB_KIND_CONFIG)            // an option is unknown, malformed or out of range
	ErrConnection       error = Kind(cabi.PPNB_KIND_CONNECTION)        // names, connections, the pool
	ErrTLS              error = Kind(cabi.PPNB_KIND_TLS)               // handshakes and certificates
	ErrTimeout          error = Kind(cabi.PPNB_KIND_TIMEOUT)           // a limit of time of the transfer
	ErrProtocol         error = Kind(cabi.PPNB_KIND_PROTOCOL)          // the response breaks HTTP, a limit or its format
	ErrStatus           error = Kind(cabi.PPNB_KIND_STATUS)            // a status that is no success
	ErrBadRequest       error = Kind(cabi.PPNB_KIND_BAD_REQUEST)       // status 400
	ErrAuthentication   error = Kind(cabi.PPNB_KIND_AUTHENTICATION)    // status 401
	ErrPermissionDenied error = Kind(cabi.PPNB_KIND_PERMISSION_DENIED) // status 403
	ErrNotFound         error = Kind(cabi.PPNB_KIND_NOT_FOUND)         // status 404
	ErrConflict         error = Kind(cabi.PPNB_KIND_CONFLICT)          // status 409
	ErrUnprocessable    error = Kind(cabi.PPNB_KIND_UNPROCESSABLE)     // status 422
	ErrTooManyRequests  error = Kind(cabi.PPNB_KIND_TOO_MANY_REQUESTS) // status 429
	ErrServer           error = Kind(cabi.PPNB_KIND_SERVER)            // status 5xx
	ErrStream           error = Kind(cabi.PPNB_KIND_STREAM)            // streams of events and lines
	ErrWebSocket        error = Kind(cabi.PPNB_KIND_WEBSOCKET)         // WebSockets
	ErrCancelled        error = Kind(cabi.PPNB_KIND_CANCELLED)         // the call was cancelled
	ErrRateLimit        error = Kind(cabi.PPNB_KIND_RATE_LIMIT)        // a limiter of this program refused the call
	ErrCircuitOpen      error = Kind(cabi.PPNB_KIND_CIRCUIT_OPEN)      // the circuit breaker is open
)

// Common codes, for errors.Is.
var (
	ErrClosed          error = CodeClientClosed    // the client was closed
	ErrInvalidArgument error = CodeInvalidArgument // an argument is missing, out of range or malformed
	ErrInvalidState    error = CodeInvalidState    // the object is not in a state that allows this call
)

var kindNames = [...]string{"network", "usage", "config", "connection", "TLS", "timeout", "protocol", "status", "bad request",
	"authentication", "permission denied", "not found", "conflict", "unprocessable", "too many requests", "server", "stream",
	"WebSocket", "cancelled", "rate limit", "circuit open"}

// String is a word for people.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return kindNames[0]
	}
	return kindNames[k]
}

// Error makes the kind an error, for errors.Is.
func (k Kind) Error() string { return k.String() + " error" }

// Whether an error of this kind is one of the other, too.
func (k Kind) isA(other Kind) bool {
	switch {
	case k == other || other == ErrNetwork:
		return true
	case other == ErrStatus:
		return k >= ErrBadRequest.(Kind) && k <= ErrServer.(Kind)
	case other == ErrUsage:
		return k == ErrConfig
	}
	return false
}
