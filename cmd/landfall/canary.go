package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/probes"
	"github.com/landfall-audit/landfall/probes/canary"
	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/providers/store"
)

// canarying is one call of canary.
type canarying struct {
	*looking
	out       string
	dataDir   string
	size      string
	count     int
	addresses int
	wait      time.Duration
	sweep     bool
	ui        *ui

	nearest map[netip.AddrPort]float64 // round trips of the look at the front door, ms
}

func newCanary(s surroundings) *cobra.Command {
	c := &cobra.Command{
		Use:   "canary TARGET",
		Short: "Bound how far behind the front door stored bytes can be",
		Long: `Write random objects into a bucket or folder of your own, wait, read each once in
a place that nobody can foresee, check every byte, and delete them. How soon the
bytes come back bounds how far away the store can be. The evidence (JSON Lines)
goes to standard output, with what a probe of the front door sees and what the
cloud says of the bucket.

TARGET is s3://bucket, gs://bucket, azblob://account/container, or the https:// or
webdav:// address of a folder of a WebDAV server. Credentials are read where the
cloud's own tools read them; for WebDAV from WEBDAV_USERNAME and WEBDAV_PASSWORD,
or WEBDAV_TOKEN. What it does and costs is said before it begins.

What it writes stands in a journal first. It is deleted at the end, after an
interrupt too; what a kill leaves is deleted by the next run on the same target,
or with --sweep.

Give your own position (--vantage here@LAT,LON): without it the times bound
nothing.

Exit status: 0 complete, and nothing is left; 2 bad usage or input, or no
credentials, nothing was written; 3 incomplete or something could not be deleted,
what was collected is kept.`,
		Example: `  landfall canary s3://bucket?region=eu-central-1 --vantage here@50.11,8.68 --out evidence.jsonl
  landfall canary gs://bucket --dry-run
  landfall canary https://dav.example.com/folder/ --count 32 --addresses 2
  landfall canary azblob://account/container --sweep`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: canaryTargets,
	}
	k := &canarying{looking: addLooking(c, s)}
	k.countries = countries{}
	f := c.Flags()
	for _, name := range []string{"claims", "countries", "budget", "resume", "offline"} {
		_ = f.MarkHidden(name) // of no use here
	}
	f.Lookup("dry-run").Usage = "ask nobody: say what would be written and read, and what it costs"
	f.StringVar(&k.out, "out", "", "write the evidence to `FILE` (.gz and .zst are compressed) instead of standard output")
	f.StringVar(&k.dataDir, "data-dir", "", "`FOLDER` of the data sets (default landfall/data in the user's cache folder)")
	f.StringVar(&k.size, "size", humanize.IBytes(canary.DefaultSize), "`SIZE` of each object, such as 64KiB or 1MiB")
	f.IntVar(&k.count, "count", canary.DefaultCount, "objects for each address of the front door")
	f.IntVar(&k.addresses, "addresses", canary.DefaultAddresses, "read through at most `N` addresses of the front door, the nearest first")
	f.DurationVar(&k.wait, "wait", canary.DefaultWait, "wait this long before the first read")
	f.BoolVar(&k.sweep, "sweep", false, "delete what earlier runs left in TARGET, and do no more")
	c.RunE = func(c *cobra.Command, args []string) error { return k.run(c.Context(), args[0]) }
	return c
}

// canaryTargets completes the beginnings of targets.
func canaryTargets(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return store.FolderSchemes(), cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}

func (k *canarying) run(ctx context.Context, text string) error {
	k.ui = newUI(k.surroundings, k.logLevel)
	k.ui.progress = k.ui.progress && !k.noProgress
	target, err := canary.ParseTarget(text)
	if err != nil {
		return err
	}
	size, err := humanize.ParseBytes(k.size)
	if err != nil {
		return fmt.Errorf("--size %q is not a size; expected one such as 64KiB", k.size)
	}
	bytes := int64(min(size, 1<<40))
	plan, err := canary.NewPlan(target, bytes, k.count, k.addresses)
	if err != nil {
		return err
	}
	from, err := parseVantages(k.vantages)
	if err != nil {
		return err
	}
	if from.here == nil || len(from.remote) > 0 {
		return fmt.Errorf("a canary is of this machine: give --vantage here@LAT,LON alone")
	}
	if k.dryRun {
		_, err := fmt.Fprintf(k.surroundings.out, "%s: %s\n", target, plan)
		return err
	}
	c, err := k.canary(target, bytes)
	if err != nil {
		return err
	}
	ctx, cancel := k.within(ctx)
	defer cancel()
	return k.release(ctx, c, from.here)
}

// canary returns the run as the flags want it.
func (k *canarying) canary(target canary.Target, size int64) (*canary.Canary, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return nil, fmt.Errorf("finding a folder for the journal of what is written: %w", err)
	}
	c := &canary.Canary{
		Stamp: probe.Stamp{Now: k.now}, Target: target, Size: size, Count: k.count, Wait: k.wait,
		Folder: filepath.Join(base, "landfall", "canary"), AllowPrivate: k.allowPrivate, Warn: k.ui.problem,
	}
	return c, nil
}

// release deletes what earlier runs left, looks at the front door, and lets the
// canary fly.
func (k *canarying) release(ctx context.Context, c *canary.Canary, here *evidence.Vantage) error {
	host, port, err := c.Front(ctx)
	if err != nil {
		return err
	}
	swept, elsewhere, sweepErr := c.SweepLeft(ctx)
	for _, left := range elsewhere {
		k.ui.warn("%v", left)
	}
	if swept > 0 || k.sweep {
		k.ui.note("%s of earlier runs deleted from %s", counted(swept, "object"), c.Target)
	}
	if k.sweep {
		return orIncomplete(sweepErr)
	}
	if _, _, placed := here.Position(); !placed {
		k.ui.warn("the place of this machine is not known, so the times bound nothing: give --vantage here@LAT,LON")
	}
	data, err := k.openData()
	if err != nil {
		return err
	}
	defer data.close()
	k.consulted, k.planned = data.dataSets(), []string{c.Target.String()}
	b, err := k.open(k.out, k.ui, here)
	if err != nil {
		return err
	}
	front := probes.Target{Host: host, Port: port, AllowPrivate: k.allowPrivate}
	err = k.lookAt(ctx, b, front, c.Target, data)
	var doors []netip.AddrPort
	if err == nil {
		doors, err = k.doors(b, front)
	}
	if err == nil {
		err = k.fly(ctx, c, b, doors)
	}
	return orIncomplete(errors.Join(sweepErr, err, b.writer.Close()))
}

func orIncomplete(err error) error {
	if err == nil {
		return nil
	}
	return incomplete(err)
}

// lookAt looks as probe does: at the front door, its addresses, round trips and
// published ranges, and whether this machine can be trusted; and at what the cloud
// says of the bucket.
func (k *canarying) lookAt(ctx context.Context, b *bundle, front probes.Target, target canary.Target, data *sources) error {
	targets := []probes.Target{front}
	if bucket, ok := target.Bucket(); ok {
		bucket.AllowPrivate = k.allowPrivate
		targets = append(targets, bucket)
	}
	_, err := k.look(ctx, k.ui, b, targets, data)
	return err
}

// openData opens the data sets that addresses are looked up in.
func (k *canarying) openData() (*sources, error) {
	store, err := openStoreAt(k.dataDir)
	if err != nil {
		return nil, err
	}
	data, err := openNamed(k.geoip, k.asn)
	if err != nil {
		return nil, err
	}
	data.openStore(k.ui, store)
	return data, nil
}

// doors returns the addresses of the front door that answered, the nearest first.
func (k *canarying) doors(b *bundle, front probes.Target) ([]netip.AddrPort, error) {
	k.nearest = map[netip.AddrPort]float64{}
	for _, o := range b.seen {
		if r, ok := o.(*evidence.RTT); ok && r.Method == evidence.MethodTCP {
			k.nearest[netip.AddrPortFrom(r.Addr, r.Port)] = r.MinMS
		}
	}
	var out []netip.AddrPort
	var refused error
	for _, e := range probe.Endpoints([]probes.Target{front}, probes.NewSeen(b.seen...)) {
		if _, answered := k.nearest[e.AddrPort()]; answered {
			out = append(out, e.AddrPort())
		}
		refused = cmp.Or(e.Refused, refused)
	}
	if len(out) == 0 {
		return nil, errors.Join(fmt.Errorf("no address of %s:%d answers, and nothing was written", front.Host, front.Port), refused)
	}
	slices.SortStableFunc(out, func(x, y netip.AddrPort) int { return cmp.Compare(k.nearest[x], k.nearest[y]) })
	return out[:min(k.addresses, len(out))], nil
}

// fly writes, reads and deletes, and says what was learnt.
func (k *canarying) fly(ctx context.Context, c *canary.Canary, b *bundle, doors []netip.AddrPort) error {
	plan, err := canary.NewPlan(c.Target, c.Size, c.Count, len(doors))
	if err != nil {
		return err
	}
	k.ui.note("%s: %s", c.Target, plan)
	update, end := func(int64, int64) {}, func() {}
	doing := ""
	c.Progress = func(what string, done, planned int) {
		if what != doing {
			end()
			update, end = k.ui.bar(what)
			doing = what
		}
		update(int64(done), int64(planned))
	}
	c.Vantage, c.Run, c.Record = b.vantage.ID, b.header.Run, b.record
	stop := context.AfterFunc(ctx, func() { k.ui.note("stopped: deleting what was written") })
	readings, err := c.Look(ctx, doors)
	stop()
	end()
	for _, r := range readings {
		k.tell(c.Target, r)
	}
	if err == nil && !slices.ContainsFunc(readings, func(r canary.Reading) bool { return r.TookMS > 0 }) {
		err = fmt.Errorf("the reads from %s bound nothing", c.Target)
	}
	if kept := plan.Kept(); kept != "" {
		k.ui.note("%s", kept)
	}
	return err
}

// tell says what was learnt through one address.
func (k *canarying) tell(target canary.Target, r canary.Reading) {
	if r.TookMS == 0 {
		k.ui.warn("%s through %s: %d of %d reads can be used, which bounds nothing", target, r.At.Addr(), r.Used, r.Asked)
		return
	}
	rttMS := min(probe.Milliseconds(r.RTT), k.nearest[r.At])
	k.ui.note("%s through %s: the bytes are at most %.0f km from here (second fastest read: %.1f ms), or about %.0f km behind the front door, its round trip of %.1f ms taken at its word; %d of %d reads can be used",
		target, r.At.Addr(), geo.ReachKM(r.TookMS, geo.FibreKMPerMS), r.TookMS, geo.ReachKM(max(0, r.TookMS-rttMS), geo.FibreKMPerMS), rttMS, r.Used, r.Asked)
}
