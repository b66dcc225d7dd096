package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/audit/campaign"
	"github.com/landfall-audit/landfall/audit/event"
	"github.com/landfall-audit/landfall/audit/foreign"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/platform/atlas"
)

// importing is one call of import.
type importing struct {
	surroundings
	vantages []string
	logLevel level
	out      string
	probes   string
	machine  string
	at       timeFlag
}

// timeFlag is the flag --at.
type timeFlag struct{ time.Time }

func (f *timeFlag) String() string {
	if f.IsZero() {
		return ""
	}
	return f.Format(time.RFC3339)
}

func (f *timeFlag) Type() string { return "TIME" }

func (f *timeFlag) Set(text string) error {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			f.Time = at.UTC()
			return nil
		}
	}
	return fmt.Errorf("%q is no time; a time such as 2026-11-02T15:04:05Z (RFC 3339) or a date such as 2026-11-02 is expected", text)
}

func newImport(s surroundings) *cobra.Command {
	c := &cobra.Command{
		Use:   "import FILE…",
		Short: "Convert other tools' measurements to evidence",
		Long: `Convert other tools' measurements to evidence: ` + strings.Join(foreign.Names(), ", ") + ` (JSON,
also packed by gzip, zstd or bzip2). Files are recognised by what is in them; - is
standard input.

What was measured elsewhere is trusted least: it takes two vantages to carry a
verdict. mtr, nexttrace and scamper do not say where they ran: give
--vantage here@LAT,LON. The results of RIPE Atlas name probes by number: --probes
FILE is the answer of its API to /api/v2/probes/?id__in=…, or its archive of probes.
mtr and nexttrace do not say when they ran: give --at.

What cannot be used of a file is named on standard error and left out.

Exit status: 0 complete; 2 bad usage, or a file of which nothing can be read; 3 part
of a file was left out, or the evidence could not be written.`,
		Example: `  mtr --json -n 203.0.113.7 | landfall import - --vantage here@50.11,8.68 --at "$(date -Is)" > mtr.jsonl
  landfall import measurement.json --out globalping.jsonl
  landfall import results.json.gz --probes probes.json --out atlas.jsonl.zst`,
		Args: cobra.MinimumNArgs(1),
	}
	i := &importing{surroundings: s, logLevel: levelInfo}
	f := c.Flags()
	addVantage(f, &i.vantages, "where mtr, nexttrace or scamper ran: here@`LAT,LON[,RADIUS_KM]`")
	f.Var(&i.at, "at", "when the tools ran that do not say it: a time (RFC 3339) or a date")
	f.StringVar(&i.machine, "machine", "", "a `NAME` of the machine that --vantage speaks of, the same in every import")
	f.StringVar(&i.probes, "probes", "", "`FILE` with the places of RIPE Atlas's probes")
	f.StringVar(&i.out, "out", "", "write to `FILE` (.gz and .zst are compressed) instead of standard output")
	addLogLevel(f, &i.logLevel)
	c.RunE = func(_ *cobra.Command, args []string) error { return i.run(args) }
	return c
}

func (i *importing) run(files []string) error {
	options, err := i.options()
	if err != nil {
		return err
	}
	u := newUI(i.surroundings, i.logLevel)
	var readings []platform.Reading
	var broken, partly []error
	for _, file := range files {
		got, err := options.ReadFile(file, i.in)
		if len(got) == 0 {
			broken = append(broken, err)
		} else if partly = append(partly, err); err == nil {
			u.debug("%s: %s", file, event.Count(len(got), "vantage"))
		}
		readings = append(readings, got...)
	}
	if err := errors.Join(broken...); err != nil {
		return errors.Join(append(broken, partly...)...)
	}
	if n := atlas.Unplaced(readings); n > 0 {
		u.warn("%s of RIPE Atlas without a place; give --probes with the places of all of them", event.Count(n, "probe"))
	}
	if err := i.write(readings); err != nil {
		return incomplete(err)
	}
	if err := errors.Join(partly...); err != nil {
		return incomplete(err)
	}
	return nil
}

// options reads what the flags say of files.
func (i *importing) options() (foreign.Options, error) {
	o := foreign.Options{At: i.at.Time, Now: i.now()}
	from, err := campaign.ParseVantages(i.vantages)
	if err != nil {
		return o, err
	}
	if from.Here == nil {
		return o, fmt.Errorf("--vantage says where mtr, nexttrace or scamper ran: here@LAT,LON is expected")
	}
	o.Here, o.Here.Machine = *from.Here, i.machine
	if err := o.Check(); err != nil || i.probes == "" {
		return o, err
	}
	o.Places, err = foreign.ReadProbes(i.probes, i.in)
	return o, err
}

// write writes readings as evidence of the network import.
func (i *importing) write(readings []platform.Reading) error {
	r, err := campaign.Record(i.out, i.surroundings.out, foreign.NewHeader(i.now(), i.vantages))
	if err != nil {
		return err
	}
	return errors.Join(foreign.Keep(r, readings), r.Close())
}
