// Package canary bounds how far behind a front door the bytes of a store can
// be, by writing objects and timing how soon they come back.
//
// Each object is random, is written once, read once in one place that nobody
// can foresee, and deleted. So a cache that learns from reads has nothing to
// answer with: no byte of the object was read before, and none of it will be
// read again. The time of a read runs from just before the request leaves until
// bytes are there that cannot be guessed, and counts only where all are right.
//
// What a read cannot show is whether a front door kept what was written through
// it. Objects are therefore written through another address than they are read
// through, where there are several; they are marked as not to be cached; and
// the reads wait a while.
//
// It is no probe of the list in package probes: it changes what it looks at,
// and runs only where somebody asks for it by name.
package canary

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/probe"
)

// Name is the name of this probe in evidence.
const Name = "canary"

// leastCount is how many reads it takes at the least.
const leastCount = evidence.LeastReads

// maxFailures in a row end the reads through an address.
const maxFailures = 3

// Canary is one run against one target.
type Canary struct {
	probe.Stamp
	Target       Target
	Size         int64         // of an object, in bytes
	Count        int           // objects for each address of the front door
	Wait         time.Duration // between the last write and the first read
	Run          string        // unique name of the run, part of the objects' names
	Folder       string        // of the journals of what was written
	Dialer       net.Dialer    // a template; the guard against private addresses is added
	AllowPrivate bool

	Record   func(...evidence.Observation) error
	Progress func(doing string, done, planned int) // nil: nobody wants to know
	Warn     func(err error)                       // takes what went wrong and is in no other answer

	front    front
	patience time.Duration // for one read; 0: readWait
}

// Reading is what was learnt through one address of the front door.
type Reading struct {
	At     netip.AddrPort
	RTT    time.Duration // the shortest round trip to the address
	TookMS float64       // the second smallest warm read; 0 where there is none
	Used   int           // reads whose bytes were right
	Asked  int
}

// Front returns the host and port of the target's front door, where its client
// sends requests. It sends none, and comes before all else.
func (c *Canary) Front(ctx context.Context) (host string, port uint16, err error) {
	c.front, err = discover(ctx, c.Target)
	return c.front.name(), c.front.port(), err
}

// Look writes, waits, reads through each of the addresses, and deletes. What it
// learnt is recorded as it comes. It always tries to delete what it wrote, also
// where ctx has ended; what is left is in the error by name, and in the journal
// for the next run.
func (c *Canary) Look(ctx context.Context, addrs []netip.AddrPort) (readings []Reading, err error) {
	var sessions []*session
	for _, at := range addrs {
		s, err := c.enter(ctx, at)
		if err != nil {
			return nil, err
		}
		defer s.close()
		sessions = append(sessions, s)
	}
	j, err := newJournal(c.Folder, c.Run, c.Target)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.sweep(context.WithoutCancel(ctx), j, addrs...)) }()
	objects, err := c.write(ctx, j, sessions)
	if err != nil {
		return nil, err
	}
	if err := c.wait(ctx); err != nil {
		return nil, err
	}
	for i, s := range sessions {
		r, err := c.read(ctx, s, objects[i])
		if err != nil {
			return readings, err
		}
		readings = append(readings, r)
	}
	return readings, nil
}

// write writes the objects that are read through each session, through the
// session after it.
func (c *Canary) write(ctx context.Context, j *journal, sessions []*session) ([][]*object, error) {
	written, problems := make([][]*object, len(sessions)), make([]error, len(sessions))
	done := c.counter(writing, c.Count*len(sessions))
	var wait sync.WaitGroup
	for i := range sessions {
		through := sessions[(i+1)%len(sessions)]
		wait.Go(func() {
			for n := range c.Count {
				o := newObject(c.Run, i*c.Count+n, c.Size)
				if problems[i] = c.writeOne(ctx, j, through, o); problems[i] != nil {
					return
				}
				written[i] = append(written[i], o)
				done()
			}
		})
	}
	wait.Wait()
	err := errors.Join(problems...)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if !slices.ContainsFunc(written, func(objects []*object) bool { return len(objects) >= leastCount }) {
		return nil, errors.Join(err, c.failed("", err))
	}
	for _, problem := range problems {
		c.warn(problem)
	}
	return written, nil
}

func (c *Canary) writeOne(ctx context.Context, j *journal, s *session, o *object) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := j.wrote(o.key); err != nil {
		return err
	}
	unsure, err := s.write(ctx, o)
	switch {
	case err == nil:
		return nil
	case unsure:
		j.doubt(o.key)
		return err
	}
	return errors.Join(err, j.removed(o.key))
}

func (c *Canary) wait(ctx context.Context) error {
	timer := time.NewTimer(c.Wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// read reads each object once through a session and records what follows.
func (c *Canary) read(ctx context.Context, s *session, objects []*object) (Reading, error) {
	out := Reading{At: s.door.at}
	var samples []float64
	var failures []error
	inARow, done := 0, c.counter(reading, len(objects))
	for _, o := range objects {
		took, err := s.read(ctx, o, cmp.Or(c.patience, readWait))
		if ctx.Err() != nil {
			return out, context.Cause(ctx)
		}
		done()
		out.Asked++
		if err != nil {
			failures = append(failures, err)
			if inARow++; inARow == maxFailures {
				break
			}
			continue
		}
		inARow = 0
		samples = append(samples, probe.Milliseconds(took))
	}
	out.RTT, out.Used = s.door.roundTrip(), len(samples)
	at := s.door.at.String()
	ms, enough := evidence.SecondSmallestWarm(samples)
	if len(failures) > 0 {
		c.warn(failures[0])
		if err := c.failed(at, fmt.Errorf("%d of %d reads cannot be used: %w", len(failures), out.Asked, failures[0])); err != nil {
			return out, err
		}
	}
	if !enough {
		return out, nil
	}
	out.TookMS = ms
	return out, c.Record(&evidence.Retrieval{
		Meta: c.Meta(evidence.KindRetrieval), Target: c.Target.String(), Addr: out.At.Addr(), Challenges: len(samples),
		RTTMinMS: probe.Milliseconds(out.RTT), TTFBMinMS: ms, SamplesMS: samples,
	})
}

// failed records what could not be measured, at an address or at all.
func (c *Canary) failed(at string, err error) error {
	subject := c.Target.String()
	if at != "" {
		subject = at + " " + subject
	}
	o := c.Failed(probe.Step{Probe: Name, Subject: subject}, err)
	var f *Fault
	if errors.As(err, &f) {
		o.Class = f.class()
	}
	return c.Record(o)
}

func (c *Canary) warn(err error) {
	if err != nil && c.Warn != nil {
		c.Warn(err)
	}
}

// counter returns a function that counts up and tells. It may be called from
// several goroutines.
func (c *Canary) counter(doing string, planned int) func() {
	var mu sync.Mutex
	done := 0
	return func() {
		mu.Lock()
		defer mu.Unlock()
		done++
		if c.Progress != nil {
			c.Progress(doing, done, planned)
		}
	}
}
