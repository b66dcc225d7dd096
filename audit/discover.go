package audit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/landfall-audit/landfall/audit/archive"
	"github.com/landfall-audit/landfall/audit/campaign"
	"github.com/landfall-audit/landfall/audit/target"
	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/escape"
	"github.com/landfall-audit/landfall/internal/version"
	"github.com/landfall-audit/landfall/probes"
	"github.com/landfall-audit/landfall/probes/capture"
	"github.com/landfall-audit/landfall/probes/dns"
	"github.com/landfall-audit/landfall/probes/rtt"
	"github.com/landfall-audit/landfall/probes/tls"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/providers/discover"
)

// DiscoverOptions say how hosts are looked at.
type DiscoverOptions struct {
	// Resolvers are IP:port, tls://host or https://…/dns-query. None: the system's.
	Resolvers []string
	// AllowPrivate lets hosts of private addresses be contacted. False: they are not.
	AllowPrivate bool
}

// Discover returns endpoints, as YAML for a sheet, that hosts lead to or that files
// name. Files are evidence, HAR files, captures of packets, and lists of hosts.
// With an [IncompleteError] there is such a text all the same, of what could be
// looked at.
func Discover(ctx context.Context, o DiscoverOptions, args ...string) (string, error) {
	sheets, err := providers.Catalogue()
	if err != nil {
		return "", err
	}
	var finds discover.Finds
	var targets []probes.Target
	var failed []error
	for _, arg := range args {
		if archive.IsThere(arg) {
			cut, err := findsIn(&finds, arg)
			if err != nil {
				return "", err
			}
			failed = append(failed, cut...)
			continue
		}
		host, port, err := target.HostAndPort(arg)
		if err == nil {
			err = providers.CheckHost(host)
		}
		if err != nil {
			return "", fmt.Errorf("%s is no file and no host: %w", escape.Line(arg), err)
		}
		finds.Ask(host)
		targets = append(targets, probes.Target{Host: host, Port: port, AllowPrivate: o.AllowPrivate})
	}
	unseen, err := o.look(ctx, &finds, targets)
	if err != nil {
		return "", err
	}
	return finds.YAML(sheets), incomplete(append(failed, unseen...)...)
}

// findsIn reads a file. What of a capture could not be read is no reason to tell
// nothing of the rest.
func findsIn(finds *discover.Finds, path string) (cut []error, err error) {
	if err = finds.File(path); !errors.Is(err, discover.ErrCapture) {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("what was seen: %w", err)
	}
	defer file.Close()
	seen, err := capture.Read(file)
	finds.Observations(seen)
	if errors.Is(err, capture.ErrCut) {
		return []error{fmt.Errorf("%s: %w", path, err)}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return nil, nil
}

// look resolves the hosts and reads their certificates.
func (o DiscoverOptions) look(ctx context.Context, finds *discover.Finds, targets []probes.Target) (failed []error, err error) {
	if len(targets) == 0 {
		return nil, nil
	}
	resolvers, err := campaign.ParseResolvers(o.Resolvers)
	if err != nil {
		return nil, err
	}
	list := probes.All(probes.Config{Vantage: "v1", Resolvers: resolvers, Now: time.Now, Samples: 1, Version: version.String()})
	// Certificates are read of those that answered.
	needed := []string{dns.Name, rtt.Name, tls.Name}
	list = slices.DeleteFunc(list, func(p probes.Probe) bool { return !slices.Contains(needed, p.Spec().Name) })
	certificates := 0
	record := func(observations ...evidence.Observation) error {
		for _, o := range observations {
			switch o := o.(type) {
			case *evidence.Error:
				failed = append(failed, fmt.Errorf("%s: %s", o.Target, o.Error))
			case *evidence.TLS:
				certificates++
			}
			finds.Evidence(o)
		}
		return nil
	}
	_, err = probes.Run(ctx, probes.Options{}, list, targets, probes.NewSeen(), record)
	if err != nil {
		failed = append(failed, err)
	}
	if certificates == 0 && len(failed) == 0 {
		failed = append(failed, errors.New("no certificate was read: the hosts have no address, or a private one; give --allow-private if that is meant"))
	}
	return failed, nil
}
