package reports

import (
	"fmt"
	"strings"

	"github.com/landfall-audit/landfall/verdict"
)

// Gap is something that is not known, and which claims it leaves open.
type Gap struct {
	Text   string
	Claims []Ref // the first few
	More   int   // claims that were left out
}

// Ref points at a claim.
type Ref struct {
	Label  string
	Vendor string // id
	Anchor string // on the vendor's page
}

// maxRefs is how many claims a gap names.
const maxRefs = 8

// gaps lists what the runs leave unknown, so that no reader has to infer it
// from what is missing.
func gaps(v *View) []Gap {
	var out []Gap
	out = append(out, lookedFrom(v)...)
	out = append(out, untested(v)...)
	for _, q := range questions() {
		var g Gap
		n := 0
		for i := range v.Vendors {
			for j := range v.Vendors[i].Claims {
				c := &v.Vendors[i].Claims[j]
				if q.open(c) {
					n++
					g.point(c)
				}
			}
		}
		if n > 0 {
			g.Text = q.say(n)
			out = append(out, g)
		}
	}
	if w := v.where(); w.Open > 0 {
		out = append(out, Gap{Text: fmt.Sprintf(
			"Where %s of the %s can be is not narrowed down to ten countries or fewer.",
			grouped(fmt.Sprint(w.Open)), plural(w.Open+w.Narrowed, "address that was looked at", "addresses that were looked at"))})
	}
	return out
}

func (g *Gap) point(c *Claim) {
	if len(g.Claims) == maxRefs {
		g.More++
		return
	}
	g.Claims = append(g.Claims, Ref{Label: c.Vendor + " / " + c.ID, Vendor: c.Vendor, Anchor: c.Anchor})
}

// where returns the landing places of all that was looked at.
func (v *View) where() Where {
	var all []Claim
	for i := range v.Vendors {
		all = append(all, v.Vendors[i].Claims...)
	}
	return whereOf(all)
}

// lookedFrom tells of vantages that are missing or set aside.
func lookedFrom(v *View) []Gap {
	used := 0
	for _, p := range v.Vantages {
		if p.SetAside == "" {
			used++
		}
	}
	var out []Gap
	switch {
	case len(v.docs) == 0:
		out = append(out, Gap{Text: "No run was given: nothing is known."})
	case used == 0:
		out = append(out, Gap{Text: "No vantage can be used: no result here rests on a measured round trip."})
	case used == 1:
		out = append(out, Gap{Text: "Only one vantage was used. Users elsewhere may be served from other places, and results that it alone carries are held back, unless its own round trips to hosts of published place carry them."})
	}
	return append(append(out, setAside(v)...), unused(v)...)
}

// setAside names the first vantages that are not used, with the reason.
func setAside(v *View) []Gap {
	var out []Gap
	left := 0
	for _, p := range v.Vantages {
		switch {
		case p.SetAside == "" && p.Misplaced == "":
		case len(out) == maxRefs:
			left++
		case p.SetAside == "":
			out = append(out, Gap{Text: ended("The place that vantage " + p.Name + " declares is not used, only hosts of published place that it timed: " + p.Misplaced)})
		default:
			out = append(out, Gap{Text: ended("The round trips of vantage " + p.Name + " are not used: " + p.SetAside)})
		}
	}
	if left > 0 {
		out = append(out, Gap{Text: "The round trips of " + plural(left, "further vantage", "further vantages") + " are not used either."})
	}
	return out
}

// unused says which lines and files of the evidence could not be used.
func unused(v *View) []Gap {
	var out []Gap
	for _, d := range v.docs {
		if len(d.SetAside) > 0 {
			first := d.SetAside[0]
			out = append(out, Gap{Text: ended(plural(len(d.SetAside), "line or file", "lines or files") + " of the evidence could not be used, such as " + clip(first.String(), maxText))})
		}
	}
	return out
}

// untested tells of what was not looked at, by the reason that is given.
// Reasons that differ in the host alone are one.
func untested(v *View) []Gap {
	byReason := map[string]*Gap{}
	var order []string
	for i := range v.Vendors {
		for j := range v.Vendors[i].Claims {
			c := &v.Vendors[i].Claims[j]
			if c.Result != verdict.NotTested {
				continue
			}
			why := "no reason is given"
			if len(c.Limits) > 0 {
				why = c.Limits[0]
			}
			key := c.masked(why)
			if byReason[key] == nil {
				byReason[key] = &Gap{Text: ended("Not tested: " + why)}
				order = append(order, key)
			} else if told := byReason[key]; told.Text != ended("Not tested: "+why) && !strings.HasSuffix(told.Text, alike) {
				told.Text += alike
			}
			byReason[key].point(c)
		}
	}
	var out []Gap
	for _, key := range order[:min(len(order), maxRefs)] {
		out = append(out, *byReason[key])
	}
	if left := len(order) - maxRefs; left > 0 {
		out = append(out, Gap{Text: "Not tested for " + plural(left, "other reason", "other reasons") + ", given with the claims."})
	}
	return out
}

// alike stands after a reason that other hosts share.
const alike = " The same for others."

// masked takes the claim's own hosts out of a text.
func (c *Claim) masked(text string) string {
	for _, f := range c.Findings {
		for i := range f.Rows[:min(len(f.Rows), maxRefs)] {
			text = mask(text, f.Rows[i].Endpoint, f.Rows[i].Addr)
		}
	}
	return text
}

// question is something that a claim can leave open.
type question struct {
	open func(*Claim) bool
	say  func(n int) string
}

func questions() []question {
	return []question{
		{
			open: func(c *Claim) bool { return c.Result != verdict.NotTested && c.has(verdict.NotTested) },
			say: func(n int) string {
				return "Of " + plural(n, "claim, some endpoints or addresses", "claims, some endpoints or addresses") + " could not be tested."
			},
		},
		{
			open: func(c *Claim) bool { return c.Result == verdict.Inconclusive },
			say: func(n int) string {
				return plural(n, "claim is", "claims are") + " left open: the evidence allows both."
			},
		},
		{
			open: func(c *Claim) bool { return c.Result != verdict.NotTested && c.onlyDoors() },
			say: func(n int) string {
				return "Of " + plural(n, "claim", "claims") + ", only the hosts that answer were seen: where the data rests behind them is not known."
			},
		},
		{
			open: func(c *Claim) bool {
				for _, f := range c.lead() {
					if f.SingleVantage {
						return true
					}
				}
				return false
			},
			say: func(n int) string {
				return "The result of " + plural(n, "claim hangs", "claims hangs") + " on one vantage somewhere: without it, it would be another."
			},
		},
	}
}

// has reports whether some verdict on the claim has this result.
func (c *Claim) has(r verdict.Result) bool {
	for _, f := range c.Findings {
		if f.Result == r {
			return true
		}
	}
	return false
}

// onlyDoors reports whether all that was seen of a claim is front doors.
func (c *Claim) onlyDoors() bool {
	for _, f := range c.Findings {
		if f.Subject != verdict.FrontDoor {
			return false
		}
	}
	return len(c.Findings) > 0
}
