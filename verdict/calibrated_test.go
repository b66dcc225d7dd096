package verdict_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
)

// mesh is evidence of hosts in providers' regions, seen from a few cities. The
// first are landmarks.
type mesh struct {
	hosts     []providers.Region
	landmarks int
	bundle    *evidence.Bundle
}

func (m mesh) addr(i int) netip.Addr { return netip.AddrFrom4([4]byte{198, 18, byte(i >> 8), byte(i)}) }

// tested returns the addresses of the hosts that are no landmarks.
func (m mesh) tested() []netip.Addr {
	var out []netip.Addr
	for i := m.landmarks; i < len(m.hosts); i++ {
		out = append(out, m.addr(i))
	}
	return out
}

// newMesh draws hosts. Replies use from a third to nine tenths of the speed of
// light, the same for all replies of one host but for a little.
func newMesh(landmarks, tested int, seed uint64) mesh {
	random := rand.New(rand.NewPCG(seed, 5))
	m := mesh{landmarks: landmarks, bundle: &evidence.Bundle{Header: evidence.Header{
		Schema: evidence.Schema, Run: "w", Tool: "test", Started: time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC),
	}}}
	cities := map[string][2]float64{"fra": {50.11, 8.68}, "lon": {51.51, -0.13}, "tyo": {35.68, 139.69}, "was": {38.9, -77.04}}
	ids := []string{"fra", "lon", "tyo", "was"}
	for _, id := range ids {
		at := cities[id]
		m.bundle.Observations = append(m.bundle.Observations, &evidence.Vantage{
			Meta: evidence.Meta{Kind: evidence.KindVantage, ID: id}, Name: id, Lat: &at[0], Lon: &at[1], Network: evidence.NetworkImport,
		})
	}
	all := placed()
	for i := range landmarks + tested {
		host := all[random.IntN(len(all))]
		m.hosts = append(m.hosts, host)
		share := 0.3 + 0.55*random.Float64()
		for _, id := range ids {
			way := geo.AtMostKM(geo.Point(cities[id][0], cities[id][1]), geo.Point(host.Lat, host.Lon))
			m.bundle.Observations = append(m.bundle.Observations, &evidence.RTT{
				Meta: evidence.Meta{Kind: evidence.KindRTT, ID: fmt.Sprintf("%s-%d", id, i), Vantage: id}, Addr: m.addr(i), Method: evidence.MethodImport,
				MinMS: 2*way/geo.FibreKMPerMS/(share+0.05*random.Float64()) + 0.2,
			})
		}
		if i < landmarks {
			m.bundle.Observations = append(m.bundle.Observations, &evidence.Landmark{
				Meta: evidence.Meta{Kind: evidence.KindLandmark, ID: fmt.Sprintf("l%d", i)}, Addr: m.addr(i), Lat: &m.hosts[i].Lat, Lon: &m.hosts[i].Lon, Source: "test",
			})
		}
	}
	return m
}

// judge holds claims on one tested host against the evidence.
func (m mesh) judge(t *testing.T, host int, claims ...providers.Claim) []verdict.Verdict {
	t.Helper()
	sheet := &providers.Sheet{Vendor: "mesh", Endpoints: []providers.Endpoint{{Host: m.addr(host).String(), Port: 443}}, Claims: claims}
	doc := judged(t, m.bundle, sheet)
	return doc.Verdicts
}

// eachCountry claims both ways of each country that has a region.
func eachCountry() []providers.Claim {
	var out []providers.Claim
	seen := map[string]bool{}
	for _, r := range placed() {
		place, err := providers.ParsePlace(r.Country)
		if err != nil || seen[r.Country] {
			continue
		}
		seen[r.Country] = true
		base := providers.Claim{About: providers.AboutLocation, Covers: []providers.Cover{providers.CoverContent}, State: providers.StateAny}
		allow, deny := base, base
		allow.ID, allow.Allow = "allow-"+r.Country, []providers.Place{place}
		deny.ID, deny.Deny = "deny-"+r.Country, []providers.Place{place}
		out = append(out, allow, deny)
	}
	return out
}

// The guarantee: over many draws of landmarks and hosts, no more than the error
// rate is left out. At 99 landmarks the bound is the largest score, which 1 of
// 100 hosts exceeds on average; of 6,000, more than 90 would be a fault.
func TestCalibratedCovers(t *testing.T) {
	hosts, left := 0, 0
	for seed := range uint64(60) {
		m := newMesh(99, 100, seed)
		for i, h := range Calibrated(m.bundle, m.tested()) {
			hosts++
			at := m.hosts[m.landmarks+i]
			if h.Share >= 1 {
				t.Fatalf("no bound on %v", h.Addr)
			}
			if !h.Holds(at.Lat, at.Lon) {
				left++
			}
		}
	}
	if hosts != 6000 || left > 90 {
		t.Errorf("of %d hosts, %d are left out", hosts, left)
	}
	if left == 0 {
		t.Error("no host is left out: the bound says less than it may, or is not tested")
	}
}

func TestCalibratedNeedsEnoughLandmarks(t *testing.T) {
	for _, landmarks := range []int{0, 1, 98} {
		m := newMesh(landmarks, 5, 1)
		for _, h := range Calibrated(m.bundle, m.tested()) {
			if h.Share < 1 {
				t.Errorf("a bound from %d landmarks: 1 %% takes 99", landmarks)
			}
		}
	}
}

// The bound turns what is inconclusive into disputed or consistent, says by
// what, and nothing else changes.
func TestCalibratedSettlesOnlyWhatIsOpen(t *testing.T) {
	with := newMesh(150, 12, 7)
	without := mesh{hosts: with.hosts, landmarks: with.landmarks, bundle: &evidence.Bundle{Header: with.bundle.Header}}
	for _, o := range with.bundle.Observations {
		if o.Common().Kind != evidence.KindLandmark {
			without.bundle.Observations = append(without.bundle.Observations, o)
		}
	}
	count := map[verdict.Result]int{}
	for host := with.landmarks; host < len(with.hosts); host++ {
		after := with.judge(t, host, eachCountry()...)
		for i, before := range without.judge(t, host, eachCountry()...) {
			v := after[i]
			if v.Basis != verdict.BasisCalibrated {
				if v.Result != before.Result {
					t.Errorf("%s was %s and is %s by %s", v.Claim, before.Result, v.Result, v.Basis)
				}
				continue
			}
			count[v.Result]++
			text := fmt.Sprint(v.Because, v.Limits)
			for _, want := range []string{"error rate of 1 %", "150 hosts of known place", "most plausible first", "connected better", "leaves out up to 1 of 100"} {
				if !strings.Contains(text, want) {
					t.Errorf("%q is not said: %s", want, text)
				}
			}
			if before.Result != verdict.Inconclusive || !slices.Contains(v.Assumes, verdict.AssumesOneHost) {
				t.Errorf("%s was %s and is %s, assuming %v", v.Claim, before.Result, v.Result, v.Assumes)
			}
		}
	}
	if count[verdict.Disputed] == 0 || count[verdict.Consistent] == 0 || len(count) != 2 {
		t.Errorf("calibrated results: %v; disputed and consistent ones are expected, and no others", count)
	}
}

// An edge network's address is many hosts: what holds for one does not for it.
func TestCalibratedIsSilentOfManyHosts(t *testing.T) {
	m := newMesh(150, 8, 7)
	for _, addr := range m.tested() {
		m.bundle.Observations = append(m.bundle.Observations, &evidence.Range{
			Meta: evidence.Meta{Kind: evidence.KindRange, ID: "r" + addr.String()}, Addr: addr, Prefix: netip.PrefixFrom(addr, 32), Provider: "cloudflare", Source: "test",
		})
	}
	for host := m.landmarks; host < len(m.hosts); host++ {
		for _, v := range m.judge(t, host, eachCountry()...) {
			if v.Basis == verdict.BasisCalibrated {
				t.Fatalf("%s is %s by calibration, of an edge network", v.Claim, v.Result)
			}
		}
	}
}

// A landmark teaches nothing of itself, one of two places teaches nothing, and
// one that a vantage did not measure teaches nothing of that vantage.
func TestCalibratedLeavesOut(t *testing.T) {
	m := newMesh(99, 1, 3)
	share := func() float64 { return Calibrated(m.bundle, m.tested())[0].Share }
	if share() >= 1 {
		t.Fatal("no bound from 99 landmarks")
	}
	if got := Calibrated(m.bundle, []netip.Addr{m.addr(0)})[0].Share; got < 1 {
		t.Error("a landmark is learned from to judge itself")
	}
	elsewhere := -m.hosts[0].Lat + 1
	m.bundle.Observations = append(m.bundle.Observations, &evidence.Landmark{
		Meta: evidence.Meta{Kind: evidence.KindLandmark, ID: "again"}, Addr: m.addr(0), Lat: &elsewhere, Lon: &m.hosts[0].Lon, Source: "other",
	})
	if share() < 1 {
		t.Error("a landmark of two places is learned from")
	}
	m = newMesh(99, 1, 3)
	m.bundle.Observations = slices.DeleteFunc(m.bundle.Observations, func(o evidence.Observation) bool { return o.Common().ID == "tyo-0" })
	if share() < 1 {
		t.Error("a landmark that one of the vantages did not measure is learned from")
	}
}
