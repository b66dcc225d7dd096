package campaign

import (
	"errors"
	"io"
	"strconv"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/version"
)

// Recording is the evidence of a run while it is written.
type Recording struct {
	Path    string // empty: a writer of the caller's
	Header  evidence.Header
	Vantage *evidence.Vantage // this machine; nil: nobody looks from it
	writer  *evidence.Writer

	mu   sync.Mutex
	seen []evidence.Observation // all of it, those of the run that is gone on with first
}

// NewHeader returns the first line of a run that begins now.
func NewHeader(now time.Time) evidence.Header {
	return evidence.Header{
		Run: ulid.MustNew(ulid.Timestamp(now), ulid.DefaultEntropy()).String(), Tool: "landfall " + version.String(),
		Started: now.UTC().Truncate(time.Second),
	}
}

// Record begins the evidence with a header: at path, or, where path is empty, in w.
func Record(path string, w io.Writer, header evidence.Header) (*Recording, error) {
	var writer *evidence.Writer
	var err error
	if path == "" {
		writer, err = evidence.NewWriter(w, header)
	} else {
		writer, err = evidence.Create(path, header)
	}
	if err != nil {
		return nil, err
	}
	return &Recording{Path: path, Header: header, writer: writer}, nil
}

// Add keeps observations.
func (r *Recording) Add(observations ...evidence.Observation) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.writer.Append(observations...); err != nil {
		return err
	}
	r.seen = append(r.seen, observations...)
	return nil
}

// Seen returns all observations, with those of the run that is gone on with first.
func (r *Recording) Seen() []evidence.Observation {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen
}

// Close ends the evidence.
func (r *Recording) Close() error { return r.writer.Close() }

// Begin opens the evidence of the campaign: at path, or, where path is empty, in w.
// A run that is gone on with has its own file. Planned is what is looked at, as
// whoever asked for it named it.
func (c *Campaign) Begin(path string, w io.Writer, planned []string) (*Recording, error) {
	v := c.vantages.Here
	if v != nil {
		v.Machine = c.machine
	}
	if c.Resume != "" {
		return c.reopen(v)
	}
	header := NewHeader(c.Now())
	header.Roots, header.Data = c.trust.Digests(), c.sources.DataSets()
	header.Plan = &evidence.Plan{Targets: planned, Vantages: c.Options.Vantages, Countries: []string{c.Countries.String()}}
	r, err := Record(path, w, header)
	if err != nil {
		return nil, err
	}
	c.evidence = r
	return r, r.stand(v)
}

// stand adds a line for this machine, where it is measured from.
func (r *Recording) stand(v *evidence.Vantage) error {
	if v == nil {
		return nil
	}
	last := 0
	for _, o := range r.seen {
		if old, ok := o.(*evidence.Vantage); ok {
			if last++; samePlace(old, v) {
				r.Vantage = old
				return nil
			}
		}
	}
	v.ID = "v" + strconv.Itoa(last+1)
	r.Vantage = v
	return r.Add(v)
}

func (c *Campaign) reopen(v *evidence.Vantage) (*Recording, error) {
	w, before, err := evidence.Resume(c.Resume)
	if err != nil {
		return nil, err
	}
	if err := sameRoots(before.Header, c.trust); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	r := &Recording{Path: c.Resume, Header: before.Header, writer: w, seen: before.Observations}
	c.Events.Send(event.Resumed{File: c.Resume, Observations: len(before.Observations)})
	if v != nil && onlyOtherMachines(before.Observations, v) {
		c.Events.Send(event.OtherMachine{Variable: MachineVariable})
	}
	c.evidence = r
	return r, r.stand(v)
}

// onlyOtherMachines reports whether an old run has vantages like this one, and
// all of them were other machines. Replies that two machines had are never taken
// for those of one: the sum of two round trips would then bound nothing.
func onlyOtherMachines(before []evidence.Observation, now *evidence.Vantage) bool {
	others := false
	for _, o := range before {
		old, ok := o.(*evidence.Vantage)
		if !ok || old.Network != now.Network || old.Name != now.Name {
			continue
		}
		if old.Machine == "" || old.Machine == now.Machine {
			return false
		}
		others = true
	}
	return others
}

// samePlace reports whether a vantage of an old run is the one given now.
// Without a position given now, it is taken to be, unless it was another machine.
func samePlace(old, now *evidence.Vantage) bool {
	if old.Network != now.Network || old.Name != now.Name || old.Machine != "" && old.Machine != now.Machine {
		return false
	}
	lat, lon, placed := now.Position()
	oldLat, oldLon, oldPlaced := old.Position()
	return !placed || oldPlaced && lat == oldLat && lon == oldLon && old.RadiusKM == now.RadiusKM
}
