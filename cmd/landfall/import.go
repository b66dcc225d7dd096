package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/cmd/landfall/foreign"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/platform"
	"github.com/landfall-audit/landfall/probes/platform/atlas"
	"github.com/landfall-audit/landfall/probes/probe"
)

const (
	// clockSkew is how far the clock of whoever measured may be ahead.
	clockSkew = time.Hour
	// maxMachineBytes bounds the name of a machine.
	maxMachineBytes = 100
)

// importing is one call of import.
type importing struct {
	*looking
	out     string
	probes  string
	machine string
	at      timeFlag
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
	i := &importing{looking: &looking{surroundings: s, logLevel: levelInfo}}
	f := c.Flags()
	f.StringArrayVar(&i.vantages, "vantage", []string{here}, "where mtr, nexttrace or scamper ran: here@`LAT,LON[,RADIUS_KM]`")
	f.Var(&i.at, "at", "when the tools ran that do not say it: a time (RFC 3339) or a date")
	f.StringVar(&i.machine, "machine", "", "a `NAME` of the machine that --vantage speaks of, the same in every import")
	f.StringVar(&i.probes, "probes", "", "`FILE` with the places of RIPE Atlas's probes")
	f.StringVar(&i.out, "out", "", "write to `FILE` (.gz and .zst are compressed) instead of standard output")
	f.Var(&i.logLevel, "log-level", "how much to say on standard error: debug, info, warn, error")
	c.RunE = func(_ *cobra.Command, args []string) error { return i.run(args) }
	return c
}

func (i *importing) run(files []string) error {
	options, err := i.options()
	if err != nil {
		return err
	}
	if i.at.After(i.now().Add(clockSkew)) {
		return fmt.Errorf("--at %s is in the future; give when it was measured", &i.at)
	}
	u := newUI(i.surroundings, i.logLevel)
	var readings []platform.Reading
	var broken, partly []error
	for _, file := range files {
		got, err := i.read(file, options)
		if len(got) == 0 {
			broken = append(broken, err)
		} else if partly = append(partly, err); err == nil {
			u.debug("%s: %s", file, counted(len(got), "vantage"))
		}
		readings = append(readings, got...)
	}
	if err := errors.Join(broken...); err != nil {
		return errors.Join(append(broken, partly...)...)
	}
	if n := atlas.Unplaced(readings); n > 0 {
		u.warn("%s of RIPE Atlas without a place; give --probes with the places of all of them", counted(n, "probe"))
	}
	if err := i.write(u, readings); err != nil {
		return incomplete(err)
	}
	if err := errors.Join(partly...); err != nil {
		return incomplete(err)
	}
	return nil
}

// options reads what the flags say of files.
func (i *importing) options() (platform.FileOptions, error) {
	var o platform.FileOptions
	from, err := parseVantages(i.vantages)
	switch {
	case err != nil:
		return o, err
	case from.here == nil:
		return o, fmt.Errorf("--vantage says where mtr, nexttrace or scamper ran: here@LAT,LON is expected")
	case len(i.machine) > maxMachineBytes || probe.Text(i.machine, maxMachineBytes) != i.machine:
		return o, fmt.Errorf("--machine: a name of at most %d printable bytes is expected", maxMachineBytes)
	}
	o.Here, o.Here.Machine = *from.here, i.machine
	if i.probes == "" {
		return o, nil
	}
	data, err := i.bytesOf(i.probes)
	if err == nil {
		data, err = foreign.Unpack(data)
	}
	if err == nil {
		o.Places, err = atlas.ReadProbes(data)
	}
	if err != nil {
		err = fmt.Errorf("--probes %s: %w", i.probes, err)
	}
	return o, err
}

// read reads one file of any of the formats. What is wrong with parts of it is the
// error; without readings, nothing could be read.
func (i *importing) read(file string, options platform.FileOptions) ([]platform.Reading, error) {
	data, err := i.bytesOf(file)
	if err != nil {
		return nil, err
	}
	readings, err := foreign.Read(data, options)
	var problems platform.Problems
	problems.AddAs(file+": ", err)
	var kept []platform.Reading
	for _, r := range readings {
		whole := r.Observations
		r.Observations = nil
		for _, o := range whole {
			err := i.usable(o)
			if errors.Is(err, errNoTime) {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			if problems.AddAs(file+": ", err); err == nil {
				r.Observations = append(r.Observations, o)
			}
		}
		if len(r.Observations) > 0 {
			kept = append(kept, r)
		}
	}
	if problems.Err() == nil && len(kept) == 0 {
		problems.AddAs(file+": ", errors.New("there is no measurement in it"))
	}
	return kept, problems.Err()
}

var errNoTime = errors.New("the file does not say when it was measured; give --at TIME, such as 2026-11-02T15:04:05Z or 2026-11-02")

// usable completes an observation, and reports what no evidence can hold.
func (i *importing) usable(o evidence.Observation) error {
	meta := o.Common()
	if meta.At.IsZero() {
		meta.At = i.at.Time
	}
	if failed, ok := o.(*evidence.Error); ok && failed.Probe == "" {
		failed.Probe = evidence.NetworkImport
	}
	switch {
	case meta.At.IsZero():
		return errNoTime
	case meta.At.After(i.now().Add(clockSkew)):
		return fmt.Errorf("a measurement of %s is in the future and is left out; set the clock, or correct the time in the file", meta.At.Format(time.RFC3339))
	}
	meta.ID = "e"
	defer func() { meta.ID = "" }()
	if err := evidence.Validate(o); err != nil {
		return fmt.Errorf("it has a value that no measurement can have, and is left out: %w", err)
	}
	return nil
}

func (i *importing) bytesOf(file string) ([]byte, error) {
	in := i.in
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, fmt.Errorf("opening what is to be imported: %w", err)
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, foreign.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	if len(data) > foreign.MaxBytes {
		return nil, fmt.Errorf("%s has more than %d bytes; split it", file, foreign.MaxBytes)
	}
	return data, nil
}

// write writes readings as evidence of the network import.
func (i *importing) write(u *ui, readings []platform.Reading) error {
	b, err := i.open(i.out, u, nil)
	if err != nil {
		return err
	}
	return errors.Join(keepReadings(b, readings), b.writer.Close())
}

// keepReadings records readings, each vantage once. Where a format has an id for a
// measurement, the vantage names the first that it is known from, so that importing
// a file again is seen to bring no other vantage.
func keepReadings(b *bundle, readings []platform.Reading) error {
	ids := map[string]string{}
	for _, r := range readings {
		v := r.Vantage
		v.Network, v.Meta = evidence.NetworkImport, evidence.Meta{}
		key, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("telling vantages apart: %w", err)
		}
		if ids[string(key)] == "" {
			v.Meta = evidence.Meta{
				Kind: evidence.KindVantage, ID: "v" + strconv.Itoa(len(ids)+1), Measurement: r.Observations[0].Common().Measurement,
			}
			ids[string(key)] = v.ID
			if err := b.record(&v); err != nil {
				return err
			}
		}
		for _, o := range r.Observations {
			o.Common().Vantage = ids[string(key)]
		}
		if err := b.record(r.Observations...); err != nil {
			return err
		}
	}
	return nil
}
