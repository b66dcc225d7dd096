// Package platformtest is the bench that the clients of measurement platforms are
// tested on: a simulated platform that measures in a scenario, and what a run
// records of it.
package platformtest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/probes/platform"
)

// Scenario names the scenario with machines of all platforms.
const Scenario = "from-everywhere"

// Pause is what a client waits before it repeats a request to a simulated
// platform.
const Pause = 20 * time.Millisecond

// Simulated is a simulated platform.
type Simulated interface {
	http.Handler
	Close() error
}

// Lab is a simulated platform on loopback, and what was recorded of it.
type Lab struct {
	Base  *url.URL // of the platform
	Lines []evidence.Observation
}

// Load returns the scenario.
func Load(t testing.TB) *scenario.Scenario {
	t.Helper()
	s, err := scenario.Named(Scenario)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// New serves a platform until the test ends.
func New(t testing.TB, simulated Simulated) *Lab {
	t.Helper()
	server := httptest.NewServer(simulated)
	t.Cleanup(func() {
		server.Close()
		if err := simulated.Close(); err != nil {
			t.Error(err)
		}
	})
	base, err := platform.ParseBase(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	return &Lab{Base: base}
}

// Run goes on from all that was recorded, with a client of the platform.
func (l *Lab) Run(client platform.Platform) *platform.Run {
	return &platform.Run{Platforms: []platform.Platform{client}, Seen: slices.Clone(l.Lines), Record: l.record}
}

func (l *Lab) record(lines ...evidence.Observation) error {
	for _, o := range lines {
		if o.Common().ID == "" {
			o.Common().ID = "e" + strconv.Itoa(len(l.Lines)+1)
		}
		if err := evidence.Validate(o); err != nil {
			return err
		}
		l.Lines = append(l.Lines, o)
	}
	return nil
}

// Of returns the lines of one type.
func Of[T evidence.Observation](l *Lab) []T {
	var out []T
	for _, o := range l.Lines {
		if x, ok := o.(T); ok {
			out = append(out, x)
		}
	}
	return out
}

// Offers returns what a client offers of a place.
func Offers(t testing.TB, client platform.Platform, place string) []platform.Offer {
	t.Helper()
	all, err := client.Offers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(o platform.Offer) bool { return !o.In(place) })
}
