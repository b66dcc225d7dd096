package fakenet

import (
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/landfall-audit/landfall/internal/fakenet/scenario"
	"github.com/landfall-audit/landfall/internal/needs"
)

// witness runs a program in the world that the test is inside of. Where the
// system has no such program that is said, and ok is false: the tests beside
// this one check the same with sockets of their own.
func witness(t *testing.T, args ...string) (said string, ok bool) {
	t.Helper()
	path, err := exec.LookPath(args[0])
	if err != nil {
		needs.NotChecked(t, "LANDFALL_NEED_WITNESSES", args[0]+" is not installed, and was not compared (Debian: apt-get install iputils-ping traceroute dnsutils curl)")
		return "", false
	}
	out, err := exec.Command(path, args[1:]...).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %v\n%s", args, err, out)
		return "", false
	}
	return string(out), true
}

// figure reads the number in the first group of a pattern.
func figure(t *testing.T, said, pattern string) time.Duration {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(said)
	if m == nil {
		t.Errorf("%q is not in\n%s", pattern, said)
		return 0
	}
	ms, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		t.Error(err)
	}
	return scenario.Milliseconds(ms)
}

func TestWitnessPing(t *testing.T) { inside(t, small(), "fra", witnessPing) }

func witnessPing(t *testing.T) {
	far := truth(frankfurt, paris, newYork)
	for _, target := range []string{"203.0.113.7", "2001:db8:c::7", "web.example.com"} {
		said, ok := witness(t, "ping", "-c", "3", "-i", "0.2", target)
		if ok {
			// Ping rounds to the microsecond.
			never(t, "ping "+target, figure(t, said, `(?m)^rtt min.*= ([0-9.]+)/`)+time.Microsecond, far)
		}
	}
}

func TestWitnessTraceroute(t *testing.T) { inside(t, small(), "fra", witnessTraceroute) }

func witnessTraceroute(t *testing.T) {
	for _, c := range []struct{ args, last string }{
		{"-n -q 1 -w 1 203.0.113.7", "203.0.113.7"},
		{"-n -q 1 -w 1 -6 2001:db8:c::7", "2001:db8:c::7"},
	} {
		said, ok := witness(t, append([]string{"traceroute"}, strings.Fields(c.args)...)...)
		if !ok {
			continue
		}
		lines := strings.Split(strings.TrimSpace(said), "\n")
		if len(lines) != 5 || !strings.Contains(lines[3], "*") {
			t.Errorf("three routers, one of them silent, and the host are expected:\n%s", said)
			continue
		}
		never(t, "hop 2", figure(t, lines[2], `  ([0-9.]+) ms`)+time.Microsecond, truth(frankfurt, paris))
		if !strings.Contains(lines[4], c.last) {
			t.Errorf("the host is not the last:\n%s", said)
		}
	}
	if said, ok := witness(t, "traceroute", "-q", "1", "-w", "1", "203.0.113.7"); ok && !strings.Contains(said, "core.par.example.net") {
		t.Errorf("routers have no names:\n%s", said)
	}
}

func TestWitnessDig(t *testing.T) { inside(t, small(), "fra", witnessDig) }

func witnessDig(t *testing.T) {
	for args, want := range map[string]string{
		"+short www.example.com":      "web.example.com.\n203.0.113.7\n",
		"+short www.example.com AAAA": "web.example.com.\n2001:db8:c::7\n",
		"+short +tcp www.example.com": "web.example.com.\n203.0.113.7\n",
		"+short @198.51.100.53 +norecurse +subnet=1.2.4.0/24 geo.example.com": "203.0.113.10\n",
		"+short -x 203.0.113.7":                     "web.nyc.example.com.\n",
		"+short +tls @192.0.2.53 web.example.com":   "203.0.113.7\n",
		"+short +https @192.0.2.53 web.example.com": "203.0.113.7\n",
	} {
		if said, ok := witness(t, append([]string{"dig", "+time=2", "+tries=1"}, strings.Fields(args)...)...); ok && said != want {
			t.Errorf("dig %s: %q, want %q", args, said, want)
		}
	}
	said, ok := witness(t, "dig", "@198.51.100.53", "+subnet=1.2.4.0/24", "+nsid", "geo.example.com")
	if ok && (!strings.Contains(said, "CLIENT-SUBNET: 1.2.4.0/24/") || !strings.Contains(said, `("ns")`)) {
		t.Errorf("no scope or no server in the answer:\n%s", said)
	}
}

func TestWitnessCurl(t *testing.T) { inside(t, small(), "fra", witnessCurl) }

func witnessCurl(t *testing.T) {
	far := truth(frankfurt, paris, newYork)
	for _, args := range [][]string{{"https://www.example.com/"}, {"-6", "https://www.example.com/"}, {"--http1.1", "https://www.example.com/"}, {"http://www.example.com/"}} {
		said, ok := witness(t, append([]string{"curl", "-sS", "-w", "connect %{time_connect} resolved %{time_namelookup} %{http_code}"}, args...)...)
		if !ok {
			continue
		}
		if !strings.Contains(said, "hello") || !strings.HasSuffix(said, "200") {
			t.Errorf("%v: %s", args, said)
		}
		var connected, resolved float64
		if _, err := fmt.Sscanf(said[strings.Index(said, "connect"):], "connect %f resolved %f", &connected, &resolved); err != nil {
			t.Errorf("%v: %v", err, said)
		}
		never(t, "curl "+strings.Join(args, " "), scenario.Milliseconds((connected-resolved)*1000)+2*time.Microsecond, far)
	}
}
