package network

import (
	"sync"

	"pepperpy.ai/network/internal/cabi"
)

// A LogLevel is how important a log line is.
type LogLevel int

const (
	LogOff     LogLevel = 0
	LogError   LogLevel = 1
	LogWarning LogLevel = 2
	LogInfo    LogLevel = 3
	LogDebug   LogLevel = 4
)

// String is "ERROR", "WARN", "INFO" or "DEBUG".
func (l LogLevel) String() string {
	switch l {
	case LogError:
		return "ERROR"
	case LogWarning:
		return "WARN"
	case LogInfo:
		return "INFO"
	case LogDebug:
		return "DEBUG"
	}
	return "OFF"
}

// A Logger takes the log lines of the library. Secrets are removed before.
type Logger interface {
	Log(level LogLevel, message string)
}

// A LoggerFunc is a function that is a Logger.
type LoggerFunc func(level LogLevel, message string)

// Log calls the function.
func (f LoggerFunc) Log(level LogLevel, message string) { f(level, message) }

// SetLogger sends log lines of a level and above to a logger, instead of the one before; nil or LogOff ends it. It is called
// on a goroutine of its own, one line after the other. Lines that come faster than it takes them are dropped (DroppedLogs).
func SetLogger(level LogLevel, logger Logger) error {
	if logger == nil {
		level = LogOff
	}
	if level < LogOff || level > LogDebug {
		return failure(CodeInvalidArgument, "there is no such level")
	}
	logs.mu.Lock()
	logs.logger = logger
	logs.mu.Unlock()
	if level != LogOff {
		startMailbox(0)
	}
	return call(func(fail *uintptr) int { return cabi.Ppnb_log_open(int(level), fail) })
}

// DroppedLogs is how many log lines were dropped so far.
func DroppedLogs() int64 { return cabi.Ppnb_log_dropped() }

var logs logFeed

type logFeed struct {
	mu     sync.Mutex
	logger Logger
	queue  hookQueue
}

func (f *logFeed) hear(*note) { f.queue.run(f.deliver) }

func (f *logFeed) deliver() {
	forEachRecord(cabi.Ppnb_log_take, cabi.Ppnb_log_needed, func(r record) {
		f.mu.Lock()
		logger := f.logger
		f.mu.Unlock()
		level, line := LogLevel(r.int32()), r.text()
		if logger != nil {
			guarded(func() error { logger.Log(level, line); return nil }, ignore)
		}
	})
}

// What a logger panics with has nowhere to go.
func ignore(error) {}

// forEachRecord empties a feed.
func forEachRecord(take func([]byte) int64, needed func() int64, use func(record)) {
	for {
		taken, _ := takePieces(take, needed)
		if len(taken) == 0 {
			return
		}
		for all := (record{taken}); len(all.rest) > 0; {
			length := all.int32()
			use(record{all.take(length - 4)})
		}
	}
}
