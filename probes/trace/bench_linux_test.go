package trace

import (
	"net/netip"
	"os/exec"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/evidence"
)

// BenchmarkTrace traces a path of 15 routers of this machine's kernel, three
// packets for each of them, beside traceroute and mtr, which send one, where
// they are installed:
//
//	go test -run '^$' -bench Trace ./probes/trace
//
// The path has no delay, so what is seen is what each tool adds of its own.
func BenchmarkTrace(b *testing.B) {
	const hops = 15
	c := newChain(b, hops)
	open := c.listen(b, c.host4())
	for _, method := range allMethods {
		b.Run("landfall-"+method, func(b *testing.B) {
			for b.Loop() {
				if got := traced(b, look(b, newProbe(), open, method)); !got.Reached || len(got.Hops) != hops {
					b.Fatalf("got %+v", got)
				}
			}
		})
	}
	for name, args := range map[string][]string{
		"traceroute": {"-n", "-q", "1", c.host4().String()},
		"mtr":        {"-rnc", "1", c.host4().String()},
	} {
		if _, err := exec.LookPath(name); err != nil {
			continue
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
					b.Fatalf("%v: %s", err, out)
				}
			}
		})
	}
}

// BenchmarkSilentHost traces a path whose end does not answer: three packets
// for each of 15 hops, of which the last is silent, with the usual patience.
func BenchmarkSilentHost(b *testing.B) {
	c := newChain(b, 15)
	c.silence(b, 15)
	p := newProbe()
	p.Silence = time.Second
	for b.Loop() {
		traced(b, look(b, p, netip.AddrPortFrom(c.host4(), 9), evidence.MethodTCP))
	}
}
