// Package probes looks at where endpoints resolve and land: it plans what can
// be asked, asks it with bounded haste, and gives what came back as evidence.
// It draws no conclusion; that is package verdict.
//
// Each way to look is a folder of this one and a line in [All].
package probes

import (
	"crypto/x509"
	"net"
	"time"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes/dns"
	"github.com/landfall-audit/landfall/probes/echo"
	"github.com/landfall-audit/landfall/probes/geoip"
	"github.com/landfall-audit/landfall/probes/hint"
	"github.com/landfall-audit/landfall/probes/http"
	"github.com/landfall-audit/landfall/probes/iprange"
	"github.com/landfall-audit/landfall/probes/network"
	"github.com/landfall-audit/landfall/probes/probe"
	"github.com/landfall-audit/landfall/probes/rtt"
	"github.com/landfall-audit/landfall/probes/selfcheck"
	"github.com/landfall-audit/landfall/probes/storage"
	"github.com/landfall-audit/landfall/probes/tls"
	"github.com/landfall-audit/landfall/probes/trace"
	"github.com/landfall-audit/landfall/providers/ranges"
	"github.com/landfall-audit/landfall/providers/store/cloud"
)

// The words that probes and this package share.
type (
	// Target is one endpoint that a claim speaks of.
	Target = probe.Target
	// Step is one thing to ask.
	Step = probe.Step
	// Spec says what a probe is for.
	Spec = probe.Spec
	// Probe is one way to look.
	Probe = probe.Probe
	// Seen is what is known so far.
	Seen = probe.Seen
	// Trust decides whose certificates are believed.
	Trust = probe.Trust
)

// Config is what the probes need. The zero value measures with the system's
// resolver and no data sets.
type Config struct {
	Vantage   string              // id of the vantage that observations are made from
	Resolvers []dns.Resolver      // none: the one of /etc/resolv.conf
	Clients   []dns.Client        // whom zones' own servers are asked for; none: nobody, see [dns.EmbeddedClients]
	GeoIP     []*geoip.Database   // each is asked for each address
	ASN       []*network.Database // each is asked for each address
	Ranges    *ranges.Table       // published address ranges; nil: none
	Dialer    net.Dialer          // a template for TCP and UDP, so without LocalAddr; each probe adds its guard
	Now       func() time.Time    // nil: time.Now
	Trust     *probe.Trust        // whom the certificates of endpoints are trusted by; nil: the embedded roots
	Roots     *x509.CertPool      // whom those of resolvers are trusted by; nil: the system's
	Samples   int                 // connections for one round trip time; 0: [rtt.DefaultSamples]
	Version   string              // of this program, told to HTTP servers
	NoEcho    bool                // times round trips by TCP alone
	NoTrace   bool                // looks for no hosts on the way
	NoNames   bool                // asks for no names of the hosts on the way
	Names     *net.Resolver       // whom it asks for them; nil: the system's
	Clouds    cloud.Clouds        // who is asked about buckets; nil: nobody

	// Known are the hosts of known place that the vantage is checked against;
	// nil: [selfcheck.KnownHosts].
	Known []selfcheck.KnownHost
}

// All returns the probes, in the order in which their steps are planned. It is
// the one list of them.
func All(c Config) []Probe {
	if len(c.Resolvers) == 0 {
		c.Resolvers = []dns.Resolver{dns.System()}
	}
	here := probe.Stamp{Vantage: c.Vantage, Now: c.Now}
	local := probe.Stamp{Now: c.Now}
	list := []Probe{
		&dns.Probe{Stamp: here, Resolvers: c.Resolvers, Clients: c.Clients, Dialer: c.Dialer, Roots: c.Roots},
		&rtt.Probe{Stamp: here, Dialer: c.Dialer, Samples: c.Samples},
		&tls.Probe{Stamp: here, Dialer: c.Dialer, Trust: c.Trust},
		&http.Probe{Stamp: here, Dialer: c.Dialer, Version: c.Version},
		&selfcheck.Probe{Stamp: here, Dialer: c.Dialer, Known: c.Known},
		&geoip.Probe{Stamp: local, Databases: c.GeoIP},
		&network.Probe{Stamp: local, Databases: c.ASN},
		&iprange.Probe{Stamp: local, Table: c.Ranges},
		&hint.Probe{Stamp: local},
		&storage.Probe{Stamp: here, Clouds: c.Clouds},
	}
	noICMP := echo.WhyNoICMP()
	if !c.NoEcho {
		list = append(list, &echo.Probe{Stamp: here, Dialer: c.Dialer, NoICMP: noICMP})
	}
	if !c.NoTrace {
		list = append(list, c.trace(here, noICMP == ""))
	}
	return list
}

func (c Config) trace(here probe.Stamp, withICMP bool) Probe {
	p := &trace.Probe{Stamp: here, Dialer: c.Dialer}
	if withICMP {
		p.Methods = []string{evidence.MethodTCP, evidence.MethodUDP, evidence.MethodICMP}
	}
	switch {
	case c.NoNames:
	case c.Names == nil:
		p.Resolver = net.DefaultResolver
	default:
		p.Resolver = c.Names
	}
	return p
}

// NewSeen begins with the observations of an earlier run, or none.
func NewSeen(observations ...evidence.Observation) *Seen { return probe.NewSeen(observations...) }

// ReadTrust returns the embedded roots and those of files, in PEM, that the user
// vouches for.
func ReadTrust(files ...string) (*Trust, error) { return probe.ReadTrust(files...) }
