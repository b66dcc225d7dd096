package text

import (
	"fmt"
	"strings"

	"github.com/landfall-audit/landfall/evidence"
	"github.com/landfall-audit/landfall/providers"
	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/reports/view"
)

// Countries lists countries by name, in the order of their codes.
func Countries(codes []string) string {
	var names []string
	for _, code := range codes {
		names = append(names, view.CountryName(code))
	}
	return strings.Join(names, ", ")
}

// Condition says where an endpoint or a claim applies.
func Condition(c providers.Condition) string {
	var parts []string
	if len(c.Plans) > 0 {
		parts = append(parts, "plan "+strings.Join(c.Plans, ", "))
	}
	if len(c.Regions) > 0 {
		parts = append(parts, "region "+strings.Join(c.Regions, ", "))
	}
	if len(c.UserCountry.In) > 0 {
		parts = append(parts, "users in "+Countries(c.UserCountry.In))
	}
	if len(c.UserCountry.NotIn) > 0 {
		parts = append(parts, "users outside "+Countries(c.UserCountry.NotIn))
	}
	return strings.Join(parts, "; ")
}

// Network names a network by its number and who it is registered to.
func Network(n *evidence.Network) string {
	var parts []string
	if n.ASN != 0 {
		parts = append(parts, fmt.Sprintf("AS%d", n.ASN))
	}
	if n.Organisation != "" {
		parts = append(parts, sanitize.Name(n.Organisation))
	}
	if n.RegisteredCountry != "" {
		parts = append(parts, "registered in "+view.CountryName(sanitize.Name(n.RegisteredCountry)))
	}
	return strings.Join(parts, ", ")
}

// Share returns the share and the votes of a holding.
func Share(h *providers.Holding) string {
	switch {
	case h.Share.Stated && h.Votes.Stated:
		return h.Share.String() + ", and " + h.Votes.String() + " of the votes"
	case h.Share.Stated:
		return h.Share.String()
	case h.Votes.Stated:
		return h.Votes.String() + " of the votes"
	}
	return "share not stated"
}

// HoldingDates returns the days on which a holding is known.
func HoldingDates(h *providers.Holding) string {
	switch {
	case h.Undated():
		return "no date in the source, read " + h.Source.Retrieved.String()
	case h.Until.IsZero():
		return "known from " + h.From.String()
	}
	return "known from " + h.From.String() + ", not after " + h.Until.String()
}
