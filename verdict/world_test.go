package verdict_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/internal/verdicttest"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
)

// world is an address whose hosts have known places, seen from vantages that
// tell the truth but for the liars among them.
type world struct {
	hosts    []providers.Region
	vantages []providers.Region
	liars    map[int]bool
	seed     uint64
}

func placed() []providers.Region {
	return slices.DeleteFunc(providers.Regions(), func(r providers.Region) bool { return r.RadiusKM == 0 || r.Country == "" })
}

func drawWorld(t *rapid.T, hosts, liars int) world {
	all := placed()
	pick := func(name string, n int) []providers.Region {
		out := make([]providers.Region, n)
		for i := range out {
			out[i] = all[rapid.IntRange(0, len(all)-1).Draw(t, name)]
		}
		return out
	}
	w := world{
		hosts:    pick("host", hosts),
		vantages: pick("vantage", rapid.IntRange(1+liars, 12).Draw(t, "vantages")),
		liars:    map[int]bool{}, seed: rapid.Uint64().Draw(t, "seed"),
	}
	for i := range liars {
		w.liars[i] = true
	}
	return w
}

// bundle measures the world. Light takes at least 1.2 times the way, and
// queues add to it; a liar is somewhere else than it says, or answers itself.
func (w world) bundle() *evidence.Bundle {
	random := rand.New(rand.NewPCG(w.seed, 1))
	b := &evidence.Bundle{Header: evidence.Header{Schema: evidence.Schema, Run: "w", Tool: "test", Started: time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)}}
	for i, v := range w.vantages {
		id := fmt.Sprintf("v%d", i)
		lat, lon := v.Lat, v.Lon
		nearest := math.Inf(1)
		for _, h := range w.hosts {
			nearest = min(nearest, geo.AtMostKM(geo.Point(v.Lat, v.Lon), geo.Point(h.Lat, h.Lon)))
		}
		ms := 2*nearest/geo.FibreKMPerMS*(1.2+random.Float64()) + random.ExpFloat64()*3 + 0.1
		if w.liars[i] {
			if random.IntN(2) == 0 {
				ms = 0.5 // a middlebox beside it
			} else {
				lat, lon = -lat, math.Remainder(lon+180, 360)
			}
		}
		b.Observations = append(b.Observations,
			&evidence.Vantage{Meta: evidence.Meta{Kind: evidence.KindVantage, ID: id}, Name: id, Lat: &lat, Lon: &lon, RadiusKM: 5, Network: evidence.NetworkLocal},
			&evidence.RTT{Meta: evidence.Meta{Kind: evidence.KindRTT, ID: "e" + id, Vantage: id}, Addr: netip.MustParseAddr(addr), Method: evidence.MethodTCP, MinMS: ms})
	}
	return b
}

// sheet claims both ways of each country in the world, and of the EU.
func (w world) sheet() *providers.Sheet {
	s := &providers.Sheet{Vendor: "world", Endpoints: []providers.Endpoint{{Host: addr, Port: 443}}}
	places := []string{"EU", "US", "CN"}
	for _, r := range append(slices.Clone(w.hosts), w.vantages...) {
		places = append(places, r.Country)
	}
	slices.Sort(places)
	for _, text := range slices.Compact(places) {
		place, err := providers.ParsePlace(text)
		if err != nil {
			panic(err)
		}
		base := providers.Claim{About: providers.AboutLocation, Covers: []providers.Cover{providers.CoverContent}, State: providers.StateAny}
		allow, deny := base, base
		allow.ID, allow.Allow = "allow-"+text, []providers.Place{place}
		deny.ID, deny.Deny = "deny-"+text, []providers.Place{place}
		s.Claims = append(s.Claims, allow, deny)
	}
	return s
}

// wrong returns the verdicts that the truth contradicts.
func (w world) wrong(t *rapid.T) []string {
	sheet := w.sheet()
	doc := judged(t, w.bundle(), sheet)
	is := verdicttest.Truth{}
	for _, h := range w.hosts {
		is.Countries = append(is.Countries, h.Country)
	}
	var out []string
	for i, v := range doc.Verdicts {
		isTrue, _ := is.Holds(&sheet.Claims[i], providers.Date{Year: 2026, Month: 11, Day: 22})
		if isTrue && v.Result == verdict.Refuted || !isTrue && v.Result == verdict.Proven && !slices.Contains(v.Assumes, verdict.AssumesOneHost) {
			out = append(out, fmt.Sprintf("%s is %v but %s: %+v", v.Claim, isTrue, v.Result, v.Because))
		}
	}
	return out
}

func TestNoWrongVerdictInTrueWorlds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if wrong := drawWorld(t, 1, 0).wrong(t); wrong != nil {
			t.Fatalf("%q", wrong)
		}
	})
}

// Many hosts behind one address: what is refuted is refuted by some host.
func TestNoWrongRefutationOfAnycast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t, rapid.IntRange(2, 6).Draw(t, "hosts"), 0)
		var refutations []string
		for _, text := range w.wrong(t) {
			// A host that no vantage reached cannot be seen; only refutations are sound.
			if !strings.Contains(text, "but proven") {
				refutations = append(refutations, text)
			}
		}
		if refutations != nil {
			t.Fatalf("%q", refutations)
		}
	})
}

// One liar alone neither refutes nor proves.
func TestOneLiarAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if wrong := drawWorld(t, 1, 1).wrong(t); wrong != nil {
			t.Fatalf("%q", wrong)
		}
	})
}

// The labelled measurements beside the project, where they are: no true claim
// refuted, and enough of the false ones.
func TestLabelled(t *testing.T) {
	needs.Time(t)
	least := map[string]float64{"aws-cloudping-2024": 70, "wonderproxy-2020-few": 31}
	for _, folder := range labelledFolders() {
		want, chosen := least[filepath.Base(folder)]
		if !chosen {
			continue
		}
		t.Run(filepath.Base(folder), func(t *testing.T) {
			s, err := scoreFolder(folder)
			if err != nil {
				t.Fatal(err)
			}
			if s.TrueRefuted != 0 || s.FalseProven != 0 {
				t.Errorf("%d true claims refuted, %d false ones proven", s.TrueRefuted, s.FalseProven)
			}
			if got := percent(s.FalseAllowRefuted, s.FalseAllow); got < want {
				t.Errorf("%.1f %% of the false allow claims refuted, want %v %%", got, want)
			}
		})
	}
}
