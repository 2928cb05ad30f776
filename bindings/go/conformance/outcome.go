package main

import (
	"errors"
	"time"

	"pepperpy.ai/network"
)

// An outcome is one line.
type outcome struct {
	Name            string      `json:"name"`
	Run             string      `json:"run"`
	Code            string      `json:"code"`
	Kind            string      `json:"kind"`
	Phase           string      `json:"phase"`
	Retryable       bool        `json:"retryable"`
	RetryAfterMs    int64       `json:"retry_after_ms"`
	Sent            string      `json:"sent"`
	ErrorStatus     int         `json:"error_status"`
	StreamStatus    int         `json:"stream_status"`
	ProviderCode    string      `json:"provider_code"`
	ProviderType    string      `json:"provider_type"`
	ProviderMessage string      `json:"provider_message"`
	RequestID       string      `json:"request_id"`
	Attempts        int         `json:"attempts"`
	AttemptCodes    []string    `json:"attempt_codes"`
	Status          int         `json:"status"`
	Headers         [][2]string `json:"headers"`
	Trailers        [][2]string `json:"trailers"`
	Body            []byte      `json:"body"`
	Events          []event     `json:"events"`
	Lines           []string    `json:"lines"`
	Messages        [][2]string `json:"messages"`
	LastEventID     string      `json:"last_event_id"`
	ReconnectMs     int64       `json:"reconnect_ms"`
	CloseCode       int         `json:"close_code"`
	CloseReason     string      `json:"close_reason"`
	Subprotocol     string      `json:"subprotocol"`

	isWebSocket, isChunks bool
}

type event struct {
	Type    string `json:"type"`
	Data    string `json:"data"`
	ID      string `json:"id"`
	RetryMs int64  `json:"retry_ms"`
}

func newOutcome(name, run string) *outcome {
	return &outcome{Name: name, Run: run, Code: "OK", Kind: "NONE", Phase: "none", RetryAfterMs: -1, Sent: "none",
		AttemptCodes: []string{}, Headers: [][2]string{}, Trailers: [][2]string{}, Body: []byte{}, Events: []event{},
		Lines: []string{}, Messages: [][2]string{}, ReconnectMs: -1}
}

func msOr(d time.Duration) int64 {
	if d < 0 {
		return -1
	}
	return d.Milliseconds()
}

func (o *outcome) answered(r *network.Response) {
	if r == nil {
		return
	}
	o.Status = r.Status
	if !o.isChunks {
		o.Body = append([]byte{}, r.Body...)
	}
	if o.isWebSocket {
		return
	}
	o.attempted(r.Attempts(), r.AttemptLog())
	o.Headers, o.Trailers = pairs(r.Fields()), pairs(r.TrailerFields())
}

func pairs(fields []network.Field) [][2]string {
	list := make([][2]string, len(fields))
	for i, f := range fields {
		list[i] = [2]string{f.Name, f.Value}
	}
	return list
}

func (o *outcome) attempted(count int, log []network.Attempt) {
	o.Attempts, o.AttemptCodes = count, []string{}
	for _, a := range log {
		o.AttemptCodes = append(o.AttemptCodes, a.Code.String())
	}
}

// The kinds, the most special first: what a program would ask for.
var kinds = []struct {
	is   error
	name string
}{
	{network.ErrConfig, "CONFIG"}, {network.ErrUsage, "USAGE"}, {network.ErrConnection, "CONNECTION"},
	{network.ErrTLS, "TLS"}, {network.ErrTimeout, "TIMEOUT"}, {network.ErrProtocol, "PROTOCOL"},
	{network.ErrBadRequest, "BAD_REQUEST"}, {network.ErrAuthentication, "AUTHENTICATION"},
	{network.ErrPermissionDenied, "PERMISSION_DENIED"}, {network.ErrNotFound, "NOT_FOUND"},
	{network.ErrConflict, "CONFLICT"}, {network.ErrUnprocessable, "UNPROCESSABLE"},
	{network.ErrTooManyRequests, "TOO_MANY_REQUESTS"}, {network.ErrServer, "SERVER"}, {network.ErrStatus, "STATUS"},
	{network.ErrStream, "STREAM"}, {network.ErrWebSocket, "WEBSOCKET"}, {network.ErrCancelled, "CANCELLED"},
	{network.ErrRateLimit, "RATE_LIMIT"}, {network.ErrCircuitOpen, "CIRCUIT_OPEN"}, {network.ErrNetwork, "NETWORK"},
}

func (o *outcome) failed(err error) {
	e := errorIn(err)
	if e == nil {
		return
	}
	for _, k := range kinds {
		if errors.Is(err, k.is) {
			o.Kind = k.name
			break
		}
	}
	if e.Response != nil && !o.isWebSocket {
		o.answered(e.Response)
	}
	o.Code, o.Phase, o.Retryable, o.Sent = e.Code.String(), e.Phase, e.Retryable(), [...]string{"none", "partial", "full"}[e.Sent]
	if after, asked := e.RetryAfter(); asked {
		o.RetryAfterMs = after.Milliseconds()
	}
	o.ErrorStatus, o.StreamStatus = e.Status, e.StreamStatus
	o.ProviderCode, o.ProviderType, o.ProviderMessage, o.RequestID = e.ProviderCode, e.ProviderType, e.ProviderMessage, e.RequestID
	if !o.isWebSocket {
		o.attempted(e.Attempts, e.AttemptLog)
	}
}
