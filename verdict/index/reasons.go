package index

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/internal/ipspecial"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/sentence"
)

// WhyNoAddress says why there is nothing to judge at an endpoint.
func (c *Index) WhyNoAddress(claim *providers.Claim, e *providers.Endpoint) verdict.Limit {
	if e.HostKind() == providers.HostBucket {
		if failed := c.Failures[StoreKey(e.Host)]; len(failed) > 0 {
			return sentence.Limit(verdict.CodeStoreFailed, verdict.Args{"endpoint": e.Host, "error": failed[0].Error, "class": string(failed[0].Class)})
		}
		return sentence.Limit(verdict.CodeStoreNotAsked, verdict.Args{"endpoint": e.Host})
	}
	answers := c.answers[HostKey(e.Host)]
	if len(answers) == 0 {
		if failed := c.failureOf(e.Host); failed != nil {
			return sentence.Limit(verdict.CodeLookupFailed, verdict.Args{"endpoint": e.Host, "error": failed.Error, "class": string(failed.Class)})
		}
		return sentence.Limit(verdict.CodeNameNotAsked, verdict.Args{"endpoint": e.Host})
	}
	if len(claim.When.UserCountry.In)+len(claim.When.UserCountry.NotIn) > 0 {
		for _, a := range answers {
			if len(a.Answers) > 0 {
				return sentence.Limit(verdict.CodeNoAddressForUsers, nil)
			}
		}
	}
	rcodes := map[string]bool{}
	for _, a := range answers {
		rcodes[cmp.Or(a.Rcode, "no answer")] = true
	}
	return sentence.Limit(verdict.CodeNoAddress, verdict.Args{"endpoint": e.Host, "rcodes": slices.Sorted(maps.Keys(rcodes))})
}

// failureOf returns the first recorded failure whose target names the host; nil where
// there is none.
func (c *Index) failureOf(host string) *evidence.Error {
	var targets []string
	for target := range c.Failures {
		if target == host || strings.HasPrefix(target, host+" ") || strings.HasPrefix(target, host+":") || strings.HasPrefix(target, host+"/") {
			targets = append(targets, target)
		}
	}
	slices.Sort(targets)
	for _, target := range targets {
		for _, f := range c.Failures[target] {
			return f
		}
	}
	return nil
}

// WhyNothing says why nothing speaks of where an address is.
func (c *Index) WhyNothing(addr netip.Addr, port uint16) verdict.Limit {
	if kind := ipspecial.Kind(addr); kind != "" {
		return sentence.Limit(verdict.CodeAddressNotPublic, verdict.Args{"address": addr.String(), "kind": kind})
	}
	if failed := c.Failures[netip.AddrPortFrom(addr, port).String()]; len(failed) > 0 {
		return sentence.Limit(verdict.CodeNoRoundTrip, verdict.Args{"error": failed[0].Error, "class": string(failed[0].Class)})
	}
	for _, v := range c.Vantages {
		if !v.InUse() {
			return sentence.Limit(verdict.CodeVantageNotUsed, v.NamedIn(verdict.Args{"why": v.SetAside.Coded}))
		}
	}
	return sentence.Limit(verdict.CodeNotMeasured, nil)
}
