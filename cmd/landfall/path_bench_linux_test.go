package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/fakenet"
	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/probes"
	"github.com/landfall-audit/landfall/probes/dns"
	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/probes/trace"
)

// lookedVariable names the look that TestLooked times, and the file for what it
// gave.
const lookedVariable = "LANDFALL_LOOKED"

// looked is what one look inside a world took and gave.
type looked struct {
	Wall      time.Duration
	Questions int64 // sockets made to the name server: each sends one question
	Found     int
	FiguresMS map[string][]float64 // by method; the smallest of each address under no name
	Error     string
}

// looks are the looks that are timed by themselves, inside a world.
var looks = map[string]func() looked{"rtt": lookRTT, "auth": lookAuth, "trace": lookTrace, "sweep": lookSweep}

// TestLooked is how a benchmark runs a single look inside a world.
func TestLooked(t *testing.T) {
	name, file, ordered := strings.Cut(os.Getenv(lookedVariable), " ")
	if !ordered {
		return
	}
	data, err := json.Marshal(looks[name]())
	if err == nil {
		err = os.WriteFile(file, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// lookIn runs a look inside a world.
func lookIn(b *testing.B, s *scenario.Scenario, name string) looked {
	b.Helper()
	file := b.TempDir() + "/looked.json"
	runIn(b, s, fakenet.Job{
		Path: "/proc/self/exe", Args: []string{os.Args[0], "-test.run=^TestLooked$"},
		Env: []string{lookedVariable + "=" + name + " " + file},
	})
	var l looked
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, &l)
	}
	if err != nil || l.Error != "" {
		b.Fatalf("%s: %v %s", name, err, l.Error)
	}
	return l
}

// timeIn runs a command inside a world and gives how long it took; ok is false
// where it is not installed.
func timeIn(b *testing.B, s *scenario.Scenario, command ...string) (took time.Duration, ok bool) {
	b.Helper()
	path, err := exec.LookPath(command[0])
	if err != nil {
		return 0, false
	}
	u := inWorld(b, s, append([]string{path}, command[1:]...)...)
	if u.Status != 0 {
		b.Fatalf("%v: status %d, %s", command, u.Status, u.Stderr)
	}
	return u.Wall, true
}

const (
	traceHops   = 15
	traceFarMS  = 150.0 // round trip of the last
	traceTarget = "198.18.0.1"
)

// longWay is a world with one host, traceHops away along a meridian.
func longWay() *scenario.Scenario {
	s := benchWorld(1, func(int) float64 { return 0 }, func(int) bool { return false })
	const kmPerDegree, kmPerMS = 111.195, 99.93 // of a round trip, in fibre
	step := traceFarMS * kmPerMS / kmPerDegree / (traceHops - 1)
	host := &s.Hosts[2]
	for i := 1; i < traceHops; i++ {
		name := fmt.Sprintf("r%02d", i)
		at := scenario.Place{Lat: benchPlace.Lat - step*float64(i-1), Lon: benchPlace.Lon}
		s.Routers = append(s.Routers, scenario.Router{Name: name, At: at, Addrs: []netip.Addr{netip.AddrFrom4([4]byte{203, 0, 113, byte(i)})}})
		host.Via = append(host.Via, name)
	}
	host.At = &scenario.Place{Lat: benchPlace.Lat - step*(traceHops-1), Lon: benchPlace.Lon}
	return s
}

// lookTrace traces the way to traceTarget.
func lookTrace() looked {
	p := &trace.Probe{Stamp: probe.Stamp{Vantage: "v1"}}
	targets := []probes.Target{{Host: traceTarget, Port: 443}}
	seen := probes.NewSeen(&evidence.RTT{
		Meta: evidence.Meta{Kind: evidence.KindRTT, Vantage: "v1"},
		Addr: netip.MustParseAddr(traceTarget), Port: 443, Method: evidence.MethodTCP, MinMS: traceFarMS,
	})
	steps := p.Plan(targets, seen)
	if len(steps) != 1 {
		return looked{Error: fmt.Sprintf("%d steps", len(steps))}
	}
	began := time.Now()
	got, err := p.Run(context.Background(), steps[0])
	l := looked{Wall: time.Since(began)}
	if err != nil || len(got) != 1 {
		l.Error = fmt.Sprint(err)
		return l
	}
	path, ok := got[0].(*evidence.Trace)
	if !ok || !path.Reached {
		l.Error = fmt.Sprintf("%+v", got[0])
		return l
	}
	l.Found = len(path.Hops)
	return l
}

// measureTrace times a full trace, beside traceroute and mtr in the same world.
func measureTrace(b *testing.B) string {
	s := longWay()
	var walls []float64
	for range 5 {
		l := lookIn(b, s, "trace")
		if l.Found != traceHops {
			b.Fatalf("%d hops", l.Found)
		}
		walls = append(walls, l.Wall.Seconds()*1000)
	}
	slices.Sort(walls)
	b.ReportMetric(median(walls), "ms")
	said := fmt.Sprintf("%.0f ms", median(walls))
	for _, other := range [][]string{{"traceroute", "-n", "-q", "1", traceTarget}, {"mtr", "-rnc", "1", traceTarget}} {
		took, ok := timeIn(b, s, other...)
		if !ok {
			said += fmt.Sprintf("; `%s` is not installed", other[0])
			continue
		}
		times := took.Seconds() * 1000 / median(walls)
		b.ReportMetric(times, "times-"+other[0])
		said += fmt.Sprintf("; `%s` %.0f ms, %.1f × as long", strings.Join(other[:len(other)-1], " "), took.Seconds()*1000, times)
	}
	return said
}

const (
	sweepCountries = 200
	sweepMS        = 100
	sweepName      = "www.bench.example"
	sweepServer    = "198.51.100.53:" // the name server of benchWorld
)

// manyNations is a world whose name server gives each country an address of its own.
func manyNations(b *testing.B) *scenario.Scenario {
	b.Helper()
	s := benchWorld(1, func(int) float64 { return 20 }, func(int) bool { return false })
	s.Hosts[1].ExtraMS = sweepMS
	clients, err := dns.EmbeddedClients(false)
	if err != nil {
		b.Fatal(err)
	}
	record := scenario.Record{Name: sweepName, To: []string{"198.18.0.1"}}
	addr := netip.MustParseAddr("198.19.0.0")
	for _, c := range clients[:sweepCountries] {
		addr = addr.Next()
		record.For = append(record.For, scenario.GeoAnswer{Countries: []string{c.Country}, To: []string{addr.String()}})
	}
	s.Zones[0].Records = append(s.Zones[0].Records, record)
	return s
}

// lookSweep asks what users of sweepCountries countries are given for sweepName.
func lookSweep() looked {
	clients, err := dns.EmbeddedClients(false)
	if err != nil {
		return looked{Error: err.Error()}
	}
	var l looked
	var questions atomic.Int64
	p := &dns.Probe{
		Stamp: probe.Stamp{Vantage: "v1"}, Resolvers: []dns.Resolver{dns.System()}, Clients: clients[:sweepCountries],
		Dialer: net.Dialer{Control: func(_, at string, _ syscall.RawConn) error {
			if strings.HasPrefix(at, sweepServer) {
				questions.Add(1)
			}
			return nil
		}},
	}
	given := map[string]bool{}
	record := func(observations ...evidence.Observation) error {
		for _, o := range observations {
			if d, ok := o.(*evidence.DNS); ok && d.ClientCountry != "" && len(d.Answers) > 0 {
				given[d.ClientCountry] = true
			}
		}
		return nil
	}
	began := time.Now()
	_, err = probes.Run(context.Background(), probes.Options{}, []probes.Probe{p}, []probes.Target{{Host: sweepName, Port: 443}}, probes.NewSeen(), record)
	l.Wall, l.Questions, l.Found = time.Since(began), questions.Load(), len(given)
	if err != nil {
		l.Error = err.Error()
	}
	return l
}

func measureSweep(b *testing.B) string {
	l := lookIn(b, manyNations(b), "sweep")
	if l.Found != sweepCountries {
		b.Errorf("answers for %d countries", l.Found)
	}
	b.ReportMetric(l.Wall.Seconds(), "s")
	b.ReportMetric(float64(l.Questions), "questions")
	return fmt.Sprintf("%.2f s, %d queries", l.Wall.Seconds(), l.Questions)
}
