package network

import (
	"context"
	"sync"
	"time"

	"pepperpy.ai/network/internal/cabi"
)

// A Batch runs many requests, a few of them at a time, under one deadline. Describe it, add requests, run it once; it holds
// nothing of the library before that and after it.
type Batch struct {
	Concurrency int           // requests under way at a time, 1 to 1000; 0 = the default
	Timeout     time.Duration // for all of it; 0 = none but that of the context
	FailFast    bool          // the first error, or status of 400 and more, cancels the rest

	// Progress is called on the goroutine of Run after each result. It may cancel the context.
	Progress func(done, total int)

	items []batchItem
	ran   bool
}

type batchItem struct {
	client  *client
	request *Request
}

// A BatchResult is what became of one request of a batch: a response of any status, or an error.
type BatchResult struct {
	Response *Response
	Err      error
}

// Add adds a request of a client; its index is the number of those before it.
func (b *Batch) Add(client Client, request *Request) error {
	if b == nil {
		return failure(CodeInvalidArgument, "the batch is nil")
	}
	if b.ran {
		return failure(CodeInvalidState, "the batch was run before")
	}
	c, err := nativeOf(client)
	if err != nil {
		return err
	}
	if request == nil {
		return failure(CodeInvalidArgument, "the request is nil")
	}
	if request.err != nil {
		return request.err
	}
	b.items = append(b.items, batchItem{c, request})
	return nil
}

// Run starts the batch and waits for its end. The results are in the order of Add; that some of them are errors is no error
// of the batch. When the context ends, requests under way end with CodeCancelled, and the others without an attempt.
func (b *Batch) Run(ctx context.Context) ([]BatchResult, error) {
	results := make([]BatchResult, 0)
	if b != nil {
		results = make([]BatchResult, len(b.items))
	}
	err := b.RunEach(ctx, func(index int, result BatchResult) { results[index] = result })
	if err != nil {
		return nil, err
	}
	return results, nil
}

// RunEach is Run for many results: each is handed to a function, on the goroutine of RunEach and in the order in which they
// end, and is not kept.
func (b *Batch) RunEach(ctx context.Context, each func(index int, result BatchResult)) error {
	if b == nil || each == nil {
		return failure(CodeInvalidArgument, "the batch or the function is nil")
	}
	if err := begin(ctx); err != nil {
		return err
	}
	if b.ran {
		return failure(CodeInvalidState, "the batch was run before")
	}
	b.ran = true
	running := &runningBatch{ctx: ctx, rang: make(chan struct{}, 1)}
	defer running.end()
	if err := running.describe(b); err != nil {
		return err
	}
	if err := call(func(fail *uintptr) int { return cabi.Ppnb_batch_start(running.batch, running.token, fail) }); err != nil {
		return err
	}
	return running.deliver(len(b.items), each, b.Progress)
}

type runningBatch struct {
	ctx     context.Context
	batch   uintptr
	token   int64
	uploads []*upload
	rang    chan struct{}

	mu    sync.Mutex
	notes []note
	over  bool // nobody takes notes any more
}

func (r *runningBatch) hear(n *note) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		discard(n)
		return
	}
	r.notes = append(r.notes, *n)
	ring(r.rang)
}

func (r *runningBatch) describe(b *Batch) error {
	useMailbox()
	r.token = heard.add(r)
	r.uploads = make([]*upload, len(b.items))
	var batch uintptr
	if err := call(func(fail *uintptr) int { return cabi.Ppn_batch_new(&batch, fail) }); err != nil {
		return err
	}
	r.batch = batch
	return firstError(
		func() error {
			if b.Concurrency == 0 {
				return nil
			}
			return call(func(fail *uintptr) int { return cabi.Ppn_batch_set_concurrency(batch, int64(b.Concurrency), fail) })
		},
		func() error {
			timeout := millisecondsUp(b.Timeout)
			if limit := (&Request{}).limit(r.ctx, "", b.Timeout); limit != nil {
				timeout = milliseconds64(limit[0].value)
			}
			return call(func(fail *uintptr) int { return cabi.Ppn_batch_set_timeout_ms(batch, timeout, fail) })
		},
		func() error {
			return call(func(fail *uintptr) int { return cabi.Ppn_batch_set_fail_fast(batch, int(boolean(b.FailFast)), fail) })
		},
		func() error {
			for i, item := range b.items {
				if err := r.add(i, item); err != nil {
					return err
				}
			}
			return nil
		})
}

func firstError(functions ...func() error) error {
	for _, function := range functions {
		if err := function(); err != nil {
			return err
		}
	}
	return nil
}

func (r *runningBatch) add(index int, item batchItem) error {
	var request, fail uintptr
	if err := check(item.request.native(item.client.handle.Load(), 0, &request, &fail), fail); err != nil {
		return item.client.explain(err)
	}
	defer cabi.Ppn_request_release(request)
	var err error
	if r.uploads[index], err = item.request.complete(request); err != nil {
		return err
	}
	return call(func(fail *uintptr) int { return cabi.Ppn_batch_add(r.batch, request, fail) })
}

// deliver hands the results out until the last note, which has the index -1.
func (r *runningBatch) deliver(total int, each func(int, BatchResult), progress func(int, int)) error {
	ended := r.ctx.Done()
	for done := 0; ; {
		select {
		case <-r.rang:
		case <-ended:
			cabi.Ppn_batch_cancel(r.batch)
			ended = nil
		}
		for _, n := range r.takeNotes() {
			if n.a < 0 {
				return nil
			}
			done++
			index := int(n.a)
			each(index, r.result(index, &n))
			if progress != nil {
				progress(done, total)
			}
		}
	}
}

func (r *runningBatch) takeNotes() []note {
	r.mu.Lock()
	defer r.mu.Unlock()
	notes := r.notes
	r.notes = nil
	return notes
}

func (r *runningBatch) result(index int, n *note) BatchResult {
	r.uploads[index].stop()
	response := takeResponse(0, n.first)
	if n.b == 0 {
		return BatchResult{Response: response}
	}
	err := withResponse(takeError(int(n.b), n.second), response)
	return BatchResult{Err: r.uploads[index].explain(withContext(r.ctx, err))}
}

// end also comes when the batch could not be started, or a function of the user panicked.
func (r *runningBatch) end() {
	for _, u := range r.uploads {
		u.stop()
	}
	heard.remove(r.token)
	leaveMailbox()
	r.mu.Lock()
	r.over = true
	r.mu.Unlock()
	for _, n := range r.takeNotes() {
		discard(&n)
	}
	cabi.Ppn_batch_cancel(r.batch)
	cabi.Ppn_batch_release(r.batch)
}
