package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/fakenet"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
)

// A netRow is a line of the table of speed and fidelity. Measure gives what
// was measured, in words; it is told to the benchmark in figures too.
type netRow struct {
	name, what, atMost string
	measure            func(b *testing.B) string
}

// netRows are the lines of the table. A further one is a function and a line
// here.
var netRows = []netRow{
	{"RTT", "reported RTT minus true RTT (20 ms, 10 samples, median over 100 targets)", "0.25 ms, never below, and no worse than `ping`", measureRTT},
	{"Auth", "reported RTT minus true RTT, by who can have answered (20 ms, median over 100 web servers)", "`h2-ping` 0.25 ms, never below", measureAuth},
	{"Trace", "a full trace of 15 hops, farthest 150 ms", "295 ms (1.3 × the farthest and 100 ms); 5 × faster than `traceroute -n -q 1` and `mtr -rnc 1`", measureTrace},
	{"Probe1000", "`probe` of 1,000 endpoints, two addresses each, RTT 50–300 ms, 5 % dead", "15 s and 250 MB", func(b *testing.B) string { return measureProbe(b, 1000) }},
	{"Probe10000", "the same of 10,000 endpoints", "ten times as much, bundle complete", func(b *testing.B) string { return measureProbe(b, 10000) }},
	{"Sweep", "client-subnet sweep of one name over 200 countries at 100 ms", "3 s, 400 queries", measureSweep},
	{"Start", "idle start (`landfall version`)", "80 ms", measureStart},
}

// BenchmarkNet measures the command in the simulated internet and prints the
// table of the docs:
//
//	go test ./cmd/landfall -run '^$' -bench Net -benchtime 1x
func BenchmarkNet(b *testing.B) {
	var table bytes.Buffer
	for _, row := range netRows {
		b.Run(row.name, func(b *testing.B) {
			var said string
			for b.Loop() {
				said = row.measure(b)
			}
			fmt.Fprintf(&table, "| %s | %s | %s |\n", row.what, row.atMost, said)
		})
	}
	fmt.Fprintf(os.Stdout, "\n| what | at most | measured |\n|---|---|---|\n%s\n", &table)
}

// built returns the command, built as a user builds it.
func built(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "landfall")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		b.Fatalf("building the command: %v\n%s", err, out)
	}
	return path
}

// usage is what a command took.
type usage struct {
	Wall   time.Duration
	CPU    time.Duration
	PeakMB float64
	Status int
	Stderr string
}

// measuredVariable holds the command that TestMeasured runs, as JSON; the first
// word is the file for what it took.
const measuredVariable = "LANDFALL_MEASURED"

// TestMeasured is how a benchmark runs a command inside a world and learns what
// it took: nobody but its own starter is told.
func TestMeasured(t *testing.T) {
	order := os.Getenv(measuredVariable)
	if order == "" {
		return
	}
	var args []string
	if err := json.Unmarshal([]byte(order), &args); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(timed(exec.Command(args[1], args[2:]...)))
	if err == nil {
		err = os.WriteFile(args[0], data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func timed(c *exec.Cmd) usage {
	var errs bytes.Buffer
	c.Stderr = &errs
	started := time.Now()
	err := c.Run()
	u := usage{Wall: time.Since(started), Status: -1, Stderr: errs.String()}
	if c.ProcessState == nil {
		u.Stderr += fmt.Sprint(err)
		return u
	}
	u.Status, u.CPU = c.ProcessState.ExitCode(), c.ProcessState.UserTime()+c.ProcessState.SystemTime()
	if r, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		u.PeakMB = float64(r.Maxrss) / 1024 // kilobytes, getrusage(2)
	}
	return u
}

// runIn does a job inside a world.
func runIn(b *testing.B, s *scenario.Scenario, job fakenet.Job) {
	b.Helper()
	var out bytes.Buffer
	job.Again, job.Stdout, job.Stderr = holdsAWorld, &out, &out
	if err := fakenet.Run(b.Context(), s, s.Vantages[0].Name, job); err != nil {
		b.Fatalf("%v\n%s", err, &out)
	}
}

// inWorld runs a command inside a world and gives what it took.
func inWorld(b *testing.B, s *scenario.Scenario, args ...string) usage {
	b.Helper()
	file := filepath.Join(b.TempDir(), "usage.json")
	order, err := json.Marshal(append([]string{file}, args...))
	if err != nil {
		b.Fatal(err)
	}
	runIn(b, s, fakenet.Job{
		Path: "/proc/self/exe", Args: []string{os.Args[0], "-test.run=^TestMeasured$"},
		Env: []string{measuredVariable + "=" + string(order)},
	})
	var u usage
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, &u)
	}
	if err != nil {
		b.Fatal(err)
	}
	return u
}

// benchPlace is where the vantage and every host of the benchmarks are: their
// round trips are the delays that hosts add.
var benchPlace = scenario.Place{Lat: 50.11, Lon: 8.68}

// benchWorld has n hosts with two addresses each.
func benchWorld(n int, delayMS func(i int) float64, dead func(i int) bool) *scenario.Scenario {
	s := &scenario.Scenario{
		Name:     "bench",
		Vantages: []scenario.Vantage{{Name: "here", At: benchPlace, Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.1")}, Resolvers: []string{"resolver"}}},
		Hosts: []scenario.Host{
			{Name: "resolver", Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.53")}, At: &benchPlace, Resolver: &scenario.Resolver{}, ExtraMS: 5, Ports: []scenario.Port{{Port: 53, Service: scenario.DNS}}},
			{Name: "ns", Addrs: []netip.Addr{netip.MustParseAddr("198.51.100.53")}, At: &benchPlace, ExtraMS: 20, Ports: []scenario.Port{{Port: 53, Service: scenario.DNS}}},
		},
		Zones: []scenario.Zone{{Name: "bench.example", Servers: []string{"ns"}}},
	}
	addr := netip.MustParseAddr("198.18.0.0")
	for i := range n {
		h := scenario.Host{Name: fmt.Sprintf("h%05d", i), At: &benchPlace, ExtraMS: delayMS(i), Others: scenario.Filtered, NoEcho: dead(i)}
		for range 2 {
			addr = addr.Next()
			h.Addrs = append(h.Addrs, addr)
		}
		if !dead(i) {
			h.Ports = []scenario.Port{{Port: 443, Service: scenario.HTTPS}}
		}
		s.Hosts = append(s.Hosts, h)
		s.Zones[0].Records = append(s.Zones[0].Records, scenario.Record{Name: h.Name + ".bench.example", To: []string{h.Name}})
	}
	return s
}

// benchSheet writes a sheet with the endpoints.
func benchSheet(b *testing.B, endpoints []string) string {
	b.Helper()
	var text strings.Builder
	text.WriteString("schema: landfall.claims/v1\nvendor: bench\nname: Bench\nclaims: []\nendpoints:\n")
	for _, host := range endpoints {
		fmt.Fprintf(&text, "  - {host: %q, roles: [sync]}\n", host)
	}
	path := filepath.Join(b.TempDir(), "bench.yaml")
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

// benchProbe looks at the endpoints and gives what was seen.
func benchProbe(b *testing.B, s *scenario.Scenario, endpoints []string, flags ...string) (*evidence.Bundle, usage) {
	b.Helper()
	out := filepath.Join(b.TempDir(), "bench.jsonl")
	args := append([]string{built(b), "probe", "--claims", benchSheet(b, endpoints), "--offline", "--data-dir", b.TempDir(), "--no-progress", "--out", out}, flags...)
	u := inWorld(b, s, args...)
	if u.Status != exitComplete {
		b.Fatalf("status %d: %s", u.Status, u.Stderr)
	}
	bundle, err := evidence.ReadFile(out)
	if err != nil {
		b.Fatal(err)
	}
	return bundle, u
}

// overMS returns by how much a figure is over the truth, the smallest first.
func overMS(figures []float64, truth float64) []float64 {
	out := slices.Clone(figures)
	for i := range out {
		out[i] -= truth
	}
	slices.Sort(out)
	return out
}

func median(sorted []float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[len(sorted)/2]
}

// zoneNames is how many names a vendor's zone has.
const zoneNames = 20

// splitZones puts the names into zones with a server each, and gives them.
func splitZones(s *scenario.Scenario) (names []string) {
	records := s.Zones[0].Records
	s.Zones = nil
	for i, r := range records {
		if i%zoneNames == 0 {
			k := len(s.Zones)
			server := scenario.Host{
				Name: fmt.Sprintf("ns%d", k), Addrs: []netip.Addr{netip.AddrFrom4([4]byte{198, 19, 128 + byte(k>>8), byte(k)})},
				At: &benchPlace, ExtraMS: 20, Ports: []scenario.Port{{Port: 53, Service: scenario.DNS}},
			}
			s.Hosts = append(s.Hosts, server)
			s.Zones = append(s.Zones, scenario.Zone{Name: fmt.Sprintf("v%d.example", k), Servers: []string{server.Name}})
		}
		z := &s.Zones[len(s.Zones)-1]
		r.Name = fmt.Sprintf("h%d.%s", i, z.Name)
		z.Records = append(z.Records, r)
		names = append(names, r.Name)
	}
	return names
}

// measureProbe looks at n endpoints, of which one in twenty is dead.
func measureProbe(b *testing.B, n int) string {
	dead := func(i int) bool { return i%20 == 7 }
	s := benchWorld(n, func(i int) float64 { return 50 + 250*float64(i*7919%n)/float64(n) }, dead)
	endpoints := splitZones(s)
	bundle, u := benchProbe(b, s, endpoints)
	b.ReportMetric(u.Wall.Seconds(), "s")
	b.ReportMetric(u.PeakMB, "MB")
	b.ReportMetric(u.CPU.Seconds(), "cpu-s")
	timed, missing := map[netip.Addr]bool{}, 0
	for _, o := range bundle.Observations {
		if r, ok := o.(*evidence.RTT); ok {
			timed[r.Addr] = true
		}
	}
	for i, h := range s.Hosts[2 : 2+n] {
		for _, a := range h.Addrs {
			if !dead(i) && !timed[a] {
				missing++
			}
		}
	}
	if missing > 0 {
		b.Errorf("%d living addresses were not timed", missing)
	}
	return fmt.Sprintf("%.1f s and %.0f MB (%.1f s of processor time, %d observations)", u.Wall.Seconds(), u.PeakMB, u.CPU.Seconds(), len(bundle.Observations))
}

// measureStart starts the command often enough that one slow start does not
// count.
func measureStart(b *testing.B) string {
	path := built(b)
	var figures []float64
	for range 21 {
		u := timed(exec.Command(path, "version"))
		if u.Status != exitComplete {
			b.Fatalf("status %d: %s", u.Status, u.Stderr)
		}
		figures = append(figures, float64(u.Wall)/float64(time.Millisecond))
	}
	slices.Sort(figures)
	b.ReportMetric(median(figures), "ms")
	return fmt.Sprintf("%.0f ms", median(figures))
}
