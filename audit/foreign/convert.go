package foreign

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/landfall-audit/landfall/audit/campaign"
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

// Check reports what is wrong with options.
func (o Options) Check() error {
	if name := o.Here.Machine; len(name) > maxMachineBytes || probe.Text(name, maxMachineBytes) != name {
		return fmt.Errorf("--machine: a name of at most %d printable bytes is expected", maxMachineBytes)
	}
	if o.At.After(o.Now.Add(clockSkew)) {
		return fmt.Errorf("--at %s is in the future; give when it was measured", o.At.Format(time.RFC3339))
	}
	return nil
}

// ReadProbes reads the places of RIPE Atlas's probes from a file; "-" is in.
func ReadProbes(file string, in io.Reader) (places atlas.Probes, err error) {
	data, err := bytesOf(file, in)
	if err == nil {
		data, err = Unpack(data)
	}
	if err == nil {
		places, err = atlas.ReadProbes(data)
	}
	if err != nil {
		err = fmt.Errorf("--probes %s: %w", file, err)
	}
	return places, err
}

// NewHeader returns the first line of the evidence, which names where the tools ran.
func NewHeader(now time.Time, vantages []string) evidence.Header {
	header := campaign.NewHeader(now)
	header.Plan = &evidence.Plan{Vantages: vantages, Countries: []string{campaign.Countries{None: true}.String()}}
	return header
}

// ReadFile reads one file of any of the formats; "-" is in. What is wrong with parts of it is the
// error; without readings, nothing could be read.
func (o Options) ReadFile(file string, in io.Reader) ([]platform.Reading, error) {
	data, err := bytesOf(file, in)
	if err != nil {
		return nil, err
	}
	readings, err := Read(data, o.FileOptions)
	var problems platform.Problems
	problems.AddAs(file+": ", err)
	var kept []platform.Reading
	for _, r := range readings {
		whole := r.Observations
		r.Observations = nil
		for _, seen := range whole {
			err := o.usable(seen)
			if errors.Is(err, errNoTime) {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			if problems.AddAs(file+": ", err); err == nil {
				r.Observations = append(r.Observations, seen)
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
func (o Options) usable(seen evidence.Observation) error {
	meta := seen.Common()
	if meta.At.IsZero() {
		meta.At = o.At
	}
	if failed, ok := seen.(*evidence.Error); ok && failed.Probe == "" {
		failed.Probe = evidence.NetworkImport
	}
	switch {
	case meta.At.IsZero():
		return errNoTime
	case meta.At.After(o.Now.Add(clockSkew)):
		return fmt.Errorf("a measurement of %s is in the future and is left out; set the clock, or correct the time in the file", meta.At.Format(time.RFC3339))
	}
	meta.ID = "e"
	defer func() { meta.ID = "" }()
	if err := evidence.Validate(seen); err != nil {
		return fmt.Errorf("it has a value that no measurement can have, and is left out: %w", err)
	}
	return nil
}

// bytesOf returns what is in a file; "-" is in.
func bytesOf(file string, in io.Reader) ([]byte, error) {
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, fmt.Errorf("opening what is to be imported: %w", err)
		}
		defer f.Close()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", file, err)
	}
	if len(data) > MaxBytes {
		return nil, fmt.Errorf("%s has more than %d bytes; split it", file, MaxBytes)
	}
	return data, nil
}

// Keep records readings as evidence of the network import, each vantage once. Where a format has an id for a
// measurement, the vantage names the first that it is known from, so that importing
// a file again is seen to bring no other vantage.
func Keep(to *campaign.Recording, readings []platform.Reading) error {
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
			if err := to.Add(&v); err != nil {
				return err
			}
		}
		for _, o := range r.Observations {
			o.Common().Vantage = ids[string(key)]
		}
		if err := to.Add(r.Observations...); err != nil {
			return err
		}
	}
	return nil
}
