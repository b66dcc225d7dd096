package echo

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/net/quic"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/needs"
	"github.com/landfall-audit/landfall/internal/probetest"
	"github.com/landfall-audit/landfall/probes/probe"
)

// inside says, in the environment, that this process has a network of its own.
const inside = "LANDFALL_ECHO_INSIDE"

// TestMain runs the tests again in a network namespace of their own, in which
// ICMP echo is allowed and nothing leads outside.
func TestMain(m *testing.M) {
	flag.Parse()
	switch os.Getenv(inside) {
	case "ready": // a process that fuzzes
		os.Exit(m.Run())
	case "new":
		err := errors.Join(
			os.Setenv(inside, "ready"),
			os.WriteFile("/proc/sys/net/ipv4/ping_group_range", []byte("0 0"), 0),
			exec.Command("ip", "link", "set", "lo", "up").Run(),
			exec.Command("ip", "addr", "add", "203.0.113.7/32", "dev", "lo").Run(),
			exec.Command("ip", "route", "add", "blackhole", "203.0.113.9/32").Run(),
		)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(m.Run())
	}
	if needs.NamespacesOfPackage() {
		return
	}
	again := exec.Command("/proc/self/exe", os.Args[1:]...)
	again.Stdin, again.Stdout, again.Stderr = os.Stdin, os.Stdout, os.Stderr
	again.Env = append(os.Environ(), inside+"=new")
	again.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	err := again.Run()
	var exited *exec.ExitError
	switch {
	case errors.As(err, &exited):
		os.Exit(exited.ExitCode())
	case err != nil:
		fmt.Fprintln(os.Stderr, "These tests need a user and a network namespace of their own:", err)
		os.Exit(1)
	}
}

func newProbe() *Probe {
	return &Probe{Stamp: probe.Stamp{Vantage: probetest.Vantage}, Spacing: time.Millisecond, Wait: 200 * time.Millisecond}
}

var (
	loopback  = host{addr: netip.MustParseAddr("127.0.0.1"), allowPrivate: true}
	loopback6 = host{addr: netip.MustParseAddr("::1"), allowPrivate: true}
)

func wantSamples(t *testing.T, r result, n int) {
	t.Helper()
	if len(r.samplesMS) != n || r.sent != DefaultSamples || n > 0 && slices.Min(r.samplesMS) <= 0 {
		t.Errorf("got %+v; %d samples are expected", r, n)
	}
}

func TestICMP(t *testing.T) {
	if why := WhyNoICMP(); why != "" {
		t.Fatal(why)
	}
	for _, h := range []host{loopback, loopback6} {
		wantSamples(t, newProbe().sample(t.Context(), h, icmpMethod(h.addr)), DefaultSamples)
	}
}

func TestUDP(t *testing.T) {
	for _, h := range []host{loopback, loopback6} {
		wantSamples(t, newProbe().sample(t.Context(), h, udpMethod()), DefaultSamples)
	}
	// Where somebody listens, nobody refuses.
	l, err := net.ListenPacket("udp", netip.AddrPortFrom(loopback.addr, closedPort).String())
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	wantSamples(t, newProbe().sample(t.Context(), loopback, udpMethod()), 0)
}

// TestQUICServer asks the server of an independent implementation.
func TestQUICServer(t *testing.T) {
	cert, _ := probetest.Certificate(t, "a.example")
	for _, h := range []host{loopback, loopback6} {
		server, err := quic.Listen("udp", netip.AddrPortFrom(h.addr, 0).String(), &quic.Config{
			TLSConfig: &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13, NextProtos: []string{"h3"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close(context.Background())
		m := quicMethod()
		m.port = server.LocalAddr().Port()
		wantSamples(t, newProbe().sample(t.Context(), h, m), DefaultSamples)
	}
}

// liar answers each packet with what lie makes of it.
func liar(t *testing.T, lie func(packet []byte) [][]byte) method {
	t.Helper()
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for buffer := make([]byte, maxPacket); ; {
			n, from, err := l.ReadFrom(buffer)
			if err != nil {
				return
			}
			for _, answer := range lie(slices.Clone(buffer[:n])) {
				_, _ = l.WriteTo(answer, from)
			}
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-ended
	})
	m := quicMethod()
	m.port = netip.MustParseAddrPort(l.LocalAddr().String()).Port()
	return m
}

// negotiation is the right answer to a packet.
func negotiation(packet []byte, versions ...uint32) []byte {
	out := []byte{longHeader, 0, 0, 0, 0, idBytes}
	out = append(out, packet[idsAt+1+idBytes+1:][:idBytes]...)
	out = append(append(out, idBytes), packet[idsAt+1:][:idBytes]...)
	for _, v := range versions {
		out = binary.BigEndian.AppendUint32(out, v)
	}
	return out
}

func TestLiesOverQUIC(t *testing.T) {
	truth := func(packet []byte) []byte { return negotiation(packet, 1) }
	for name, lie := range map[string]func(packet []byte) []byte{
		"nothing":        func([]byte) []byte { return nil },
		"echo":           func(packet []byte) []byte { return packet },
		"guessed-id":     func(packet []byte) []byte { packet[idsAt+3]++; return truth(packet) },
		"guessed-own-id": func(packet []byte) []byte { packet[idsAt+idBytes+3]++; return truth(packet) },
		"not-turned": func(packet []byte) []byte {
			return append(append([]byte{longHeader, 0, 0, 0, 0}, packet[idsAt:idsAt+2+2*idBytes]...), 0, 0, 0, 1)
		},
		"no-versions":    func(packet []byte) []byte { return negotiation(packet) },
		"half-a-version": func(packet []byte) []byte { return truth(packet)[:len(truth(packet))-2] },
		"the-version":    func(packet []byte) []byte { return negotiation(packet, 1, reservedVersion) },
		"other-version":  func(packet []byte) []byte { out := truth(packet); out[4] = 1; return out },
		"short-header":   func(packet []byte) []byte { out := truth(packet); out[0] = fixedBit; return out },
		"long-id":        func(packet []byte) []byte { out := truth(packet); out[idsAt] = 20; return out },
	} {
		t.Run(name, func(t *testing.T) {
			m := liar(t, func(packet []byte) [][]byte { return [][]byte{lie(packet)} })
			wantSamples(t, newProbe().sample(t.Context(), loopback, m), 0)
		})
	}
	m := liar(t, func(packet []byte) [][]byte { return [][]byte{truth(packet), truth(packet), {}} })
	wantSamples(t, newProbe().sample(t.Context(), loopback, m), DefaultSamples)
	flood := liar(t, func(packet []byte) [][]byte { return slices.Repeat([][]byte{packet}, 1000) })
	wantSamples(t, newProbe().sample(t.Context(), loopback, flood), 0)
}

func world(seen ...evidence.Observation) probetest.World {
	w := probetest.World{Targets: []probe.Target{{Host: "203.0.113.7", Port: 443}, {Host: "203.0.113.9", Port: 8443}}, Seen: seen}
	for _, o := range seen {
		o.Common().ID, o.Common().Vantage = "e1", probetest.Vantage
	}
	return w
}

func answered(at string) evidence.Observation {
	to := netip.MustParseAddrPort(at)
	return &evidence.RTT{Meta: evidence.Meta{Kind: evidence.KindRTT}, Addr: to.Addr(), Port: to.Port(), Method: evidence.MethodTCP, MinMS: 1}
}

func silent(at string) evidence.Observation {
	return &evidence.Error{Meta: evidence.Meta{Kind: evidence.KindError}, Probe: "rtt", Target: at, Class: evidence.ClassTimeout}
}

func TestPlan(t *testing.T) {
	p := newProbe()
	for _, test := range []struct {
		name   string
		noICMP string
		seen   []evidence.Observation
		want   string
	}{
		{"nothing-tried", "", nil, ""},
		{"answered", "", []evidence.Observation{answered("203.0.113.7:443")}, "203.0.113.7"},
		{"another-port", "", []evidence.Observation{answered("203.0.113.7:444")}, ""},
		{"silent", "", []evidence.Observation{silent("203.0.113.9:8443")}, "203.0.113.9"},
		{"no-icmp", "not allowed", []evidence.Observation{answered("203.0.113.7:443"), silent("203.0.113.9:8443")}, "here icmp, 203.0.113.7, 203.0.113.9"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p.NoICMP = test.noICMP
			w := world(test.seen...)
			var got []string
			for _, step := range p.Plan(w.Targets, probe.NewSeen(w.Seen...)) {
				got = append(got, step.Subject)
			}
			if strings.Join(got, ", ") != test.want {
				t.Errorf("planned %q; want %s", got, test.want)
			}
		})
	}
}

func TestConformance(t *testing.T) {
	asked := make(chan struct{}, 1)
	deaf := newProbe()
	deaf.Wait = time.Minute
	deaf.Dialer.Control = func(string, string, syscall.RawConn) error {
		select {
		case asked <- struct{}{}:
		default:
		}
		return nil
	}
	l, err := net.ListenPacket("udp", netip.AddrPortFrom(netip.MustParseAddr("203.0.113.7"), closedPort).String()) // who listens there and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	deaf.NoICMP = "not asked"
	seen := world(answered("203.0.113.7:443"), silent("203.0.113.9:8443"))
	seen.Targets[0].Port = 443
	quiet := world(answered("203.0.113.7:8443"))
	quiet.Targets = []probe.Target{{Host: "203.0.113.7", Port: 8443}}
	probetest.Run(t, probetest.Case{
		Probe: newProbe(), World: seen, SilentProbe: silentFirst{deaf}, Silent: quiet, Asked: asked,
	})
	refused := newProbe()
	refused.NoICMP = "not allowed here"
	probetest.Run(t, probetest.Case{
		Probe: refused, World: seen, SilentProbe: silentFirst{deaf}, Silent: quiet, Asked: asked,
	})
}

// silentFirst leaves out the step that is answered without asking anybody.
type silentFirst struct{ *Probe }

func (s silentFirst) Plan(targets []probe.Target, seen *probe.Seen) []probe.Step {
	return slices.DeleteFunc(s.Probe.Plan(targets, seen), func(step probe.Step) bool { return step.Subject == cannotPing })
}

func TestNoWayThere(t *testing.T) {
	p := newProbe()
	got, err := p.Run(t.Context(), probe.Step{Probe: Name, Subject: "203.0.113.9", Ask: host{addr: netip.MustParseAddr("203.0.113.9"), quic: true}})
	if err != nil || len(got) != 1 {
		t.Fatalf("got %v, error %v", got, err)
	}
	if failed, ok := got[0].(*evidence.Error); !ok || failed.Class == evidence.ClassTimeout || !strings.Contains(failed.Error, "icmp (") {
		t.Errorf("got %+v; a failure that says why is expected", got[0])
	}
	got, err = p.Run(t.Context(), probe.Step{Probe: Name, Subject: "127.0.0.1", Ask: host{addr: loopback.addr}})
	if err != nil || len(got) != 1 {
		t.Fatalf("got %v, error %v", got, err)
	}
	if failed, ok := got[0].(*evidence.Error); !ok || failed.Class != evidence.ClassDenied || !strings.Contains(failed.Error, "--allow-private") {
		t.Errorf("got %+v; a refusal is expected", got[0])
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	count := func() int {
		all, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	descriptors, goroutines := count(), runtime.NumGoroutine()
	for i := range 20 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*time.Millisecond)
		_, _ = newProbe().Run(ctx, probe.Step{Probe: Name, Subject: "127.0.0.1", Ask: loopback})
		cancel()
	}
	for end := time.Now().Add(20 * time.Second); runtime.NumGoroutine() > goroutines || count() > descriptors; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines and %d descriptors before, %d and %d after", goroutines, descriptors, runtime.NumGoroutine(), count())
		}
	}
}
