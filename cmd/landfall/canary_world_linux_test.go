package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/fakenet"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/internal/fakestore"
	"github.com/landfall-audit/landfall/internal/geo"
	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/probes/canary"
	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/judge"
)

// The canaries of these tests look from Paris at a front door in Frankfurt.
var (
	canaryVantage = scenario.Place{Lat: 48.86, Lon: 2.35}
	canaryDoor    = scenario.Place{Lat: 50.11, Lon: 8.68}
)

// vault is a store some way behind the front door.
type vault struct {
	far     string
	at      scenario.Place
	country string
}

var vaults = []vault{
	{"at the door", canaryDoor, "DE"},
	{"300 km", scenario.Place{Lat: 47.38, Lon: 8.54}, "CH"},
	{"2,000 km", scenario.Place{Lat: 55.76, Lon: 37.62}, "RU"},
	{"8,000 km", scenario.Place{Lat: 39.74, Lon: -104.99}, "US"},
}

// worldTargets are what canaries fly to. The door of S3 keeps every object of which it has
// read a part, and the one of WebDAV for a while what was written through it.
var worldTargets = map[string]canaryFlight{
	"s3":     {Target: "s3://vault?region=eu-central-1&use_path_style=true&endpoint=https://s3.vault.example", Addrs: []string{"203.0.113.120:443", "203.0.113.121:443"}},
	"webdav": {Target: "https://dav.vault.example/", Addrs: []string{"203.0.113.130:443"}, WaitMS: 1000 * scenario.CacheWritesFor.Seconds()},
}

// canaryWorld has the front doors of a vault. The way to them loses one packet
// in fifty in each direction, is a third longer than a straight one, and adds
// up to eight milliseconds.
func canaryWorld(v vault, seed uint64) *scenario.Scenario {
	door := func(name string, service scenario.Service, cache scenario.Cache, addrs ...string) scenario.Host {
		h := scenario.Host{
			Name: name, At: &canaryDoor, Stretch: 1.33, JitterMS: 8, Loss: 0.02,
			Ports: []scenario.Port{{Port: 443, Service: service}}, Web: scenario.Web{Storage: &v.at, Cache: cache},
		}
		for _, a := range addrs {
			h.Addrs = append(h.Addrs, netip.MustParseAddr(a))
		}
		return h
	}
	return &scenario.Scenario{
		Name: "canary", Seed: seed,
		Vantages: []scenario.Vantage{{Name: "paris", At: canaryVantage, Addrs: []netip.Addr{netip.MustParseAddr("198.18.2.10")}, Resolvers: []string{"resolver"}}},
		Hosts: []scenario.Host{
			{Name: "resolver", Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.53")}, At: &canaryVantage, Resolver: &scenario.Resolver{}, Ports: []scenario.Port{{Port: 53, Service: scenario.DNS}}},
			{Name: "ns", Addrs: []netip.Addr{netip.MustParseAddr("198.51.100.53")}, At: &canaryDoor, Ports: []scenario.Port{{Port: 53, Service: scenario.DNS}}},
			door("s3", scenario.S3, scenario.CacheReads, "203.0.113.120", "203.0.113.121"),
			door("dav", scenario.WebDAV, scenario.CacheWrites, "203.0.113.130"),
		},
		Zones: []scenario.Zone{
			{Name: "vault.example", Servers: []string{"ns"}, Records: []scenario.Record{{Name: "s3.vault.example", To: []string{"s3"}}, {Name: "dav.vault.example", To: []string{"dav"}}}},
			{Name: "amazonaws.com", Servers: []string{"ns"}, Records: []scenario.Record{
				{Name: "vault." + fakestore.AWSEndpoint, To: []string{"s3"}}, {Name: fakestore.AWSEndpoint, To: []string{"s3"}}, {Name: fakestore.AWSFirstEndpoint, To: []string{"s3"}},
			}},
		},
	}
}

// canaryVariable holds what TestFliesCanaries does inside a world, as JSON.
const canaryVariable = "LANDFALL_CANARIES"

// canaryFlight is an order to let canaries fly, and what came of it.
type canaryFlight struct {
	Target string
	Addrs  []string
	Runs   int
	Count  int // objects for each address
	WaitMS float64
	File   string // for the readings and the evidence

	Retrievals [][]*evidence.Retrieval // of each run
	Said       []string                // what went wrong and was gone on from
	Error      string
}

// TestFliesCanaries is how canaries fly inside a world.
func TestFliesCanaries(t *testing.T) {
	needs.Namespaces(t)
	order := os.Getenv(canaryVariable)
	if order == "" {
		return
	}
	var f canaryFlight
	if err := json.Unmarshal([]byte(order), &f); err != nil {
		t.Fatal(err)
	}
	for n := range f.Runs {
		if err := f.fly(t.Context(), fmt.Sprintf("r%04d", n)); err != nil {
			f.Error = err.Error()
			break
		}
	}
	data, err := json.Marshal(f)
	if err == nil {
		err = os.WriteFile(f.File, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (f *canaryFlight) fly(ctx context.Context, run string) error {
	target, err := canary.ParseTarget(f.Target)
	if err != nil {
		return err
	}
	var seen []*evidence.Retrieval
	c := &canary.Canary{
		Stamp: probe.Stamp{Vantage: "v1"}, Target: target, Size: canary.LeastSize, Count: f.Count, Run: run,
		Wait: time.Duration(f.WaitMS * float64(time.Millisecond)), Folder: f.File + ".journals",
		Record: func(observations ...evidence.Observation) error {
			for _, o := range observations {
				if r, ok := o.(*evidence.Retrieval); ok {
					seen = append(seen, r)
				}
			}
			return nil
		},
		Warn: func(err error) { f.Said = append(f.Said, err.Error()) },
	}
	if _, _, err := c.Front(ctx); err != nil {
		return err
	}
	var addrs []netip.AddrPort
	for _, a := range f.Addrs {
		addrs = append(addrs, netip.MustParseAddrPort(a))
	}
	_, err = c.Look(ctx, addrs)
	f.Retrievals = append(f.Retrievals, seen)
	return err
}

// flyInWorld lets canaries fly in a world of their own.
func flyInWorld(t testing.TB, v vault, kind string, runs, count int) canaryFlight {
	t.Helper()
	f := worldTargets[kind]
	f.Runs, f.Count, f.File = runs, count, filepath.Join(t.TempDir(), "flown.json")
	order, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	err = fakenet.Run(t.Context(), canaryWorld(v, uint64(len(v.far))), "paris", fakenet.Job{
		Again: holdsAWorld, Path: "/proc/self/exe", Args: []string{os.Args[0], "-test.run=^TestFliesCanaries$"}, Stdout: &out, Stderr: &out,
		Env: []string{canaryVariable + "=" + string(order), "AWS_ACCESS_KEY_ID=lab", "AWS_SECRET_ACCESS_KEY=lab", "AWS_EC2_METADATA_DISABLED=true"},
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	data, err := os.ReadFile(f.File)
	if err == nil {
		err = json.Unmarshal(data, &f)
	}
	if err != nil || f.Error != "" || len(f.Retrievals) != runs {
		t.Fatalf("%v %s: %d of %d runs", err, f.Error, len(f.Retrievals), runs)
	}
	if left, _ := filepath.Glob(f.File + ".journals/*"); len(left) > 0 {
		t.Errorf("journals are left: %q", left)
	}
	return f
}

// restingClaims are claims about where something rests, true and false ones.
func restingClaims(host string) *providers.Sheet {
	s := &providers.Sheet{Vendor: "vault", Endpoints: []providers.Endpoint{{Host: host, Port: 443}}}
	for _, place := range []string{"EU", "DE", "FR", "CH", "RU", "US", "CN"} {
		parsed, err := providers.ParsePlace(place)
		if err != nil {
			panic(err)
		}
		for _, c := range []providers.Claim{{ID: "only " + place, Allow: []providers.Place{parsed}}, {ID: "never " + place, Deny: []providers.Place{parsed}}} {
			c.About, c.State, c.Covers = providers.AboutLocation, providers.StateRest, []providers.Cover{providers.CoverContent}
			s.Claims = append(s.Claims, c)
		}
	}
	return s
}

// holdsOf tells whether a claim of restingClaims is true of a vault.
func (v vault) holdsOf(claim string) bool {
	word, place, _ := strings.Cut(claim, " ")
	inside := place == v.country || place == "EU" && v.country == "DE"
	return inside == (word == "only")
}

// judgeFlight judges what one run saw, from a vantage with a landmark beside it,
// and with the door's region known: what says the most. It counts the verdicts
// that say something, and those that are wrong.
func judgeFlight(t testing.TB, v vault, reads []*evidence.Retrieval) (said, wrong int) {
	t.Helper()
	const host = "vault.example" // a name can be anywhere, a bucket only in its provider's regions
	b := &evidence.Bundle{Header: evidence.Header{Schema: evidence.Schema, Run: "r", Tool: "test", Started: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)}}
	add := func(o evidence.Observation, kind evidence.Kind, id string) {
		m := o.Common()
		m.Kind, m.ID = kind, id
		b.Observations = append(b.Observations, o)
	}
	add(&evidence.Vantage{Lat: &canaryVantage.Lat, Lon: &canaryVantage.Lon, RadiusKM: 5, Network: evidence.NetworkLocal}, evidence.KindVantage, "v1")
	// One vantage alone carries a result by a host of published place that its own key
	// answered for.
	near := netip.MustParseAddr("192.0.2.1")
	add(&evidence.Landmark{Addr: near, Lat: &canaryVantage.Lat, Lon: &canaryVantage.Lon, RadiusKM: 5, Source: "test"}, evidence.KindLandmark, "l1")
	add(&evidence.RTT{Meta: evidence.Meta{Vantage: "v1", At: reads[0].At}, Addr: near, Port: 443, Method: evidence.MethodTLS, MinMS: 0.2, Authenticated: &evidence.Authenticated{ServerName: "landmark.example", How: evidence.MethodTLS}}, evidence.KindRTT, "l2")
	for i, r := range reads {
		own := *r
		own.Target = host
		add(&own, evidence.KindRetrieval, fmt.Sprintf("r%d", i))
		add(&evidence.Range{Addr: r.Addr, Prefix: netip.PrefixFrom(r.Addr, 32), Provider: "aws", Region: "eu-central-1", Source: "test"}, evidence.KindRange, fmt.Sprintf("d%d", i))
	}
	doc, err := judge.Judge([]*providers.Sheet{restingClaims(host)}, b)
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range doc.Verdicts {
		if got.Subject != verdict.Store || got.Result != verdict.Refuted && got.Result != verdict.Proven {
			continue
		}
		said++
		if v.holdsOf(got.Claim) != (got.Result == verdict.Proven) {
			wrong++
			t.Errorf("%s, store %s: %q is %s by %+v", r0(reads), v.far, got.Claim, got.Result, got.Because)
		}
	}
	return said, wrong
}

func r0(reads []*evidence.Retrieval) string {
	text, _ := json.Marshal(reads)
	return string(text)
}

// excess is how much further than the store is the bounds of a run reach, in
// km: around the vantage, behind the door less the way to it, and behind the
// door less the round trip that was measured.
type excess struct{ vantage, door, measured []float64 }

func (e *excess) add(v vault, r *evidence.Retrieval) {
	at := func(p scenario.Place) geo.Place { return geo.Point(p.Lat, p.Lon) }
	reach := geo.ReachKM(r.TTFBMinMS, geo.FibreKMPerMS)
	behind := geo.AtLeastKM(at(canaryDoor), at(v.at))
	e.vantage = append(e.vantage, reach-geo.AtLeastKM(at(canaryVantage), at(v.at)))
	e.door = append(e.door, reach-geo.AtLeastKM(at(canaryVantage), at(canaryDoor))-behind)
	e.measured = append(e.measured, geo.ReachKM(r.TTFBMinMS-r.RTTMinMS, geo.FibreKMPerMS)-behind)
}

// spread returns the least, the middle and the most of some figures, in words.
func spread(km []float64) string {
	if len(km) == 0 {
		return "none"
	}
	slices.Sort(km)
	return fmt.Sprintf("%.0f, %.0f, %.0f", km[0], km[len(km)/2], km[len(km)-1])
}

// checkBounds fails where a bound leaves the store out.
func (e *excess) checkBounds(t testing.TB, v vault) {
	t.Helper()
	for what, km := range map[string][]float64{"around the vantage": e.vantage, "behind the door": e.door} {
		if least := slices.Min(append(slices.Clone(km), math.Inf(1))); least < 0 {
			t.Errorf("store %s: a bound %s ends %.0f km before the store", v.far, what, -least)
		}
	}
}

// Whatever a front door keeps, and however the network is, no verdict is wrong
// and no bound leaves the store out. BenchmarkCanary does the same 200 times.
func TestCanaryIsNeverWrong(t *testing.T) {
	needs.Namespaces(t)
	for _, v := range vaults {
		for kind := range worldTargets {
			t.Run(v.far+"/"+kind, func(t *testing.T) {
				t.Parallel()
				said := 0
				var e excess
				f := flyInWorld(t, v, kind, 2, 6)
				for _, reads := range f.Retrievals {
					if len(reads) != len(f.Addrs) {
						t.Errorf("%d addresses were read through: %q", len(reads), f.Said)
					}
					for _, r := range reads {
						e.add(v, r)
					}
					more, _ := judgeFlight(t, v, reads)
					said += more
				}
				e.checkBounds(t, v)
				if v.far == "at the door" && said == 0 {
					t.Error("of a store at the door nothing is said")
				}
			})
		}
	}
}

// The caches of these worlds would deceive a reader that is less careful: what
// was read in part, or just written, comes back sooner than light from the
// store.
func TestDoorsKeepObjects(t *testing.T) {
	needs.Namespaces(t)
	t.Parallel()
	far := vaults[len(vaults)-1]
	var out bytes.Buffer
	err := fakenet.Run(t.Context(), canaryWorld(far, 1), "paris", fakenet.Job{
		Again: holdsAWorld, Path: "/proc/self/exe", Args: []string{os.Args[0], "-test.run=^TestReadsCarelessly$", "-test.v"}, Stdout: &out, Stderr: &out,
		Env: []string{carelessVariable + "=1"},
	})
	if err != nil || !strings.Contains(out.String(), "--- PASS: TestReadsCarelessly") {
		t.Errorf("%v\n%s", err, &out)
	}
}

// carelessVariable lets TestReadsCarelessly read, inside a world.
const carelessVariable = "LANDFALL_CARELESS"

// TestReadsCarelessly reads what the doors keep, the fastest of several times,
// since packets are lost.
func TestReadsCarelessly(t *testing.T) {
	needs.Namespaces(t)
	if os.Getenv(carelessVariable) == "" {
		return
	}
	ask := func(method, address, body, part string) time.Duration {
		r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if part != "" {
			r.Header.Set("Range", "bytes="+part)
		}
		began := time.Now()
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.StatusCode >= 300 {
			t.Fatalf("%s %s: %d %v", method, address, answer.StatusCode, err)
		}
		return time.Since(began)
	}
	far := vaults[len(vaults)-1]
	light := time.Duration(2 * geo.AtLeastKM(geo.Point(canaryDoor.Lat, canaryDoor.Lon), geo.Point(far.at.Lat, far.at.Lon)) / geo.FibreKMPerMS * float64(time.Millisecond))
	content := strings.Repeat("0123456789", 1000)
	readAgain, justWritten := time.Hour, time.Hour
	for n := range 5 {
		object := fmt.Sprintf("https://203.0.113.120/vault/o%d", n)
		ask(http.MethodPut, object, content, "")
		if first := ask(http.MethodGet, object, "", "100-199"); first < light {
			t.Errorf("the first read took %v, less than the %v that light needs to the store", first, light)
		}
		readAgain = min(readAgain, ask(http.MethodGet, object, "", "5000-5099"))
		file := fmt.Sprintf("https://203.0.113.130/f%d", n)
		ask(http.MethodPut, file, content, "")
		justWritten = min(justWritten, ask(http.MethodGet, file, "", "100-199"))
	}
	if readAgain >= light || justWritten >= light {
		t.Errorf("read again in %v, read just after in %v: the doors keep nothing that light would not bring in %v", readAgain, justWritten, light)
	}
}

// The verb, with an endpoint of Amazon's, leaves timed reads of both addresses,
// what Amazon says of the region, and what a probe of the front door sees.
func TestCanaryVerb(t *testing.T) {
	needs.Namespaces(t)
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "seen.jsonl")
	var out bytes.Buffer
	err := fakenet.Run(t.Context(), canaryWorld(vaults[1], 3), "paris", fakenet.Job{
		Again: holdsAWorld, Path: "/proc/self/exe", Stdout: &out, Stderr: &out,
		Args: []string{"landfall", "canary", "s3://vault?region=eu-central-1", "--size", "8KiB", "--count", "4", "--wait", "0s", "--vantage", "here@48.86,2.35,5", "--data-dir", dir, "--out", path},
		Env:  []string{"AWS_ACCESS_KEY_ID=lab", "AWS_SECRET_ACCESS_KEY=lab", "AWS_EC2_METADATA_DISABLED=true", "XDG_CACHE_HOME=" + filepath.Join(dir, "cache")},
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	b, err := evidence.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	kinds, through, apis := map[evidence.Kind]int{}, map[string]bool{}, map[string]bool{}
	for _, o := range b.Observations {
		kinds[o.Common().Kind]++
		switch o := o.(type) {
		case *evidence.Retrieval:
			through[o.Addr.String()] = true
			if o.Target != "s3://vault" || o.Vantage != "v1" {
				t.Errorf("%+v", o)
			}
		case *evidence.Storage:
			apis[o.API] = true
			if located := o.API == "HeadBucket" || o.API == "GetBucketLocation"; o.Target != "s3://vault" || located && !slices.Equal(o.Locations, []string{"aws:eu-central-1"}) {
				t.Errorf("%+v", o)
			}
		}
	}
	if len(through) != 2 || kinds[evidence.KindRetrieval] != 2 || !apis["HeadBucket"] || !apis["GetBucketLocation"] || kinds[evidence.KindRTT] < 2 || kinds[evidence.KindDNS] == 0 || kinds[evidence.KindSelfcheck] != 1 {
		t.Errorf("%v through %v\n%s", kinds, through, &out)
	}
	for _, want := range []string{"about $", "km behind the front door", "through 203.0.113.121"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not said:\n%s", want, &out)
		}
	}
}

// BenchmarkCanary prints how far the bounds reach beyond the store, over 200
// runs, and how many verdicts of these are wrong:
//
//	go test ./cmd/landfall -run '^$' -bench Canary -benchtime 1x -timeout 1h
func BenchmarkCanary(b *testing.B) {
	const runs = 200
	each := runs / len(vaults) / len(worldTargets)
	var table strings.Builder
	for _, v := range vaults {
		b.Run(strings.ReplaceAll(v.far, " ", "-"), func(b *testing.B) {
			var e excess
			n, said, wrong := 0, 0, 0
			for b.Loop() {
				for kind := range worldTargets {
					for _, reads := range flyInWorld(b, v, kind, each, canary.DefaultCount).Retrievals {
						for _, r := range reads {
							e.add(v, r)
						}
						moreSaid, moreWrong := judgeFlight(b, v, reads)
						n, said, wrong = n+1, said+moreSaid, wrong+moreWrong
					}
				}
			}
			e.checkBounds(b, v)
			b.ReportMetric(float64(wrong), "wrong")
			fmt.Fprintf(&table, "| %s | %d | %s | %s | %s | %d | %d |\n", v.far, n, spread(e.vantage), spread(e.door), spread(e.measured), said, wrong)
		})
	}
	fmt.Fprintf(os.Stdout, "\n| store | runs | km beyond it, around the vantage | behind the door, its region known | behind the door, by the measured round trip | verdicts | wrong |\n|---|---:|---:|---:|---:|---:|---:|\n%s\n", &table)
}
