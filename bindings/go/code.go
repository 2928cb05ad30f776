package network

import "pepperpy.ai/network/internal/cabi"

// A Code says what went wrong; its hundreds digit is the category. Each is an error of its own, so that
// errors.Is(err, network.CodeConnectTimeout) asks for it. Codes are never renumbered; later versions of the library add
// some, so a program must expect codes that it does not know.
type Code int32

const (
	CodeOK Code = 0 // success

	// Usage: nothing was sent.
	CodeInvalidArgument   Code = 101 // an argument is missing, out of range or malformed
	CodeInvalidURL        Code = 102 // the URL is malformed
	CodeInvalidHeader     Code = 103 // a header name or value is malformed or reserved
	CodeInvalidState      Code = 104 // the object is not in a state that allows this call
	CodeUnsupportedScheme Code = 105 // the URL scheme is not supported here
	CodeConfigError       Code = 106 // a configuration value is unknown, malformed or out of range
	CodeClientClosed      Code = 107 // the client or the runtime is shut down
	CodeBodyNotReplayable Code = 108 // the request body can not be sent a second time
	CodeOutOfMemory       Code = 109 // memory could not be allocated
	CodeABIMismatch       Code = 110 // the header and the library do not match
	CodeWouldDeadlock     Code = 111 // a blocking call was made inside a callback
	CodeForked            Code = 112 // the object belongs to the parent of this forked process

	// Network.
	CodeDNSFailed        Code = 201 // the host name could not be resolved
	CodeDNSTimeout       Code = 202 // the host name was not resolved in time
	CodeConnectFailed    Code = 203 // no connection could be made
	CodeConnectTimeout   Code = 204 // the connection was not ready in time
	CodeConnectionReset  Code = 205 // the peer reset the connection
	CodeConnectionClosed Code = 206 // the peer closed the connection before a response
	CodeWriteFailed      Code = 207 // the request could not be written
	CodeReadFailed       Code = 208 // the response could not be read
	CodePoolTimeout      Code = 209 // no connection of the pool became free in time
	CodePoolQueueFull    Code = 210 // too many calls wait for a connection
	CodeAddressDenied    Code = 211 // the network policy denies this address
	CodeProxyFailed      Code = 220 // the proxy could not be used
	CodeProxyAuth        Code = 221 // the proxy refused the credentials
	CodeProxyStatus      Code = 222 // the proxy answered with an error status

	// TLS.
	CodeTLSHandshake  Code = 301 // the TLS handshake failed
	CodeCertUntrusted Code = 302 // the certificate chain is not trusted
	CodeCertExpired   Code = 303 // a certificate is expired or not yet valid
	CodeCertHostname  Code = 304 // the certificate does not name this host
	CodeCertRevoked   Code = 305 // the certificate is revoked
	CodePinMismatch   Code = 306 // the public key matches no pin
	CodeTLSVersion    Code = 307 // client and server share no TLS version
	CodeClientCert    Code = 308 // the client certificate is missing or was refused

	// Timeouts.
	CodeTimeout           Code = 401 // the total deadline passed
	CodeWriteTimeout      Code = 402 // the peer accepted no byte in time
	CodeFirstByteTimeout  Code = 403 // the response did not begin in time
	CodeReadTimeout       Code = 404 // the response stopped and did not go on in time
	CodeAttemptTimeout    Code = 405 // one attempt took too long
	CodeStreamIdleTimeout Code = 406 // the stream was silent for too long
	CodeStreamCeiling     Code = 407 // the stream lasted longer than allowed
	CodeTooSlow           Code = 408 // the transfer was slower than allowed

	// Protocol.
	CodeHTTPProtocol     Code = 501 // the peer broke the HTTP protocol
	CodeHeadersTooLarge  Code = 502 // the response head is larger than allowed
	CodeBodyTruncated    Code = 503 // the connection ended before the body did
	CodeBodyTooLarge     Code = 504 // the response body is larger than allowed
	CodeDecodeFailed     Code = 505 // the content coding is broken or unknown
	CodeDecodeLimit      Code = 506 // the decoded body is larger than allowed
	CodeTooManyRedirects Code = 507 // there were more redirects than allowed
	CodeRedirectBlocked  Code = 508 // the redirect is not allowed
	CodeJSONParse        Code = 509 // the text is not valid JSON
	CodeContentType      Code = 510 // the response has another content type than required
	CodeJSONValue        Code = 511 // the JSON has no value of the wanted type at this place

	// HTTP status.
	CodeHTTPBadRequest      Code = 601 // status 400
	CodeHTTPUnauthorized    Code = 602 // status 401
	CodeHTTPForbidden       Code = 603 // status 403
	CodeHTTPNotFound        Code = 604 // status 404
	CodeHTTPConflict        Code = 605 // status 409
	CodeHTTPUnprocessable   Code = 606 // status 422
	CodeHTTPTooManyRequests Code = 607 // status 429
	CodeHTTPPayloadTooLarge Code = 608 // status 413
	CodeHTTPRequestTimeout  Code = 609 // status 408
	CodeHTTPServerError     Code = 620 // status 500
	CodeHTTPBadGateway      Code = 621 // status 502
	CodeHTTPUnavailable     Code = 622 // status 503
	CodeHTTPGatewayTimeout  Code = 623 // status 504
	CodeHTTPOverloaded      Code = 624 // status 529
	CodeHTTPOther4xx        Code = 640 // another 4xx status
	CodeHTTPOther5xx        Code = 641 // another 5xx status
	CodeHTTPOtherStatus     Code = 642 // a status that is no success and no error class

	// Streams.
	CodeStreamTruncated     Code = 701 // the stream ended before its end was announced
	CodeStreamErrorEvent    Code = 702 // the server reported an error inside the stream
	CodeStreamEventTooLarge Code = 703 // a line or event is larger than allowed
	CodeStreamConsumed      Code = 704 // the stream was read to its end before

	// WebSocket.
	CodeWebSocketHandshake          Code = 801 // the WebSocket handshake was refused
	CodeWebSocketProtocol           Code = 802 // the peer broke the WebSocket protocol
	CodeWebSocketInvalidUTF8        Code = 803 // a text message is not UTF-8
	CodeWebSocketMessageTooBig      Code = 804 // a message is larger than allowed
	CodeWebSocketPingTimeout        Code = 805 // the peer did not answer a ping in time
	CodeWebSocketCloseTimeout       Code = 806 // the peer did not finish the close handshake in time
	CodeWebSocketClosed             Code = 807 // the WebSocket is closed
	CodeWebSocketQueueFull          Code = 808 // the send queue is full
	CodeWebSocketReconnectExhausted Code = 809 // all attempts to reconnect failed

	// Policy.
	CodeCancelled          Code = 901 // the call was cancelled
	CodeRateLimited        Code = 902 // the rate limiter refused the call
	CodeRateLimitQueueFull Code = 903 // too many calls wait for the rate limiter
	CodeRateLimitCost      Code = 904 // the cost of the call exceeds the whole limit
	CodeRateLimitBackend   Code = 905 // the shared rate limit can not be reached
	CodeCircuitOpen        Code = 906 // the circuit breaker is open
	CodeMiddlewareFailed   Code = 907 // a middleware failed
	CodeReplayNoMatch      Code = 908 // no recorded exchange matches the request
	CodeInternal           Code = 999 // an internal error; please report it
)

// String is the name of the code in every language, such as "CONNECT_TIMEOUT"; "INTERNAL" for one that the library does not
// know.
func (c Code) String() string { return cabi.Ppn_code_name(int(c)) }

// Text is one line that says what the code means.
func (c Code) Text() string { return cabi.Ppn_code_text(int(c)) }

// Error makes the code an error, for errors.Is.
func (c Code) Error() string { return c.String() + ": " + c.Text() }

// Kind is the class of errors that the code belongs to.
func (c Code) Kind() Kind { return Kind(cabi.Ppnb_error_kind(int(c))) }
