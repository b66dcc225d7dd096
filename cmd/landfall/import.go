package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/remote"
	"github.com/landfall-audit/landfall/probes/remote/atlas"
	"github.com/landfall-audit/landfall/probes/remote/globalping"
	"github.com/landfall-audit/landfall/probes/remote/mtr"
	"github.com/landfall-audit/landfall/probes/remote/scamper"
)

// maxImportBytes bounds a file that is brought in.
const maxImportBytes = 256 << 20

// importing is one call of import.
type importing struct {
	*looking
	out    string
	probes string
	known  []evidence.Vantage
}

// foreign is a format that is brought in.
type foreign struct {
	name string
	is   func(data []byte) bool
	read func(i *importing, data []byte) ([]remote.Reading, error)
}

// foreignFormats lists the formats, told apart by what only they have.
func foreignFormats() []foreign {
	return []foreign{
		{"mtr", has("report"), func(i *importing, data []byte) ([]remote.Reading, error) { return i.mine(mtr.Read(data)) }},
		{"globalping", has("probesCount"), (*importing).readGlobalping},
		{"atlas", isAtlas, (*importing).readAtlas},
		{"scamper", has("type"), func(i *importing, data []byte) ([]remote.Reading, error) { return i.mine(scamper.Read(data)) }},
	}
}

func formatWords() string {
	var names []string
	for _, f := range foreignFormats() {
		names = append(names, f.name)
	}
	return strings.Join(names, ", ")
}

// has reports whether a file begins with an object that has a field.
func has(field string) func([]byte) bool {
	return func(data []byte) bool {
		var first map[string]json.RawMessage
		return json.NewDecoder(bytes.NewReader(data)).Decode(&first) == nil && first[field] != nil
	}
}

// isAtlas knows a list of results, an object a line of them, and what the client
// puts together.
func isAtlas(data []byte) bool {
	var list []struct {
		Probe *int `json:"prb_id"`
	}
	if json.Unmarshal(data, &list) == nil {
		return len(list) > 0 && list[0].Probe != nil
	}
	return has("prb_id")(data) || has("results")(data) && has("probes")(data)
}

func newImport(s surroundings) *cobra.Command {
	c := &cobra.Command{
		Use:   "import FILE…",
		Short: "Make evidence of what others measured",
		Long: `Make evidence of what others measured: ` + formatWords() + ` (JSON). Files are told
apart by what is in them; - is standard input.

What was measured elsewhere has passed no self-check, so it takes two vantages to
carry a verdict. scamper and mtr do not say where they ran: give --vantage
here@LAT,LON. The results of RIPE Atlas name probes by number: --probes FILE is
the answer of its API to /api/v2/probes/?id__in=….

Exit status: 0 complete; 2 bad usage, or a file that cannot be read; 3 the
evidence could not be written.`,
		Example: `  mtr --json -n 203.0.113.7 | landfall import - --vantage here@50.11,8.68 > mtr.jsonl
  landfall import measurement.json --out globalping.jsonl
  landfall import results.json --probes probes.json --out atlas.jsonl.zst`,
		Args: cobra.MinimumNArgs(1),
	}
	i := &importing{looking: &looking{surroundings: s, logLevel: levelInfo}}
	f := c.Flags()
	f.StringArrayVar(&i.vantages, "vantage", []string{here}, "where scamper or mtr ran: here@`LAT,LON[,RADIUS_KM]`")
	f.StringVar(&i.probes, "probes", "", "`FILE` with the places of RIPE Atlas's probes")
	f.StringVar(&i.out, "out", "", "write to `FILE` (.gz and .zst are compressed) instead of standard output")
	f.Var(&i.logLevel, "log-level", "how much to say on standard error: debug, info, warn, error")
	c.RunE = func(_ *cobra.Command, args []string) error { return i.run(args) }
	return c
}

func (i *importing) run(files []string) error {
	from, err := parseVantages(i.vantages)
	if err != nil {
		return err
	}
	if from.here == nil {
		return fmt.Errorf("--vantage says where scamper or mtr ran: here@LAT,LON is expected")
	}
	i.known = []evidence.Vantage{*from.here}
	var readings []remote.Reading
	var problems []error
	for _, file := range files {
		got, err := i.read(file)
		readings, problems = append(readings, got...), append(problems, err)
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	b, err := i.open(i.out, newUI(i.surroundings, i.logLevel), nil)
	if err != nil {
		return err
	}
	if err := errors.Join(keepReadings(b, readings), b.writer.Close()); err != nil {
		return incomplete(err)
	}
	return nil
}

// read reads one file of any of the formats.
func (i *importing) read(file string) ([]remote.Reading, error) {
	data, err := i.bytesOf(file)
	if err != nil {
		return nil, err
	}
	for _, f := range foreignFormats() {
		if f.is(data) {
			got, err := f.read(i, data)
			if err != nil {
				return nil, fmt.Errorf("%s, as %s: %w", file, f.name, err)
			}
			return got, nil
		}
	}
	return nil, fmt.Errorf("%s is of no format that is known; expected JSON of %s", file, formatWords())
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
	data, err := io.ReadAll(io.LimitReader(in, maxImportBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	if len(data) > maxImportBytes {
		return nil, fmt.Errorf("%s has more than %d bytes; split it", file, maxImportBytes)
	}
	return data, nil
}

// mine gives what this machine, or the one that --vantage says, saw.
func (i *importing) mine(seen []evidence.Observation, err error) ([]remote.Reading, error) {
	return []remote.Reading{{Vantage: i.known[0], Observations: seen}}, err
}

func (i *importing) readGlobalping(data []byte) ([]remote.Reading, error) {
	ask, err := globalping.AskOf(data)
	if err != nil {
		return nil, err
	}
	return globalping.Read(ask, data)
}

// readAtlas reads a list of results, or one result a line.
func (i *importing) readAtlas(data []byte) ([]remote.Reading, error) {
	places, err := i.places()
	if err != nil {
		return nil, err
	}
	return atlas.ReadFile(data, places)
}

func (i *importing) places() ([]byte, error) {
	if i.probes == "" {
		return nil, nil
	}
	return i.bytesOf(i.probes)
}

// keepReadings writes readings as evidence of the network import.
func keepReadings(b *bundle, readings []remote.Reading) error {
	ids := map[string]string{}
	for _, r := range readings {
		v := r.Vantage
		v.Network = evidence.NetworkImport
		key, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("telling vantages apart: %w", err)
		}
		if ids[string(key)] == "" {
			v.Meta = evidence.Meta{Kind: evidence.KindVantage, ID: "v" + strconv.Itoa(len(ids)+1)}
			ids[string(key)] = v.ID
			if err := b.record(&v); err != nil {
				return err
			}
		}
		for _, o := range r.Observations {
			meta := o.Common()
			meta.Vantage = ids[string(key)]
			if failed, ok := o.(*evidence.Error); ok && failed.Probe == "" {
				failed.Probe = evidence.NetworkImport
			}
			if err := b.record(o); err != nil {
				return err
			}
		}
	}
	return nil
}
