// Package campaign measures: from this machine and from the vantages of
// measurement platforms, in rounds.
//
// Each round asks the planner what would decide most, orders it, collects it, and
// judges what there is. Before a result rests on the vantages of a platform, they
// are vetted against hosts of known place. All that is seen goes into a
// [Recording] at once, so that a campaign that is stopped loses nothing and can be
// gone on with.
package campaign

import (
	"context"
	"errors"
	"slices"

	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/audit/sources"
	"github.com/landfall-audit/landfall/audit/target"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes"
	"github.com/landfall-audit/landfall/probes/dns"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/storage"
	"github.com/landfall-audit/landfall/providers"
)

// Campaign is one measurement campaign: what is looked at, from where, and the
// evidence that is kept.
type Campaign struct {
	Options
	sheets    []*providers.Sheet
	targets   []probes.Target
	vantages  *Vantages
	resolvers []dns.Resolver
	trust     *probes.Trust
	machine   string
	sources   *sources.Opened
	evidence  *Recording
}

// New checks all that a campaign needs before anything is contacted. Sheets are
// what it looks at; its error joins all that is wrong.
func New(o Options, sheets []*providers.Sheet) (*Campaign, error) {
	c := &Campaign{Options: o.WithDefaults(), sheets: sheets, sources: &sources.Opened{}}
	c.Budget = max(0, c.Budget)
	var errs [5]error
	c.targets, errs[0] = target.Probed(sheets, c.AllowPrivate)
	c.vantages, errs[1] = ParseVantages(c.Vantages)
	c.resolvers, errs[2] = ParseResolvers(c.Resolvers)
	c.trust, errs[3] = readRoots(c.Roots, c.Getenv)
	c.machine, errs[4] = machineID(c.Getenv)
	return c, errors.Join(errs[:]...)
}

// Here returns this machine as a vantage; nil where nobody looks from it.
func (c *Campaign) Here() *evidence.Vantage { return c.vantages.Here }

// OnlyHere reports whether this machine is looked from, and nothing else.
func (c *Campaign) OnlyHere() bool { return c.vantages.Here != nil && len(c.vantages.remote) == 0 }

// Targets returns what is looked at.
func (c *Campaign) Targets() []probes.Target { return c.targets }

// Consult makes the campaign look addresses up in data sets.
func (c *Campaign) Consult(data *sources.Opened) { c.sources = data }

// Run looks from this machine and then from remote vantages, and goes on with what
// an earlier run ordered. Its error says why the evidence is not complete.
func (c *Campaign) Run(ctx context.Context) (probes.Summary, error) {
	summary, err := c.Look(ctx, c.targets)
	if found := c.learn(); len(found) > 0 && c.evidence.Vantage != nil && ctx.Err() == nil {
		more, moreErr := c.Look(ctx, found)
		summary, err = summary.With(more), errors.Join(err, moreErr)
	}
	if ctx.Err() == nil {
		err = errors.Join(err, coverageOf(c.targets, c.evidence.Seen()).report(c.Events))
	}
	if len(c.vantages.remote) == 0 || ctx.Err() != nil {
		return summary, err
	}
	r, remoteErr := c.connect(ctx)
	if remoteErr == nil {
		remoteErr = r.run(ctx)
	}
	if platform.ReadJournal(c.evidence.Seen()).Tests() > 0 {
		summary.Heard = true
	}
	return summary, errors.Join(err, remoteErr)
}

// learn adds the endpoints to the targets that the first look showed. They are
// those of copies of buckets, and those that clients are sent to.
func (c *Campaign) learn() []probes.Target {
	before := len(c.targets)
	doors := storage.Doors(c.targets, c.evidence.Seen())
	derived, cut := derivedTargets(c.targets, c.evidence.Seen())
	for _, host := range cut {
		c.Events.Send(event.TooManyDerived{Host: host, Most: maxDerived})
	}
	for _, t := range slices.Concat(doors, derived) {
		if !slices.ContainsFunc(c.targets[before:], func(known probes.Target) bool { return endpointKey(known) == endpointKey(t) }) {
			c.targets = append(c.targets, t)
		}
	}
	return c.targets[before:]
}

// CutOff reports whether a run heard nobody because this machine has no way
// out. What the run saw makes it likely; where the system's own resolver was
// asked, a control question decides: a resolver of a closed network denies
// every name, and so may that of a home for names that are gone.
func (c *Campaign) CutOff(ctx context.Context, summary probes.Summary) bool {
	if summary.Steps == 0 || summary.Heard {
		return false
	}
	if len(c.resolvers) > 0 {
		return summary.NoNetwork
	}
	return !sources.ResolvesRoot(context.WithoutCancel(ctx))
}
