// Package simulated runs the command in a simulated internet: it looks at a scenario
// from each of its vantages and puts together what was seen.
package simulated

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/landfall-audit/landfall/audit/archive"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/fakenet"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/probes/selfcheck"
)

// Run looks at a scenario from its vantages, each in a world of its own, with this
// very program.
type Run struct {
	Scenario *scenario.Scenario
	AtOnce   int      // worlds side by side
	Work     string   // folder of temporary files
	Again    []string // how this program is started to hold a world

	args []string // of each look
}

// statusIncomplete is that of a look that could not measure all.
const statusIncomplete = 3

// landmarks are the known hosts as a simulated internet has them.
func landmarks() []scenario.Landmark {
	var out []scenario.Landmark
	for _, k := range selfcheck.KnownHosts() {
		out = append(out, scenario.Landmark{Host: k.Host, At: scenario.Place{Lat: k.Lat, Lon: k.Lon}})
	}
	return out
}

// Prepare writes the files that a look takes: the claims into a folder of
// their own, and the scenario's databases.
func (r *Run) Prepare(claims string) error {
	r.Scenario = r.Scenario.AddLandmarks(landmarks())
	if err := archive.MakeFolder(claims); err != nil {
		return err
	}
	for i, text := range r.Scenario.Claims {
		path := filepath.Join(claims, fmt.Sprintf("%s-%d.yaml", r.Scenario.Name, i+1))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return fmt.Errorf("writing the claims: %w", err)
		}
	}
	nothing := filepath.Join(r.Work, "data") // in which no data sets are
	if err := archive.MakeFolder(nothing); err != nil {
		return err
	}
	r.args = append([]string{"--no-progress", "--claims", claims, "--data-dir", nothing}, r.Scenario.Args...)
	for _, db := range []struct {
		flag string
		data func() ([]byte, error)
	}{{"geoip", r.Scenario.Databases.GeoIPFile}, {"asn", r.Scenario.Databases.ASNFile}} {
		data, err := db.data()
		if err != nil {
			return err
		}
		if data == nil {
			continue
		}
		path := filepath.Join(r.Work, db.flag+".mmdb")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return fmt.Errorf("writing the database of the scenario: %w", err)
		}
		r.args = append(r.args, "--"+db.flag, path)
	}
	return nil
}

// Everywhere looks from all vantages and puts together what they saw.
func (r *Run) Everywhere(ctx context.Context, progress func(done int)) (*evidence.Bundle, error) {
	vantages := r.Scenario.Lookouts()
	bundles, problems := make([]*evidence.Bundle, len(vantages)), make([]error, len(vantages))
	var wait sync.WaitGroup
	var mu sync.Mutex
	done, slots := 0, make(chan struct{}, r.AtOnce)
	progress(0)
	for i := range vantages {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			bundles[i], problems[i] = r.from(ctx, &vantages[i])
			mu.Lock()
			defer mu.Unlock()
			done++
			progress(done)
		})
	}
	wait.Wait()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("stopped before all was seen: %w", context.Cause(ctx))
	}
	if err := errors.Join(distinct(problems)...); err != nil {
		return nil, err
	}
	merged, err := evidence.Merge(bundles...)
	if err != nil {
		return nil, err
	}
	merged.Sources = nil // what is written is one file, of one supplier
	return merged, nil
}

// distinct keeps errors that say the same only once: what this system cannot
// do, it cannot do for any vantage.
func distinct(problems []error) []error {
	var out []error
	seen := map[string]bool{}
	for _, err := range problems {
		if err != nil && !seen[err.Error()] {
			seen[err.Error()] = true
			out = append(out, err)
		}
	}
	return out
}

// File is where the evidence of a vantage is written to.
func (r *Run) File(v *scenario.Vantage) string { return filepath.Join(r.Work, v.Name+".jsonl") }

// from looks from one vantage.
func (r *Run) from(ctx context.Context, v *scenario.Vantage) (*evidence.Bundle, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	path := r.File(v)
	at := v.At
	if v.Declared != nil {
		at = *v.Declared
	}
	// The place is known to a few kilometres, as that of a server room is.
	args := append([]string{"landfall", "probe", "--out", path, "--vantage", fmt.Sprintf("here@%g,%g,5", at.Lat, at.Lon)}, r.args...)
	var said bytes.Buffer
	err := fakenet.Run(ctx, r.Scenario, v.Name, fakenet.Job{
		Again: r.Again, Path: "/proc/self/exe", Args: args, Stdout: &said, Stderr: &said,
	})
	var unavailable *fakenet.UnavailableError
	var exit *exec.ExitError
	switch {
	case errors.As(err, &unavailable):
		return nil, unavailable
	case errors.As(err, &exit) && exit.ExitCode() == statusIncomplete:
		// What was collected is kept, and the judge says what is missing.
	case err != nil:
		return nil, fmt.Errorf("looking from %s: %w\n%s", v.Name, err, strings.TrimSpace(said.String()))
	}
	b, err := evidence.ReadFile(path)
	if err != nil {
		return nil, err
	}
	for _, o := range b.Observations {
		if seen, ok := o.(*evidence.Vantage); ok && seen.Network == evidence.NetworkLocal {
			seen.Name = v.Name
		}
	}
	return b, nil
}
