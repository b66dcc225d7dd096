package campaign

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/audit/target"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/version"
	"github.com/landfall-audit/landfall/probes"
	"github.com/landfall-audit/landfall/probes/dns"
	"github.com/landfall-audit/landfall/probes/selfcheck"
	"github.com/landfall-audit/landfall/probes/storage"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// Look runs all probes on targets from this machine; those that look in data sets
// alone where nobody looks from here. Its error says why the run is not complete.
func (c *Campaign) Look(ctx context.Context, targets []probes.Target) (probes.Summary, error) {
	config, err := c.config(targets)
	if err != nil {
		return probes.Summary{}, err
	}
	r := c.evidence
	if r.Vantage == nil {
		if slices.ContainsFunc(targets, target.IsBucket) {
			c.Events.Send(event.CloudsNotAsked{})
		}
		return c.consult(ctx, config, targets)
	}
	config.Vantage = r.Vantage.ID
	list := probes.All(config)
	update, end := c.Events.Task("looking")
	defer end()
	options := probes.Options{
		Concurrency: c.Concurrency,
		Progress:    func(done, planned int) { update(int64(done), int64(planned)) },
	}
	record := func(observations ...evidence.Observation) error {
		for _, o := range observations {
			if failed, ok := o.(*evidence.Error); ok {
				c.Events.Send(event.StepFailed{Probe: failed.Probe, Target: failed.Target, Reason: failed.Error, Class: string(failed.Class)})
			}
		}
		return r.Add(observations...)
	}
	check := !c.NoSelfcheck && !target.OnlyBuckets(targets)
	if check {
		targets = append(slices.Clone(targets), selfcheck.Targets()...)
	}
	clock, seen := selfcheck.NewClock(c.Now), probes.NewSeen(r.Seen()...)
	summary, err := probes.Run(ctx, options, list, targets, seen, record)
	if slices.ContainsFunc(targets, target.IsBucket) {
		c.reportRefusals(seen.Of(evidence.KindError))
	}
	if !check || summary.Steps == 0 {
		return summary, err
	}
	return summary, errors.Join(err, r.Add(selfcheck.Judge(r.Vantage, seen.All(), clock.Check())))
}

// config is what the probes of this run need; where they look from is left out.
func (c *Campaign) config(targets []probes.Target) (probes.Config, error) {
	clients, err := c.Countries.clients(targets)
	return probes.Config{
		Trust:     c.trust,
		Resolvers: c.resolvers, Clients: clients, GeoIP: c.sources.GeoIP, ASN: c.sources.ASN, Ranges: c.sources.Ranges,
		Now: c.Now, Samples: c.Samples, Version: version.String(), Clouds: c.cloudsFor(targets),
	}, err
}

// consult looks into data sets alone.
func (c *Campaign) consult(ctx context.Context, config probes.Config, targets []probes.Target) (probes.Summary, error) {
	list := slices.DeleteFunc(probes.All(config), func(p probes.Probe) bool { return !p.Spec().Local })
	summary, err := probes.Run(ctx, probes.Options{Concurrency: c.Concurrency}, list, targets, probes.NewSeen(c.evidence.Seen()...), c.evidence.Add)
	summary.Heard = true // nobody was to be heard
	return summary, err
}

// ParseResolvers reads resolvers: IP:port, tls://host or https://…/dns-query.
func ParseResolvers(texts []string) ([]dns.Resolver, error) {
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

// cloudsFor returns who is asked about the buckets among the targets; nobody where
// there are none.
func (c *Campaign) cloudsFor(targets []probes.Target) cloud.Clouds {
	if !slices.ContainsFunc(targets, target.IsBucket) {
		return nil
	}
	return c.Clouds()
}

// maxRefusals bounds how many different reasons are said.
const maxRefusals = 20

// reportRefusals reports what clouds did not answer, and what would help. Each reason
// is one event, however many buckets it kept from being known.
func (c *Campaign) reportRefusals(failures []evidence.Observation) {
	first, count := map[string]string{}, map[string]int{}
	var reasons []string
	for _, o := range failures {
		failed, ok := o.(*evidence.Error)
		if !ok || failed.Probe != storage.Name {
			continue
		}
		if count[failed.Error]++; count[failed.Error] == 1 {
			first[failed.Error] = failed.Target
			reasons = append(reasons, failed.Error)
		}
	}
	for _, reason := range reasons[:min(len(reasons), maxRefusals)] {
		c.Events.Send(event.CloudRefused{Target: first[reason], More: count[reason] - 1, Reason: reason})
	}
}
