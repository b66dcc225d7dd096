package selfcheck

import (
	"net/netip"

	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/providers/landmarks"
)

// Where known hosts answer.
const (
	httpsPort = 443
	httpPort  = 80
)

// absentNames are names that nobody has: example.com belongs to IANA and has no
// such names (RFC 2606, 3), and no resolver has a word for invalid (RFC 6761,
// 6.4). Who is given an address for one is given the resolver's own.
var absentNames = []string{"landfall-no-such-name-7f3a.example.com", "landfall-no-such-name-7f3a.invalid"}

// Unannounced is an address that nobody may announce: it is in 240.0.0.0/4, which
// is reserved (RFC 1112, 4; RFC 6890, 2.2.2). Whoever gets a reply from it gets
// one from somebody in between.
var Unannounced = netip.MustParseAddr("240.0.0.1")

// KnownHost is a host whose place its operator publishes.
type KnownHost = landmarks.Landmark

// KnownHosts returns the hosts that a vantage is checked against.
func KnownHosts() []KnownHost { return landmarks.All() }

// plainHosts is how many known hosts are asked over HTTP without TLS too, where
// whoever wants a log-in first redirects to its own page.
const plainHosts = 2

// Targets returns what is to be probed beside the targets of a run, so that
// [Judge] has something to go by: the known hosts, and names that nobody has.
func Targets() []probe.Target { return TargetsOf(KnownHosts()) }

// TargetsOf is [Targets] for other known hosts.
func TargetsOf(known []KnownHost) []probe.Target {
	var out []probe.Target
	for i, k := range known {
		out = append(out, probe.Target{Host: k.Host, Port: k.Port, Landmark: true})
		if i < plainHosts {
			out = append(out, probe.Target{Host: k.Host, Port: httpPort, Landmark: true})
		}
	}
	for _, name := range absentNames {
		out = append(out, probe.Target{Host: name, Port: httpsPort})
	}
	return out
}
