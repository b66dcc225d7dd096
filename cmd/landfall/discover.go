package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/probes"
	"github.com/landfall-audit/landfall/probes/capture"
	"github.com/landfall-audit/landfall/probes/dns"
	"github.com/landfall-audit/landfall/probes/rtt"
	"github.com/landfall-audit/landfall/probes/tls"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/providers/discover"
)

// discovering is one call of catalog discover.
type discovering struct {
	surroundings
	resolvers    []string
	allowPrivate bool
}

func newCatalogDiscover(s surroundings) *cobra.Command {
	d := &discovering{surroundings: s}
	c := &cobra.Command{
		Use:   "discover HOST|FILE…",
		Short: "Propose endpoints for a sheet, for a person to accept",
		Long: `Propose endpoints for a sheet. A host is looked up, and its certificate is read: the
names that it leads to and the names beside it are proposed, if they are under
its own domain. A file is evidence of this program, a HAR file of a browser, a
capture of packets (pcap or pcapng: DNS answers and the server names of TLS), or a
list of hosts, one a line; the hosts that received most come first.

What is proposed is no evidence that a vendor uses the host: that takes a source.

Exit status: 0 done; 2 bad usage or input; 3 a host could not be looked at.`,
		Example: `  landfall catalog discover api.example.com
  landfall catalog discover session.har >> example-drive.yaml
  landfall catalog discover backup.pcap`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return d.run(c.Context(), args) },
	}
	c.Flags().StringArrayVar(&d.resolvers, "resolver", nil, "resolver `ADDR`: IP:port, tls://host, https://…/dns-query (repeatable; default the system's)")
	c.Flags().BoolVar(&d.allowPrivate, "allow-private", false, "contact hosts of private addresses too")
	return c
}

func (d *discovering) run(ctx context.Context, args []string) error {
	sheets, err := providers.Catalogue()
	if err != nil {
		return err
	}
	var finds discover.Finds
	var targets []probes.Target
	var failed []error
	for _, arg := range args {
		if exists(arg) {
			cut, err := findsIn(&finds, arg)
			if err != nil {
				return err
			}
			failed = append(failed, cut...)
			continue
		}
		host, port, err := hostAndPort(arg)
		if err == nil {
			err = providers.CheckHost(host)
		}
		if err != nil {
			return fmt.Errorf("%s is no file and no host: %w", oneLine(arg), err)
		}
		finds.Ask(host)
		targets = append(targets, probes.Target{Host: host, Port: port, AllowPrivate: d.allowPrivate})
	}
	unseen, err := d.look(ctx, &finds, targets)
	if err != nil {
		return err
	}
	failed = append(failed, unseen...)
	if _, err := fmt.Fprint(d.out, finds.YAML(sheets)); err != nil {
		return err
	}
	if len(failed) > 0 {
		return incomplete(errors.Join(failed...))
	}
	return nil
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
func (d *discovering) look(ctx context.Context, finds *discover.Finds, targets []probes.Target) (failed []error, err error) {
	if len(targets) == 0 {
		return nil, nil
	}
	resolvers, err := parseResolvers(d.resolvers)
	if err != nil {
		return nil, err
	}
	list := probes.All(probes.Config{Vantage: "v1", Resolvers: resolvers, Now: d.now, Samples: 1, Version: version()})
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
