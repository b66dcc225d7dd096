package view

import (
	"slices"

	"github.com/landfall-audit/landfall/reports/sanitize"
	"github.com/landfall-audit/landfall/verdict"
)

// How much of one argument is kept.
const (
	maxReasons = 12 // steps of one argument
	maxIDs     = 12 // evidence ids of one step
	MaxDisks   = 12 // of one proof or argument
	maxSites   = 50 // hosts that share an address
)

// boundedProof returns a proof with its disks and texts cut to what is kept.
func boundedProof(p *verdict.Proof) *verdict.Proof {
	if p == nil {
		return nil
	}
	out := *p
	out.Regions, out.Disks = sanitize.Name(p.Regions), slices.Clone(p.Disks[:min(len(p.Disks), MaxDisks)])
	for i := range out.Disks {
		d := &out.Disks[i]
		d.Vantage, d.Evidence, d.Door = sanitize.Name(d.Vantage), sanitize.Name(d.Evidence), sanitize.Name(d.Door)
	}
	if p.Nearest != nil {
		nearest := *p.Nearest
		nearest.Area = sanitize.Name(nearest.Area)
		out.Nearest = &nearest
	}
	return &out
}

// boundedSites returns the hosts that share an address, as many as are kept.
func boundedSites(s *verdict.Sites) *verdict.Sites {
	if s == nil {
		return nil
	}
	out := verdict.Sites{AtLeast: s.AtLeast, UnlessWrong: sanitize.Names(s.UnlessWrong)}
	for _, g := range s.Groups[:min(len(s.Groups), maxSites)] {
		out.Groups = append(out.Groups, verdict.SiteSeen{Vantages: sanitize.Names(g.Vantages), Evidence: sanitize.Names(g.Evidence), Countries: codes(g.Countries), Result: Known(g.Result)})
	}
	return &out
}

// codes returns country codes, shortened and sorted.
func codes(list []string) []string {
	var out []string
	for _, code := range list[:min(len(list), sanitize.MaxTexts)] {
		out = append(out, sanitize.Name(code))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// boundedMeasured keeps texts from outside short.
func boundedMeasured(m *verdict.Measured) *verdict.Measured {
	if m == nil {
		return nil
	}
	return &verdict.Measured{From: sanitize.Name(m.From), Until: sanitize.Name(m.Until)}
}
