package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/landfall-audit/landfall/audit"
	"github.com/landfall-audit/landfall/audit/campaign"
	"github.com/landfall-audit/landfall/probes"
)

// looking is what audit, probe, canary and selfcheck share: the flags that say how
// to look.
type looking struct {
	surroundings
	options    audit.Options
	countries  countriesFlag
	dryRun     bool
	logLevel   level
	noProgress bool
	ui         *ui
}

func addLooking(c *cobra.Command, s surroundings) *looking {
	l := &looking{surroundings: s, logLevel: levelInfo}
	f, o, look := c.Flags(), &l.options, &l.options.Look
	f.StringArrayVar(&look.Roots, "roots", nil, "root certificates in `FILE.pem` that you vouch for, beside Mozilla's (repeatable; also $"+campaign.RootsVariable+");\nevidence and report name them. The system's own store decides nothing")
	f.StringArrayVar(&o.TargetFiles, "targets", nil, "read further targets from `FILE`, one a line, # for remarks, - for standard input (repeatable)")
	f.StringArrayVar(&o.Claims, "claims", nil, "claims `FILE` or folder (repeatable)")
	f.BoolVar(&o.Data.Offline, "offline", false, "fetch no data sets")
	addVantage(f, &look.Vantages, "where to look from (repeatable): "+campaign.VantageHelp())
	f.IntVar(&look.Budget, "budget", campaign.DefaultBudget, "order at most `N` measurements of platforms, each of one address from one vantage")
	f.BoolVar(&l.dryRun, "dry-run", false, "measure nothing: say what would be ordered of platforms, what it costs, and what it can show")
	addResolvers(f, &look.Resolvers)
	f.Var(&l.countries, "countries", "ask zones' own servers what users of these countries are given: `CODES` such as DE,IN, all or none")
	f.StringArrayVar(&o.Data.GeoIP, "geoip", nil, "geolocation database `FILE.mmdb` (repeatable, beside the embedded one)")
	f.StringArrayVar(&o.Data.ASN, "asn", nil, "network database `FILE.mmdb` (repeatable)")
	f.BoolVar(&look.AllowPrivate, "allow-private", false, "contact loopback, link-local and private addresses too, for targets that are yours")
	f.IntVar(&look.Concurrency, "concurrency", 0, fmt.Sprintf("steps at once (0: %d, less where the system gives few descriptors)", probes.DefaultConcurrency))
	f.DurationVar(&look.Timeout, "timeout", 0, "end the whole run after this long (0: no limit)")
	f.IntVar(&look.Samples, "samples", 0, "connections for one round-trip time (0: the default)")
	f.StringVar(&look.Resume, "resume", "", "go on with the evidence in `FILE`; nothing answered is asked again")
	f.BoolVar(&look.NoSelfcheck, "no-selfcheck", false, "time no hosts of published place: this machine then carries no verdict alone")
	addLogLevel(f, &l.logLevel)
	addNoProgress(f, &l.noProgress)
	return l
}

func addVantage(f *pflag.FlagSet, to *[]string, help string) {
	f.StringArrayVar(to, "vantage", []string{"here"}, help)
}

func addResolvers(f *pflag.FlagSet, to *[]string) {
	f.StringArrayVar(to, "resolver", nil, "resolver `ADDR`: IP:port, tls://host, https://…/dns-query (repeatable; default the system's)")
}

func addDataDir(f *pflag.FlagSet, to *string, name string) {
	f.StringVar(to, name, "", "`FOLDER` of the data sets (default landfall/data in the user's cache folder)")
}

func addLogLevel(f *pflag.FlagSet, to *level) {
	f.Var(to, "log-level", "how much to say on standard error: debug, info, warn, error")
}

func addNoProgress(f *pflag.FlagSet, to *bool) {
	f.BoolVar(to, "no-progress", false, "draw no progress")
}

// countriesFlag is the flag --countries.
type countriesFlag struct{ campaign.Countries }

func (c *countriesFlag) Type() string { return "CODES" }

func (c *countriesFlag) Set(text string) (err error) {
	c.Countries, err = campaign.ParseCountries(text)
	return err
}

// ready begins one call of a command: what the flags say, with the terminal as the
// one that gets the events.
func (l *looking) ready(targets []string) audit.Options {
	l.ui = newUI(l.surroundings, l.logLevel)
	l.ui.progress = l.ui.progress && !l.noProgress
	o := l.options
	o.Targets, o.In = targets, l.in
	o.Look.Countries = l.countries.Countries
	o.Look.Events, o.Look.Now, o.Look.Getenv = l.ui.tell, l.now, l.getenv
	if o.Look.Budget == 0 {
		o.Look.Budget = -1 // that no flag is given is the default of the flag
	}
	return o
}

// showDryRun prints what would be ordered.
func (l *looking) showDryRun(ctx context.Context, o audit.Options, plan func(context.Context, audit.Options) (*campaign.DryRun, error)) error {
	next, err := plan(ctx, o)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(l.out, 0, 0, 2, ' ', 0)
	for _, look := range next.Lookups {
		fmt.Fprintf(w, "look up\t%s\t%s\tto learn its addresses\n", oneLine(look.Name), oneLine(look.Vantage))
	}
	for _, m := range next.Measurements {
		fmt.Fprintf(w, "time\t%s\t%s\t%s\n", oneLine(m.What), oneLine(m.Vantage), m.Why)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(l.out, "the next round costs %d of the %d that may be spent; %s\n", next.Cost, next.Left, next.Standing)
	return err
}

// platformNames are the measurement networks as help texts list them.
func platformNames() string { return strings.Join(campaign.PlatformNames(), ", ") }
