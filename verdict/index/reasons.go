package index

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/internal/ipspecial"
	"github.com/landfall-audit/landfall/providers"
)

// WhyNoAddress says why there is nothing to judge at an endpoint.
func (c *Index) WhyNoAddress(claim *providers.Claim, e *providers.Endpoint) string {
	if e.HostKind() == providers.HostBucket {
		if failed := c.Failures[StoreKey(e.Host)]; len(failed) > 0 {
			return fmt.Sprintf("nothing is known of %s: %s (%s)", e.Host, failed[0].Error, failed[0].Class)
		}
		return "no metadata and no timed read of " + e.Host + " is in the evidence"
	}
	answers := c.answers[HostKey(e.Host)]
	if len(answers) == 0 {
		if failed := c.failureOf(e.Host); failed != "" {
			return e.Host + " could not be looked up: " + failed
		}
		return "no answer for the name " + e.Host + " is in the evidence"
	}
	if len(claim.When.UserCountry.In)+len(claim.When.UserCountry.NotIn) > 0 {
		for _, a := range answers {
			if len(a.Answers) > 0 {
				return "no address that users whom the claim is about are given is in the evidence"
			}
		}
	}
	rcodes := map[string]bool{}
	for _, a := range answers {
		rcodes[cmp.Or(a.Rcode, "no answer")] = true
	}
	var words []string
	for code := range rcodes {
		words = append(words, code)
	}
	slices.Sort(words)
	return fmt.Sprintf("the name %s has no address (%s)", e.Host, strings.Join(words, ", "))
}

// failureOf returns the first recorded failure whose target names the host.
func (c *Index) failureOf(host string) string {
	var targets []string
	for target := range c.Failures {
		if target == host || strings.HasPrefix(target, host+" ") || strings.HasPrefix(target, host+":") || strings.HasPrefix(target, host+"/") {
			targets = append(targets, target)
		}
	}
	slices.Sort(targets)
	for _, target := range targets {
		for _, f := range c.Failures[target] {
			return fmt.Sprintf("%s (%s)", f.Error, f.Class)
		}
	}
	return ""
}

// WhyNothing says why nothing speaks of where an address is.
func (c *Index) WhyNothing(addr netip.Addr, port uint16) string {
	if kind := ipspecial.Kind(addr); kind != "" {
		return fmt.Sprintf("%s is not on the public internet (%s): what answers there without a key of its own can be another machine in each network", addr, kind)
	}
	if failed := c.Failures[netip.AddrPortFrom(addr, port).String()]; len(failed) > 0 {
		return fmt.Sprintf("no round trip: %s (%s); no database or published range has the address", failed[0].Error, failed[0].Class)
	}
	for _, v := range c.Vantages {
		if v.SetAside != "" {
			return fmt.Sprintf("the round trips of vantage %s are not used: %s; no database or published range has the address", v.Named(), v.SetAside)
		}
	}
	return "no round trip, database or published range in the evidence has the address"
}
