package network

import (
	"context"
	"encoding/binary"
	"runtime"
	"sync"

	"pepperpy.ai/network/internal/cabi"
)

// Calls that are about to be started. The first one lets the goroutines that can run come with theirs, and then starts all
// of them in one crossing: the I/O thread is woken once, and no thread stops inside C for each.
type startQueue struct {
	mu       sync.Mutex
	waiting  []*pending
	spare    []*pending
	gathers  bool
	flushing sync.Mutex // guards what follows
	requests []byte
	results  []byte
}

var starts startQueue

// Larger bodies are not copied, but started one by one.
const (
	gatheredBody   = 4 << 10
	startedAtOnce  = 256
	bytesOfAResult = 24
)

func (r *Request) canBeGathered() bool {
	return r.upload == nil && r.policy == nil && r.kind != bodyFile && len(r.body) <= gatheredBody
}

// add starts a call, which is told of by its `done`, also when it could not be started.
func (q *startQueue) add(ctx context.Context, p *pending, client uintptr, r *Request, limit []option) {
	p.cancellable = ctx.Done() != nil
	p.parts.Store(1)
	if p.cancellable {
		p.parts.Store(2)
	}
	p.described = q.describe(p, client, r, limit)
	q.mu.Lock()
	q.waiting = append(q.waiting, p)
	first := !q.gathers
	q.gathers = true
	q.mu.Unlock()
	if first {
		runtime.Gosched()
		q.flush()
	}
}

// describe writes what ppnb_whole_requests reads; lengths are filled in afterwards.
func (q *startQueue) describe(p *pending, client uintptr, r *Request, limit []option) []byte {
	to := appendInt32(p.described[:0], 0)
	to = binary.LittleEndian.AppendUint64(to, uint64(client))
	to = binary.LittleEndian.AppendUint64(to, uint64(p.token))
	to = appendInt32(to, int(boolean(p.cancellable)))
	at := len(to)
	to = r.encode(appendInt32(to, 0), limit...)
	binary.LittleEndian.PutUint32(to[at:], uint32(len(to)-at-4))
	to = append(appendInt32(to, len(r.body)), r.body...)
	binary.LittleEndian.PutUint32(to, uint32(len(to)-4))
	return to
}

func (q *startQueue) flush() {
	q.flushing.Lock()
	defer q.flushing.Unlock()
	q.mu.Lock()
	all := q.waiting
	q.waiting, q.gathers = q.spare[:0], false
	q.mu.Unlock()
	for rest := all; len(rest) > 0; {
		some := rest
		if len(some) > startedAtOnce {
			some = some[:startedAtOnce]
		}
		rest = rest[len(some):]
		q.start(some)
	}
	for i := range all {
		all[i] = nil
	}
	q.spare = all
}

func (q *startQueue) start(some []*pending) {
	q.requests = q.requests[:0]
	for _, p := range some {
		q.requests = append(q.requests, p.described...)
	}
	if q.results == nil {
		q.results = make([]byte, startedAtOnce*bytesOfAResult)
	}
	// Whoever is told of its end by a note may use its call again at once: of it nothing is read after the crossing but what
	// says that it is still waited for.
	kept := q.kept(some)
	cabi.Ppnb_whole_requests(textOf(q.requests), q.results)
	for i, p := range some {
		result := q.results[i*bytesOfAResult:]
		code := int(binary.LittleEndian.Uint64(result))
		if code == 0 && !kept[i] {
			continue
		}
		p.out.request = uintptr(binary.LittleEndian.Uint64(result[8:]))
		p.out.fail = uintptr(binary.LittleEndian.Uint64(result[16:]))
		if code != 0 {
			p.startStatus = code
			p.parts.Store(1)
		}
		if kept[i] {
			ring(p.begun)
		}
		p.part()
	}
}

func (q *startQueue) kept(some []*pending) []bool {
	kept := make([]bool, len(some))
	for i, p := range some {
		kept[i] = p.cancellable
	}
	return kept
}
