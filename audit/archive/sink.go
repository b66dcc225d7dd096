package archive

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/objects"
)

// uploadTime bounds how long a bundle takes to object storage. It is sent even
// where the run was stopped: what was collected is never lost.
const uploadTime = 5 * time.Minute

// Sink is where evidence goes: a file, a writer of the caller's, or a file and
// then object storage.
type Sink struct {
	path   string // empty: the caller's writer
	bucket *store.Address
}

// OpenSink returns where evidence goes: a file, an address in object storage, or,
// where out is empty, a writer of the caller's. That it cannot get there is an
// error before anything is measured, as far as this machine knows.
func OpenSink(ctx context.Context, out string) (*Sink, error) {
	if !store.IsAddress(out) {
		return &Sink{path: out}, nil
	}
	at, err := store.ParseAddress(out)
	if err == nil {
		err = objects.Check(ctx, at)
	}
	if err != nil {
		return nil, fmt.Errorf("--out: %w", err)
	}
	return &Sink{bucket: &at}, nil
}

// Remote reports whether the evidence goes to object storage in the end.
func (s *Sink) Remote() bool { return s.bucket != nil }

// File returns the path of the file that is written while a run goes on. It is
// empty where the evidence goes to a writer. What goes to object storage is in the
// cache folder first.
func (s *Sink) File(now time.Time) (string, error) {
	if s.bucket == nil {
		return s.path, nil
	}
	dir, err := CacheFolder(now)
	return filepath.Join(dir, EvidenceFile), err
}

// Upload brings the file of a run to object storage, if that is where it goes. In a
// folder it has the name of its run. The file stays.
func (s *Sink) Upload(ctx context.Context, events event.Handler, path, run string) error {
	if s.bucket == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), uploadTime)
	defer cancel()
	to := s.bucket.In(run + ".jsonl.zst")
	f, err := os.Open(path)
	if err == nil {
		err = errors.Join(objects.Put(ctx, to, f), f.Close())
	}
	if err != nil {
		return fmt.Errorf("the evidence is in %s, and not where it was to go: %w; try again with --resume %s", path, err, path)
	}
	events.Send(event.Uploaded{To: to.String()})
	return nil
}
