package network

import (
	"io"
	"os"
	"sync"

	"pepperpy.ai/network/internal/cabi"
)

// Where a body that is sent while it is read comes from.
type bodySource struct {
	length int64                     // -1 = not known
	first  io.Reader                 // nil: `again` from the start
	again  func() (io.Reader, error) // from the beginning; nil when it can not be had
	owned  bool                      // it is to be closed, and so is what comes from `again`

	mu      sync.Mutex
	current io.Closer // that was not closed yet
	over    bool
}

// use says what is read from now on; what was read before is closed.
func (s *bodySource) use(reader io.Reader) {
	if !s.owned {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closeCurrent()
	s.current, _ = reader.(io.Closer)
	if s.over {
		s.closeCurrent()
	}
}

// giveBack closes what is to be closed, once.
func (s *bodySource) giveBack() {
	if s == nil || !s.owned {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over && s.current == nil {
		s.current, _ = s.first.(io.Closer)
	}
	s.over = true
	s.closeCurrent()
}

func (s *bodySource) closeCurrent() {
	if current := s.current; current != nil {
		s.current = nil
		guarded(current.Close, ignore)
	}
}

// readerSource sends what is left of a reader; one that can seek can be sent again.
func readerSource(r io.Reader, length int64) *bodySource {
	source := &bodySource{length: length, first: r}
	if seeker, can := r.(io.Seeker); can {
		if start, err := seeker.Seek(0, io.SeekCurrent); err == nil {
			source.first = nil // the request may have been sent before
			source.again = func() (io.Reader, error) {
				_, err := seeker.Seek(start, io.SeekStart)
				return r, err
			}
		}
	}
	return source
}

// fileLength is what is left of a regular file; -1 for everything else.
func fileLength(file *os.File) int64 {
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return -1
	}
	at, err := file.Seek(0, io.SeekCurrent)
	if err != nil || at > info.Size() {
		return -1
	}
	return info.Size() - at
}

// A body on its way: a goroutine reads the source and writes what the library has room for.
type upload struct {
	source  *bodySource
	handle  uintptr
	token   int64
	wanted  chan struct{}
	stopped chan struct{}

	mu         sync.Mutex
	generation int64 // that the library wants
	err        error // of the source
	isStopped  bool
}

const uploadPiece = 32 << 10

func openUpload(request uintptr, source *bodySource) (*upload, error) {
	u := &upload{source: source, wanted: make(chan struct{}, 1), stopped: make(chan struct{})}
	u.token = listen(u)
	var handle uintptr
	err := call(func(fail *uintptr) int {
		return cabi.Ppnb_upload_open(request, source.length, int(boolean(source.again != nil)), u.token, &handle, fail)
	})
	u.handle = handle
	if err != nil {
		heard.remove(u.token)
		return nil, err
	}
	go u.run()
	return u, nil
}

func (u *upload) hear(n *note) {
	u.mu.Lock()
	u.generation = n.a
	u.mu.Unlock()
	ring(u.wanted)
}

// stop says that the call has ended. The goroutine ends as soon as the source lets it; closing it usually does.
func (u *upload) stop() {
	if u == nil {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.isStopped {
		u.isStopped = true
		close(u.stopped)
		go u.source.giveBack() // closing may take its time
	}
}

// explain says of a call that its body could not be read why it was given up.
func (u *upload) explain(err error) error {
	if u == nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if e := errorOf(err); e != nil && u.err != nil && e.cause == nil {
		e.cause = u.err
		e.Message = "the request body can not be read: " + u.err.Error()
	}
	return err
}

func (u *upload) run() {
	guarded(u.readAndWrite, func(err error) {
		if err != nil {
			u.fail(err)
		}
		heard.remove(u.token)
		cabi.Ppnb_upload_release(u.handle)
	})
}

// readAndWrite ends with the call, or with what the source fails with.
func (u *upload) readAndWrite() error {
	reader, sent := u.source.first, int64(0)
	u.source.use(reader)
	var waiting []byte
	buffer := make([]byte, uploadPiece)
	for u.isWanted() {
		if generation := u.currentGeneration(); generation != sent || reader == nil {
			var err error
			if reader, err = u.source.again(); err != nil {
				return err
			}
			u.source.use(reader)
			sent, waiting = generation, nil
		}
		for {
			ended := false
			if len(waiting) == 0 {
				n, err := readSome(reader, buffer)
				if waiting = buffer[:n]; err != nil && err != io.EOF {
					return err
				}
				ended = err == io.EOF
			}
			taken := u.write(sent, &waiting)
			if ended && len(waiting) == 0 && taken {
				cabi.Ppnb_upload_finish(u.handle, sent)
			}
			if !taken || ended {
				break
			}
		}
	}
	return nil
}

// write hands over as much as there is room for, and reports whether there was room for all of it.
func (u *upload) write(generation int64, waiting *[]byte) bool {
	for len(*waiting) > 0 {
		n := cabi.Ppnb_upload_write(u.handle, generation, textOf(*waiting))
		if n <= 0 {
			return false
		}
		*waiting = (*waiting)[n:]
	}
	return true
}

// readSome reads something, or fails: a reader that gives nothing for ever would keep its goroutine for ever.
func readSome(reader io.Reader, into []byte) (int, error) {
	for tries := 0; tries < 100; tries++ {
		if n, err := reader.Read(into); n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.ErrNoProgress
}

func (u *upload) isWanted() bool {
	select {
	case <-u.stopped:
		return false
	case <-u.wanted:
		return true
	}
}

func (u *upload) currentGeneration() int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.generation
}

func (u *upload) fail(err error) {
	u.mu.Lock()
	u.err = err
	u.mu.Unlock()
	cabi.Ppnb_upload_fail(u.handle)
}
