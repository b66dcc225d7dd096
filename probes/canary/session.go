package canary

import (
	"context"
	"errors"
	"fmt"
	nethttp "net/http"
	"net/netip"
	"time"

	"github.com/landfall-audit/landfall/providers/store/cloud"
)

const (
	writeWait  = 2 * time.Minute
	readWait   = 30 * time.Second
	removeWait = time.Minute
)

// session is the client of a target behind a door of its own.
type session struct {
	target Target
	door   *door
	store  cloud.Objects
}

// enter opens the target through one address of its front door or, where at is
// not valid, through any.
func (c *Canary) enter(ctx context.Context, at netip.AddrPort) (*session, error) {
	d := newDoor(c.front, at, c.Dialer, c.AllowPrivate)
	s, err := c.Target.open(ctx, d.client())
	if err != nil {
		return nil, unopened(c.Target, err)
	}
	return &session{c.Target, d, s}, nil
}

func (s *session) close() {
	_ = s.store.Close() // nothing is held back
	s.door.close()
}

// write writes an object. It is not ended with ctx: a write that was cut off may
// be done after the object was deleted. Unsure tells that an object of which the
// write failed may be there all the same.
func (s *session) write(ctx context.Context, o *object) (unsure bool, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeWait)
	defer cancel()
	s.door.arm()
	if err := s.store.Write(ctx, s.target.key(o.key), o.content(), cloud.How{Once: true}); err != nil {
		seen := s.door.seen()
		return seen.mayHaveWritten(), s.fault(writing, o.key, err)
	}
	return false, nil
}

// mayHaveWritten tells whether a request that failed may have done its work: it
// had no answer, or one that speaks of a server's trouble and is no refusal.
func (x exchange) mayHaveWritten() bool {
	if x.status == 0 {
		return !x.left.IsZero()
	}
	return x.status >= 500 && x.status != nethttp.StatusServiceUnavailable
}

// read reads the object's range and gives how long it took until bytes that
// nobody can guess were there, since just before the request left. The time is
// of use only where all bytes are right.
func (s *session) read(ctx context.Context, o *object, patience time.Duration) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	want := o.expected()
	s.door.arm()
	body, err := s.store.ReadRange(ctx, s.target.key(o.key), o.from, readBytes)
	if err != nil {
		return 0, s.fault(reading, o.key, err)
	}
	defer body.Close()
	var took time.Duration
	err = check(body, want, func() { took = time.Since(s.door.seen().left) })
	if err == nil {
		if cached := s.door.seen().cached; cached != "" {
			err = fmt.Errorf("a cache answered (%s), not the store", cached)
		}
	}
	if err != nil {
		return 0, s.fault(reading, o.key, err)
	}
	return took, nil
}

// errNotThere is a delete that met nothing.
var errNotThere = errors.New("it is not there")

// remove deletes an object, with the versions of it that are kept.
func (s *session) remove(ctx context.Context, key string) error {
	ctx, cancel := context.WithTimeout(ctx, removeWait)
	defer cancel()
	s.door.arm()
	err := s.store.Remove(ctx, s.target.key(key))
	if s.door.seen().status == nethttp.StatusNotFound {
		return errNotThere
	}
	if err == nil && s.door.seen().versions {
		err = s.store.Purge(ctx, s.target.key(key))
	}
	if err != nil {
		return s.fault(deleting, key, err)
	}
	return nil
}
