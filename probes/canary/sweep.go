package canary

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// sweepers delete side by side.
	sweepers = 4
	// sweepTime bounds how long deleting takes.
	sweepTime = 10 * time.Minute
)

// LeftError says what could not be deleted.
type LeftError struct {
	Target  string // as it is given to `landfall canary`
	Keys    []string
	Journal string // the file that keeps their names
	Err     error
}

func (e *LeftError) Error() string {
	text := fmt.Sprintf("still in %s, for the next run there to delete (%s): %s", e.Target, e.Journal, strings.Join(e.Keys, " "))
	var f *Fault
	if errors.As(e.Err, &f) {
		text += "; the first of the reasons: " + f.Error()
	}
	return text
}

// Unwrap returns why.
func (e *LeftError) Unwrap() error { return e.Err }

// SweepLeft deletes what earlier runs left in the target, as their journals
// tell, and gives how many objects that were. What they left elsewhere it only
// names.
func (c *Canary) SweepLeft(ctx context.Context) (swept int, elsewhere []*LeftError, err error) {
	journals, err := leftJournals(c.Folder)
	problems := []error{err}
	for _, j := range journals {
		left := j.remaining()
		if j.target != c.Target.text && len(left) > 0 {
			elsewhere = append(elsewhere, &LeftError{Target: j.target, Keys: left, Journal: j.path})
			problems = append(problems, j.close())
			continue
		}
		problems = append(problems, c.sweep(ctx, j))
		swept += len(left) - len(j.remaining())
	}
	return swept, elsewhere, errors.Join(problems...)
}

// sweep deletes what stands in a journal, and ends the journal. It goes by one of
// the addresses, and by whatever the name resolves to where nobody answers there.
func (c *Canary) sweep(ctx context.Context, j *journal, addrs ...netip.AddrPort) error {
	ctx, cancel := context.WithTimeout(ctx, sweepTime)
	defer cancel()
	left := j.remaining()
	keys, problems := make(chan string, len(left)), make([]error, min(sweepers, len(left)))
	for _, key := range left {
		keys <- key
	}
	close(keys)
	ways := append(slices.Clone(addrs[:min(1, len(addrs))]), netip.AddrPort{})
	done := c.counter(deleting, len(left))
	var wait sync.WaitGroup
	for i := range problems {
		wait.Go(func() { problems[i] = c.sweepSome(ctx, j, ways, keys, done) })
	}
	wait.Wait()
	err := errors.Join(problems...)
	if left := j.remaining(); len(left) > 0 {
		err = &LeftError{Target: j.target, Keys: left, Journal: j.path, Err: err}
	}
	return errors.Join(err, j.close())
}

// sweepSome deletes objects as long as there are some.
func (c *Canary) sweepSome(ctx context.Context, j *journal, ways []netip.AddrPort, keys <-chan string, done func()) error {
	var sessions []*session
	for _, at := range ways {
		s, err := c.enter(ctx, at)
		if err != nil {
			return err
		}
		defer s.close()
		sessions = append(sessions, s)
	}
	var problems []error
	unanswered := 0
	for key := range keys {
		if unanswered == maxFailures {
			break // nobody is there any more
		}
		err := removeBy(ctx, sessions, key)
		if f := (*Fault)(nil); errors.As(err, &f) && f.Status == 0 {
			unanswered++
		} else {
			unanswered = 0
		}
		if errors.Is(err, errNotThere) && j.doubtful(key) {
			err = &Fault{Doing: deleting, Key: key, Target: c.Target, Err: errors.New("it is not there, but the write had no answer and may still be done")}
		}
		if err != nil && !errors.Is(err, errNotThere) {
			problems = append(problems, err)
			continue
		}
		problems = append(problems, j.removed(key))
		done()
	}
	return errors.Join(problems...)
}

// removeBy deletes an object through the first session that is answered.
func removeBy(ctx context.Context, sessions []*session, key string) error {
	var err error
	for _, s := range sessions {
		err = s.remove(ctx, key)
		var f *Fault
		if !errors.As(err, &f) || f.Status != 0 {
			return err
		}
	}
	return err
}
