package network

import "pepperpy.ai/network/internal/cabi"

// What a note is about, and other numbers of the library that are looked at often. SWIG makes a variable of each, which the
// compiler can not fold; they are copied once.
var (
	noteCallComplete = int64(cabi.PPNB_NOTE_CALL_COMPLETE)
	noteStreamReady  = int64(cabi.PPNB_NOTE_STREAM_READY)
	noteWritable     = int64(cabi.PPNB_NOTE_STREAM_WRITABLE)
	noteSocketReady  = int64(cabi.PPNB_NOTE_WEBSOCKET_READY)
	noteSocketOpen   = int64(cabi.PPNB_NOTE_WEBSOCKET_OPEN)
	noteSocketClose  = int64(cabi.PPNB_NOTE_WEBSOCKET_CLOSE)
	noteReconnecting = int64(cabi.PPNB_NOTE_WEBSOCKET_RECONNECTING)
	noteTerminated   = int64(cabi.PPNB_NOTE_WEBSOCKET_TERMINATED)
	noteSent         = int64(cabi.PPNB_NOTE_WEBSOCKET_SENT)
	noteStep         = int64(cabi.PPNB_NOTE_MIDDLEWARE_STEP)
	noteRefresh      = int64(cabi.PPNB_NOTE_MIDDLEWARE_REFRESH)
	noteReleased     = int64(cabi.PPNB_NOTE_MIDDLEWARE_RELEASED)
	noteLogReady     = int64(cabi.PPNB_NOTE_LOG_READY)
	noteEventReady   = int64(cabi.PPNB_NOTE_EVENT_READY)
	noteEventsEnd    = int64(cabi.PPNB_NOTE_EVENT_RELEASED)
)

// What taking from a stream returns when it is no number of bytes.
var (
	takeNothing  = int64(cabi.PPNB_NOTHING)
	takeEnd      = int64(cabi.PPNB_END)
	takeTooSmall = int64(cabi.PPNB_TOO_SMALL)
)

// What Ppnb_take_all adds when nothing is left.
const allTaken = 1 << 40
