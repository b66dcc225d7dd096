package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/landfall-audit/landfall/providers/store"
	"github.com/landfall-audit/landfall/providers/store/objects"
)

// deliveryTime bounds how long a bundle takes to object storage. It is sent even
// where the run was stopped: what was collected is never lost.
const deliveryTime = 5 * time.Minute

// outlet is where the evidence of probe goes: a file, standard output, or a file
// and then object storage.
type outlet struct {
	path   string // empty: standard output
	bucket *store.Address
}

// outlet returns where the evidence goes. That it cannot get there is said before
// anything is measured, as far as this machine knows.
func (p *probing) outlet(ctx context.Context) (*outlet, error) {
	if !store.IsAddress(p.out) {
		if p.out != "" && p.resume != "" {
			return nil, fmt.Errorf("--resume goes on in its own file: leave out --out, or give one in object storage")
		}
		return &outlet{path: p.out}, nil
	}
	at, err := store.ParseAddress(p.out)
	if err == nil {
		err = objects.Check(ctx, at)
	}
	if err != nil {
		return nil, fmt.Errorf("--out: %w", err)
	}
	return &outlet{bucket: &at}, nil
}

// folder returns the file that is written while the run goes on.
func (o *outlet) folder(now time.Time) (string, error) {
	if o.bucket == nil {
		return o.path, nil
	}
	dir, err := cacheFolder(now)
	return filepath.Join(dir, evidenceFile), err
}

// deliver brings the bundle to object storage. In a folder it has the name of
// its run. The file stays.
func (o *outlet) deliver(ctx context.Context, u *ui, b *bundle) error {
	if o.bucket == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deliveryTime)
	defer cancel()
	to := o.bucket.In(b.header.Run + ".jsonl.zst")
	f, err := os.Open(b.path)
	if err == nil {
		err = errors.Join(objects.Put(ctx, to, f), f.Close())
	}
	if err != nil {
		return fmt.Errorf("the evidence is in %s, and not where it was to go: %w; try again with --resume %s", b.path, err, b.path)
	}
	u.note("the evidence is %s", to)
	return nil
}
