package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/landfall-audit/landfall/audit/campaign"
	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/audit/sources"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/probes"
	"github.com/landfall-audit/landfall/probes/canary"
	"github.com/landfall-audit/landfall/probes/probe"
)

// CanaryOptions say what is written into a store, and how it is read back.
type CanaryOptions struct {
	// Target is a bucket or a WebDAV folder of the caller's own.
	Target canary.Target
	// Look says where this machine is. Vantages of platforms are an error.
	Look campaign.Options
	// Data says which data sets the addresses of the front end are looked up in.
	// Nothing is fetched.
	Data sources.Options
	// Size is the bytes of each object. 0: canary.DefaultSize.
	Size int64
	// Count is the objects for each address of the front end. 0: canary.DefaultCount.
	Count int
	// Addresses is the most addresses that are read through, the nearest first. 0:
	// canary.DefaultAddresses.
	Addresses int
	// Wait is the time before the first read. 0: canary.DefaultWait; less than 0: none.
	Wait time.Duration
	// Sweep deletes what earlier runs left in the target, and does no more. False:
	// that is deleted first.
	Sweep bool
	// Out is the file of the evidence. Empty: it goes to Writer.
	Out string
	// Writer receives the evidence where Out is empty. Nil: nobody does.
	Writer io.Writer
}

// canarying is one run of a canary.
type canarying struct {
	CanaryOptions
	campaign *campaign.Campaign
	events   event.Handler
	nearest  map[netip.AddrPort]float64 // round trips of the look at the front end, ms
}

// withDefaults fills in what is left out, and checks the rest.
func (o CanaryOptions) withDefaults() (CanaryOptions, *campaign.Campaign, error) {
	o.Size, o.Count = cmp.Or(o.Size, canary.DefaultSize), cmp.Or(o.Count, canary.DefaultCount)
	o.Addresses, o.Wait = cmp.Or(o.Addresses, canary.DefaultAddresses), max(0, cmp.Or(o.Wait, canary.DefaultWait))
	if o.Writer == nil {
		o.Writer = io.Discard
	}
	c, err := campaign.New(o.Look, nil)
	if err == nil && !c.OnlyHere() {
		err = errors.New("a canary is of this machine: give --vantage here@LAT,LON alone")
	}
	return o, c, err
}

// PlanCanary returns what a canary would write and read, and asks nobody.
func PlanCanary(o CanaryOptions) (canary.Plan, error) {
	o, _, err := o.withDefaults()
	if err != nil {
		return canary.Plan{}, err
	}
	return canary.NewPlan(o.Target, o.Size, o.Count, o.Addresses)
}

// Canary bounds how far behind the front end stored bytes can be. It writes random
// objects, reads each once and deletes them. An error that is no [IncompleteError]
// says that nothing was written.
func Canary(ctx context.Context, o CanaryOptions) error {
	o, c, err := o.withDefaults()
	if err != nil {
		return err
	}
	k := &canarying{CanaryOptions: o, campaign: c, events: c.Events}
	run, err := k.canary()
	if err != nil {
		return err
	}
	ctx, cancel := c.Within(ctx)
	defer cancel()
	return k.release(ctx, run)
}

// canary returns the run as the options want it.
func (k *canarying) canary() (*canary.Canary, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return nil, fmt.Errorf("finding a folder for the journal of what is written: %w", err)
	}
	return &canary.Canary{
		Stamp: probe.Stamp{Now: k.campaign.Now}, Target: k.Target, Size: k.Size, Count: k.Count, Wait: k.Wait,
		Folder: filepath.Join(base, "landfall", "canary"), AllowPrivate: k.campaign.AllowPrivate,
		Warn: func(err error) { k.events.Send(event.Problem{Err: err}) },
	}, nil
}

// release deletes what earlier runs left, looks at the front end, and writes and
// reads.
func (k *canarying) release(ctx context.Context, c *canary.Canary) error {
	host, port, err := c.Front(ctx)
	if err != nil {
		return err
	}
	swept, elsewhere, sweepErr := c.SweepLeft(ctx)
	for _, left := range elsewhere {
		k.events.Send(event.CanaryElsewhere{Err: left})
	}
	if swept > 0 || k.Sweep {
		k.events.Send(event.CanariesSwept{Objects: swept, Target: c.Target.String()})
	}
	if k.Sweep {
		return incomplete(sweepErr)
	}
	if _, _, placed := k.campaign.Here().Position(); !placed {
		k.events.Send(event.PlaceUnknown{})
	}
	k.Data.Offline = true
	data, err := k.Data.Open(ctx, k.campaign.Now(), k.events)
	if err != nil {
		return err
	}
	defer data.Close()
	k.campaign.Consult(data)
	recording, err := k.campaign.Begin(k.Out, k.Writer, []string{c.Target.String()})
	if err != nil {
		return err
	}
	front := probes.Target{Host: host, Port: port, AllowPrivate: k.campaign.AllowPrivate}
	err = k.lookAt(ctx, front)
	var addrs []netip.AddrPort
	if err == nil {
		addrs, err = k.answering(recording, front)
	}
	if err == nil {
		err = k.readBack(ctx, c, recording, addrs)
	}
	return incomplete(sweepErr, err, recording.Close())
}

// lookAt looks at the front end as a probe does, and at what the cloud says of the
// bucket. So its addresses, round trips and published ranges are known, and whether
// this machine can be trusted.
func (k *canarying) lookAt(ctx context.Context, front probes.Target) error {
	targets := []probes.Target{front}
	if bucket, ok := k.Target.Bucket(); ok {
		bucket.AllowPrivate = k.campaign.AllowPrivate
		targets = append(targets, bucket)
	}
	_, err := k.campaign.Look(ctx, targets)
	return err
}

// answering returns the addresses of the front end that answered, the nearest first.
func (k *canarying) answering(r *campaign.Recording, front probes.Target) ([]netip.AddrPort, error) {
	k.nearest = map[netip.AddrPort]float64{}
	for _, o := range r.Seen() {
		if r, ok := o.(*evidence.RTT); ok && r.Method == evidence.MethodTCP {
			k.nearest[netip.AddrPortFrom(r.Addr, r.Port)] = r.MinMS
		}
	}
	var out []netip.AddrPort
	var refused error
	for _, e := range probe.Endpoints([]probes.Target{front}, probes.NewSeen(r.Seen()...)) {
		if _, answered := k.nearest[e.AddrPort()]; answered {
			out = append(out, e.AddrPort())
		}
		refused = cmp.Or(e.Refused, refused)
	}
	if len(out) == 0 {
		return nil, errors.Join(fmt.Errorf("no address of %s:%d answers, and nothing was written", front.Host, front.Port), refused)
	}
	slices.SortStableFunc(out, func(x, y netip.AddrPort) int { return cmp.Compare(k.nearest[x], k.nearest[y]) })
	return out[:min(k.Addresses, len(out))], nil
}

// readBack writes, reads and deletes, and tells what was learnt.
func (k *canarying) readBack(ctx context.Context, c *canary.Canary, r *campaign.Recording, addrs []netip.AddrPort) error {
	plan, err := canary.NewPlan(c.Target, c.Size, c.Count, len(addrs))
	if err != nil {
		return err
	}
	k.events.Send(event.CanaryPlanned{Target: c.Target.String(), Plan: plan.String()})
	update, end := func(int64, int64) {}, func() {}
	doing := ""
	c.Progress = func(what string, done, planned int) {
		if what != doing {
			end()
			update, end = k.events.Task(what)
			doing = what
		}
		update(int64(done), int64(planned))
	}
	c.Vantage, c.Run, c.Record = r.Vantage.ID, r.Header.Run, r.Add
	stop := context.AfterFunc(ctx, func() { k.events.Send(event.CanaryStopped{}) })
	readings, err := c.Look(ctx, addrs)
	stop()
	end()
	for _, reading := range readings {
		k.events.Send(k.learnt(reading))
	}
	if err == nil && !slices.ContainsFunc(readings, func(r canary.Reading) bool { return r.TookMS > 0 }) {
		err = fmt.Errorf("the reads from %s bound nothing", c.Target)
	}
	if kept := plan.Kept(); kept != "" {
		k.events.Send(event.CanaryKept{Text: kept})
	}
	return err
}

// learnt returns what was learnt through one address.
func (k *canarying) learnt(r canary.Reading) event.Event {
	target, addr := k.Target.String(), r.At.Addr().String()
	if r.TookMS == 0 {
		return event.StoreUnbounded{Target: target, Addr: addr, Used: r.Used, Asked: r.Asked}
	}
	rttMS := min(probe.Milliseconds(r.RTT), k.nearest[r.At])
	return event.StoreBounded{
		Target: target, Addr: addr, Used: r.Used, Asked: r.Asked, ReadMS: r.TookMS, RoundTripMS: rttMS,
		WithinKM: geo.ReachKM(r.TookMS, geo.FibreKMPerMS), BehindKM: geo.ReachKM(max(0, r.TookMS-rttMS), geo.FibreKMPerMS),
	}
}
