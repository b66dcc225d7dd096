package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/datasets"
	"github.com/landfall-audit/landfall/probes"
	"github.com/landfall-audit/landfall/probes/dns"
	"github.com/landfall-audit/landfall/probes/selfcheck"
	"github.com/landfall-audit/landfall/probes/storage"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/providers/store/cloud"
	"github.com/landfall-audit/landfall/providers/store/clouds"
)

// looking is what audit and probe share: the flags that say how to look.
type looking struct {
	surroundings
	claims       []string
	offline      bool
	vantages     []string
	budget       int
	dryRun       bool
	resolvers    []string
	countries    countries
	geoip        []string
	asn          []string
	allowPrivate bool
	concurrency  int
	timeout      time.Duration
	samples      int
	resume       string
	noSelfcheck  bool
	logLevel     level
	noProgress   bool
	targetFiles  []string
	planned      []string            // the targets, as the user named them
	consulted    []evidence.DataSet  // the data sets that addresses are looked up in
	clouds       func() cloud.Clouds // opened when it is first asked for
	roots        *vouched
}

func addLooking(c *cobra.Command, s surroundings) *looking {
	l := &looking{surroundings: s, logLevel: levelInfo, countries: countries{all: true}}
	l.clouds = sync.OnceValue(func() cloud.Clouds { return clouds.All(storage.Client(net.Dialer{}, nil, l.allowPrivate)) })
	f := c.Flags()
	l.roots = addRoots(f, s.getenv)
	f.StringArrayVar(&l.targetFiles, "targets", nil, "read further targets from `FILE`, one a line, # for remarks, - for standard input (repeatable)")
	f.StringArrayVar(&l.claims, "claims", nil, "claims `FILE` or folder (repeatable)")
	f.BoolVar(&l.offline, "offline", false, "fetch no data sets")
	f.StringArrayVar(&l.vantages, "vantage", []string{here}, vantageHelp())
	f.IntVar(&l.budget, "budget", defaultBudget, "order at most `N` measurements of platforms, each of one address from one vantage")
	f.BoolVar(&l.dryRun, "dry-run", false, "measure nothing: say what would be ordered of platforms, what it costs, and what it can show")
	f.StringArrayVar(&l.resolvers, "resolver", nil, "resolver `ADDR`: IP:port, tls://host, https://…/dns-query (repeatable; default the system's)")
	f.Var(&l.countries, "countries", "ask zones' own servers what users of these countries are given: `CODES` such as DE,IN, all or none")
	f.StringArrayVar(&l.geoip, "geoip", nil, "geolocation database `FILE.mmdb` (repeatable, beside the embedded one)")
	f.StringArrayVar(&l.asn, "asn", nil, "network database `FILE.mmdb` (repeatable)")
	f.BoolVar(&l.allowPrivate, "allow-private", false, "contact loopback, link-local and private addresses too, for targets that are yours")
	f.IntVar(&l.concurrency, "concurrency", 0, fmt.Sprintf("steps at once (0: %d, less where the system gives few descriptors)", probes.DefaultConcurrency))
	f.DurationVar(&l.timeout, "timeout", 0, "end the whole run after this long (0: no limit)")
	f.IntVar(&l.samples, "samples", 0, "connections for one round-trip time (0: the default)")
	f.StringVar(&l.resume, "resume", "", "go on with the evidence in `FILE`; nothing answered is asked again")
	f.BoolVar(&l.noSelfcheck, "no-selfcheck", false, "time no hosts of published place: this machine then carries no verdict alone")
	f.Var(&l.logLevel, "log-level", "how much to say on standard error: debug, info, warn, error")
	f.BoolVar(&l.noProgress, "no-progress", false, "draw no progress")
	return l
}

// bundle is the open evidence of a run.
type bundle struct {
	path    string // empty: standard output
	writer  *evidence.Writer
	header  evidence.Header
	vantage *evidence.Vantage // this machine; nil: nobody looks from it

	mu   sync.Mutex
	seen []evidence.Observation // all of it, those of the run that is gone on with first
}

// record keeps observations.
func (b *bundle) record(observations ...evidence.Observation) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.writer.Append(observations...); err != nil {
		return err
	}
	b.seen = append(b.seen, observations...)
	return nil
}

// open begins the bundle at path, or goes on with the one of --resume.
func (l *looking) open(path string, u *ui, v *evidence.Vantage) (*bundle, error) {
	trust, err := l.roots.trust()
	if err != nil {
		return nil, err
	}
	if v != nil {
		if v.Machine, err = machineID(l.getenv); err != nil {
			return nil, err
		}
	}
	if l.resume != "" {
		return l.reopen(u, v, trust)
	}
	header := evidence.Header{
		Run: ulid.MustNew(ulid.Timestamp(l.now()), ulid.DefaultEntropy()).String(), Tool: "landfall " + version(),
		Started: l.now().UTC().Truncate(time.Second), Roots: trust.Digests(), Data: l.consulted,
		Plan: &evidence.Plan{Targets: l.planned, Vantages: l.vantages, Countries: []string{l.countries.String()}},
	}
	var w *evidence.Writer
	if path == "" {
		w, err = evidence.NewWriter(l.out, header)
	} else {
		w, err = evidence.Create(path, header)
	}
	if err != nil {
		return nil, err
	}
	b := &bundle{path: path, writer: w, header: header}
	return b, b.stand(v)
}

// stand returns this machine a line, where it is looked from.
func (b *bundle) stand(v *evidence.Vantage) error {
	if v == nil {
		return nil
	}
	last := 0
	for _, o := range b.seen {
		if old, ok := o.(*evidence.Vantage); ok {
			if last++; samePlace(old, v) {
				b.vantage = old
				return nil
			}
		}
	}
	v.ID = "v" + strconv.Itoa(last+1)
	b.vantage = v
	return b.record(v)
}

func (l *looking) reopen(u *ui, v *evidence.Vantage, trust *probes.Trust) (*bundle, error) {
	w, before, err := evidence.Resume(l.resume)
	if err != nil {
		return nil, err
	}
	if err := sameRoots(before.Header, trust); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	b := &bundle{path: l.resume, writer: w, header: before.Header, seen: before.Observations}
	u.note("going on with %s: %d observations are there", l.resume, len(before.Observations))
	if v != nil && onlyOtherMachines(before.Observations, v) {
		u.warn("the run was begun on another machine: this one is a vantage of its own, and asks for itself. If it is the same and only keeps no files, set $%s to a word of yours in both", machineVariable)
	}
	return b, b.stand(v)
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

// within bounds a run by --timeout.
func (l *looking) within(ctx context.Context) (context.Context, context.CancelFunc) {
	if l.timeout <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, l.timeout, fmt.Errorf("--timeout %s is over", l.timeout))
}

// look runs all probes on the targets into the bundle, those that look in data
// sets alone where nobody looks from here. Complete is false where the run was
// stopped or could not measure; the reason is then in err.
func (l *looking) look(ctx context.Context, u *ui, b *bundle, targets []probes.Target, sources *sources) (probes.Summary, error) {
	config, err := l.config(targets, sources)
	if err != nil {
		return probes.Summary{}, err
	}
	if b.vantage == nil {
		if slices.ContainsFunc(targets, isBucket) {
			u.warn("clouds are asked about buckets from this machine alone: give --vantage %s too", here)
		}
		return l.consult(ctx, b, config, targets)
	}
	config.Vantage = b.vantage.ID
	list := probes.All(config)
	update, end := u.bar("looking")
	defer end()
	options := probes.Options{
		Concurrency: l.concurrency,
		Progress:    func(done, planned int) { update(int64(done), int64(planned)) },
	}
	record := func(observations ...evidence.Observation) error {
		for _, o := range observations {
			if failed, ok := o.(*evidence.Error); ok {
				u.debug("%s %s: %s (%s)", failed.Probe, failed.Target, failed.Error, failed.Class)
			}
		}
		return b.record(observations...)
	}
	check := !l.noSelfcheck && !onlyBuckets(targets)
	if check {
		targets = append(slices.Clone(targets), selfcheck.Targets()...)
	}
	clock, seen := selfcheck.NewClock(l.now), probes.NewSeen(b.seen...)
	summary, err := probes.Run(ctx, options, list, targets, seen, record)
	if slices.ContainsFunc(targets, isBucket) {
		tellRefusals(u, seen.Of(evidence.KindError))
	}
	if !check || summary.Steps == 0 {
		return summary, err
	}
	return summary, errors.Join(err, b.record(selfcheck.Judge(b.vantage, seen.All(), clock.Check())))
}

// config is what the probes of this run need; where they look from is left out.
func (l *looking) config(targets []probes.Target, sources *sources) (probes.Config, error) {
	resolvers, err := parseResolvers(l.resolvers)
	if err != nil {
		return probes.Config{}, err
	}
	trust, err := l.roots.trust()
	if err != nil {
		return probes.Config{}, err
	}
	clients, err := l.countries.clients(targets)
	return probes.Config{
		Trust:     trust,
		Resolvers: resolvers, Clients: clients, GeoIP: sources.geoip, ASN: sources.asn, Ranges: sources.table,
		Now: l.now, Samples: l.samples, Version: version(), Clouds: l.cloudsFor(targets),
	}, err
}

// consult looks into data sets alone.
func (l *looking) consult(ctx context.Context, b *bundle, config probes.Config, targets []probes.Target) (probes.Summary, error) {
	list := slices.DeleteFunc(probes.All(config), func(p probes.Probe) bool { return !p.Spec().Local })
	summary, err := probes.Run(ctx, probes.Options{Concurrency: l.concurrency}, list, targets, probes.NewSeen(b.seen...), b.record)
	summary.Heard = true // nobody was to be heard
	return summary, err
}

// cutOff reports whether a run heard nobody because this machine has no way
// out. What the run saw makes it likely; where the system's own resolver was
// asked, a control question decides: a resolver of a closed network denies
// every name, and so may that of a home for names that are gone.
func (l *looking) cutOff(ctx context.Context, summary probes.Summary) bool {
	if summary.Steps == 0 || summary.Heard {
		return false
	}
	if len(l.resolvers) > 0 {
		return summary.NoNetwork
	}
	return !resolvesRoot(context.WithoutCancel(ctx))
}

func parseResolvers(texts []string) ([]dns.Resolver, error) {
	var out []dns.Resolver
	var problems []error
	for _, text := range texts {
		r, err := dns.ParseResolver(text)
		if err != nil {
			err = fmt.Errorf("--resolver: %w", err)
		}
		out, problems = append(out, r), append(problems, err)
	}
	return out, errors.Join(problems...)
}

// judged reports the sheets that have claims.
func judged(sheets []*providers.Sheet) []*providers.Sheet {
	return slices.DeleteFunc(slices.Clone(sheets), func(s *providers.Sheet) bool { return len(s.Claims) == 0 })
}

// fetchClient is the client that data sets are fetched with.
func fetchClient() *http.Client { return datasets.Client(http.DefaultTransport) }
