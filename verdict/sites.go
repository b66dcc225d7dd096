package verdict

import (
	"slices"
)

// Sites are the places that share an address, as far as they can be told apart:
// disks of which no two have anything in common cannot hold one host.
type Sites struct {
	AtLeast int        `json:"at_least"`
	Groups  []SiteSeen `json:"groups"` // at most [maxSites]
	// UnlessWrong are vantages, one in five at most, without which one host would
	// explain all replies: there are several unless these are not where they say,
	// or something near them answered. Empty where so few do not explain it.
	UnlessWrong []string `json:"unless_wrong,omitempty"`
}

// SiteSeen is one site, and what the claim is for those who are answered by it:
// the vantages whose disk can hold this one of the sites and no other.
type SiteSeen struct {
	Vantages  []string `json:"vantages"`
	Evidence  []string `json:"evidence"`
	Countries []string `json:"countries"` // where it can be by the smallest disk, where these are at most ten
	Result    Result   `json:"result"`
}

// maxSites is how many sites a verdict describes.
const maxSites = 50

// sites returns the sites of an address and what the claim is at each; nil where no
// two disks are apart.
func (c *locator) sites(t *terms, l *location) *Sites {
	if l.seen == nil {
		l.seen = l.sitesSeen()
	}
	if len(l.seen.groups) < 2 {
		return nil
	}
	s := &Sites{AtLeast: len(l.seen.groups), UnlessWrong: l.seen.unless}
	for _, members := range l.seen.groups[:min(len(l.seen.groups), maxSites)] {
		s.Groups = append(s.Groups, c.siteSeen(t, l, members))
	}
	return s
}

// sitesSeen are the sites of an address, whatever any claim says: of each the
// disks that can hold it and no other, and the vantages without which there
// need not be several.
type sitesSeen struct {
	groups []carriers
	unless []string
}

// sitesSeen tells the sites by a set of disks that are all apart, the smallest
// taken first: a lower bound (Cicalese et al.: Characterizing IPv4 anycast
// adoption and deployment, CoNEXT 2015). What vantages saw that are set aside
// counts where nothing else shows several.
func (l *location) sitesSeen() *sitesSeen {
	seen, disks := &sitesSeen{unless: l.unless}, slices.Collect(l.each)
	if !l.many {
		var aside []*disk
		for i := range l.inconsistent {
			if d := &l.inconsistent[i]; !d.touched.empty() && l.apartFrom(d) {
				seen.unless, aside = append(seen.unless, d.from.ID), append(aside, d)
			}
		}
		if aside == nil {
			return seen
		}
		slices.Sort(seen.unless)
		disks = append(disks, aside...)
	}
	var middles []*disk
	for _, d := range disks {
		if !slices.ContainsFunc(middles, func(m *disk) bool { return !m.apart(d) }) {
			middles = append(middles, d)
		}
	}
	seen.groups = make([]carriers, len(middles))
	for _, d := range disks {
		if n, only := onlyNear(middles, d); only {
			seen.groups[n].disks = append(seen.groups[n].disks, d)
		}
	}
	return seen
}

// onlyNear returns the one middle that the disk is not apart from.
func onlyNear(middles []*disk, d *disk) (n int, only bool) {
	for i, m := range middles {
		if m.apart(d) {
			continue
		}
		if only {
			return 0, false
		}
		n, only = i, true
	}
	return n, only
}

func (c *locator) siteSeen(t *terms, l *location, members carriers) SiteSeen {
	s := SiteSeen{Countries: []string{}, Result: Inconclusive}
	for _, d := range members.disks {
		s.Vantages, s.Evidence = append(s.Vantages, d.from.ID), append(s.Evidence, d.id)
	}
	outside, inside := l.carriers(t, slices.Values(members.disks), nil)
	if codes := c.ground.countries(members.disks[0].touched); len(codes) <= maxCountries {
		s.Countries = codes
	}
	switch {
	case outside.suffice(l.quorumContext()):
		s.Result = Refuted
	case len(outside.disks) > 0:
		s.Result = Disputed
	case len(inside.disks) == len(members.disks) && inside.suffice(l.quorumContext()):
		s.Result = Proven
	case len(inside.disks) == len(members.disks):
		s.Result = Consistent
	}
	return s
}
