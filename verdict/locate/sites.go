package locate

import (
	"slices"

	"github.com/landfall-audit/landfall/verdict"
	"github.com/landfall-audit/landfall/verdict/constraint"
	"github.com/landfall-audit/landfall/verdict/index"
)

// maxSites is how many sites a verdict describes.
const maxSites = 50

// Sites returns the sites of an address and what the claim is at each; nil where no
// two disks are apart.
func (c *Locator) Sites(t *constraint.Constraint, l *Location) *verdict.Sites {
	if l.seen == nil {
		l.seen = l.sitesSeen()
	}
	if len(l.seen.groups) < 2 {
		return nil
	}
	s := &verdict.Sites{AtLeast: len(l.seen.groups), UnlessWrong: l.seen.unless}
	for _, members := range l.seen.groups[:min(len(l.seen.groups), maxSites)] {
		s.Groups = append(s.Groups, c.siteSeen(t, l, members))
	}
	return s
}

// sitesSeen are the sites of an address, whatever any claim says: of each the
// disks that can hold it and no other, and the vantages without which there
// need not be several.
type sitesSeen struct {
	groups []Supporting
	unless []string
}

// sitesSeen tells the sites by a set of disks that are all apart, the smallest
// taken first: a lower bound (Cicalese et al.: Characterizing IPv4 anycast
// adoption and deployment, CoNEXT 2015). What vantages saw that are set aside
// counts where nothing else shows several.
func (l *Location) sitesSeen() *sitesSeen {
	seen, disks := &sitesSeen{unless: l.unless}, slices.Collect(l.each)
	if !l.Many {
		var aside []*index.Disk
		for i := range l.inconsistent {
			if d := &l.inconsistent[i]; !d.Touched.Empty() && l.apartFrom(d) {
				seen.unless, aside = append(seen.unless, d.From.ID), append(aside, d)
			}
		}
		if aside == nil {
			return seen
		}
		slices.Sort(seen.unless)
		disks = append(disks, aside...)
	}
	var middles []*index.Disk
	for _, d := range disks {
		if !slices.ContainsFunc(middles, func(m *index.Disk) bool { return !m.Apart(d) }) {
			middles = append(middles, d)
		}
	}
	seen.groups = make([]Supporting, len(middles))
	for _, d := range disks {
		if n, only := onlyNear(middles, d); only {
			seen.groups[n].Disks = append(seen.groups[n].Disks, d)
		}
	}
	return seen
}

// onlyNear returns the one middle that the disk is not apart from.
func onlyNear(middles []*index.Disk, d *index.Disk) (n int, only bool) {
	for i, m := range middles {
		if m.Apart(d) {
			continue
		}
		if only {
			return 0, false
		}
		n, only = i, true
	}
	return n, only
}

func (c *Locator) siteSeen(t *constraint.Constraint, l *Location, members Supporting) verdict.SiteSeen {
	s := verdict.SiteSeen{Countries: []string{}, Result: verdict.Inconclusive}
	for _, d := range members.Disks {
		s.Vantages, s.Evidence = append(s.Vantages, d.From.ID), append(s.Evidence, d.ID)
	}
	outside, inside := l.carriers(t, slices.Values(members.Disks), nil)
	if codes := c.Ground.Countries(members.Disks[0].Touched); len(codes) <= maxCountries {
		s.Countries = codes
	}
	switch {
	case outside.IsQuorum(l.QuorumContext()):
		s.Result = verdict.Refuted
	case len(outside.Disks) > 0:
		s.Result = verdict.Disputed
	case len(inside.Disks) == len(members.Disks) && inside.IsQuorum(l.QuorumContext()):
		s.Result = verdict.Proven
	case len(inside.Disks) == len(members.Disks):
		s.Result = verdict.Consistent
	}
	return s
}
